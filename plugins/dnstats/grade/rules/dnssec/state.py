"""Rules about what a validating resolver made of the zone.

The state is the resolver's verdict; where it gave none (indeterminate), rules about it abstain.
"""

from __future__ import annotations

from dnstats.answer import Reason
from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dnssec.evidence import (
    RFC,
    SOUND,
    UNSIGNED,
    is_unusable,
    show_ds,
    show_key,
    some,
    told,
)
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import ds, signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_algorithms import (
    algorithm_name,
    digest_name,
)
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured

_TIMEOUT = NotMeasured(Reason.TIMEOUT)


@rule(
    "DNSSEC001",
    Severity.HIGH,
    reference=f"{RFC}9364#section-1",
    passes=[SOUND, {"dnssec": None}, {"dnssec": signed(state=State.INSECURE, ds=())}],
    fails=[UNSIGNED, {"dnssec": signed(state=State.INSECURE, ds=(), dnskeys=_TIMEOUT)}],
)
def zone_is_unsigned(dnssec: Dnssec) -> str | None:
    """The zone is not secured by DNSSEC.

    Answers can be forged on the way, mail and certificates with them. Most providers sign with one
    switch; then hand the DS to the registrar.
    """
    if dnssec.state is not State.INSECURE or some(dnssec.dnskeys):
        return None
    if dnssec.ds != ():
        return None
    # No DS makes it insecure for certain, even where the keys were not measured.
    return "no DS and no DNSKEY" if dnssec.dnskeys == () else "no DS"


@rule(
    "DNSSEC002",
    Severity.HIGH,
    reference=f"{RFC}4035#section-2.4",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(state=State.INSECURE, ds=())}],
)
def signed_without_ds(dnssec: Dnssec) -> str | Abstain | None:
    """The zone is signed and its parent does not know.

    Without a DS at the parent nobody checks the signatures: they protect nothing. Hand the DS to
    the registrar.
    """
    if dnssec.state is State.SECURE or some(dnssec.ds) or not some(dnssec.dnskeys):
        return None
    return told([], dnssec.ds) or f"{show_key(some(dnssec.dnskeys)[0])} and no DS"


EDE = {
    1: "unsupported DNSKEY algorithm", 2: "unsupported DS digest type", 5: "indeterminate",
    6: "bogus", 7: "signature expired", 8: "signature not yet valid", 9: "DNSKEY missing",
    10: "RRSIGs missing", 11: "no zone key bit set", 12: "NSEC missing",
}  # fmt: skip
"""What a resolver says about DNSSEC when it fails (RFC 8914 section 4)."""


@rule(
    "DNSSEC003",
    Severity.CRITICAL,
    reference=f"{RFC}4035#section-5.5",
    passes=[SOUND, UNSIGNED],
    fails=[
        {"dnssec": signed(state=State.BOGUS, ede=(7,))},
        {"dnssec": signed(state=State.BOGUS, dnskeys=_TIMEOUT)},
    ],
)
def zone_is_bogus(dnssec: Dnssec) -> str | Abstain | None:
    """The zone fails DNSSEC validation.

    For everybody behind a validating resolver the domain is gone: site, mail, certificates. Renew
    the signatures, or bring the DS at the parent into line with the keys.
    """
    if dnssec.state is State.INDETERMINATE:
        return Abstain("the resolver does not validate")
    if dnssec.state is not State.BOGUS:
        return None
    codes = [f"EDE {code} ({EDE[code]})" for code in dnssec.ede if code in EDE]
    return f"validation fails: {', '.join(codes)}" if codes else "answered only with CD set"


