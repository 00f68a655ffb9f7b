"""MTA-STS, its DNS half (RFC 8461): the `_mta-sts` record and whether the policy host exists.

The policy itself is fetched by HTTPS, which DNStats does not do: a record is no proof of a policy.
"""

from __future__ import annotations

import re

from dnstats import wire
from dnstats.answer import Plan, Question
from dnstats.records import tag_list
from dnstats.records.example import look_in, txt_rdata
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.record import Look, Reading, Record, Site, not_measured
from dnstats.records.tag_list import Defect, Tag, TagList, bad_fields, split_tags
from dnstats.records.txt import readable, texts


class MtaSts(Reading, frozen=True):
    """What stands at `_mta-sts.<site>`. None when nothing there tries to be an MTA-STS record."""

    record: str  # the text; the first one when there are several
    is_valid: bool  # a sender would go on to fetch the policy (section 3.1)
    id: str  # "" when missing or malformed
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=STSv1; two are the same as none, so is zero
    policy_host: Host  # `mta-sts.<site>` (section 3.3)


_BEGINS = re.compile(r"v=STSv1 *(;|$)")  # section 3.1: no white space around "=", case counts
_TRIES = re.compile(r'"? *v *= *"?sts', re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9]{1,32}")


def sts_question(domain: str) -> Question:
    """The TXT question of MTA-STS."""
    return Question(f"_mta-sts.{domain}", wire.TXT)


def questions(site: Site) -> Plan:
    """The record; where there is one, the addresses of the policy host."""
    (answer,) = yield (sts_question(site.domain),)
    if any(_TRIES.match(readable(text)) for text in texts(answer)):
        yield host_questions(f"mta-sts.{site.domain}")


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The record and the policy host; None when there is nothing like a record."""
    answer = look(sts_question(site.domain))
    if not answer.is_measured:
        return not_measured(answer)
    lines = [line for line in map(readable, texts(answer)) if _TRIES.match(line)]
    if not lines:
        return None
    proper = [line for line in lines if _BEGINS.match(line)]
    record = (proper or lines)[0]
    form = split_tags(record)
    valid_id = _id_of(record)
    return MtaSts(
        record,
        len(proper) == 1 and bool(valid_id),
        valid_id,
        form.tags,
        form.defects + _defects(form, valid_id) + bad_fields(record, ("id",)),
        len(proper),
        read_host(f"mta-sts.{site.domain}", look),
    )


def _id_of(record: str) -> str:
    """The first `id`, "" when missing or malformed. Its case counts (section 3.1)."""
    fields = (piece.strip(" ") for piece in record.split(";")[1:])
    value = next((field[3:] for field in fields if field.startswith("id=")), "")
    return value if _ID.fullmatch(value) else ""


def _defects(form: TagList, valid_id: str) -> tuple[Defect, ...]:
    """A bad or missing id; other fields are extensions, which are allowed (section 3.1)."""
    return () if valid_id else (Defect(tag_list.BAD_VALUE, "id", form.get("id") or ""),)


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with this text at `_mta-sts`; its policy host has an address."""
    published = (text,) if isinstance(text, str) else text
    zone = {
        ("_mta-sts.example.com", wire.TXT): [txt_rdata(line.encode()) for line in published],
        ("mta-sts.example.com", wire.A): [bytes((1, 1, 1, 1))],
    }
    return read(Site(1, "example.com"), look_in(zone))


RECORD = Record("mta_sts", "MTA-STS (DNS part)", MtaSts, questions, read)
