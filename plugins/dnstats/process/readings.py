"""Readings as JSON and back: what stands in `site_runs.readings`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Optional, Union

import msgspec

from dnstats.answer import Reason
from dnstats.records import load_records
from dnstats.records.record import NotMeasured, Reading

Readings = Mapping[str, Reading | None]


class UnreadableReadings(ValueError):
    """Stored readings are of another version of the code: process the chunk again."""


@functools.cache
def _decoder() -> msgspec.json.Decoder[Any]:
    fields: list[tuple[str, Any, Any]] = [
        # A family that was unknown when the row was made was not asked, which is not absence.
        (record.name, Optional[Union[record.value, NotMeasured]], NotMeasured(Reason.NOT_ASKED))  # noqa: UP007, UP045
        for record in load_records()
    ]
    return msgspec.json.Decoder(msgspec.defstruct("SiteReadings", fields))


def write_readings(readings: Readings) -> str:
    """JSON text for the JSONB column."""
    return msgspec.json.encode(readings).decode()


def read_readings(text: str | bytes) -> dict[str, Reading | None]:
    """The readings of one row, typed; families the row lacks are NOT_ASKED."""
    try:
        values = _decoder().decode(text)
    except msgspec.ValidationError as fault:
        raise UnreadableReadings(
            f"stored readings do not fit this version ({fault}): clear process_chunk to read the "
            "archived answers again"
        ) from None
    return {name: getattr(values, name) for name in values.__struct_fields__}
