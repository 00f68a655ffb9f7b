"""Rules about DNSSEC. Reads the dnssec family only; asks nobody.

The state is the resolver's verdict; where it gave none (indeterminate), rules about it abstain.
What an algorithm may be used for stands in `include/dnssec_algorithms.csv`, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from dnstats.answer import Reason
from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import ds, key, signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_algorithms import (
    ALGORITHMS,
    DIGESTS,
    algorithm_name,
    can_validate,
    digest_name,
)
from dnstats.records.dnssec_rdata import Denial, Dnskey, Ds, Nsec3Param, Signature
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured

_RFC = "https://www.rfc-editor.org/rfc/rfc"
_SOUND = {"dnssec": signed()}
_UNSIGNED = {"dnssec": signed(state=State.INSECURE, ds=(), dnskeys=())}
_TIMEOUT = NotMeasured(Reason.TIMEOUT)

_T = TypeVar("_T")

_FORBIDDEN = frozenset(number for number, one in ALGORITHMS.items() if one.is_forbidden)


def _some(part: tuple[_T, ...] | NotMeasured) -> tuple[_T, ...]:
    """The records of a part; rules that need it measured check that themselves."""
    return () if isinstance(part, NotMeasured) else part


def _told(found: Iterable[str], *parts: object) -> str | Abstain | None:
    """What was found; nothing found in parts that were not measured is no verdict."""
    if evidence := ", ".join(dict.fromkeys(found)):
        return evidence
    unknown = [part for part in parts if isinstance(part, NotMeasured)]
    return Abstain(unknown[0].question or unknown[0].reason) if unknown else None


def _show_ds(one: Ds) -> str:
    return f"DS {one.key_tag} {one.algorithm} {one.digest_type}"


def _show_key(one: Dnskey) -> str:
    return f"key {one.key_tag}, algorithm {algorithm_name(one.algorithm)}"


def _pairs(pairs: set[tuple[int, int]]) -> str:
    """Key tags with their algorithms: "2371/13, 4711/8"."""
    return ", ".join(f"{tag}/{algorithm}" for tag, algorithm in sorted(pairs)) or "none"


@rule(
    "DNSSEC001",
    Severity.HIGH,
    reference=f"{_RFC}9364#section-1",
    passes=[_SOUND, {"dnssec": None}, {"dnssec": signed(state=State.INSECURE, ds=())}],
    fails=[_UNSIGNED, {"dnssec": signed(state=State.INSECURE, ds=(), dnskeys=_TIMEOUT)}],
)
def zone_is_unsigned(dnssec: Dnssec) -> str | None:
    """The zone is not secured by DNSSEC.

    Answers can be forged on the way, mail and certificates with them. Most providers sign with one
    switch; then hand the DS to the registrar.
    """
    if dnssec.state is not State.INSECURE or _some(dnssec.dnskeys):
        return None
    if dnssec.ds != ():
        return None
    # No DS makes it insecure for certain, even where the keys were not measured.
    return "no DS and no DNSKEY" if dnssec.dnskeys == () else "no DS"


@rule(
    "DNSSEC002",
    Severity.HIGH,
    reference=f"{_RFC}4035#section-2.4",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(state=State.INSECURE, ds=())}],
)
def signed_without_ds(dnssec: Dnssec) -> str | Abstain | None:
    """The zone is signed and its parent does not know.

    Without a DS at the parent nobody checks the signatures: they protect nothing. Hand the DS to
    the registrar.
    """
    if dnssec.state is State.SECURE or _some(dnssec.ds) or not _some(dnssec.dnskeys):
        return None
    return _told([], dnssec.ds) or f"{_show_key(_some(dnssec.dnskeys)[0])} and no DS"


@rule(
    "DNSSEC003",
    Severity.CRITICAL,
    reference=f"{_RFC}4035#section-5.5",
    passes=[_SOUND, _UNSIGNED],
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
    told = [f"EDE {code} ({EDE[code]})" for code in dnssec.ede if code in EDE]
    return f"validation fails: {', '.join(told)}" if told else "answered only with CD set"


EDE = {
    1: "unsupported DNSKEY algorithm", 2: "unsupported DS digest type", 5: "indeterminate",
    6: "bogus", 7: "signature expired", 8: "signature not yet valid", 9: "DNSKEY missing",
    10: "RRSIGs missing", 11: "no zone key bit set", 12: "NSEC missing",
}  # fmt: skip
"""What a resolver says about DNSSEC when it fails (RFC 8914 section 4)."""


@rule(
    "DNSSEC004",
    Severity.CRITICAL,
    reference=f"{_RFC}4035#section-5.2",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(state=State.BOGUS, dnskeys=_TIMEOUT, ds=())}],
    fails=[{"dnssec": signed(state=State.BOGUS, dnskeys=())}],
)
def ds_without_dnskey(dnssec: Dnssec) -> str | Abstain | None:
    """The parent has a DS and the zone has no keys.

    Validating resolvers refuse every answer. It happens when a domain moves to a provider that does
    not sign: have the registrar remove the DS, or sign.
    """
    if not _some(dnssec.ds) or _some(dnssec.dnskeys):
        return None
    return _told([], dnssec.dnskeys) or f"{_show_ds(_some(dnssec.ds)[0])} and no DNSKEY"


@rule(
    "DNSSEC005",
    Severity.HIGH,
    reference=f"{_RFC}9905#section-2",
    passes=[
        _SOUND,
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
    known = _some(dnssec.ds)
    if not _is_unusable(dnssec):
        return _told([], dnssec.ds)
    return _told(
        f"DS {one.key_tag}: algorithm {algorithm_name(one.algorithm)}, "
        f"digest {digest_name(one.digest_type)}"
        for one in known
    )


def _is_unusable(dnssec: Dnssec) -> bool:
    """No DS by the book's algorithms, and the resolver that was asked keeps to the book."""
    known = _some(dnssec.ds)
    is_usable = any(can_validate(one.algorithm, one.digest_type) for one in known)
    return bool(known) and not is_usable and dnssec.state is not State.SECURE


