"""The examples of rules as readings: for the catalogue and the tests, never for a run."""

from __future__ import annotations

import importlib

from dnstats.grade.rule import Example
from dnstats.records.record import Reading


def read_example(example: Example) -> dict[str, Reading | None]:
    """Family -> reading; text goes to `parse_example` of the family's file."""
    return {family: _read(family, value) for family, value in example.items()}


def _read(family: str, value: object) -> Reading | None:
    if value is None or isinstance(value, Reading):
        return value
    parse = importlib.import_module(f"dnstats.records.{family}").parse_example
    read: Reading | None = parse(value)
    return read
