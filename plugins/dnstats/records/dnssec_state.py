"""Secure, insecure, bogus or indeterminate: what a resolver's answers say. Judges nothing.

The verdict is the resolver's; where its answers fit more than one, the zone is not measured.
"""

from __future__ import annotations

from enum import StrEnum

from dnstats.answer import Answer, Reason
from dnstats.records.dnssec_algorithms import can_validate
from dnstats.records.dnssec_rdata import read_ds
from dnstats.records.record import NotMeasured, not_measured


class State(StrEnum):
    """RFC 4033 section 5, as the resolver that was asked saw it."""

    SECURE = "secure"  # the resolver validated it (AD)
    INSECURE = "insecure"  # the parent has no DS, or none that a resolver may use
    BOGUS = "bogus"  # signed, and the signatures do not hold
    INDETERMINATE = "indeterminate"  # DS published, and nobody validated: a resolver without AD


BOGUS_EDE = frozenset({6, 7, 8, 9, 10, 11, 12})
"""Info codes that blame the zone's DNSSEC for a SERVFAIL (RFC 8914 sections 4.7 to 4.13). Codes 1
and 2 (unsupported algorithms, which make a zone insecure) and 5 (indeterminate) do not: the
resolver could not tell, and neither can we."""


def state_of(soa: Answer, unchecked: Answer, ds: Answer) -> State | NotMeasured:
    """The state of a zone from its SOA, the SOA asked with checking disabled, and its DS.

    Not measured when the failure may be the servers' and not the signatures', and when the answers
    were fetched around a resolver that failed.
    """
    if soa.is_measured:
        # AD where the zone above has no DS is somebody's who sets it without having validated.
        is_secure = soa.ad and not ds.is_absent
        state = State.SECURE if is_secure else _state_without_ad(ds)
        return not_measured(soa) if state is State.INDETERMINATE and soa.is_unvalidated else state
    if soa.reason is not Reason.SERVFAIL or ds.is_absent:
        return not_measured(soa)  # without a DS there is nothing to fail validation
    if unchecked.reason is Reason.SERVFAIL:
        return not_measured(soa)  # it fails unchecked as well: the servers', not the signatures'
    # Answered with checking disabled and not without it (RFC 4035 section 4.7): bogus, when there
    # is a DS to be bogus against. The code alone is believed where nothing speaks against it.
    if is_blamed(soa) or (unchecked.is_measured and ds.is_present):
        return State.BOGUS
    return not_measured(soa)


def is_blamed(soa: Answer) -> bool:
    """Whether the resolver failed and named DNSSEC as the reason."""
    return soa.reason is Reason.SERVFAIL and not BOGUS_EDE.isdisjoint(soa.ede)


def _state_without_ad(ds: Answer) -> State | NotMeasured:
    if not ds.is_measured:
        return not_measured(ds)
    found = ds.rrset()
    readable = [one for one in map(read_ds, found.rdata if found else ()) if one is not None]
    if any(can_validate(one.algorithm, one.digest_type) for one in readable):
        return State.INDETERMINATE
    return State.INSECURE