@rule(
    "DNSSEC006",
    Severity.HIGH,
    reference=f"{_RFC}9905#section-2",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(), key(algorithm=7, bits=2048)))}],
)
def key_algorithm_is_forbidden(dnssec: Dnssec) -> str | Abstain | None:
    """A key uses an algorithm that must not sign any more.

    SHA-1, MD5, DSA and GOST are out (RFC 9904, 9905, 9906); more and more resolvers take such a
    zone for unsigned. Roll over to algorithm 13 (ECDSA P-256).
    """
    if _is_unusable(dnssec):
        return None  # DNSSEC005 says it
    found = (_show_key(one) for one in _some(dnssec.dnskeys) if one.algorithm in _FORBIDDEN)
    return _told(found, dnssec.dnskeys)


@rule(
    "DNSSEC007",
    Severity.LOW,
    reference=f"{_RFC}9904#section-3",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(algorithm=10, bits=2048),))}],
)
def key_algorithm_is_discouraged(dnssec: Dnssec) -> str | Abstain | None:
    """A key uses an algorithm that should not be chosen any more.

    RSA with SHA-512 has no advantage over algorithm 8 and longer answers. Roll over to algorithm 13
    (ECDSA P-256) when convenient.
    """
    found = (
        _show_key(one)
        for one in _some(dnssec.dnskeys)
        if (known := ALGORITHMS.get(one.algorithm)) is not None and known.is_discouraged
    )
    return _told(found, dnssec.dnskeys)


