"""`tag=value; tag=value`, the form of DMARC, BIMI, MTA-STS and TLS-RPT records (RFC 6376 3.2).

Takes the text apart and says what is odd about the form; what a tag means is the family's matter.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Container, Sequence
from typing import NamedTuple

import msgspec

MAX_TAGS = 100  # kept of one record; a record may be 64 kB of semicolons


class Tag(msgspec.Struct, frozen=True):
    """One tag as published: name in lower case, value without the white space around it."""

    name: str
    value: str


class Defect(msgspec.Struct, frozen=True):
    """One thing that is wrong with a record's text. `kind` is one of the constants below."""

    kind: str
    tag: str  # the tag it is about, "" for the record as a whole
    text: str  # the offending text


BAD_VALUE = "bad_value"  # a known tag with a value that it cannot have
REPEATED = "repeated"  # a tag that was there before; readers differ in which one counts
UNKNOWN = "unknown"  # a tag that the standard does not know
REMOVED = "removed"  # a tag that the current standard has dropped
NO_EQUALS = "no_equals"  # a piece between semicolons that is no tag=value
EMPTY = "empty"  # nothing between two semicolons, or between two commas of a list
OBSOLETE = "obsolete"  # syntax that the current standard has dropped
BAD_FORM = "bad_form"  # a tag=value that the grammar of the record does not allow


class TagList(NamedTuple):
    """The tags of a record in order, and what is wrong with its form."""

    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]

    def get(self, name: str) -> str | None:
        """The value of the first tag of that name."""
        for tag in self.tags:
            if tag.name == name:
                return tag.value
        return None


@functools.lru_cache(maxsize=8192)
def split_tags(text: str) -> TagList:
    """Any text as tags; repeated ones and pieces without "=" are reported and left out."""
    tags: dict[str, Tag] = {}
    defects: list[Defect] = []
    pieces = text.split(";")
    if any(not piece.strip(" ") for piece in pieces[:-1]):
        defects.append(Defect(EMPTY, "", "nothing between two semicolons"))
    for piece in pieces[: MAX_TAGS + 1]:
        name, equals, value = piece.partition("=")
        name = name.strip(" ").lower()
        if not equals:
            if name:
                defects.append(Defect(NO_EQUALS, "", piece.strip(" ")))
        elif name in tags:
            defects.append(Defect(REPEATED, name, value.strip(" ")))
        else:
            tags[name] = Tag(name, value.strip(" "))
    return TagList(tuple(tags.values()), tuple(defects))


_FIELD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+")


def bad_fields(text: str, known: Sequence[str]) -> tuple[Defect, ...]:
    """Fields behind the version that break the stricter form of MTA-STS and TLS-RPT.

    RFC 8461 section 3.1 and RFC 8460 section 3: names in their exact spelling, no white space
    around "=", unknown fields allowed with visible values. Values of `known` fields are not judged.
    """
    fields = [piece.strip(" ") for piece in text.split(";")[1 : MAX_TAGS + 1]]
    return tuple(
        Defect(BAD_FORM, "", field)
        for field in fields
        if "=" in field and not _is_field(field, known)
    )


def _is_field(field: str, known: Sequence[str]) -> bool:
    name, _, value = field.partition("=")
    if name.strip(" ").lower() in known:
        return name in known and not value.startswith(" ")
    return _FIELD.fullmatch(field) is not None


def values_of(text: str, names: Container[str]) -> dict[str, str]:
    """What `split_tags(text).get` says of these names, at a fraction of the cost of all tags."""
    found: dict[str, str] = {}
    for piece in text.split(";")[: MAX_TAGS + 1]:
        name, equals, value = piece.partition("=")
        if equals and (name := name.strip(" ").lower()) in names and name not in found:
            found[name] = value.strip(" ")
    return found


def version_of(text: str) -> str:
    """The value of the first tag when that is `v`, case kept; "" otherwise."""
    name, equals, rest = text.partition("=")
    if not equals or name.strip(" ").lower() != "v":
        return ""
    return rest.partition(";")[0].strip(" ")
