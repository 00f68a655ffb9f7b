"""The one exception the stack shows to its user: a sentence, no traceback."""

from __future__ import annotations


class StackFault(Exception):
    """What is wrong and what to do, in one sentence for the person at the terminal."""