@rule(
    "DNSSEC008",
    Severity.LOW,
    reference=f"{_RFC}9905#section-2",
    passes=[
        _SOUND,
        _UNSIGNED,
        {"dnssec": signed(state=State.INSECURE, ds=(ds(algorithm=5),))},
    ],
    fails=[{"dnssec": signed(ds=(ds(), ds(algorithm=7)))}],
)
def ds_algorithm_is_forbidden(dnssec: Dnssec) -> str | Abstain | None:
    """A DS without a key uses an algorithm that must not sign any more.

    It is of no use: resolvers pass over it. Have the registrar remove it.
    """
    if _is_unusable(dnssec):
        return None  # DNSSEC005 says it
    if isinstance(dnssec.dnskeys, NotMeasured):
        return Abstain(dnssec.dnskeys.question or dnssec.dnskeys.reason)
    told = {one.algorithm for one in dnssec.dnskeys}  # DNSSEC006 says it of these
    found = (
        _show_ds(one)
        for one in _some(dnssec.ds)
        if one.algorithm in _FORBIDDEN and one.algorithm not in told
    )
    return _told(found, dnssec.ds)


@rule(
    "DNSSEC009",
    Severity.MEDIUM,
    reference=f"{_RFC}9904#section-4",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(ds=(ds(), ds(digest_type=1)))}],
    fails=[{"dnssec": signed(ds=(ds(digest_type=1),))}],
)
def only_forbidden_digests(dnssec: Dnssec) -> str | Abstain | None:
    """The DS is a digest that must not be used for delegations any more.

    SHA-1 can be collided, and systems that switch it off take the zone for unsigned. Publish a DS
    with digest type 2 (SHA-256).
    """
    known = _some(dnssec.ds)
    if not known or not all(_is_forbidden_digest(one) for one in known):
        return _told([], dnssec.ds)
    return _told(f"{_show_ds(one)}: {digest_name(one.digest_type)}" for one in known)


def _is_forbidden_digest(one: Ds) -> bool:
    known = DIGESTS.get(one.digest_type)
    return known is not None and known.use == "MUST NOT"


@rule(
    "DNSSEC010",
    Severity.LOW,
    reference=f"{_RFC}9904#section-4",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(ds=(ds(digest_type=1),))}],
    fails=[{"dnssec": signed(ds=(ds(), ds(digest_type=1)))}],
)
def forbidden_digest_beside_another(dnssec: Dnssec) -> str | Abstain | None:
    """A DS with a digest that must not be used any more stands beside a better one.

    It is of no use to anybody. Have the registrar remove it.
    """
    known = _some(dnssec.ds)
    forbidden = [one for one in known if _is_forbidden_digest(one)]
    if len(forbidden) == len(known):
        return _told([], dnssec.ds)  # DNSSEC009 says it
    return _told(f"{_show_ds(one)}: {digest_name(one.digest_type)}" for one in forbidden)


@rule(
    "DNSSEC011",
    Severity.HIGH,
    reference=f"{_RFC}6781#section-3.4.2",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(dnskeys=(key(algorithm=8, bits=1024),))}],
    fails=[{"dnssec": signed(dnskeys=(key(), key(algorithm=8, bits=768)))}],
)
def rsa_key_can_be_factored(dnssec: Dnssec) -> str | Abstain | None:
    """An RSA key is so short that it can be factored.

    Numbers of 829 bits have been factored in public; below 1024 a key protects against nobody. Roll
    over to algorithm 13, or to RSA with 2048 bits.
    """
    return _told(_rsa_keys(dnssec, 1, 1024), dnssec.dnskeys)


@rule(
    "DNSSEC012",
    Severity.LOW,
    reference=f"{_RFC}6781#section-3.4.2",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(dnskeys=(key(algorithm=8, bits=2048),))}],
    fails=[{"dnssec": signed(dnskeys=(key(algorithm=8, bits=1024),))}],
)
def rsa_key_is_short(dnssec: Dnssec) -> str | Abstain | None:
    """An RSA key has fewer than 2048 bits.

    1024 bits are within reach of a government. Roll over to algorithm 13, or to RSA with 2048 bits.
    """
    return _told(_rsa_keys(dnssec, 1024, 2048), dnssec.dnskeys)


_RSA = frozenset({1, 5, 7, 8, 10})


