"""DMARC (RFC 9989): the record that applies to mail from the site, and where it was found.

Reads; judges nothing. The verdict of the older standard (RFC 7489, with a Public Suffix List and
`pct`) stands beside it, because receivers change over slowly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dnstats.answer import Answer, Plan, not_asked
from dnstats.records.dmarc_7489 import Verdict7489, verdict_7489
from dnstats.records.dmarc_record import one_level_lower, policy_of
from dnstats.records.dmarc_report import (
    ReportAddress,
    consent_questions,
    report_addresses,
)
from dnstats.records.dmarc_walk import (
    Found,
    applying,
    base_of,
    found_at,
    organisational_domain,
    policy_lines,
    policy_question,
    policy_questions,
    stop_at_psd,
    walk_domains,
)
from dnstats.records.example import txt_zone
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, Reading, Record, Site, not_measured
from dnstats.records.tag_list import Defect, Tag
from dnstats.wire import show

MAX_OTHER_TEXTS = 5  # texts kept that are no DMARC record


class Step(msgspec.Struct, frozen=True):
    """One name of the tree walk (RFC 9989 section 4.10)."""

    domain: str  # without the `_dmarc.` in front
    records: int | None  # texts with v=DMARC1 first; None: not measured
    psd: str = ""  # "y", "n" or "u" of the one record there


class Dmarc(Reading, frozen=True):
    """Everything DMARC at a site. None when no name of the walk holds anything like a record.

    `policy` is the field to count adoption by: "" means that receivers apply no DMARC, although
    something is there (several records, a broken one, another text).
    """

    record: str  # the text that applies, or that would if it were whole; "" without one
    found_at: str  # the domain that publishes it; "" without one
    organisational_domain: str  # RFC 9989 section 4.10.2; "" when not measured
    policy: str  # for mail from this site, as published: none, quarantine, reject; "" no DMARC
    effective_policy: str  # the same after `t=y` (one level lower)
    subdomain_policy: str  # published for subdomains that exist (sp, else p)
    nonexistent_policy: str  # published for subdomains that do not (np, else sp, else p)
    p: str | None = None  # tags as published, lower case; None when missing
    sp: str | None = None
    np: str | None = None
    psd: str = "u"  # values that are not valid count as the default, and stand in `defects`
    is_testing: bool = False  # t=y
    adkim: str = "r"
    aspf: str = "r"
    fo: tuple[str, ...] = ()  # as published, valid or not; () when missing
    rua: tuple[ReportAddress, ...] = ()
    ruf: tuple[ReportAddress, ...] = ()
    tags: tuple[Tag, ...] = ()
    defects: tuple[Defect, ...] = ()
    steps: tuple[Step, ...] = ()  # the walk, from the site upwards
    several_at: tuple[str, ...] = ()  # names that hold more than one record: all discarded
    other_texts: tuple[str, ...] = ()  # texts at the site's own `_dmarc` that are no record
    verdict_7489: Verdict7489 | None = None  # None: not measured
    unmeasured: tuple[str, ...] = ()  # names of the walk, hosts of report addresses

    @property
    def is_inherited(self) -> bool:
        """The record stands at a parent, not at the site's own name."""
        return bool(self.found_at) and self.found_at != self.steps[0].domain


def questions(site: Site) -> Plan:
    """The whole walk at once, then the consent of external report hosts (RFC 9990)."""
    domains = walk_domains(site.domain)
    asked = policy_questions(domains)
    answers = yield asked
    found = _published(domains, answers)
    if found is not None:
        consent = consent_questions(*found)
        if consent:
            yield consent


def _published(domains: Sequence[str], answers: Sequence[Answer]) -> tuple[str, str] | None:
    """Where the record that applies stands, and its text."""
    present = [answer for answer in answers if answer.is_present]
    if not present:
        return None
    own = policy_lines(present[0])
    if len(own) == 1 and present[0].question == policy_question(domains[0]):
        return domains[0], own[0]  # what stands above is not looked at
    known = {answer.question: answer for answer in answers}
    walk = _walk(domains, lambda question: known.get(question) or not_asked(question))
    applies = _applying(walk)
    if applies is None or applies.only is None:
        return None
    return applies.domain, applies.only.text


