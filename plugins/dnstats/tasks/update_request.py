"""What an operator asks of an update of the list, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dnstats.settings import Settings, place
from dnstats.tasks.chunk_name import Refused

MAX_SITES = 1_000_000_000


class UpdateRequest(msgspec.Struct, frozen=True):
    """Where the list comes from and how many sites it must have at least.

    `even_if_short`: the operator named the number, and the length of the last list is no measure.
    """

    source: str
    at_least: int
    even_if_short: bool


def read_update_request(params: Mapping[str, Any], settings: Settings) -> UpdateRequest:
    """The request of the trigger form; what it leaves open comes from the settings."""
    source = str(params.get("source") or settings["DNSTATS_LIST_SOURCE"]).strip()
    is_strange = "://" in source and not source.startswith(("http://", "https://"))
    if is_strange or not source.isprintable():
        raise Refused(f"source {source!r} is neither a http(s) URL nor a path")
    try:
        source = place(source)
    except ValueError as fault:
        raise Refused(f"source {fault}") from None
    least = params.get("at_least")
    if least is None:
        return UpdateRequest(source, settings["DNSTATS_LIST_AT_LEAST"], even_if_short=False)
    if not isinstance(least, int) or isinstance(least, bool) or not 1 <= least <= MAX_SITES:
        raise Refused(f"at_least {least!r} is not a whole number from 1 to {MAX_SITES:,}")
    return UpdateRequest(source, least, even_if_short=True)
