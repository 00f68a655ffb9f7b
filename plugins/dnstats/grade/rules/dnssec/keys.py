"""Rules about the keys and the DS: algorithms, digests, sizes, flags.

What an algorithm may be used for stands in `include/dnssec_algorithms.csv`, not here.
"""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dnssec.evidence import (
    DAY,
    RFC,
    SOUND,
    UNSIGNED,
    is_unusable,
    show_ds,
    show_key,
    signed_with,
    some,
    told,
)
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import ds, key, signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_algorithms import (
    ALGORITHMS,
    DIGESTS,
    algorithm_name,
    digest_name,
)
from dnstats.records.dnssec_rdata import Ds, Signature
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured

_FORBIDDEN = frozenset(number for number, one in ALGORITHMS.items() if one.is_forbidden)


@rule(
    "DNSSEC006",
    Severity.HIGH,
    reference=f"{RFC}9905#section-2",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(), key(algorithm=7, bits=2048)))}],
)
def key_algorithm_is_forbidden(dnssec: Dnssec) -> str | Abstain | None:
    """A key uses an algorithm that must not sign any more.

    SHA-1, MD5, DSA and GOST are out (RFC 9904, 9905, 9906); more and more resolvers take such a
    zone for unsigned. Roll over to algorithm 13 (ECDSA P-256).
    """
    if is_unusable(dnssec):
        return None  # DNSSEC005 says it
    found = (show_key(one) for one in some(dnssec.dnskeys) if one.algorithm in _FORBIDDEN)
    return told(found, dnssec.dnskeys)


@rule(
    "DNSSEC007",
    Severity.LOW,
    reference=f"{RFC}9904#section-3",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(algorithm=10, bits=2048),))}],
)
def key_algorithm_is_discouraged(dnssec: Dnssec) -> str | Abstain | None:
    """A key uses an algorithm that should not be chosen any more.

    RSA with SHA-512 has no advantage over algorithm 8 and longer answers. Roll over to algorithm 13
    (ECDSA P-256) when convenient.
    """
    found = (
        show_key(one)
        for one in some(dnssec.dnskeys)
        if (known := ALGORITHMS.get(one.algorithm)) is not None and known.is_discouraged
    )
    return told(found, dnssec.dnskeys)


@rule(
    "DNSSEC008",
    Severity.LOW,
    reference=f"{RFC}9905#section-2",
    passes=[
        SOUND,
        UNSIGNED,
        {"dnssec": signed(state=State.INSECURE, ds=(ds(algorithm=5),))},
    ],
    fails=[{"dnssec": signed(ds=(ds(), ds(algorithm=7)))}],
)
def ds_algorithm_is_forbidden(dnssec: Dnssec) -> str | Abstain | None:
    """A DS without a key uses an algorithm that must not sign any more.

    It is of no use: resolvers pass over it. Have the registrar remove it.
    """
    if is_unusable(dnssec):
        return None  # DNSSEC005 says it
    if isinstance(dnssec.dnskeys, NotMeasured):
        return Abstain(dnssec.dnskeys.question or dnssec.dnskeys.reason)
    used = {one.algorithm for one in dnssec.dnskeys}  # DNSSEC006 says it of these
    found = (
        show_ds(one)
        for one in some(dnssec.ds)
        if one.algorithm in _FORBIDDEN and one.algorithm not in used
    )
    return told(found, dnssec.ds)


@rule(
    "DNSSEC009",
    Severity.MEDIUM,
    reference=f"{RFC}9904#section-4",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(ds=(ds(), ds(digest_type=1)))}],
    fails=[{"dnssec": signed(ds=(ds(digest_type=1),))}],
)
def only_forbidden_digests(dnssec: Dnssec) -> str | Abstain | None:
    """The DS is a digest that must not be used for delegations any more.

    SHA-1 can be collided, and systems that switch it off take the zone for unsigned. Publish a DS
    with digest type 2 (SHA-256).
    """
    known = some(dnssec.ds)
    if not known or not all(_is_forbidden_digest(one) for one in known):
        return told([], dnssec.ds)
    return told(f"{show_ds(one)}: {digest_name(one.digest_type)}" for one in known)


def _is_forbidden_digest(one: Ds) -> bool:
    known = DIGESTS.get(one.digest_type)
    return known is not None and known.use == "MUST NOT"


@rule(
    "DNSSEC010",
    Severity.LOW,
    reference=f"{RFC}9904#section-4",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(ds=(ds(digest_type=1),))}],
    fails=[{"dnssec": signed(ds=(ds(), ds(digest_type=1)))}],
)
def forbidden_digest_beside_another(dnssec: Dnssec) -> str | Abstain | None:
    """A DS with a digest that must not be used any more stands beside a better one.

    It is of no use to anybody. Have the registrar remove it.
    """
    known = some(dnssec.ds)
    forbidden = [one for one in known if _is_forbidden_digest(one)]
    if len(forbidden) == len(known):
        return told([], dnssec.ds)  # DNSSEC009 says it
    return told(f"{show_ds(one)}: {digest_name(one.digest_type)}" for one in forbidden)


