"""Rules about whether there is an SPF record, and only one."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.spf.evidence import (
    NO_MAIL,
    RFC,
    RFC7208,
    SOUND,
    is_enforced,
    takes_mail,
    unless_open,
)
from dnstats.grade.scale import Severity
from dnstats.records.dmarc import Dmarc
from dnstats.records.misplaced import Misplaced
from dnstats.records.mx import Mx
from dnstats.records.spf import Spf

_MAIL = "10 mail.example.com"
_REJECT = "v=DMARC1; p=reject"


@rule(
    "SPF001",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-2.6.1",
    passes=[
        SOUND | {"mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": _REJECT},
    ],
    fails=[
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": "v=DMARC1; p=none"},
    ],
)
def no_record(spf: Spf | None, mx: Mx | None, dmarc: Dmarc | None) -> str | Abstain | None:
    """There is no SPF record, and the domain has mail.

    Receivers cannot tell this domain's mail from forged mail. List who sends for the domain in a
    TXT record, such as `v=spf1 mx include:<your mail provider> -all`.
    """
    if spf is not None or not takes_mail(mx) or is_enforced(dmarc):
        return None
    return unless_open(dmarc, "no TXT record starts with v=spf1")


@rule(
    "SPF002",
    Severity.HIGH,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[
        NO_MAIL | {"mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": None, "dmarc": None}, {"spf": None, "mx": "0 .", "dmarc": None}],
)
def no_record_without_mail(
    spf: Spf | None, mx: Mx | None, dmarc: Dmarc | None
) -> str | Abstain | None:
    """There is no SPF record on a domain that takes no mail.

    A domain without mail can still be forged as a sender. Publish `v=spf1 -all`: nobody sends mail
    for this domain.
    """
    if spf is not None or takes_mail(mx) or is_enforced(dmarc):
        return None
    return unless_open(dmarc, "no TXT record starts with v=spf1, and there is no mail host")


@rule(
    "SPF047",
    Severity.HIGH,
    reference="https://www.rfc-editor.org/rfc/rfc9989#section-8",
    passes=[
        SOUND | {"mx": _MAIL, "dmarc": _REJECT},
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": _MAIL, "dmarc": _REJECT}],
)
def only_dmarc(spf: Spf | None, mx: Mx | None, dmarc: Dmarc) -> str | None:
    """There is no SPF record, and DMARC is all that stops forged mail.

    Receivers without DMARC cannot tell forged mail, and this domain's own mail fails wherever its
    DKIM signature is lost. List who sends for the domain in a TXT record.
    """
    if spf is not None or not takes_mail(mx) or not is_enforced(dmarc):
        return None
    return f"no TXT record starts with v=spf1; DMARC has p={dmarc.effective_policy}"


@rule(
    "SPF048",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[
        NO_MAIL | {"mx": None, "dmarc": _REJECT},
        {"spf": None, "mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": None, "dmarc": _REJECT}],
)
def only_dmarc_without_mail(spf: Spf | None, mx: Mx | None, dmarc: Dmarc) -> str | None:
    """There is no SPF record on a domain that takes no mail, and DMARC is all that stops forgeries.

    Receivers without DMARC take them. Publish `v=spf1 -all`: nobody sends mail for this domain.
    """
    if spf is not None or takes_mail(mx) or not is_enforced(dmarc):
        return None
    return f"no TXT record starts with v=spf1; DMARC has p={dmarc.effective_policy}"


@rule(
    "SPF003",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-4.5",
    passes=[SOUND],
    fails=[{"spf": ("v=spf1 mx -all", "v=spf1 include:_spf.example.net -all")}],
)
def several_records(spf: Spf) -> str | None:
    """There are several SPF records.

    Receivers answer permerror and use none of them. Put everything into one record.
    """
    if not spf.others:
        return None
    return f"{1 + len(spf.others)} records: " + " | ".join((spf.record.text, *spf.others))


@rule(
    "SPF045",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.5",
    passes=[
        {"misplaced": "v=spf1 mx -all"},
        {"misplaced": "google-site-verification=spf1"},
        {"misplaced": "V=SPF1 -all"},
    ],
    fails=[
        {"misplaced": " v=spf1 mx -all"},
        {"misplaced": '"v=spf1 mx -all"'},
        {"misplaced": "v=spf1; mx -all"},
        {"misplaced": "v=spf2 mx -all"},
    ],
)
def nearly_a_record(misplaced: Misplaced) -> str | None:
    """A TXT record looks like SPF and is not read as SPF.

    A record is SPF only when it begins with exactly `v=spf1` and a space. Common causes: quotation
    marks copied along, a space in front, a semicolon behind the version. Correct it, or remove it
    when there is a good one beside it.
    """
    return " | ".join(misplaced.like_spf) or None


@rule(
    "SPF046",
    Severity.NOTICE,
    reference=f"{RFC}6686#section-6",
    passes=[{"misplaced": "v=spf1 mx -all"}],
    fails=[{"misplaced": "spf2.0/pra mx -all"}],
)
def sender_id(misplaced: Misplaced) -> str | None:
    """There is a Sender ID record.

    Sender ID (`spf2.0`) was an experiment and has ended; nobody reads it. Remove the record.
    """
    return " | ".join(misplaced.sender_id) or None
