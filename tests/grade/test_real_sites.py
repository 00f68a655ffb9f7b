"""Whole sites as the world publishes them: what they get, and that no remark is a false alarm.

The records are public facts; all of them are read by the code that a run reads answers with.
"""

from __future__ import annotations

import ipaddress

import pytest
from dnstats import wire
from dnstats.grade.grading import SiteGrades, grade_site
from dnstats.grade.scale import letter
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.example import look_in, txt_rdata
from dnstats.records.record import Site

TYPES = {"A": wire.A, "AAAA": wire.AAAA, "NS": wire.NS, "MX": wire.MX, "TXT": wire.TXT,
         "CAA": wire.CAA, "SOA": wire.SOA}  # fmt: skip


def _rdata(rdtype: str, value: str) -> bytes:
    if rdtype in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if rdtype == "NS":
        return wire.write_name(value)
    if rdtype == "TXT":
        return txt_rdata(value.encode())
    if rdtype == "MX":
        preference, name = value.split()
        return int(preference).to_bytes(2) + wire.write_name(wire.canonical(name))
    if rdtype == "SOA":
        mname, rname, *numbers = value.split()
        return b"".join((wire.write_name(mname), wire.write_name(rname),
                         *(int(number).to_bytes(4) for number in numbers)))  # fmt: skip
    flags, tag, text = value.split(" ", 2)
    return bytes((int(flags), len(tag))) + tag.encode() + text.encode()


def graded(domain: str, zone: str, *, is_secure: bool = False) -> SiteGrades:
    """The grades of a site whose world is these lines of `name TYPE value`."""
    published: dict[tuple[str, int], list[bytes]] = {}
    for line in zone.strip().splitlines():
        name, rdtype, value = line.split(maxsplit=2)
        published.setdefault((name, TYPES[rdtype]), []).append(_rdata(rdtype, value))
    run = read_site(Site(1, domain), look_in(published, is_secure=is_secure), load_records())
    return grade_site(run.readings)


def costly(grades: SiteGrades) -> dict[str, int]:
    return {remark.code: remark.points for remark in grades.remarks if remark.points}


GOOGLE = """
google.com SOA ns1.google.com dns-admin.google.com 837233718 900 900 1800 60
google.com NS ns1.google.com
google.com NS ns2.google.com
google.com NS ns3.google.com
google.com NS ns4.google.com
ns1.google.com A 216.239.32.10
ns2.google.com A 216.239.34.10
ns3.google.com A 216.239.36.10
ns4.google.com A 216.239.38.10
ns1.google.com AAAA 2001:4860:4802:32::a
ns2.google.com AAAA 2001:4860:4802:34::a
ns3.google.com AAAA 2001:4860:4802:36::a
ns4.google.com AAAA 2001:4860:4802:38::a
google.com A 142.250.74.46
google.com AAAA 2a00:1450:4001:82b::200e
www.google.com A 142.250.74.68
www.google.com AAAA 2a00:1450:4001:830::2004
google.com MX 10 smtp.google.com
smtp.google.com A 142.250.27.26
smtp.google.com A 142.250.27.27
smtp.google.com AAAA 2a00:1450:4025:c03::1b
google.com CAA 0 issue pki.goog
google.com TXT v=spf1 include:_spf.google.com ~all
google.com TXT google-site-verification=wD8N7i1JTNTkezJ49swvWW48f8_9xveREV4oB-0Hf5o
google.com TXT facebook-domain-verification=22rm551cu4k0ab0bxsw536tlds4h95
_spf.google.com TXT v=spf1 ip4:74.125.0.0/16 ip4:209.85.128.0/17 ip6:2001:4860:4864::/56 ~all
_dmarc.google.com TXT v=DMARC1; p=reject; rua=mailto:mailauth-reports@google.com
_mta-sts.google.com TXT v=STSv1; id=20210803T010101;
mta-sts.google.com A 142.250.74.81
_smtp._tls.google.com TXT v=TLSRPTv1;rua=mailto:sts-reports@google.com
"""


def test_google_com_lacks_dnssec_and_nothing_else() -> None:
    grades = graded("google.com", GOOGLE)
    assert costly(grades) == {"DNSSEC001": 40}
    assert grades.overall == 92
    assert letter(grades.overall) == "A-"
    by_family = {one.family: one.grade for one in grades.families}
    assert by_family["soa"] == 100, "timers are notices"
    assert by_family["mta_sts"] == by_family["tls_rpt"] == 100


def test_a_redirect_is_followed_as_gmail_com_has_it() -> None:
    gmail = GOOGLE.replace("v=spf1 include:_spf.google.com ~all", "v=spf1 redirect=_spf.google.com")
    assert costly(graded("google.com", gmail)) == {"DNSSEC001": 40}


PARKED = """
parked.example SOA ns1.dns.example hostmaster.dns.example 1 7200 3600 1209600 3600
parked.example NS ns1.dns.example
parked.example NS ns2.dns.example
ns1.dns.example A 198.41.0.4
ns2.dns.example A 199.9.14.201
ns1.dns.example AAAA 2001:503:ba3e::2:30
ns2.dns.example AAAA 2801:1b8:10::b
parked.example MX 0 .
parked.example TXT v=spf1 -all
_dmarc.parked.example TXT v=DMARC1; p=reject
parked.example CAA 0 issue ;
"""


def test_a_parked_domain_that_says_so_everywhere_loses_nothing_but_dnssec() -> None:
    grades = graded("parked.example", PARKED)
    assert costly(grades) == {"DNSSEC001": 40}
    assert letter(grades.overall or 0) == "A-"


MAIL_PROVIDERS = [
    ("10 aspmx.l.google.com", "v=spf1 include:_spf.google.com ~all"),
    ("0 example-com.mail.protection.outlook.com", "v=spf1 include:spf.protection.outlook.com -all"),
    ("10 mx.zoho.com", "v=spf1 include:zoho.com ~all"),
]


@pytest.mark.parametrize(("mx", "spf"), MAIL_PROVIDERS)
def test_a_small_firm_at_a_large_mail_provider(mx: str, spf: str) -> None:
    include = spf.partition("include:")[2].split()[0]
    host = mx.split()[1]
    zone = (
        PARKED.replace("parked.example MX 0 .", f"parked.example MX {mx}")
        .replace("parked.example TXT v=spf1 -all", f"parked.example TXT {spf}")
        .replace("CAA 0 issue ;", "CAA 0 issue letsencrypt.org")
        .replace("p=reject", "p=quarantine; rua=mailto:dmarc@parked.example")
        + f"{include} TXT v=spf1 ip4:40.92.0.0/15 -all\n{host} A 40.92.0.1\n{host} A 40.93.0.1\n"
    )
    assert costly(graded("parked.example", zone)) == {"DNSSEC001": 40}