def _rsa_keys(dnssec: Dnssec, least: int, below: int) -> list[str]:
    """RSA keys whose size is in a range of bits."""
    return [
        f"{_show_key(one)}: {one.bits} bits"
        for one in _some(dnssec.dnskeys)
        if one.algorithm in _RSA and least <= one.bits < below
    ]


@rule(
    "DNSSEC013",
    Severity.LOW,
    reference=f"{_RFC}6781#section-4.1.2",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(ds=(ds(), ds(key_tag=1, matches=False)))}],
)
def ds_without_its_key(dnssec: Dnssec) -> str | Abstain | None:
    """One of the DS records fits no key of the zone.

    Another one fits, so the zone validates. It may be a key in waiting; if it is the rest of an old
    one, have the registrar remove it.
    """
    known = _some(dnssec.ds)
    if not any(one.matches for one in known):
        return _told([], dnssec.ds)
    return _told((_show_ds(one) for one in known if one.matches is False), dnssec.ds)


@rule(
    "DNSSEC014",
    Severity.CRITICAL,
    reference=f"{_RFC}4035#section-5.2",
    passes=[_SOUND, _UNSIGNED, {"dnssec": signed(ds=(ds(), ds(matches=False)))}],
    fails=[{"dnssec": signed(state=State.BOGUS, ds=(ds(matches=False),))}],
)
def no_ds_fits_a_key(dnssec: Dnssec) -> str | Abstain | None:
    """No DS fits any key of the zone.

    Validating resolvers refuse every answer. It happens when keys were changed before the DS was:
    hand the current DS to the registrar.
    """
    # Judged by digests alone only where no resolver said that the zone validates: a rollover
    # between the two answers would look the same.
    if dnssec.state in (State.SECURE, State.INSECURE) or not _some(dnssec.dnskeys):
        return _told([], dnssec.dnskeys) if dnssec.state is not State.SECURE else None
    known = _some(dnssec.ds)
    if not known or not all(one.matches is False for one in known):
        return _told([], dnssec.ds)
    return _told(_show_ds(one) for one in known)


