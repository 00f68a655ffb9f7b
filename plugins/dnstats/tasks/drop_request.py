"""What an operator asks of dropping old runs, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused

LEAST_DAYS, MOST_DAYS = 2, 36_500


class DropRequest(msgspec.Struct, frozen=True):
    """Days that answers and rows are kept; `is_dry`: only say what would be dropped."""

    keep_answers: int
    keep_rows: int
    is_dry: bool


def read_drop_request(
    params: Mapping[str, Any], settings: Settings, *, is_manual: bool
) -> DropRequest:
    """The request of the trigger form. By hand it is dry unless told; the schedule never is."""
    dry_run = params.get("dry_run", True)
    if not isinstance(dry_run, bool):
        raise Refused(f"dry_run {dry_run!r} is neither true nor false")
    return DropRequest(
        keep_answers=_days(params, "keep_answers", settings["DNSTATS_KEEP_ANSWERS"]),
        keep_rows=_days(params, "keep_rows", settings["DNSTATS_KEEP_ROWS"]),
        is_dry=is_manual and dry_run,
    )


def _days(params: Mapping[str, Any], name: str, default: int) -> int:
    value = params.get(name)
    if value is None:
        return default
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not LEAST_DAYS <= value <= MOST_DAYS:
        raise Refused(
            f"{name} {value!r} is not a whole number of days from {LEAST_DAYS} to {MOST_DAYS:,}"
        )
    return int(value)
