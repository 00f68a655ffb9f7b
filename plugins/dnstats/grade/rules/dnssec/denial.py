"""Rules about how the zone proves that something is not there (NSEC3)."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dnssec.evidence import RFC, SOUND, some, told
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_rdata import Denial, Nsec3Param


@rule(
    "DNSSEC015",
    Severity.MEDIUM,
    reference=f"{RFC}9276#section-3.2",
    passes=[SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 10, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 101, ""),))}],
)
def nsec3_iterations_are_many(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 hashes so often that resolvers give up.

    Above 100 iterations resolvers take the zone for unsigned, or refuse its answers. Set the
    iterations to 0; they protect nothing.
    """
    found = (f"{one.iterations} iterations" for one in some(dnssec.nsec3) if one.iterations > 100)
    return told(found, dnssec.nsec3)


@rule(
    "DNSSEC016",
    Severity.LOW,
    reference=f"{RFC}9276#section-3.1",
    passes=[SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 10, ""),))}],
)
def nsec3_iterations_not_zero(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 hashes more than once.

    It costs every server and resolver work and slows down nobody who guesses names. Set the
    iterations to 0.
    """
    found = (
        f"{one.iterations} iterations"
        for one in some(dnssec.nsec3)
        if 0 < one.iterations <= 100  # DNSSEC015 above
    )
    return told(found, dnssec.nsec3)


@rule(
    "DNSSEC017",
    Severity.NOTICE,
    reference=f"{RFC}9276#section-3.1",
    passes=[SOUND, {"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, ""),))}],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(1, 0, 0, "aabb"),))}],
)
def nsec3_has_a_salt(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 uses a salt.

    Every zone's names are hashed with its own name already, so a salt adds nothing. Drop it at the
    next change.
    """
    return told((f"salt {one.salt}" for one in some(dnssec.nsec3) if one.salt), dnssec.nsec3)


@rule(
    "DNSSEC018",
    Severity.MEDIUM,
    reference=f"{RFC}5155#section-4.1.1",
    passes=[SOUND],
    fails=[{"dnssec": signed(nsec3=(Nsec3Param(2, 0, 0, ""),))}],
)
def nsec3_hash_is_unknown(dnssec: Dnssec) -> str | Abstain | None:
    """NSEC3 names a hash that does not exist.

    Only 1 (SHA-1) is defined; servers and resolvers pass over the record. Publish it anew.
    """
    found = (f"hash {one.algorithm}" for one in some(dnssec.nsec3) if one.algorithm != 1)
    return told(found, dnssec.nsec3)


@rule(
    "DNSSEC031",
    Severity.NOTICE,
    reference=f"{RFC}9276#section-3.1",
    passes=[
        SOUND,
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
