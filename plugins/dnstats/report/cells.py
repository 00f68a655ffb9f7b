"""Cells of CSV files that no spreadsheet takes for a formula."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """The cell, with an apostrophe in front where a spreadsheet would calculate."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