@rule(
    "DNSSEC004",
    Severity.CRITICAL,
    reference=f"{RFC}4035#section-5.2",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(state=State.BOGUS, dnskeys=_TIMEOUT, ds=())}],
    fails=[{"dnssec": signed(state=State.BOGUS, dnskeys=())}],
)
def ds_without_dnskey(dnssec: Dnssec) -> str | Abstain | None:
    """The parent has a DS and the zone has no keys.

    Validating resolvers refuse every answer. It happens when a domain moves to a provider that does
    not sign: have the registrar remove the DS, or sign.
    """
    if not some(dnssec.ds) or some(dnssec.dnskeys):
        return None
    return told([], dnssec.dnskeys) or f"{show_ds(some(dnssec.ds)[0])} and no DNSKEY"


@rule(
    "DNSSEC005",
    Severity.HIGH,
    reference=f"{RFC}9905#section-2",
    passes=[
        SOUND,
        {"dnssec": signed(ds=(ds(), ds(algorithm=7)))},
        {"dnssec": signed(ds=(ds(algorithm=7),))},
    ],
    fails=[
        {"dnssec": signed(state=State.INSECURE, ds=(ds(algorithm=7), ds(algorithm=5)))},
        {"dnssec": signed(state=State.INSECURE, ds=(ds(algorithm=99),))},
    ],
)
def no_usable_ds(dnssec: Dnssec) -> str | Abstain | None:
    """Every DS uses an algorithm that resolvers no longer take.

    Resolvers treat the zone as unsigned, so the signatures protect nothing. Roll over to algorithm
    13 (ECDSA P-256) and renew the DS.
    """
    known = some(dnssec.ds)
    if not is_unusable(dnssec):
        return told([], dnssec.ds)
    return told(
        f"DS {one.key_tag}: algorithm {algorithm_name(one.algorithm)}, "
        f"digest {digest_name(one.digest_type)}"
        for one in known
    )


@rule(
    "DNSSEC014",
    Severity.CRITICAL,
    reference=f"{RFC}4035#section-5.2",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(ds=(ds(), ds(matches=False)))}],
    fails=[{"dnssec": signed(state=State.BOGUS, ds=(ds(matches=False),))}],
)
def no_ds_fits_a_key(dnssec: Dnssec) -> str | Abstain | None:
    """No DS fits any key of the zone.

    Validating resolvers refuse every answer. It happens when keys were changed before the DS was:
    hand the current DS to the registrar.
    """
    # Judged by digests alone only where no resolver said that the zone validates: a rollover
    # between the two answers would look the same.
    if dnssec.state in (State.SECURE, State.INSECURE) or not some(dnssec.dnskeys):
        return told([], dnssec.dnskeys) if dnssec.state is not State.SECURE else None
    known = some(dnssec.ds)
    if not known or not all(one.matches is False for one in known):
        return told([], dnssec.ds)
    return told(show_ds(one) for one in known)


@rule(
    "DNSSEC028",
    Severity.MEDIUM,
    reference=f"{RFC}4034#section-2",
    passes=[SOUND],
    fails=[{"dnssec": signed(malformed=("DNSKEY",))}],
)
def dnssec_record_is_malformed(dnssec: Dnssec) -> str | None:
    """A DNSSEC record cannot be read.

    Its data is cut off. Resolvers pass over it, or drop the answer. Renew it.
    """
    return ", ".join(dict.fromkeys(dnssec.malformed)) or None


@rule(
    "DNSSEC030",
    Severity.NOTICE,
    reference=f"{RFC}8914#section-4.2",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(state=State.INSECURE, ede=(1,))}],
)
def resolver_cannot_use_the_keys(dnssec: Dnssec) -> str | None:
    """The resolver says that it cannot use the zone's keys.

    It took the zone for unsigned because of an algorithm, a digest or the NSEC3 iterations. Roll
    over to algorithm 13 with a SHA-256 DS and no iterations.
    """
    reasons = {1: "DNSKEY algorithm", 2: "DS digest type", 27: "NSEC3 iterations"}
    found = [f"EDE {code} ({reasons[code]})" for code in dnssec.ede if code in reasons]
    return ", ".join(found) if found and dnssec.state is State.INSECURE else None
