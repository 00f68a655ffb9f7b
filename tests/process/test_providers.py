"""Providers: the shipped list, and matching on label boundaries."""

from __future__ import annotations

import csv
import re

import pytest
from dnstats.process.providers import (
    LIST,
    BadProviders,
    dns_provider,
    mail_provider,
    provider_of,
    read_providers,
)
from hypothesis import given
from hypothesis import strategies as st

HEADER = "kind,provider,suffix,role"


def _rows() -> list[list[str]]:
    with LIST.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[1:]


# The list


def test_the_list_is_sound() -> None:
    with LIST.open(encoding="utf-8", newline="") as lines:
        assert len(read_providers(lines)) > 300


def test_the_list_is_sorted() -> None:
    rows = _rows()
    assert rows == sorted(rows, key=lambda row: (row[0], row[1].lower(), row[2]))


def test_no_line_repeats_what_a_shorter_suffix_says() -> None:
    known = {(kind, suffix): (name, role) for kind, name, suffix, role in _rows()}
    for kind, name, suffix, role in _rows():
        labels = suffix.split(".")
        for i in range(1, len(labels)):
            assert known.get((kind, ".".join(labels[i:]))) != (name, role), suffix


def test_names_differ_in_more_than_case() -> None:
    by_folded: dict[tuple[str, str], set[str]] = {}
    for kind, name, _, _ in _rows():
        by_folded.setdefault((kind, re.sub(r"\W", "", name.lower())), set()).add(name)
    assert [names for names in by_folded.values() if len(names) > 1] == []


def test_no_suffix_is_a_whole_public_suffix() -> None:
    from dnstats.records.public_suffix import is_public_suffix

    private = {"mx.microsoft"}  # Microsoft's own top-level domain
    found = [row[2] for row in _rows() if row[2].count(".") == 0 and row[2] not in private]
    assert found == []
    assert not any(is_public_suffix(row[2]) and "." not in row[2] for row in _rows())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("dns,A,a.example,host\ndns,B,a.example,host", "line 3: a.example is there twice"),
        ("dns,A,a.example", "line 2: it needs 4 values"),
        ("dns,,a.example,host", "line 2: it needs 4 values"),
        ("web,A,a.example,host", "line 2: kind is one of dns, mail"),
        ("dns,A,a.example,relay", "role one of host, gateway"),
        ("dns,A,.a.example,host", "'.a.example' is no suffix"),
        ("dns,A,A.example,host", "'A.example' is no suffix"),
    ],
)
def test_bad_lines_say_what_is_wrong(line: str, fault: str) -> None:
    with pytest.raises(BadProviders, match=re.escape(fault)):
        read_providers([HEADER, *line.split("\n")])


def test_a_missing_header_says_so() -> None:
    with pytest.raises(BadProviders, match="must begin with the line kind,provider,suffix,role"):
        read_providers(["dns,A,a.example,host"])


# DNS


@pytest.mark.parametrize(
    ("hosts", "domain", "provider"),
    [
        (["kim.ns.cloudflare.com", "bob.ns.cloudflare.com"], "example.com", "Cloudflare"),
        (["ns-1.awsdns-22.com", "ns-3.awsdns-1.co.uk"], "example.com", "Amazon Route 53"),
        (["ns1.example.com", "ns2.example.com"], "example.com", "self-hosted"),
        (["ns1.example.co.uk"], "www.example.co.uk", "self-hosted"),
        (["ns1.example.net"], "example.com", "unknown"),
        ([], "example.com", "none"),
        # The one with most servers; a known one goes before unknown ones.
        (
            ["ns1.example.com", "a.ns.cloudflare.com", "b.ns.cloudflare.com"],
            "example.com",
            "Cloudflare",
        ),
        (["x.unknown.example", "y.unknown.example", "ns1.ovh.net"], "example.com", "OVHcloud"),
        (["cloudflare.com.evil.example"], "example.com", "unknown"),
        (["xawsdns-22.com"], "example.com", "unknown"),
    ],
)
def test_dns_provider(hosts: list[str], domain: str, provider: str) -> None:
    assert dns_provider(hosts, domain) == provider


# Mail


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["aspmx.l.google.com", "alt1.aspmx.l.google.com"], ("Google Workspace", None)),
        (["smtp.google.com"], ("Google Workspace", None)),
        (["example-com.mail.protection.outlook.com"], ("Microsoft 365", None)),
        (["example-com.k-v1.mx.microsoft"], ("Microsoft 365", None)),
        (["mx1.example.com"], ("self-hosted", None)),
        (["mx.example.net"], ("unknown", None)),
        ([], ("none", None)),
        (["mx0a.pphosted.com", "mx0b.pphosted.com"], ("unknown", "Proofpoint")),
        (
            ["mx0a.pphosted.com", "example-com.mail.protection.outlook.com"],
            ("Microsoft 365", "Proofpoint"),
        ),
        (["eu-smtp-1.mimecast.com", "mail.example.com"], ("self-hosted", "Mimecast")),
        (["inbound-smtp.eu-west-1.amazonaws.com"], ("Amazon SES", None)),
    ],
)
def test_mail_provider(hosts: list[str], expected: tuple[str, str | None]) -> None:
    assert mail_provider(hosts, "example.com") == expected


