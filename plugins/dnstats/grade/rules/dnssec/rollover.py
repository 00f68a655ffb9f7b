"""Rules about what the zone asks its parent for (CDS, CDNSKEY)."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dnssec.evidence import RFC, SOUND, show_ds, some, told
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import ds, key, signed
from dnstats.records.dnssec import Dnssec


@rule(
    "DNSSEC022",
    Severity.LOW,
    reference=f"{RFC}7344#section-4",
    passes=[SOUND, {"dnssec": signed(cds=(ds(),), cdnskeys=(key(),))}],
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
    cds = {(one.key_tag, one.algorithm) for one in some(dnssec.cds) if not one.is_delete}
    cdnskeys = {(one.key_tag, one.algorithm) for one in some(dnssec.cdnskeys) if not one.is_delete}
    has_both = bool(some(dnssec.cds)) and bool(some(dnssec.cdnskeys))
    found = (
        [f"CDS {_pairs(cds)}; CDNSKEY {_pairs(cdnskeys)}"] if has_both and cds != cdnskeys else []
    )
    return told(found, dnssec.cds, dnssec.cdnskeys)


def _pairs(pairs: set[tuple[int, int]]) -> str:
    """Key tags with their algorithms: "2371/13, 4711/8"."""
    return ", ".join(f"{tag}/{algorithm}" for tag, algorithm in sorted(pairs)) or "none"


@rule(
    "DNSSEC023",
    Severity.MEDIUM,
    reference=f"{RFC}7344#section-4.1",
    passes=[SOUND, {"dnssec": signed(cds=(ds(),))}],
    fails=[{"dnssec": signed(cds=(ds(key_tag=1, matches=False),))}],
)
def cds_fits_no_key(dnssec: Dnssec) -> str | Abstain | None:
    """CDS asks the parent for a DS that fits no key.

    A parent that obeys makes the zone bogus; a careful one refuses, and rollovers stop. Renew CDS
    from the keys in use.
    """
    known = [one for one in some(dnssec.cds) if not one.is_delete]
    if any(one.matches is not False for one in known):
        return told([], dnssec.cds)
    return told((show_ds(one).replace("DS", "CDS", 1) for one in known), dnssec.cds)


@rule(
    "DNSSEC024",
    Severity.NOTICE,
    reference=f"{RFC}8078#section-4",
    passes=[SOUND, {"dnssec": signed(cds=(ds(),))}],
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
    found = ["CDS" for one in some(dnssec.cds) if one.is_delete]
    found += ["CDNSKEY" for one in some(dnssec.cdnskeys) if one.is_delete]
    return told(found, dnssec.cds, dnssec.cdnskeys)


@rule(
    "DNSSEC025",
    Severity.NOTICE,
    reference=f"{RFC}7344#section-6.1",
    passes=[SOUND, {"dnssec": signed(cds=(ds(),))}],
    fails=[{"dnssec": signed(ds=(ds(), ds(key_tag=1)), cds=(ds(),))}],
)
def parent_has_not_followed_cds(dnssec: Dnssec) -> str | Abstain | None:
    """The DS at the parent is not what the zone asks for.

    A rollover is on its way, or the parent does not look at CDS. If it stays so, hand the DS to the
    registrar.
    """
    asked = {(one.key_tag, one.algorithm) for one in some(dnssec.cds) if not one.is_delete}
    has = {(one.key_tag, one.algorithm) for one in some(dnssec.ds)}
    found = [f"CDS {_pairs(asked)}; DS {_pairs(has)}"] if asked and has and asked != has else []
    return told(found, dnssec.cds, dnssec.ds)


@rule(
    "DNSSEC037",
    Severity.LOW,
    reference=f"{RFC}8078#section-4",
    passes=[
        SOUND,
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
    cds, cdnskeys = some(dnssec.cds), some(dnssec.cdnskeys)
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
    return told(found, dnssec.cds, dnssec.cdnskeys)
