"""What a task that failed said, as a mail may quote it: one line, cut, without secrets."""

from __future__ import annotations

import re

from dnstats.visible import visible

MOST = 300  # characters

_IN_URL = re.compile(r"(\w[\w+.-]*://)[^/\s@'\"]*@")
# The query of an address often is its key.
_QUERY = re.compile(r"(\w[\w+.-]*://[^\s?'\"]*)\?[^\s'\"]*")
_NAMED = re.compile(
    r"(?i)\b(\w*(?:password|passwd|secret|token|api[_-]?key|authorization)(?:_\w+)?[\"']?\s*[=:]\s*)"
    r"(?:[\"']?(?:bearer|basic)\s+)?[^\s,;)}]+"
)


def fault_line(fault: BaseException, *, is_sentence: bool = False) -> str:
    """The fault in one line; `is_sentence`: its message is for the operator as it stands."""
    said = next((line for line in str(fault).splitlines() if line.strip()), "").strip()
    if not is_sentence:
        said = f"{type(fault).__name__}: {said}" if said else type(fault).__name__
    return visible(without_secrets(said), MOST)


def without_secrets(text: str) -> str:
    """The text with *** for what stands where a password, token or key would."""
    text = _IN_URL.sub(r"\1***@", text)
    text = _QUERY.sub(r"\1?***", text)
    return _NAMED.sub(r"\1***", text)
