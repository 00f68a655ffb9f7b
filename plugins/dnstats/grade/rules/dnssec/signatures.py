"""Rules about signatures: by whom, how long they are valid, how much of that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dnssec.evidence import DAY, RFC, SOUND, signed_with
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_rdata import Signature
from dnstats.records.dnssec_state import State

LONGEST = 180
"""Days. A stolen or forgotten signature is good that long; half a year is generous (RFC 6781
section 4.4.2 discusses weeks to months)."""


@rule(
    "DNSSEC019",
    Severity.NOTICE,
    reference=f"{RFC}6781#section-4.4.2",
    passes=[SOUND, {"dnssec": signed(signatures=(Signature("SOA", 13, 1, "a", 0, 1209600),))}],
    fails=[
        {"dnssec": signed(signatures=(Signature("SOA", 13, 1, "example.com", 0, 400 * 86400),))}
    ],
)
def signatures_live_long(dnssec: Dnssec) -> str | None:
    """Signatures are valid for more than half a year.

    Old data can be replayed that long, and nobody notices that the signer has stopped. Two to four
    weeks are usual.
    """
    days = max((one.lifetime for one in dnssec.signatures), default=0) // 86400
    return f"{days} days" if days > LONGEST else None


@rule(
    "DNSSEC020",
    Severity.MEDIUM,
    reference=f"{RFC}4034#section-3.1.5",
    passes=[SOUND],
    fails=[{"dnssec": signed(signatures=(Signature("SOA", 13, 1, "example.com", 10, 5),))}],
)
def signature_ends_before_it_begins(dnssec: Dnssec) -> str | None:
    """A signature expires before it becomes valid.

    It is never valid. Look at the signer's clock and settings.
    """
    return _told_signatures(one for one in dnssec.signatures if one.lifetime <= 0)


def _told_signatures(found: Iterable[Signature]) -> str | None:
    return ", ".join(f"RRSIG {one.covered} by key {one.key_tag}" for one in found) or None


@rule(
    "DNSSEC021",
    Severity.NOTICE,
    reference=f"{RFC}6781#section-4.4.2",
    passes=[SOUND],
    fails=[{"dnssec": signed(signatures=(Signature("SOA", 13, 1, "example.com", 0, 3600),))}],
)
def signatures_live_short(dnssec: Dnssec) -> str | None:
    """Signatures are valid for less than twelve hours.

    A resolver with a slow clock, or a signer that is down overnight, makes the zone bogus. Signers
    that sign each answer as it goes out do so on purpose; others should sign for days.
    """
    # Signers date the inception back by an hour or so, and this counts the whole span.
    return _told_signatures(one for one in dnssec.signatures if 0 < one.lifetime < 12 * 3600)


@rule(
    "DNSSEC033",
    Severity.HIGH,
    reference=f"{RFC}4034#section-3.1.7",
    passes=[
        SOUND,
        {"dnssec": signed(signatures=(Signature("SOA", 13, 1, "example.com", 0, 99999),))},
    ],
    fails=[{"dnssec": signed(signatures=(Signature("SOA", 13, 1, "example.org", 0, 99999),))}],
)
def signed_by_another_zone(dnssec: Dnssec) -> str | None:
    """A signature names another zone as its signer.

    Resolvers must not use it. The zone file was signed under another name; sign it anew.
    """
    found = [
        f"{one.covered} by {one.signer}" for one in dnssec.signatures if one.signer != dnssec.zone
    ]
    return ", ".join(dict.fromkeys(found)) or None


@rule(
    "DNSSEC034",
    Severity.HIGH,
    reference=f"{RFC}4034#section-3.1.5",
    passes=[
        SOUND,
        {"dnssec": signed_with(7 * DAY)},
        {"dnssec": signed_with(-DAY, 7 * DAY)},
        {"dnssec": replace(signed_with(-DAY), state=State.INSECURE)},
    ],
    fails=[{"dnssec": signed_with(-DAY)}],
)
def signature_has_expired(dnssec: Dnssec) -> str | Abstain | None:
    """A signature has expired.

    Resolvers take the zone for bogus, at the latest when they forget what they have. The signer has
    stopped, or its output does not reach the servers. Sign the zone anew, now.
    """
    return _told_times(dnssec, lambda _, left: left <= 0)


def _told_times(dnssec: Dnssec, is_wrong: Callable[[Signature, int], bool]) -> str | Abstain | None:
    """Signatures whose time is up, or nearly so, as evidence.

    None of a zone that nobody validates: there an old signature does no harm (DNSSEC001, 002, 005).
    """
    if dnssec.state is State.INSECURE:
        return None
    known = _time_left(dnssec)
    if dnssec.signatures and not known:
        return Abstain("when the signatures were asked for")
    found = (
        f"RRSIG {one.covered} by key {one.key_tag}: {_hours(one.left or 0)}"
        for one in known.values()
        if is_wrong(one, one.left or 0)
    )
    return ", ".join(found) or None


@rule(
    "DNSSEC035",
    Severity.MEDIUM,
    reference=f"{RFC}6781#section-4.4.2",
    passes=[
        SOUND,
        {"dnssec": signed_with(7 * DAY)},
        {"dnssec": signed_with(3600 * 8, lifetime=2 * DAY)},
    ],
    fails=[{"dnssec": signed_with(8 * 3600)}],
)
def signature_is_about_to_expire(dnssec: Dnssec) -> str | Abstain | None:
    """A signature expires within twelve hours, and is not one of a signer that signs each answer.

    Signers renew days ahead. When nobody does, the domain is gone for all who validate. See whether
    the signer still runs.
    """
    return _told_times(dnssec, lambda one, left: 0 < left <= DAY // 2 and one.lifetime > 3 * DAY)


@rule(
    "DNSSEC036",
    Severity.LOW,
    reference=f"{RFC}6781#section-4.4.2",
    passes=[
        SOUND,
        {"dnssec": signed_with(3 * DAY)},
        {"dnssec": signed_with(DAY, lifetime=5 * DAY)},
    ],
    fails=[{"dnssec": signed_with(DAY)}],
)
def signature_is_renewed_late(dnssec: Dnssec) -> str | Abstain | None:
    """A signature that was made for a week or more has less than two days left.

    Signers renew when a third or a quarter of the time is left, so that a weekend's outage does no
    harm. See whether this one still runs, and let it renew earlier.
    """
    return _told_times(
        dnssec, lambda one, left: DAY // 2 < left <= 2 * DAY and one.lifetime >= 7 * DAY
    )


def _time_left(dnssec: Dnssec) -> dict[str, Signature]:
    """By type, the signature that lasts longest, of those whose time is known."""
    found: dict[str, Signature] = {}
    for one in dnssec.signatures:
        known = found.get(one.covered)
        if one.left is not None and (known is None or (known.left or 0) < one.left):
            found[one.covered] = one
    return found


def _hours(seconds: int) -> str:
    hours = abs(seconds) // 3600
    span = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    return f"expired {span} ago" if seconds <= 0 else f"{span} left"
