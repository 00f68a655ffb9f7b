"""Rules about MTA-STS as far as the DNS shows it. The policy file is fetched by nobody here."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.host import Host
from dnstats.records.ip_address import special_use
from dnstats.records.mta_sts import MtaSts
from dnstats.records.mx import Mx
from dnstats.records.record import NotMeasured
from dnstats.records.tls_rpt import TlsRpt

_RFC8461 = "https://www.rfc-editor.org/rfc/rfc8461"
_GOOD = "v=STSv1; id=20240101T000000"
_REPORTS = "v=TLSRPTv1; rua=mailto:tls@example.com"


def _at(*addresses: str) -> MtaSts:
    """An example: a good record, whose policy host has these IPv4 addresses."""
    return MtaSts(
        _GOOD, True, "20240101T000000", (), (), 1, Host("mta-sts.example.com", addresses, ())
    )


@rule(
    "STS001",
    Severity.NOTICE,
    reference=f"{_RFC8461}#section-1",
    passes=[
        {"mta_sts": _GOOD, "mx": "10 mail.example.com"},
        {"mta_sts": None, "mx": "0 ."},
        {"mta_sts": None, "mx": None},
    ],
    fails=[{"mta_sts": None, "mx": "10 mail.example.com"}],
)
def no_record(mta_sts: MtaSts | None, mx: Mx | None) -> str | None:
    """There is no MTA-STS.

    Senders take whatever connection they get, also an unencrypted one that somebody forced on them.
    MTA-STS (or DANE) lets them insist on TLS.
    """
    if mta_sts is not None or mx is None or mx.is_null:
        return None
    return "no record at _mta-sts"


@rule(
    "STS002",
    Severity.CRITICAL,
    reference=f"{_RFC8461}#section-3.1",
    passes=[{"mta_sts": _GOOD}],
    fails=[{"mta_sts": (_GOOD, "v=STSv1; id=2")}],
)
def several_records(mta_sts: MtaSts) -> str | None:
    """There are several MTA-STS records, so senders assume none.

    Delete all but one.
    """
    return f"{mta_sts.several} records" if mta_sts.several > 1 else None


@rule(
    "STS003",
    Severity.CRITICAL,
    reference=f"{_RFC8461}#section-3.1",
    passes=[{"mta_sts": _GOOD}, {"mta_sts": "v=STSv1 ;id=1"}],
    fails=[{"mta_sts": "v=stsv1; id=1"}, {"mta_sts": "v = STSv1; id=1"}, {"mta_sts": "v=STSv2;"}],
)
def broken_version(mta_sts: MtaSts) -> str | None:
    """The record does not begin with v=STSv1, so it is ignored.

    The version comes first, in exactly this spelling, without white space around the equals sign.
    """
    return mta_sts.record if mta_sts.several == 0 else None


@rule(
    "STS004",
    Severity.CRITICAL,
    reference=f"{_RFC8461}#section-3.1",
    passes=[{"mta_sts": _GOOD}, {"mta_sts": "v=STSv1; id=1;"}],
    fails=[
        {"mta_sts": "v=STSv1;"},
        {"mta_sts": "v=STSv1; id=2024-01-01"},
        {"mta_sts": "v=STSv1; id=" + "1" * 33},
    ],
)
def invalid_id(mta_sts: MtaSts) -> str | None:
    """The id is missing or invalid.

    It is 1 to 32 letters and digits, and tells senders when the policy has changed. Without a valid
    one the record is not valid.
    """
    return mta_sts.record if mta_sts.several == 1 and not mta_sts.id else None


@rule(
    "STS005",
    Severity.CRITICAL,
    reference=f"{_RFC8461}#section-3.3",
    passes=[{"mta_sts": _GOOD}],
    fails=[{"mta_sts": _at()}],
)
def no_policy_host(mta_sts: MtaSts) -> str | Abstain | None:
    """The policy's host has no address.

    Senders fetch the policy from `https://mta-sts.<domain>/.well-known/mta-sts.txt`. There is no
    such host, so there is no policy.
    """
    host = mta_sts.policy_host
    if host.addresses:
        return None
    if host.is_without_address:
        return host.name
    return Abstain(f"addresses of {host.name} not measured")


@rule(
    "STS006",
    Severity.HIGH,
    reference=f"{_RFC8461}#section-3.3",
    passes=[{"mta_sts": _GOOD}],
    fails=[{"mta_sts": _at("10.1.2.3")}],
)
def policy_host_not_public(mta_sts: MtaSts) -> str | Abstain | None:
    """The policy's host has an address that the Internet cannot reach.

    Senders cannot fetch the policy from it. Publish the public address.
    """
    host = mta_sts.policy_host
    found = [f"{address} is {use}" for address in host.addresses if (use := special_use(address))]
    if found:
        return f"{host.name}: {', '.join(found)}"
    if isinstance(host.v4, NotMeasured) or isinstance(host.v6, NotMeasured):
        return Abstain(f"addresses of {host.name} not measured")
    return None


@rule(
    "STS007",
    Severity.LOW,
    reference=f"{_RFC8461}#section-3.2",
    passes=[{"mta_sts": _GOOD}],
    fails=[{"mta_sts": _GOOD + "; id=2"}],
)
def repeated_tags(mta_sts: MtaSts) -> str | None:
    """The record has repeated tags.

    Senders take the first and ignore the others. It holds the version and the id, once each.
    """
    found = (one for one in mta_sts.defects if one.kind == tag_list.REPEATED)
    return ", ".join(f"{one.tag}={one.text}" for one in found) or None


@rule(
    "STS008",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc8460#section-1",
    passes=[{"mta_sts": _GOOD, "tls_rpt": _REPORTS}, {"mta_sts": "v=STSv1;", "tls_rpt": None}],
    fails=[{"mta_sts": _GOOD, "tls_rpt": None}],
)
def without_reports(mta_sts: MtaSts, tls_rpt: TlsRpt | None) -> str | None:
    """MTA-STS without TLS reports.

    When a certificate expires under an enforced policy, mail stops coming and nobody is told. Add a
    TLS-RPT record with an address that is read.
    """
    return "no record at _smtp._tls" if mta_sts.is_valid and tls_rpt is None else None


@rule(
    "STS009",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc7505#section-3",
    passes=[{"mta_sts": _GOOD, "mx": "10 mail.example.com"}],
    fails=[{"mta_sts": _GOOD, "mx": "0 ."}],
)
def without_mail(mta_sts: MtaSts, mx: Mx) -> str | None:
    """MTA-STS at a domain that takes no mail.

    The null MX already says that nothing is to be delivered here.
    """
    return mta_sts.record if mx.is_null else None


@rule(
    "STS010",
    Severity.MEDIUM,
    reference=f"{_RFC8461}#section-3.1",
    passes=[{"mta_sts": _GOOD + ";"}, {"mta_sts": _GOOD + "; x=1"}],
    fails=[
        {"mta_sts": _GOOD + "; x = 1"},
        {"mta_sts": "v=STSv1;; id=1"},
        {"mta_sts": _GOOD + "; mode: enforce"},
    ],
)
def breaks_the_grammar(mta_sts: MtaSts) -> str | None:
    """The record breaks the grammar, so strict senders assume no policy.

    Between semicolons stands `name=value` and nothing else, without white space around the equals
    sign. Publish only the version and the id; mode and mail hosts belong into the policy file.
    """
    if not mta_sts.is_valid:
        return None
    kinds = (tag_list.BAD_FORM, tag_list.NO_EQUALS, tag_list.EMPTY)
    return ", ".join(one.text for one in mta_sts.defects if one.kind in kinds) or None