@rule(
    "DNSSEC015",
    Severity.MEDIUM,
    reference=f"{_RFC}9276#section-3.2",
    passes=[_SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 10, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 101, ""),))}],
)
def nsec3_iterations_are_many(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 hashes so often that resolvers give up.

    Above 100 iterations resolvers take the zone for unsigned, or refuse its answers. Set the
    iterations to 0; they protect nothing.
    """
    found = (f"{one.iterations} iterations" for one in _some(dnssec.nsec3) if one.iterations > 100)
    return _told(found, dnssec.nsec3)


@rule(
    "DNSSEC016",
    Severity.LOW,
    reference=f"{_RFC}9276#section-3.1",
    passes=[_SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 10, ""),))}],
)
def nsec3_iterations_not_zero(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 hashes more than once.

    It costs every server and resolver work and slows down nobody who guesses names. Set the
    iterations to 0.
    """
    found = (
        f"{one.iterations} iterations"
        for one in _some(dnssec.nsec3)
        if 0 < one.iterations <= 100  # DNSSEC015 above
    )
    return _told(found, dnssec.nsec3)


@rule(
    "DNSSEC017",
    Severity.NOTICE,
    reference=f"{_RFC}9276#section-3.1",
    passes=[_SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, "aabb"),))}],
)
def nsec3_has_a_salt(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 uses a salt.

    Every zone's names are hashed with its own name already, so a salt adds nothing. Drop it at the
    next change.
    """
    return _told((f"salt {one.salt}" for one in _some(dnssec.nsec3) if one.salt), dnssec.nsec3)


@rule(
    "DNSSEC018",
    Severity.MEDIUM,
    reference=f"{_RFC}5155#section-4.1.1",
    passes=[_SOUND],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(2, 0, 0, ""),))}],
)
def nsec3_hash_is_unknown(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 names a hash that does not exist.

    Only 1 (SHA-1) is defined; servers and resolvers pass over the record. Publish it anew.
    """
    found = (f"hash {one.algorithm}" for one in _some(dnssec.nsec3) if one.algorithm != 1)
    return _told(found, dnssec.nsec3)


LONGEST = 180
"""Days. A stolen or forgotten signature is good that long; half a year is generous (RFC 6781
section 4.4.2 discusses weeks to months)."""


@rule(
    "DNSSEC019",
    Severity.NOTICE,
    reference=f"{_RFC}6781#section-4.4.2",
    passes=[_SOUND, {"dnssec": signed(signatures=(Signature("SOA", 13, 1, "a", 0, 1209600),))}],
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
    reference=f"{_RFC}4034#section-3.1.5",
    passes=[_SOUND],
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
    reference=f"{_RFC}6781#section-4.4.2",
    passes=[_SOUND],
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
    "DNSSEC022",
    Severity.LOW,
    reference=f"{_RFC}7344#section-4",
    passes=[_SOUND, {"dnssec": signed(cds=(ds(),), cdnskeys=(key(),))}],
    fails=[
        {"dnssec": signed(cds=(ds(),), cdnskeys=(key(key_tag=1),))},
        {"dnssec": signed(cds=(ds(),), cdnskeys=(key(algorithm=0, flags=0),))},
    ],
)
def cds_and_cdnskey_disagree(dnssec: Dnssec) -> str | Abstain | None:
    """CDS and CDNSKEY ask the parent for different things.

    They must say the same; parents stop at the contradiction, and the next rollover fails. Let one
    tool publish both.
    """
    cds = {(one.key_tag, one.algorithm) for one in _some(dnssec.cds) if not one.is_delete}
    cdnskeys = {(one.key_tag, one.algorithm) for one in _some(dnssec.cdnskeys) if not one.is_delete}
    has_both = bool(_some(dnssec.cds)) and bool(_some(dnssec.cdnskeys))
    found = (
        [f"CDS {_pairs(cds)}; CDNSKEY {_pairs(cdnskeys)}"] if has_both and cds != cdnskeys else []
    )
    return _told(found, dnssec.cds, dnssec.cdnskeys)


@rule(
    "DNSSEC023",
    Severity.MEDIUM,
    reference=f"{_RFC}7344#section-4.1",
    passes=[_SOUND, {"dnssec": signed(cds=(ds(),))}],
    fails=[{"dnssec": signed(cds=(ds(key_tag=1, matches=False),))}],
)
def cds_fits_no_key(dnssec: Dnssec) -> str | Abstain | None:
    """CDS asks the parent for a DS that fits no key.

    A parent that obeys makes the zone bogus; a careful one refuses, and rollovers stop. Renew CDS
    from the keys in use.
    """
    known = [one for one in _some(dnssec.cds) if not one.is_delete]
    if any(one.matches is not False for one in known):
        return _told([], dnssec.cds)
    return _told((_show_ds(one).replace("DS", "CDS", 1) for one in known), dnssec.cds)


@rule(
    "DNSSEC024",
    Severity.NOTICE,
    reference=f"{_RFC}8078#section-4",
    passes=[_SOUND, {"dnssec": signed(cds=(ds(),))}],
    fails=[
        {"dnssec": signed(cds=(ds(key_tag=0, algorithm=0, digest_type=0, digest="00"),))},
        {"dnssec": signed(cdnskeys=(key(key_tag=0, algorithm=0, flags=0),))},
    ],
)
def zone_asks_to_be_unsigned(dnssec: Dnssec) -> str | Abstain | None:
    """The zone asks its parent to remove the DS.

    Meant as a step on the way out of DNSSEC, or left over from one. Remove the CDS and CDNSKEY if
    the zone is to stay signed.
    """
    found = ["CDS" for one in _some(dnssec.cds) if one.is_delete]
    found += ["CDNSKEY" for one in _some(dnssec.cdnskeys) if one.is_delete]
    return _told(found, dnssec.cds, dnssec.cdnskeys)


@rule(
    "DNSSEC025",
    Severity.NOTICE,
    reference=f"{_RFC}7344#section-6.1",
    passes=[_SOUND, {"dnssec": signed(cds=(ds(),))}],
    fails=[{"dnssec": signed(ds=(ds(), ds(key_tag=1)), cds=(ds(),))}],
)
def parent_has_not_followed_cds(dnssec: Dnssec) -> str | Abstain | None:
    """The DS at the parent is not what the zone asks for.

    A rollover is on its way, or the parent does not look at CDS. If it stays so, hand the DS to the
    registrar.
    """
    asked = {(one.key_tag, one.algorithm) for one in _some(dnssec.cds) if not one.is_delete}
    has = {(one.key_tag, one.algorithm) for one in _some(dnssec.ds)}
    found = [f"CDS {_pairs(asked)}; DS {_pairs(has)}"] if asked and has and asked != has else []
    return _told(found, dnssec.cds, dnssec.ds)


@rule(
    "DNSSEC026",
    Severity.MEDIUM,
    reference=f"{_RFC}4034#section-2.1.1",
    passes=[_SOUND, _UNSIGNED],
    fails=[
        {"dnssec": signed(dnskeys=(key(), key(flags=0)))},
        {"dnssec": signed(dnskeys=(key(), key(protocol=1)))},
    ],
)
def key_is_no_zone_key(dnssec: Dnssec) -> str | Abstain | None:
    """A DNSKEY cannot sign the zone.

    Its zone flag is clear or its protocol is not 3, so resolvers pass over it. Remove it.
    """
    found = (
        f"{_show_key(one)}: flags {one.flags}, protocol {one.protocol}"
        for one in _some(dnssec.dnskeys)
        if not one.is_zone_key or one.protocol != 3
    )
    return _told(found, dnssec.dnskeys)


@rule(
    "DNSSEC027",
    Severity.LOW,
    reference=f"{_RFC}5011#section-2.1",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(), key(flags=0x181, key_tag=7)))}],
)
def revoked_key_is_published(dnssec: Dnssec) -> str | Abstain | None:
    """A revoked key is still published.

    It only makes answers longer. Trust anchors outside the root rarely follow RFC 5011; remove it.
    """
    return _told(
        (_show_key(one) for one in _some(dnssec.dnskeys) if one.is_revoked), dnssec.dnskeys
    )


