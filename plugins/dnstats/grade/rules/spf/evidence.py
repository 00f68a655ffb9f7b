"""Examples, and evidence from a reading, that several files of SPF rules use."""

from __future__ import annotations

from collections.abc import Iterable

from dnstats.grade.rule import Abstain
from dnstats.records.dmarc import Dmarc
from dnstats.records.mx import Mx
from dnstats.records.spf import Spf
from dnstats.records.spf_step import End, Step
from dnstats.records.spf_term import Term

RFC = "https://www.rfc-editor.org/rfc/rfc"
RFC7208 = f"{RFC}7208"
SOUND = {"spf": "v=spf1 mx include:_spf.example.net -all"}
NO_MAIL = {"spf": "v=spf1 -all"}


WIDEST_V4, WIDEST_V6 = 8, 12
"""Prefix lengths of the largest blocks that IANA has handed out: nobody owns a larger network."""


def takes_mail(mx: Mx | None) -> bool:
    return mx is not None and not mx.is_null


def is_enforced(dmarc: Dmarc | None) -> bool:
    """Whether forged mail fails by DMARC, which needs no SPF record for that."""
    return dmarc is not None and dmarc.effective_policy in ("quarantine", "reject")


def unless_open(dmarc: Dmarc | None, evidence: str) -> str | Abstain:
    """The evidence, while it is known that no DMARC policy is enforced."""
    if dmarc is not None and dmarc.unmeasured and not dmarc.effective_policy:
        return Abstain("the DMARC policy was not measured")
    return evidence


def entering(spf: Spf) -> Iterable[Step]:
    """The includes and redirects, of the site's own record and of all that follow."""
    return (step for step in spf.steps if step.enters)


def told(steps: Iterable[Step]) -> str | None:
    """Steps as evidence: the term, whose record it is in, and what is wrong."""
    found = (
        step.term
        + (f" in {step.holder}" if step.depth else "")
        + (f" ({step.why})" if step.why else "")
        for step in steps
    )
    return ", ".join(dict.fromkeys(found)) or None


def missed(spf: Spf, steps: Iterable[Step]) -> Abstain | None:
    """Whether one of these steps was not measured."""
    if not spf.unmeasured:
        return None
    first = next((step for step in steps if step.end is End.NOT_MEASURED), None)
    return Abstain(f"{first.term}: {first.why}") if first else None


def terms(spf: Spf) -> tuple[Term, ...]:
    """The sound terms of the site's own record."""
    return tuple(term for term in spf.record.terms if not term.is_faulty)


def shown(found: Iterable[Term]) -> str | None:
    """Terms as evidence."""
    return ", ".join(term.show() for term in found) or None