def _walk(domains: Sequence[str], look: Look) -> tuple[Found, ...]:
    walk = []
    for domain in domains:
        walk.append(found_at(domain, look(policy_question(domain))))
    return stop_at_psd(walk)


def _applying(walk: Sequence[Found]) -> Found | None:
    """Where the applying record stands; None too while a name before it is not measured."""
    if walk[0].only is not None:
        return walk[0]
    if not all(found.is_measured for found in walk):
        return None
    return applying(walk, organisational_domain(walk))


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The record that applies to the site, with all that was met on the way to it."""
    own = look(policy_question(site.domain))
    if not own.is_measured:
        return not_measured(own)
    walk = _walk(walk_domains(site.domain), look)
    unmeasured = tuple(found.domain for found in walk if not found.is_measured)
    if unmeasured and walk[0].only is None:
        # The policy may stand at the name that nobody could ask: that is not "no DMARC".
        return not_measured(look(policy_question(unmeasured[0])))
    organisational = "" if unmeasured else organisational_domain(walk)
    applies = walk[0] if walk[0].only is not None else applying(walk, organisational)
    if applies is None and not any(found.records for found in walk) and not walk[0].others:
        return None
    return Dmarc(
        organisational_domain=organisational,
        steps=tuple(_step(found) for found in walk),
        several_at=tuple(found.domain for found in walk if len(found.records) > 1),
        other_texts=tuple(show(text) for text in walk[0].others[:MAX_OTHER_TEXTS]),
        verdict_7489=verdict_7489(site.domain, look),
        **_of_record(walk, applies, base_of(walk, organisational), look, unmeasured),
    )


def _step(found: Found) -> Step:
    records = len(found.records) if found.is_measured else None
    return Step(found.domain, records, found.only.psd if found.only else "")


def _of_record(
    walk: Sequence[Found],
    applies: Found | None,
    base: Found | None,
    look: Look,
    unmeasured: tuple[str, ...],
) -> dict[str, Any]:
    """The fields that come from the record that applies; `base` is where subdomains fall back."""
    record = applies.only if applies else None
    if applies is None or record is None:
        several = next((found.records[0].text for found in walk if found.records), "")
        return {"record": several, "found_at": "", **dict.fromkeys(_POLICIES, "")}
    below = base.only if base is not None and base.only is not None else record
    policy = policy_of(record, *(("p",) if applies is walk[0] else ("sp", "p")))
    rua, ruf, silent = report_addresses(applies.domain, record, look)
    return {
        "record": record.text,
        "found_at": applies.domain,
        "policy": policy,
        "effective_policy": one_level_lower(policy) if record.is_testing else policy,
        "subdomain_policy": policy_of(below, "sp", "p"),
        "nonexistent_policy": policy_of(below, "np", "sp", "p"),
        "rua": rua,
        "ruf": ruf,
        "unmeasured": unmeasured + silent,
        **{name: getattr(record, name) for name in _AS_PUBLISHED},
    }


_POLICIES = ("policy", "effective_policy", "subdomain_policy", "nonexistent_policy")
_AS_PUBLISHED = ("p", "sp", "np", "psd", "is_testing", "adkim", "aspf", "fo", "tags", "defects")


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with this text, or these texts, at its `_dmarc` name."""
    return read_zone("example.com", {"example.com": (text,) if isinstance(text, str) else text})


def read_zone(domain: str, published: Mapping[str, Sequence[str]]) -> Reading | None:
    """How a site reads when these domains publish these texts at `_dmarc`, and no others do."""
    zone = {f"_dmarc.{at}": texts for at, texts in published.items()}
    return read(Site(1, domain), txt_zone(zone))


RECORD = Record("dmarc", "DMARC", Dmarc, questions, read)
