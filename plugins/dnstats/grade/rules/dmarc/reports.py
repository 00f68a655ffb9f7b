"""Rules about who gets the reports."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.dmarc.evidence import GOOD, MAIL, RFC7489, RFC9989, values
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.dmarc import Dmarc, read_zone
from dnstats.records.dmarc_report import ReportAddress
from dnstats.records.mx import Mx


@rule(
    "DMARC030",
    Severity.LOW,
    reference=f"{RFC9989}#section-5.1.3",
    passes=[
        {"dmarc": GOOD, "mx": "10 mail.example.com"},
        {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."},
        {"dmarc": "v=DMARC1; p=reject", "mx": None},
        {"dmarc": "v=DMARC1; p=none", "mx": "10 mail.example.com"},
    ],
    fails=[{"dmarc": "v=DMARC1; p=reject", "mx": "10 mail.example.com"}],
)
def no_reports(dmarc: Dmarc, mx: Mx | None) -> str | None:
    """Nobody gets the reports.

    Mail is quarantined or rejected and nobody would notice if some of it was genuine. Add
    `rua=mailto:` with a mailbox that is read. (A domain without mail hosts needs none.)
    """
    if mx is None or mx.is_null or dmarc.effective_policy in ("", "none"):
        return None
    return None if any(tag.name == "rua" for tag in dmarc.tags) else dmarc.record


@rule(
    "DMARC031",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.6",
    passes=[{"dmarc": GOOD}, {"dmarc": GOOD + "!10m"}],
    fails=[
        {"dmarc": "v=DMARC1; p=reject; rua=dmarc@example.com"},
        {"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc"},
        {"dmarc": "v=DMARC1; p=reject; rua="},
    ],
)
def invalid_rua(dmarc: Dmarc) -> str | None:
    """An address for aggregate reports is invalid.

    Reports for it go nowhere. An address is a URI: `mailto:` first, commas between several.
    """
    return values(dmarc, tag_list.BAD_VALUE, "rua")


@rule(
    "DMARC032",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.6",
    passes=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; ruf=dmarc@example.com"}],
)
def invalid_ruf(dmarc: Dmarc) -> str | None:
    """An address for failure reports is invalid.

    Reports for it go nowhere. An address is a URI: `mailto:` first, commas between several.
    """
    return values(dmarc, tag_list.BAD_VALUE, "ruf")


RFC9990 = "https://www.rfc-editor.org/rfc/rfc9990"


@rule(
    "DMARC033",
    Severity.MEDIUM,
    reference=f"{RFC9990}#section-4",
    passes=[
        {"dmarc": GOOD},
        {"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc@mail.example.com"},
    ],
    fails=[{"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc@example.net"}],
)
def reports_not_authorised(dmarc: Dmarc) -> str | Abstain | None:
    """A host in another domain has not agreed to get the reports.

    Reports about this domain are sent there only when it publishes `v=DMARC1` at
    `<this domain>._report._dmarc.<host>`, and no address elsewhere there. Ask its operator to add
    that record.
    """
    return _without_consent(dmarc, dmarc.rua)


def _without_consent(dmarc: Dmarc, addresses: tuple[ReportAddress, ...]) -> str | Abstain | None:
    """The names at which an external host's consent was looked for in vain."""
    external = [one for one in addresses if one.is_external]
    refused = [one.host for one in external if one.is_authorised is False]
    if refused:
        names = (f"{dmarc.found_at}._report._dmarc.{host}" for host in dict.fromkeys(refused))
        return f"no consent at {', '.join(names)}"
    unknown = [one.host for one in external if one.is_authorised is None]
    return Abstain(f"consent of {', '.join(unknown)} not measured") if unknown else None


@rule(
    "DMARC034",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc9991#section-5",
    passes=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.net"}],
)
def failure_reports_not_authorised(dmarc: Dmarc) -> str | Abstain | None:
    """A host in another domain has not agreed to get failure reports.

    Failure reports need the same consent as aggregate reports. Ask the host's operator for the
    record `<this domain>._report._dmarc.<host>`.
    """
    return _without_consent(dmarc, dmarc.ruf)


@rule(
    "DMARC035",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + "!10m"}],
)
def size_limit(dmarc: Dmarc) -> str | None:
    """A report address has a size limit, which is obsolete.

    `!10m` behind an address is ignored since RFC 9989. Remove it.
    """
    return values(dmarc, tag_list.OBSOLETE)


@rule(
    "DMARC036",
    Severity.NOTICE,
    reference=f"{RFC7489}#section-6.2",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + ",mailto:b@example.com,mailto:c@example.com"}],
)
def many_report_addresses(dmarc: Dmarc) -> str | None:
    """There are more than two addresses for aggregate reports.

    Receivers must support two and may stop there. Send reports to one mailbox that passes them on.
    """
    return f"{len(dmarc.rua)} addresses" if len(dmarc.rua) > 2 else None


@rule(
    "DMARC037",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": GOOD + ",https://example.com/dmarc"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; rua=https://example.com/dmarc"}],
)
def no_mailto(dmarc: Dmarc) -> str | None:
    """Aggregate reports are asked for by another way than mail only.

    Receivers must support `mailto:` and need not support anything else. Add a `mailto:` address.
    """
    valid = [address for address in dmarc.rua if address.is_valid]
    return ", ".join(a.uri for a in valid) if valid and not any(a.host for a in valid) else None


@rule(
    "DMARC038",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": "v=DMARC1; p=reject; fo=1; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; fo=1"}],
)
def fo_without_ruf(dmarc: Dmarc) -> str | None:
    """`fo` has no effect without `ruf`.

    It says for which failures reports are wanted, and there is no address for them.
    """
    return f"fo={':'.join(dmarc.fo)}" if dmarc.fo and not dmarc.ruf else None


@rule(
    "DMARC039",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc7505#section-3",
    passes=[{"dmarc": GOOD, "mx": MAIL}, {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."}],
    fails=[{"dmarc": GOOD, "mx": "0 ."}],
)
def reports_to_a_domain_without_mail(dmarc: Dmarc, mx: Mx) -> str | None:
    """Reports are asked for at this domain, which takes no mail.

    Its null MX makes senders refuse to deliver anything here, reports too. Name a mailbox in a
    domain that has mail (which must agree, RFC 9990 section 4), or drop `rua`.
    """
    if not mx.is_null:
        return None
    own = dmarc.steps[0].domain
    return ", ".join(one.uri for one in (*dmarc.rua, *dmarc.ruf) if one.host == own) or None


@rule(
    "DMARC072",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc9991#section-2",
    passes=[{"dmarc": read_zone("gov.uk", {"gov.uk": [GOOD + "; psd=y"]})}],
    fails=[
        {"dmarc": read_zone("uk", {"uk": ["v=DMARC1; p=none; psd=y; ruf=mailto:a@registry.uk"]})},
    ],
)
def failure_reports_of_others(dmarc: Dmarc) -> str | None:
    """A public suffix asks for failure reports.

    They hold personal data of mail under names that belong to others. Receivers send them to no
    record with psd=y. Remove `ruf`.
    """
    return ", ".join(one.uri for one in dmarc.ruf) or None if dmarc.psd == "y" else None