# Mail hosts as municipal domains publish them (MX data of mxmap.it and mxmap-dk, MIT licence).
REAL_MAIL = {
    "100milehouse.com": (["100milehouse-com.mail.protection.outlook.com"], "Microsoft 365", None),
    "abegondo.gal": (["smtp.google.com"], "Google Workspace", None),
    "aguililla.gob.mx": (["mx.yandex.net"], "Yandex 360", None),
    "albertshofen.de": (["mx00.ionos.de", "mx01.ionos.de"], "IONOS Mail", None),
    "alsheim.de": (["smtpin.rzone.de"], "Strato", None),
    "andenne.be": (["mx3.ovh.net", "mx4.ovh.net"], "OVHcloud", None),
    "bernissart.be": (["mta-gw.infomaniak.ch"], "Infomaniak", None),
    "ixcatepec.mx": (["mxa.mailgun.org", "mxb.mailgun.org"], "Mailgun", None),
    # Their own, in a zone below their own domain; and in somebody's zone that no list knows.
    "abaira.ba.gov.br": (["mx.abaira.ba.gov.br"], "self-hosted", None),
    "abades.es": (["esernet.es"], "unknown", None),
    # Behind a gateway nobody sees who keeps the mail ...
    "abrucena.es": (["mxa-0077f301.gslb.pphosted.com"], "unknown", "Proofpoint"),
    "aceuchal.es": (["dip-badajoz-es-1.fortimailcloud.com"], "unknown", "FortiMail"),
    "ajax.ca": (["townofajax.in.tmes.trendmicro.com"], "unknown", "Trend Micro Email Security"),
    "albertluthuli.gov.za": (["matupunuka-mx1.titanhq.com"], "unknown", "SpamTitan"),
    "ampass.gv.at": (["mx-01-eu-central-1.prod.hydra.sophos.com"], "unknown", "Sophos"),
    "bad-hall.ooe.gv.at": (["bad-hall-ooe-gv-at.gate.seppmail.cloud"], "unknown", "SEPPmail"),
    "basauri.eus": (["mx1.hc2572-8.eu.iphmx.com"], "unknown", "Cisco Secure Email"),
    "wurmsham.de": (["mx01.hornetsecurity.com"], "unknown", "Hornetsecurity"),
    # ... unless a later host tells.
    "burnie.tas.gov.au": (
        ["au-smtp-inbound-1.mimecast.com", "burnie-tas-gov-au.mail.protection.outlook.com"],
        "Microsoft 365",
        "Mimecast",
    ),
    "duffel.be": (
        ["cluster5.eu.messagelabs.com", "duffel-be.mail.protection.outlook.com"],
        "Microsoft 365",
        "Symantec Email Security",
    ),
    "dummerstorf.de": (
        ["dummerstorf-de.mail.cloud.nospamproxy.com", "mx00.schlund.de"],
        "IONOS Mail",
        "NoSpamProxy",
    ),
    "karasjok.kommune.no": (
        ["eu-esec-01.heimdalsecurity.com", "mail.karasjok.kommune.no"],
        "self-hosted",
        "Heimdal",
    ),
    # A forgotten dot: the second name stands below their own zone, and so counts as theirs.
    "pizarra.es": (
        ["mxa-00870b02.gslb.pphosted.com", "mxb-00870b02.gslb.pphosted.com.pizarra.es"],
        "self-hosted",
        "Proofpoint",
    ),
}


@pytest.mark.parametrize("domain", REAL_MAIL)
def test_real_mail_hosts(domain: str) -> None:
    hosts, provider, gateway = REAL_MAIL[domain]
    assert mail_provider(hosts, domain) == (provider, gateway)


# Name servers as .gov domains and others publish them (facts of the delegations, CC0).
REAL_NAME_SERVERS = {
    "a1-65.akam.net": "Akamai Edge DNS",
    "ns-2048.awsdns-64.com": "Amazon Route 53",
    "dns3.arubadns.net": "Aruba",
    "udns2.cscdns.uk": "CSC",
    "ns1.civicplus.com": "CivicPlus",
    "ns3.dnsv2.com": "DNSPod",
    "a.ns14.net": "InterNetX",
    "nsg1.namebrightdns.com": "NameBright",
    "robotns2.second-ns.de": "Hetzner",
    "ns1-01.azuregov-dns.us": "Microsoft Azure",
    "docks18.rzone.de": "Strato",
    "dns200.anycast.me": "OVHcloud",
    # Not on a label's boundary, or not at the end.
    "xakam.net": None,
    "ns1.hanover.net": None,
    "akam.net.example.org": None,
    "ns-2048.awsdns-64.com.example.org": None,
    "ns.awsdns-64.example.com": None,
    r"ns1\.akam.net": None,
}


@pytest.mark.parametrize("host", REAL_NAME_SERVERS)
def test_real_name_servers(host: str) -> None:
    found = provider_of("dns", host)
    assert (found.name if found else None) == REAL_NAME_SERVERS[host]


@given(st.text(alphabet="abc.\\-*_0", max_size=30))
def test_any_name_is_no_crash(name: str) -> None:
    from dnstats import wire

    try:
        host = wire.canonical(name)
    except wire.BadName:
        return
    assert provider_of("mail", host) is None or "." in host
    assert dns_provider([host], "example.com")
