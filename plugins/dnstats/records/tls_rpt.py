"""TLS reporting (RFC 8460): the record at `_smtp._tls`. Judges nothing."""

from __future__ import annotations

import re

from dnstats import wire
from dnstats.answer import Question
from dnstats.records import tag_list
from dnstats.records.example import txt_zone
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, Reading, Record, Site, not_measured
from dnstats.records.report_uri import ReportUri, report_uris
from dnstats.records.tag_list import Defect, Tag, bad_fields, split_tags
from dnstats.records.txt import readable, texts


class TlsRpt(Reading, frozen=True):
    """What stands at `_smtp._tls.<site>`. None when nothing there tries to be a TLS-RPT record."""

    record: str  # the text; the first one when there are several
    is_valid: bool  # a sender would report (section 3)
    rua: tuple[str, ...]  # usable mailto: and https: addresses
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=TLSRPTv1; two are the same as none, so is zero


_BEGINS = re.compile(r"v=TLSRPTv1 *(;|$)")  # section 3: case counts, no white space around "="
_TRIES = re.compile(r'"? *v *= *"?tls', re.IGNORECASE)


def rpt_question(domain: str) -> Question:
    """The TXT question of TLS reporting."""
    return Question(f"_smtp._tls.{domain}", wire.TXT)


def questions(site: Site) -> tuple[Question, ...]:
    """The record."""
    return (rpt_question(site.domain),)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The record; None when there is nothing like one."""
    answer = look(rpt_question(site.domain))
    if not answer.is_measured:
        return not_measured(answer)
    lines = [line for line in map(readable, texts(answer)) if _TRIES.match(line)]
    if not lines:
        return None
    proper = [line for line in lines if _BEGINS.match(line)]
    record = (proper or lines)[0]
    form = split_tags(record)
    uris = report_uris(form.get("rua") or "")
    usable = tuple(uri.uri for uri in uris if is_usable(uri))
    bad = tuple(
        Defect(tag_list.BAD_VALUE, "rua", uri.uri) for uri in uris if not is_usable(uri)
    ) or (() if uris else (Defect(tag_list.BAD_VALUE, "rua", ""),))
    return TlsRpt(
        record,
        len(proper) == 1 and bool(usable),
        usable,
        form.tags,
        form.defects + bad + bad_fields(record, ("rua",)),
        len(proper),
    )


def is_usable(uri: ReportUri) -> bool:
    """Whether reports can go there: mailto: or https: (section 3)."""
    return uri.is_valid and (bool(uri.host) or uri.uri.lower().startswith("https://"))


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with this text at `_smtp._tls`."""
    published = (text,) if isinstance(text, str) else text
    return read(Site(1, "example.com"), txt_zone({"_smtp._tls.example.com": published}))


RECORD = Record("tls_rpt", "TLS reporting (TLS-RPT)", TlsRpt, questions, read)