@rule(
    "DNSSEC028",
    Severity.MEDIUM,
    reference=f"{_RFC}4034#section-2",
    passes=[_SOUND],
    fails=[{"dnssec": signed(malformed=("DNSKEY",))}],
)
def dnssec_record_is_malformed(dnssec: Dnssec) -> str | None:
    """A DNSSEC record cannot be read.

    Its data is cut off. Resolvers pass over it, or drop the answer. Renew it.
    """
    return ", ".join(dict.fromkeys(dnssec.malformed)) or None


@rule(
    "DNSSEC029",
    Severity.NOTICE,
    reference=f"{_RFC}6840#section-5.11",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(ds=(ds(), ds(algorithm=8, matches=None)))}],
)
def ds_algorithm_without_key(dnssec: Dnssec) -> str | Abstain | None:
    """The DS set names an algorithm that no key of the zone has.

    The zone promises signatures with every algorithm in the DS set. It is on its way through a
    rollover, or the DS is left over.
    """
    if not _some(dnssec.dnskeys):
        return _told([], dnssec.dnskeys)
    keys = {one.algorithm for one in _some(dnssec.dnskeys)}
    missing = sorted({one.algorithm for one in _some(dnssec.ds)} - keys)
    return _told((f"algorithm {algorithm_name(number)}" for number in missing), dnssec.ds)


