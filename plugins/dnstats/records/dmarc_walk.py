"""The DNS tree walk of RFC 9989 section 4.10: which names are asked, and what is found on the way.

Asks nothing itself; the same code serves the scan, to learn what to ask next, and the reading.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records.dmarc_record import DmarcRecord, is_record, parse_record
from dnstats.records.txt import readable, texts

MAX_LABELS = 8  # names with as many or more jump to 7 (section 4.10 step 4)
MAX_RECORDS = 20  # texts looked at per name


class Found(msgspec.Struct, frozen=True):
    """What one name of the walk holds."""

    domain: str
    is_measured: bool
    records: tuple[DmarcRecord, ...]
    others: tuple[bytes, ...]

    @property
    def only(self) -> DmarcRecord | None:
        """The record, when there is exactly one; several are all discarded (step 2)."""
        return self.records[0] if len(self.records) == 1 else None


def walk_domains(domain: str) -> tuple[str, ...]:
    """The names of a walk from a canonical domain upwards, itself first, at most eight."""
    above = wire.parents(domain)
    return (domain, *above[max(len(above) - MAX_LABELS + 1, 0) :])


def policy_question(domain: str) -> Question:
    """The TXT question of one name of a walk."""
    return Question(f"_dmarc.{domain}", wire.TXT)


def policy_questions(domains: Sequence[str]) -> tuple[Question, ...]:
    """The TXT questions of these names; a name too long for `_dmarc.` in front is left out."""
    return tuple([policy_question(domain) for domain in domains if _fits(domain)])


def _fits(domain: str) -> bool:
    return len(domain) < 200 or len(wire.write_name(domain)) + len("_dmarc") + 1 <= wire.MAX_NAME


def policy_lines(answer: Answer) -> list[str]:
    """The texts in an answer to a policy question that are records."""
    lines = map(readable, texts(answer)[:MAX_RECORDS] if answer.is_present else ())
    return [line for line in lines if is_record(line)]


def found_at(domain: str, answer: Answer) -> Found:
    """What an answer to a policy question holds."""
    records, others = [], []
    for text in texts(answer)[:MAX_RECORDS] if answer.is_present else ():
        line = readable(text)
        if is_record(line):
            records.append(parse_record(line))
        else:
            others.append(text)
    return Found(domain, answer.is_measured, tuple(records), tuple(others))


def stop_at_psd(walk: Sequence[Found]) -> tuple[Found, ...]:
    """The walk as far as a receiver goes: to the first record with psd=n or psd=y."""
    for i, found in enumerate(walk):
        if found.only is not None and found.only.psd != "u":
            return tuple(walk[: i + 1])
    return tuple(walk)


def organisational_domain(walk: Sequence[Found]) -> str:
    """Section 4.10.2 for a stopped walk that was measured all the way."""
    with_record = [found for found in walk if found.only is not None]
    for found in with_record:
        assert found.only is not None
        if found.only.psd == "n":
            return found.domain
        if found.only.psd == "y" and found is not walk[0]:
            return _one_below(walk[0].domain, found.domain)
    return with_record[-1].domain if with_record else walk[0].domain


def _one_below(domain: str, ancestor: str) -> str:
    chain = [domain, *wire.parents(domain)]
    return chain[chain.index(ancestor) - 1]


def applying(walk: Sequence[Found], organisational: str) -> Found | None:
    """Where the record that applies stands (4.10.1): at the site, else at its organisational
    domain, else at its public suffix domain."""
    if walk[0].only is not None:
        return walk[0]
    return base_of(walk, organisational)


def base_of(walk: Sequence[Found], organisational: str) -> Found | None:
    """Where the record for subdomains without one stands: organisational domain, else PSD."""
    for found in walk:
        if found.only is not None and found.domain == organisational:
            return found
    for found in walk:
        if found.only is not None and found.only.psd == "y":
            return found
    return None
