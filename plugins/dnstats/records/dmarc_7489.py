"""What a receiver that still follows RFC 7489 makes of a site: Public Suffix List, `pct`."""

from __future__ import annotations

import msgspec

from dnstats import wire
from dnstats.answer import Question
from dnstats.records import public_suffix
from dnstats.records.dmarc_record import policy_7489
from dnstats.records.dmarc_walk import found_at
from dnstats.records.record import Look


class Verdict7489(msgspec.Struct, frozen=True):
    """What a receiver that still follows RFC 7489 makes of it."""

    organisational_domain: str  # by the Public Suffix List
    found_at: str  # "" when it finds no record
    policy: str  # "none", "quarantine", "reject"; "" when DMARC does not apply
    percent: int = 100  # share of failing mail that the policy is for (`pct`)


def verdict_7489(domain: str, look: Look) -> Verdict7489 | None:
    """RFC 7489 section 6.6.3: the site, else its organisational domain; several end the search."""
    organisational = public_suffix.organisational_domain(domain)
    for at in dict.fromkeys((domain, organisational)):
        found = found_at(at, look(Question(f"_dmarc.{at}", wire.TXT)))
        if not found.is_measured:
            return None
        record = found.only
        if record is not None:
            policy = policy_7489(record, "p") if at == domain else policy_7489(record, "sp", "p")
            return Verdict7489(organisational, at, policy, record.percent)
        if found.records:
            break
    return Verdict7489(organisational, "", "")