@rule(
    "DNSSEC030",
    Severity.NOTICE,
    reference=f"{_RFC}8914#section-4.2",
    passes=[_SOUND, _UNSIGNED],
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


@rule(
    "DNSSEC031",
    Severity.NOTICE,
    reference=f"{_RFC}9276#section-3.1",
    passes=[
        _SOUND,
        {"dnssec": signed(denial=Denial("NSEC"))},
        {"dnssec": signed(denial=Denial("NSEC3"))},
    ],
    fails=[{"dnssec": signed(denial=Denial("NSEC3", is_opt_out=True))}],
)
def nsec3_opts_out(dnssec: Dnssec) -> str | None:
    """NSEC3 leaves out unsigned delegations (opt-out).

    Names between the signed ones can be forged. It is made for zones with very many delegations,
    like top-level domains. Turn it off.
    """
    return "opt-out is set" if dnssec.denial is not None and dnssec.denial.is_opt_out else None


@rule(
    "DNSSEC032",
    Severity.NOTICE,
    reference=f"{_RFC}4034#section-2.1.1",
    passes=[_SOUND, _UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(flags=256),))}],
)
def ds_points_to_no_entry_point(dnssec: Dnssec) -> str | Abstain | None:
    """The key that the DS points to is not marked as an entry point.

    Validation does not look at the flag, tools for rollovers do. Set it (flags 257) at the next
    change of keys.
    """
    named = {(one.key_tag, one.algorithm) for one in _some(dnssec.ds) if one.matches}
    found = (
        _show_key(one)
        for one in _some(dnssec.dnskeys)
        if (one.key_tag, one.algorithm) in named and not one.is_entry_point and one.is_zone_key
    )
    return _told(found, dnssec.ds, dnssec.dnskeys)


