"""The text of one DMARC record, taken apart by RFC 9989 sections 4.7 and 4.8. Asks nothing.

Syntax errors behind the version count as the tag's default and are reported as defects; only a
wrong version makes a text no DMARC record at all.
"""

from __future__ import annotations

import functools

import msgspec

from dnstats.records import tag_list
from dnstats.records.report_uri import ReportUri, has_empty_piece, report_uris
from dnstats.records.tag_list import Defect, Tag, TagList, split_tags, version_of

VERSION = "DMARC1"
POLICIES = ("none", "quarantine", "reject")  # weakest first
REMOVED = ("pct", "rf", "ri")  # RFC 9989 appendix C.5.2
URI_LISTS = ("rua", "ruf")

_VALUES = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
}
_KNOWN = frozenset((*_VALUES, *REMOVED, *URI_LISTS, "v", "fo"))


class DmarcRecord(msgspec.Struct, frozen=True):
    """One record. Policies are as published in lower case, valid or not; None when missing."""

    text: str
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    p: str | None
    sp: str | None
    np: str | None
    psd: str
    is_testing: bool
    adkim: str
    aspf: str
    fo: tuple[str, ...]
    rua: tuple[ReportUri, ...]
    ruf: tuple[ReportUri, ...]
    percent: int  # `pct` for RFC 7489

    @property
    def has_report_address(self) -> bool:
        """At least one valid URI in `rua`, which keeps a broken record alive as p=none."""
        return any(uri.is_valid for uri in self.rua)


def is_record(text: str) -> bool:
    """Whether a text begins with the version of DMARC; every other text is ignored (4.7)."""
    if text.startswith("v=DMARC1;"):
        return True
    return text[:1] in ("v", "V") and version_of(text) == VERSION


@functools.lru_cache(maxsize=8192)
def parse_record(text: str) -> DmarcRecord:
    """A text that `is_record`, as a record."""
    form = split_tags(text)
    lower = {tag.name: tag.value.lower() for tag in form.tags}
    valid = {name: value for name, value in lower.items() if value in _VALUES.get(name, ())}
    # White space around the colons is RFC 7489's; RFC 9989 has dropped it and receivers take it.
    fo = tuple(part.strip(" ") for part in lower["fo"].split(":")) if "fo" in lower else ()
    return DmarcRecord(
        text,
        form.tags,
        form.defects + _defects(form, fo),
        lower.get("p"),
        lower.get("sp"),
        lower.get("np"),
        valid.get("psd", "u"),
        valid.get("t") == "y",
        valid.get("adkim", "r"),
        valid.get("aspf", "r"),
        fo,
        report_uris(form.get("rua") or ""),
        report_uris(form.get("ruf") or ""),
        _percent(lower.get("pct", "100")),
    )


def _percent(value: str) -> int:
    is_number = value.isascii() and value.isdecimal() and len(value) <= 3
    return int(value) if is_number and int(value) <= 100 else 100


def _defects(form: TagList, fo: tuple[str, ...]) -> tuple[Defect, ...]:
    found = []
    for name, value in ((tag.name, tag.value) for tag in form.tags):
        if name in REMOVED:
            found.append(Defect(tag_list.REMOVED, name, value))
        elif name not in _KNOWN:
            found.append(Defect(tag_list.UNKNOWN, name, value))
        elif not _is_valid(name, value, fo):
            found.append(Defect(tag_list.BAD_VALUE, name, value))
        elif name in URI_LISTS:
            found.extend(_uri_defects(name, value))
    return tuple(found)


def _is_valid(name: str, value: str, fo: tuple[str, ...]) -> bool:
    if name == "fo":
        return _is_valid_fo(fo)
    return name not in _VALUES or value.lower() in _VALUES[name]


def _is_valid_fo(fo: tuple[str, ...]) -> bool:
    """Each of 0 1 d s at most once; 0 and 1 exclude each other (4.7)."""
    return set(fo) <= set("01ds") and len(set(fo)) == len(fo) and not {"0", "1"} <= set(fo)


def _uri_defects(name: str, value: str) -> list[Defect]:
    uris = report_uris(value)
    if not uris:
        return [Defect(tag_list.BAD_VALUE, name, value)]
    bad = [Defect(tag_list.BAD_VALUE, name, uri.uri) for uri in uris if not uri.is_valid]
    sized = [Defect(tag_list.OBSOLETE, name, f"{uri.uri}!{uri.size}") for uri in uris if uri.size]
    empty = [Defect(tag_list.EMPTY, name, value)] if has_empty_piece(value) else []
    return bad + sized + empty


def policy_of(record: DmarcRecord, *asked: str) -> str:
    """The policy a receiver takes from the record: the first of the asked tags that is there.

    RFC 9989 sections 4.7 and 4.10.1: no `p` at all is p=none; an invalid policy anywhere makes the
    record p=none when somebody gets reports, and no DMARC ("") when nobody does.
    """
    published = {"p": record.p, "sp": record.sp, "np": record.np}
    if any(value is not None and value not in POLICIES for value in published.values()):
        return "none" if record.has_report_address else ""
    for name in asked:
        value = published[name]
        if value is not None:
            return value
    return "none"


def policy_7489(record: DmarcRecord, *asked: str) -> str:
    """The same by RFC 7489 section 6.6.3, where `p` must be there and `np` is unknown."""
    if record.p not in POLICIES or record.sp not in (None, *POLICIES):
        return "none" if record.has_report_address else ""
    published = {"p": record.p, "sp": record.sp}
    for name in asked:
        value = published[name]
        if value is not None:
            return value
    return record.p


def one_level_lower(policy: str) -> str:
    """What `t=y` makes of a policy (4.7)."""
    return {"reject": "quarantine", "quarantine": "none"}.get(policy, policy)
