"""What a site's owner should do first, and what to publish: made from stored remarks. Pure.

Nothing here is judged anew: it orders what the rules found by what mending it is worth, and fills a
site's own name into records that are the same for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from dnstats.grade.next_letter import Graded, NextLetter, Remarked, next_letter
from dnstats.grade.own_record import mended
from dnstats.grade.scale import EXTRAS, FATAL, WEIGHTS

RECORDS: dict[str, tuple[str, ...]] = {
    "DMARC001": ('_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc-reports@{domain}"',),
    "DMARC016": ('_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:dmarc-reports@{domain}"',),
    "DMARC070": ('_dmarc.{domain}. TXT "v=DMARC1; p=reject"',),
    "DMARC073": ('_dmarc.{domain}. TXT "v=DMARC1; p=reject"',),
    "SPF001": ('{domain}. TXT "v=spf1 {senders} -all"',),
    "SPF002": ('{domain}. TXT "v=spf1 -all"',),
    "SPF047": ('{domain}. TXT "v=spf1 {senders} -all"',),
    "SPF048": ('{domain}. TXT "v=spf1 -all"',),
    "MX001": ("{domain}. MX 0 .",),
    "MX013": ("{domain}. MX 0 .",),
    "CAA001": ('{domain}. CAA 0 issue "your-ca.example"',),
    "CAA002": ('{domain}. CAA 0 issue "your-ca.example"',),
    "CAA013": ('{domain}. CAA 0 iodef "mailto:security@{domain}"',),
    "CAA022": ('{domain}. CAA 0 issuemail ";"',),
    "STS001": ('_mta-sts.{domain}. TXT "v=STSv1; id=1"',),
    "TLSRPT001": ('_smtp._tls.{domain}. TXT "v=TLSRPTv1; rua=mailto:tls-reports@{domain}"',),
}
"""Rule -> lines of a zone file that cure it: only where the site's own record is not needed."""

NOTES: dict[str, str] = {
    "DMARC001": "the mailbox must exist; then p=quarantine, then p=reject, as reports allow",
    "DMARC016": "the mailbox must exist; then p=quarantine, then p=reject, as reports allow",
    "SPF001": "only when nothing else sends mail for the domain",
    "SPF047": "only when nothing else sends mail for the domain",
    "MX001": "only if the domain takes no mail",
    "CAA001": "one line for each authority that you use, by the domain it gives for CAA",
    "CAA002": "one line for each authority that you use, by the domain it gives for CAA",
    "CAA013": "the mailbox must exist",
    "CAA022": "only if nobody has S/MIME certificates for mail addresses of the domain",
    "STS001": "first serve the policy at https://mta-sts.<domain>/.well-known/mta-sts.txt",
    "TLSRPT001": "the mailbox must exist",
}
"""What must be known before a record is published."""

SENDERS: dict[str, str] = {
    "Google Workspace": "include:_spf.google.com",
    "Microsoft 365": "include:spf.protection.outlook.com",
    "Zoho": "include:zohomail.com",
    "Fastmail": "include:spf.messagingengine.com",
    "Proton Mail": "include:_spf.protonmail.ch",
    "Yandex 360": "include:_spf.yandex.net",
    "iCloud Mail": "include:icloud.com",
}
"""Mail provider -> what its documentation says to include; `mx` for all others."""


class Found(Remarked, Protocol):
    """A remark with what was found: Remark, or a row of the table remarks."""

    @property
    def evidence(self) -> str: ...


class Advice(msgspec.Struct, frozen=True):
    """What to do about one site's remarks."""

    way: NextLetter | None
    gains: tuple[float | None, ...]  # beside the remarks: see `gain`
    order: tuple[int, ...]  # places of the remarks, the one to be mended first at the front
    records: dict[str, tuple[str, ...]]  # rule -> records to publish, where there are any


def advise(
    domain: str, mail_provider: str, grades: Sequence[Graded], remarks: Sequence[Found]
) -> Advice:
    """The advice for a site as it is stored."""
    way, gains, order = _judge(
        tuple(_Grade(one.family, one.grade, one.why_none) for one in grades),
        tuple(_Fault(one.code, one.family, one.points) for one in remarks),
    )
    return Advice(
        way,
        gains,
        order,
        {
            one.code: lines
            for one in remarks
            if (
                lines := records_to_publish(one.code, domain, mail_provider)
                or mended(one.code, domain, one.evidence)
            )
        },
    )


class _Grade(NamedTuple):
    family: str
    grade: int | None
    why_none: str | None


class _Fault(NamedTuple):
    code: str
    family: str
    points: int


@lru_cache(maxsize=1 << 16)  # most sites of a million have the same faults as many others
def _judge(
    grades: tuple[_Grade, ...], remarks: tuple[_Fault, ...]
) -> tuple[NextLetter | None, tuple[float | None, ...], tuple[int, ...]]:
    """What does not depend on whose faults they are."""
    known = {one.family: one.grade for one in grades}
    lost: dict[str, int] = {}
    for one in remarks:
        lost[one.family] = lost.get(one.family, 0) + one.points
    is_fatal = any(one.code in FATAL for one in remarks)
    total = sum(
        weight
        for family, weight in WEIGHTS.items()
        if family not in EXTRAS and known.get(family) is not None
    )
    gains = tuple(None if is_fatal else gain(one, known, lost, total) for one in remarks)
    return next_letter(grades, remarks), gains, tuple(_order(gains, remarks))


def gain(
    remark: Remarked, known: Mapping[str, int | None], lost: Mapping[str, int], total: int
) -> float | None:
    """Points of the overall grade that mending this remark alone brings, before rounding.

    0 where the family stays at the floor or weighs nothing; None where the family has no grade, or
    no family counts. `lost`: points of all remarks of a family; `total`: weights that count.
    """
    grade = known.get(remark.family)
    if grade is None or not total:
        return None
    then = max(0, 100 - lost[remark.family] + remark.points)
    whole = 100 if remark.family in EXTRAS else total
    return (then - grade) * WEIGHTS.get(remark.family, 0) / whole


def records_to_publish(code: str, domain: str, mail_provider: str) -> tuple[str, ...]:
    """Lines of a zone file that cure the fault, with a comment on what must be known before.

    () where only the owner can know.
    """
    senders = SENDERS.get(mail_provider, "mx")
    note = f"  ; {NOTES[code]}" if code in NOTES else ""
    return tuple(
        line.replace("{domain}", domain).replace("{senders}", senders) + note
        for line in RECORDS.get(code, ())
    )


def _order(gains: Sequence[float | None], remarks: Sequence[Remarked]) -> list[int]:
    return sorted(
        range(len(remarks)),
        key=lambda at: (
            remarks[at].code not in FATAL,
            -(gains[at] or 0),
            -remarks[at].points * (1 + WEIGHTS.get(remarks[at].family, 0)),
            remarks[at].code,
        ),
    )
