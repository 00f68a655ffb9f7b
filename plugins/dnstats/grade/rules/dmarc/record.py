"""Rules about whether there is a DMARC record, one only, and where."""

from __future__ import annotations

from dnstats.grade.rule import rule
from dnstats.grade.rules.dmarc.evidence import GOOD, MAIL, RFC9989
from dnstats.grade.scale import Severity
from dnstats.records.dmarc import Dmarc, read_zone
from dnstats.records.misplaced import Misplaced
from dnstats.records.mx import Mx


@rule(
    "DMARC001",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[
        {"dmarc": GOOD, "mx": MAIL},
        {"dmarc": "v=DMARC1; p=none", "mx": MAIL},
        {"dmarc": None, "mx": "0 ."},
    ],
    fails=[{"dmarc": None, "mx": MAIL}, {"dmarc": "v=spf1 -all", "mx": MAIL}],
)
def no_record(dmarc: Dmarc | None, mx: Mx | None) -> str | None:
    """There is no DMARC record, and the domain has mail.

    Anybody can send mail with this domain as its sender, and nobody is told. Publish a TXT record
    at `_dmarc`: first `v=DMARC1; p=none` with an address for reports, and once the reports show all
    your mail passing, quarantine or reject.
    """
    return _absence(dmarc) if mx is not None and not mx.is_null else None


def _absence(dmarc: Dmarc | None) -> str | None:
    """What is there instead of a record, or of an attempt at one; None when there is one."""
    if dmarc is None:
        return "no DMARC record here or at any parent"
    if dmarc.found_at or dmarc.several_at or any(map(_resembles, dmarc.other_texts)):
        return None
    return f"no DMARC record, only other text: {dmarc.other_texts[0]}"


@rule(
    "DMARC073",
    Severity.HIGH,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[
        {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."},
        {"dmarc": None, "mx": MAIL},
    ],
    fails=[{"dmarc": None, "mx": "0 ."}, {"dmarc": None, "mx": None}],
)
def no_record_without_mail(dmarc: Dmarc | None, mx: Mx | None) -> str | None:
    """There is no DMARC record on a domain that takes no mail.

    A domain without mail can be forged as a sender all the same, and has nothing to lose: publish
    `v=DMARC1; p=reject` at `_dmarc`, and `v=spf1 -all` at the domain.
    """
    return None if mx is not None and not mx.is_null else _absence(dmarc)


@rule(
    "DMARC002",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": ("v=DMARC1; p=none", GOOD)}],
)
def several_records(dmarc: Dmarc) -> str | None:
    """There are several DMARC records, so none counts.

    Receivers discard all records of a name that has more than one (RFC 9989 section 4.10 step 2),
    and treat the domain as one without DMARC. Delete all but one.
    """
    if dmarc.found_at or not dmarc.several_at:
        return None
    return f"several records at {', '.join(dmarc.several_at)}; the first: {dmarc.record}"


@rule(
    "DMARC003",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v = DMARC1 ; p=none"}],
    fails=[
        {"dmarc": "v=dmarc1; p=reject"},
        {"dmarc": "v=DMARC1 p=reject"},
        {"dmarc": '"v=DMARC1; p=reject"'},
        {"dmarc": " v=DMARC1; p=reject"},
    ],
)
def broken_version(dmarc: Dmarc) -> str | None:
    """The record does not begin with v=DMARC1, so it is ignored.

    The version must be the first thing in the record, in exactly this spelling, with a semicolon
    behind it. A receiver takes anything else for some other text. Common causes: quotation marks
    copied along, a space in front, lower case, a missing semicolon.
    """
    if dmarc.found_at or dmarc.several_at:
        return None
    return next(filter(_resembles, dmarc.other_texts), None)


def _resembles(text: str) -> bool:
    return "dmarc" in text.lower()


@rule(
    "DMARC074",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.5",
    passes=[{"misplaced": "v=spf1 -all"}],
    fails=[{"misplaced": ("v=spf1 -all", GOOD)}],
)
def record_at_the_wrong_name(misplaced: Misplaced) -> str | None:
    """A DMARC record stands at the domain itself, where nobody looks for it.

    Receivers ask for TXT at `_dmarc` in front of the domain. Move the record there.
    """
    return " | ".join(misplaced.dmarc) or None


@rule(
    "DMARC015",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": read_zone("www.example.com", {"example.com": [GOOD]})}],
)
def inherited(dmarc: Dmarc) -> str | None:
    """The policy comes from a parent domain.

    That is how DMARC is meant to work, and no fault: the parent's `sp` decides here. A record of
    its own makes this name independent of it.
    """
    return f"record at {dmarc.found_at}" if dmarc.is_inherited and dmarc.psd != "y" else None


@rule(
    "DMARC016",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": GOOD}],
    fails=[
        {"dmarc": read_zone("example.bank", {"bank": ["v=DMARC1; p=reject; psd=y"]})},
    ],
)
def only_registry_policy(dmarc: Dmarc) -> str | None:
    """Only the registry's policy protects the domain.

    The operator of the public suffix publishes a policy for names without one. Receivers of
    RFC 7489 do not know it, and reports go to the registry. Publish a record of your own.
    """
    return f"record at {dmarc.found_at}" if dmarc.is_inherited and dmarc.psd == "y" else None


@rule(
    "DMARC019",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.10",
    passes=[{"dmarc": GOOD}],
    fails=[
        {
            "dmarc": read_zone(
                "www.example.com", {"www.example.com": [GOOD], "example.com": [GOOD, GOOD + ";"]}
            )
        },
    ],
)
def several_records_above(dmarc: Dmarc) -> str | None:
    """A parent domain has several DMARC records.

    All of them are discarded, so the parent, and names below it without a record, have no DMARC.
    """
    return ", ".join(dmarc.several_at) if dmarc.found_at and dmarc.several_at else None


@rule(
    "DMARC020",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.5",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": (GOOD, "v=spf1 -all")}],
)
def other_texts_beside(dmarc: Dmarc) -> str | None:
    """There are other texts at `_dmarc`.

    The name is for DMARC alone. Receivers skip what is not DMARC; often it comes from a wildcard,
    or from a record entered at the wrong name.
    """
    return ", ".join(dmarc.other_texts) if dmarc.found_at and dmarc.other_texts else None