@rule(
    "DNSSEC033",
    Severity.HIGH,
    reference=f"{_RFC}4034#section-3.1.7",
    passes=[
        _SOUND,
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


DAY = 86400  # seconds


def _time_left(dnssec: Dnssec) -> dict[str, Signature]:
    """By type, the signature that lasts longest, of those whose time is known."""
    found: dict[str, Signature] = {}
    for one in dnssec.signatures:
        known = found.get(one.covered)
        if one.left is not None and (known is None or (known.left or 0) < one.left):
            found[one.covered] = one
    return found


def _signed_with(*left: int | None, lifetime: int = 14 * DAY) -> Dnssec:
    """An example: signatures over the SOA that have so many seconds left."""
    return signed(
        signatures=tuple(
            Signature("SOA", 13, 2371, "example.com", 0, lifetime, one) for one in left
        )
    )


def _told_times(dnssec: Dnssec, is_wrong: Callable[[Signature, int], bool]) -> str | Abstain | None:
    """Signatures whose time is up, or nearly so, as evidence."""
    known = _time_left(dnssec)
    if dnssec.signatures and not known:
        return Abstain("when the signatures were asked for")
    found = (
        f"RRSIG {one.covered} by key {one.key_tag}: {_hours(one.left or 0)}"
        for one in known.values()
        if is_wrong(one, one.left or 0)
    )
    return ", ".join(found) or None


def _hours(seconds: int) -> str:
    hours = abs(seconds) // 3600
    span = f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
    return f"expired {span} ago" if seconds <= 0 else f"{span} left"


@rule(
    "DNSSEC034",
    Severity.HIGH,
    reference=f"{_RFC}4034#section-3.1.5",
    passes=[_SOUND, {"dnssec": _signed_with(7 * DAY)}, {"dnssec": _signed_with(-DAY, 7 * DAY)}],
    fails=[{"dnssec": _signed_with(-DAY)}],
)
def signature_has_expired(dnssec: Dnssec) -> str | Abstain | None:
    """A signature has expired.

    Resolvers take the zone for bogus, at the latest when they forget what they have. The signer has
    stopped, or its output does not reach the servers. Sign the zone anew, now.
    """
    return _told_times(dnssec, lambda _, left: left <= 0)


@rule(
    "DNSSEC035",
    Severity.MEDIUM,
    reference=f"{_RFC}6781#section-4.4.2",
    passes=[
        _SOUND,
        {"dnssec": _signed_with(7 * DAY)},
        {"dnssec": _signed_with(3600 * 8, lifetime=2 * DAY)},
    ],
    fails=[{"dnssec": _signed_with(8 * 3600)}],
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
    reference=f"{_RFC}6781#section-4.4.2",
    passes=[
        _SOUND,
        {"dnssec": _signed_with(3 * DAY)},
        {"dnssec": _signed_with(DAY, lifetime=5 * DAY)},
    ],
    fails=[{"dnssec": _signed_with(DAY)}],
)
def signature_is_renewed_late(dnssec: Dnssec) -> str | Abstain | None:
    """A signature that was made for a week or more has less than two days left.

    Signers renew when a third or a quarter of the time is left, so that a weekend's outage does no
    harm. See whether this one still runs, and let it renew earlier.
    """
    return _told_times(
        dnssec, lambda one, left: DAY // 2 < left <= 2 * DAY and one.lifetime >= 7 * DAY
    )


@rule(
    "DNSSEC037",
    Severity.LOW,
    reference=f"{_RFC}8078#section-4",
    passes=[
        _SOUND,
        {"dnssec": signed(cds=(ds(key_tag=0, algorithm=0, digest_type=0, digest="00"),))},
    ],
    fails=[
        {"dnssec": signed(cds=(ds(), ds(key_tag=0, algorithm=0, digest_type=0, digest="00")))},
        {"dnssec": signed(cds=(ds(algorithm=0),))},
        {"dnssec": signed(cdnskeys=(key(algorithm=0, flags=257),))},
    ],
)
def removal_is_asked_wrongly(dnssec: Dnssec) -> str | Abstain | None:
    """CDS or CDNSKEY ask for the DS to be removed, in a form that parents must not follow.

    The request is one CDS `0 0 0 00` and one CDNSKEY `0 3 0 AA==`, alone. Anything beside it, or
    another number in it, makes it void.
    """
    cds, cdnskeys = _some(dnssec.cds), _some(dnssec.cdnskeys)
    found = []
    if any(one.is_delete for one in cds):
        if len(cds) > 1:
            found.append("CDS: not alone")
        elif (cds[0].key_tag, cds[0].digest_type) != (0, 0):
            found.append(f"CDS {cds[0].key_tag} 0 {cds[0].digest_type}")
    if any(one.is_delete for one in cdnskeys):
        if len(cdnskeys) > 1:
            found.append("CDNSKEY: not alone")
        elif (cdnskeys[0].flags, cdnskeys[0].protocol) != (0, 3):
            found.append(f"CDNSKEY {cdnskeys[0].flags} {cdnskeys[0].protocol} 0")
    return _told(found, dnssec.cds, dnssec.cdnskeys)


@rule(
    "DNSSEC038",
    Severity.LOW,
    reference=f"{_RFC}4035#section-2.2",
    passes=[
        _SOUND,
        _UNSIGNED,
        {"dnssec": _signed_with(7 * DAY)},
    ],
    fails=[
        {
            "dnssec": signed(
                dnskeys=(key(), key(algorithm=8, key_tag=7)),
                signatures=(Signature("SOA", 13, 2371, "example.com", 0, 14 * DAY),),
            )
        }
    ],
)
def algorithm_signs_nothing(dnssec: Dnssec) -> str | Abstain | None:
    """A key's algorithm is not used to sign the zone.

    Every algorithm among the keys must sign every record set; resolvers that insist find the zone
    bogus. It is a rollover that went too fast, or a key that was left behind.
    """
    signing = {one.algorithm for one in dnssec.signatures if one.covered == "SOA"}
    if not signing:
        return None
    published = {
        one.algorithm
        for one in _some(dnssec.dnskeys)
        if one.is_zone_key and not one.is_revoked and one.protocol == 3 and not one.is_delete
    }
    idle = (f"algorithm {algorithm_name(number)}" for number in sorted(published - signing))
    return _told(idle, dnssec.dnskeys)
