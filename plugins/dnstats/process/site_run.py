"""One site's answers -> one SiteRun: its readings, who serves it, and how much was measured."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.process.readings import Readings
from dnstats.process.served_by import ServedBy, name_providers
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site


class Status(StrEnum):
    """Whether the site's domain exists at all."""

    EXISTS = "exists"
    NXDOMAIN = "nxdomain"
    NOT_MEASURED = "not_measured"


class SiteRun(msgspec.Struct, frozen=True):
    """What one site published in one run."""

    site: Site
    status: Status
    is_measured: bool
    providers: ServedBy
    questions: int
    not_measured: int
    readings: Readings


GRADED = ("ns", "soa", "dnssec", "caa", "mx", "spf", "dmarc")
"""Families that must all be measured for a site to count as measured (the run's coverage)."""


def read_site(site: Site, look: Look, records: Sequence[Record]) -> SiteRun:
    """Read everything that a chunk's answers say about one site."""
    seen: dict[Question, Answer] = {}

    def counting(question: Question) -> Answer:
        answer = seen.get(question)
        if answer is None:
            answer = look(question)
            if answer.reason is not Reason.NOT_ASKED:  # nobody needed to know it: it counts as none
                seen[question] = answer
        return answer

    readings: dict[str, Reading | None] = {
        record.name: record.read(site, counting) for record in records
    }
    return SiteRun(
        site=site,
        status=_status(look, site.domain),
        is_measured=not any(isinstance(readings.get(name), NotMeasured) for name in GRADED),
        providers=name_providers(site.domain, readings),
        questions=len(seen),
        not_measured=sum(answer.outcome is Outcome.NOT_MEASURED for answer in seen.values()),
        readings=readings,
    )


def _status(look: Look, domain: str) -> Status:
    """NXDOMAIN only where a server said so about the domain itself (RFC 8020).

    A zone that a validating resolver refuses exists all the same: asked unchecked, it answers.
    """
    asked = [Question(domain, rdtype) for rdtype in (wire.SOA, wire.NS, wire.A, wire.MX)]
    outcomes = {look(question).outcome for question in asked}
    if outcomes == {Outcome.NOT_MEASURED}:
        outcomes |= {look(replace(question, cd=True)).outcome for question in asked[:2]}
    if Outcome.PRESENT in outcomes or Outcome.NODATA in outcomes:
        return Status.EXISTS
    if Outcome.NXDOMAIN in outcomes:
        return Status.NXDOMAIN
    return Status.NOT_MEASURED
