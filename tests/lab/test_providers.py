"""Shared hosts: their addresses and records."""

from __future__ import annotations

import ipaddress

from dnstats.lab.catalogue import caa_rows, dmarc_rows, mail_rows, spf_rows
from dnstats.lab.providers import (
    DNS_PROVIDERS,
    RESOLVERS,
    addresses,
    mail_hosts,
    server_address,
    spf_hosts,
    spf_record,
)

from tests.lab.worlds import SEED, ask, texts, values


def test_there_are_at_most_120_addresses_all_on_loopback() -> None:
    assert set(RESOLVERS) < set(addresses())
    assert len(addresses()) <= 120
    for address in addresses():
        assert ipaddress.ip_address(address) in ipaddress.ip_network("127.0.0.0/8")


def test_shared_name_servers_have_addresses_of_their_own() -> None:
    hosts = [host for provider in DNS_PROVIDERS for group in provider.groups for host in group]
    assert len({server_address(host) for host in hosts}) == len(hosts)
    assert server_address("a.nic.co.uk") == "127.53.0.10"
    assert server_address("a.nic.example.com") is None


def test_the_catalogue_is_real_and_large_enough() -> None:
    assert len(mail_rows()) > 1000
    assert len(spf_rows("valid")) > 300
    assert len(spf_rows("permerror")) > 40
    assert len(dmarc_rows()) > 10
    assert caa_rows()


def test_nearly_every_include_target_publishes_spf(port) -> None:
    targets = sorted(spf_hosts())[::10]
    found = [name for name in targets if any(b"v=spf1" in b"".join(s)
             for s in texts(ask(port, name, "TXT")))]  # fmt: skip
    assert 0.93 < len(found) / len(targets) <= 1
    assert any(spf_record(SEED, name) is None for name in spf_hosts())


def test_shared_mail_hosts_have_an_address_that_nobody_routes(port) -> None:
    for name in sorted(mail_hosts())[::40]:
        for address in values(ask(port, name, "A"), "A"):
            assert ipaddress.ip_address(address) in ipaddress.ip_network("192.88.99.0/24")


def test_google_and_microsoft_nest_their_includes(port) -> None:
    for name, nested in (
        ("_spf.google.com", b"include:_netblocks2.google.com"),
        ("spf.protection.outlook.com", b"include:spfd.protection.outlook.com"),
    ):
        assert nested in b"".join(next(iter(texts(ask(port, name, "TXT")))))