@rule(
    "DNSSEC011",
    Severity.HIGH,
    reference=f"{RFC}6781#section-3.4.2",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(dnskeys=(key(algorithm=8, bits=1024),))}],
    fails=[{"dnssec": signed(dnskeys=(key(), key(algorithm=8, bits=768)))}],
)
def rsa_key_can_be_factored(dnssec: Dnssec) -> str | Abstain | None:
    """An RSA key is so short that it can be factored.

    Numbers of 829 bits have been factored in public; below 1024 a key protects against nobody. Roll
    over to algorithm 13, or to RSA with 2048 bits.
    """
    return told(_rsa_keys(dnssec, 1, 1024), dnssec.dnskeys)


_RSA = frozenset({1, 5, 7, 8, 10})


def _rsa_keys(dnssec: Dnssec, least: int, below: int) -> list[str]:
    """RSA keys whose size is in a range of bits."""
    return [
        f"{show_key(one)}: {one.bits} bits"
        for one in some(dnssec.dnskeys)
        if one.algorithm in _RSA and least <= one.bits < below
    ]


@rule(
    "DNSSEC012",
    Severity.LOW,
    reference=f"{RFC}6781#section-3.4.2",
    passes=[SOUND, UNSIGNED, {"dnssec": signed(dnskeys=(key(algorithm=8, bits=2048),))}],
    fails=[{"dnssec": signed(dnskeys=(key(algorithm=8, bits=1024),))}],
)
def rsa_key_is_short(dnssec: Dnssec) -> str | Abstain | None:
    """An RSA key has fewer than 2048 bits.

    1024 bits are within reach of a government. Roll over to algorithm 13, or to RSA with 2048 bits.
    """
    return told(_rsa_keys(dnssec, 1024, 2048), dnssec.dnskeys)


@rule(
    "DNSSEC013",
    Severity.LOW,
    reference=f"{RFC}6781#section-4.1.2",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(ds=(ds(), ds(key_tag=1, matches=False)))}],
)
def ds_without_its_key(dnssec: Dnssec) -> str | Abstain | None:
    """One of the DS records fits no key of the zone.

    Another one fits, so the zone validates. It may be a key in waiting; if it is the rest of an old
    one, have the registrar remove it.
    """
    known = some(dnssec.ds)
    if not any(one.matches for one in known):
        return told([], dnssec.ds)
    return told((show_ds(one) for one in known if one.matches is False), dnssec.ds)


@rule(
    "DNSSEC026",
    Severity.MEDIUM,
    reference=f"{RFC}4034#section-2.1.1",
    passes=[SOUND, UNSIGNED],
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
        f"{show_key(one)}: flags {one.flags}, protocol {one.protocol}"
        for one in some(dnssec.dnskeys)
        if not one.is_zone_key or one.protocol != 3
    )
    return told(found, dnssec.dnskeys)


@rule(
    "DNSSEC027",
    Severity.LOW,
    reference=f"{RFC}5011#section-2.1",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(), key(flags=0x181, key_tag=7)))}],
)
def revoked_key_is_published(dnssec: Dnssec) -> str | Abstain | None:
    """A revoked key is still published.

    It only makes answers longer. Trust anchors outside the root rarely follow RFC 5011; remove it.
    """
    return told((show_key(one) for one in some(dnssec.dnskeys) if one.is_revoked), dnssec.dnskeys)


@rule(
    "DNSSEC029",
    Severity.NOTICE,
    reference=f"{RFC}6840#section-5.11",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(ds=(ds(), ds(algorithm=8, matches=None)))}],
)
def ds_algorithm_without_key(dnssec: Dnssec) -> str | Abstain | None:
    """The DS set names an algorithm that no key of the zone has.

    The zone promises signatures with every algorithm in the DS set. It is on its way through a
    rollover, or the DS is left over.
    """
    if not some(dnssec.dnskeys):
        return told([], dnssec.dnskeys)
    keys = {one.algorithm for one in some(dnssec.dnskeys)}
    missing = sorted({one.algorithm for one in some(dnssec.ds)} - keys)
    return told((f"algorithm {algorithm_name(number)}" for number in missing), dnssec.ds)


@rule(
    "DNSSEC032",
    Severity.NOTICE,
    reference=f"{RFC}4034#section-2.1.1",
    passes=[SOUND, UNSIGNED],
    fails=[{"dnssec": signed(dnskeys=(key(flags=256),))}],
)
def ds_points_to_no_entry_point(dnssec: Dnssec) -> str | Abstain | None:
    """The key that the DS points to is not marked as an entry point.

    Validation does not look at the flag, tools for rollovers do. Set it (flags 257) at the next
    change of keys.
    """
    named = {(one.key_tag, one.algorithm) for one in some(dnssec.ds) if one.matches}
    found = (
        show_key(one)
        for one in some(dnssec.dnskeys)
        if (one.key_tag, one.algorithm) in named and not one.is_entry_point and one.is_zone_key
    )
    return told(found, dnssec.ds, dnssec.dnskeys)


@rule(
    "DNSSEC038",
    Severity.LOW,
    reference=f"{RFC}4035#section-2.2",
    passes=[
        SOUND,
        UNSIGNED,
        {"dnssec": signed_with(7 * DAY)},
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
        for one in some(dnssec.dnskeys)
        if one.is_zone_key and not one.is_revoked and one.protocol == 3 and not one.is_delete
    }
    idle = (f"algorithm {algorithm_name(number)}" for number in sorted(published - signing))
    return told(idle, dnssec.dnskeys)
