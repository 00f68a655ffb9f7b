"""Rules about TLS reporting records."""

from __future__ import annotations

from dnstats.grade.rule import rule
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.dane import Dane
from dnstats.records.mta_sts import MtaSts
from dnstats.records.mx import Mx
from dnstats.records.tls_rpt import TlsRpt

_RFC8460 = "https://www.rfc-editor.org/rfc/rfc8460"
_GOOD = "v=TLSRPTv1; rua=mailto:tls@example.com"


@rule(
    "TLSRPT001",
    Severity.NOTICE,
    reference=f"{_RFC8460}#section-3",
    passes=[
        {"tls_rpt": _GOOD, "mx": "10 mail.example.com"},
        {"tls_rpt": None, "mx": "0 ."},
        {"tls_rpt": None, "mx": None},
    ],
    fails=[{"tls_rpt": None, "mx": "10 mail.example.com"}],
)
def no_record(tls_rpt: TlsRpt | None, mx: Mx | None) -> str | None:
    """There is no TLS reporting.

    Senders that cannot set up an encrypted connection to this domain have nobody to tell. Publish
    `v=TLSRPTv1; rua=mailto:...` at `_smtp._tls`.
    """
    if tls_rpt is not None or mx is None or mx.is_null:
        return None
    return "no record at _smtp._tls"


@rule(
    "TLSRPT002",
    Severity.CRITICAL,
    reference=f"{_RFC8460}#section-3",
    passes=[{"tls_rpt": _GOOD}],
    fails=[{"tls_rpt": (_GOOD, _GOOD + ";")}],
)
def several_records(tls_rpt: TlsRpt) -> str | None:
    """There are several TLS-RPT records, so senders report to none.

    Delete all but one; several addresses go into one record.
    """
    return f"{tls_rpt.several} records" if tls_rpt.several > 1 else None


@rule(
    "TLSRPT003",
    Severity.CRITICAL,
    reference=f"{_RFC8460}#section-3",
    passes=[{"tls_rpt": _GOOD}],
    fails=[{"tls_rpt": "v=TLSRPT; rua=mailto:tls@example.com"}, {"tls_rpt": "v=tlsrptv1;"}],
)
def broken_version(tls_rpt: TlsRpt) -> str | None:
    """The record does not begin with v=TLSRPTv1, so it is ignored.

    The version comes first, in exactly this spelling.
    """
    return tls_rpt.record if tls_rpt.several == 0 else None


@rule(
    "TLSRPT004",
    Severity.CRITICAL,
    reference=f"{_RFC8460}#section-3",
    passes=[{"tls_rpt": _GOOD}, {"tls_rpt": "v=TLSRPTv1; rua=https://example.com/tls"}],
    fails=[{"tls_rpt": "v=TLSRPTv1;"}, {"tls_rpt": "v=TLSRPTv1; rua=tls@example.com"}],
)
def no_usable_address(tls_rpt: TlsRpt) -> str | None:
    """There is no usable address for reports.

    `rua` takes `mailto:` and `https:` addresses. Without one nobody can report.
    """
    return tls_rpt.record if tls_rpt.several == 1 and not tls_rpt.rua else None


@rule(
    "TLSRPT005",
    Severity.LOW,
    reference=f"{_RFC8460}#section-3",
    passes=[{"tls_rpt": _GOOD}],
    fails=[{"tls_rpt": _GOOD + ",tls@example.com"}],
)
def invalid_address(tls_rpt: TlsRpt) -> str | None:
    """An address for reports is invalid.

    Reports for it go nowhere. It takes `mailto:` or `https:` in front.
    """
    bad = (one.text for one in tls_rpt.defects if one.kind == tag_list.BAD_VALUE)
    return (", ".join(bad) or None) if tls_rpt.rua else None


@rule(
    "TLSRPT006",
    Severity.LOW,
    reference=f"{_RFC8460}#section-3",
    passes=[{"tls_rpt": _GOOD}],
    fails=[
        {"tls_rpt": _GOOD + "; rua=mailto:b@example.com"},
        {"tls_rpt": _GOOD + "; b@c.example"},
        {"tls_rpt": _GOOD + ";;"},
        {"tls_rpt": "v=TLSRPTv1; RUA=mailto:b@example.com"},
    ],
)
def form_faults(tls_rpt: TlsRpt) -> str | None:
    """The record has repeated tags or stray text.

    Everything between semicolons is `tag=value`, each tag once, `rua` in small letters and without
    white space around the equals sign; several addresses take commas.
    """
    kinds = (tag_list.REPEATED, tag_list.NO_EQUALS, tag_list.EMPTY, tag_list.BAD_FORM)
    found = (one for one in tls_rpt.defects if one.kind in kinds)
    return ", ".join(f"{one.tag}={one.text}" if one.tag else one.text for one in found) or None


@rule(
    "TLSRPT007",
    Severity.NOTICE,
    reference=f"{_RFC8460}#section-1",
    passes=[{"tls_rpt": _GOOD, "mta_sts": "v=STSv1; id=1", "dane": None}],
    fails=[{"tls_rpt": _GOOD, "mta_sts": None, "dane": None}],
)
def nothing_to_report_on(tls_rpt: TlsRpt, mta_sts: MtaSts | None, dane: Dane | None) -> str | None:
    """Reports are asked for, and there is neither MTA-STS nor DANE.

    The reports will tell of encryption in general; it is policies like these that can fail.
    """
    return tls_rpt.record if mta_sts is None and dane is None else None


@rule(
    "TLSRPT008",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc7505#section-3",
    passes=[{"tls_rpt": _GOOD, "mx": "10 mail.example.com"}],
    fails=[{"tls_rpt": _GOOD, "mx": "0 ."}],
)
def without_mail(tls_rpt: TlsRpt, mx: Mx) -> str | None:
    """Reports are asked for at a domain that takes no mail.

    The null MX already says that nothing is to be delivered here.
    """
    return tls_rpt.record if mx.is_null else None
