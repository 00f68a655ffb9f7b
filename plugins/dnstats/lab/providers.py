"""Shared hosts of the practice internet: name servers, mail hosts, CDN names, report receivers.

Names look like those of real providers so that provider recognition has something to recognise;
addresses of name servers are loopback, those of mail and web hosts are in 192.88.99.0/24, which
nobody routes (RFC 7526) and which is in no list of private ranges. Nothing connects to them.
"""

from __future__ import annotations

from functools import cache

import msgspec

from dnstats.lab.catalogue import known_mail_hosts, known_spf_hosts
from dnstats.lab.chance import Chance
from dnstats.lab.labels import fits, split

RESOLVERS = ("127.53.0.1", "127.53.0.2")
REGISTRY = ("127.53.0.10", "127.53.0.11")
OWN_POOL = tuple(f"127.53.2.{n}" for n in range(1, 21))
SILENT_POOL = ("127.53.3.1", "127.53.3.2", "127.53.3.3")


class DnsProvider(msgspec.Struct, frozen=True):
    """A DNS operator; a site gets a host of each group, or `count` hosts of the only group."""

    name: str
    weight: float
    count: int
    groups: tuple[tuple[str, ...], ...]


def _numbered(pattern: str, numbers: range) -> tuple[str, ...]:
    return tuple(pattern.format(n) for n in numbers)


_AWS = tuple(
    tuple(f"ns-{base + n * 97}.awsdns-{n * 13 + 5:02d}.{tld}" for n in range(3))
    for base, tld in ((11, "com"), (600, "net"), (1100, "org"), (1600, "co.uk"))
)
_CLOUDFLARE = tuple(
    f"{first}.ns.cloudflare.com"
    for first in [
        "ada",
        "bob",
        "cruz",
        "dina",
        "elsa",
        "finn",
        "gail",
        "hugh",
        "iris",
        "jeff",
        "kate",
        "leo",
    ]
)
DNS_PROVIDERS = (
    DnsProvider("cloudflare", 34, 2, (_CLOUDFLARE,)),
    DnsProvider("godaddy", 14, 2, (_numbered("ns{:02d}.domaincontrol.com", range(1, 9)),)),
    DnsProvider("namecheap", 6, 2, (_numbered("dns{}.registrar-servers.com", range(1, 3)),)),
    DnsProvider("wix", 3, 2, (("ns8.wixdns.net", "ns9.wixdns.net"),)),
    DnsProvider("yandex", 3, 2, (("dns1.yandex.net", "dns2.yandex.net"),)),
    DnsProvider("ovh", 4, 2, (("dns100.ovh.net", "ns100.ovh.net"),)),
    DnsProvider("digitalocean", 10, 3, (_numbered("ns{}.digitalocean.com", range(1, 4)),)),
    DnsProvider("aws", 45, 4, _AWS),
    DnsProvider("google", 10, 4, tuple(
        (f"ns-cloud-a{n}.googledomains.com", f"ns-cloud-b{n}.googledomains.com")
        for n in range(1, 5))),
    DnsProvider("azure", 15, 4, (("ns1-01.azure-dns.com",), ("ns2-01.azure-dns.net",),
                                 ("ns3-01.azure-dns.org",), ("ns4-01.azure-dns.info",))),
    DnsProvider("nsone", 8, 4, (_numbered("dns{}.p01.nsone.net", range(1, 5)),)),
    DnsProvider("ionos", 6, 4, (("ns1045.ui-dns.com",), ("ns1045.ui-dns.de",),
                                ("ns1045.ui-dns.org",), ("ns1045.ui-dns.biz",))),
    DnsProvider("akamai", 20, 6, (_numbered("a{}-64.akam.net", range(1, 9)),)),
    DnsProvider("dnsmadeeasy", 10, 5, (_numbered("ns1{}.dnsmadeeasy.com", range(5)),)),
)  # fmt: skip
MAIL_PROVIDERS: dict[str, tuple[float, tuple[tuple[int, str], ...], str]] = {
    "google": (20, ((1, "aspmx.l.google.com"), (5, "alt1.aspmx.l.google.com"),
                    (5, "alt2.aspmx.l.google.com"), (10, "alt3.aspmx.l.google.com"),
                    (10, "alt4.aspmx.l.google.com")), "include:_spf.google.com ~all"),
    "google-one": (4, ((1, "smtp.google.com"),), "include:_spf.google.com ~all"),
    "microsoft": (14, ((0, "{dashed}.mail.protection.outlook.com"),),
                  "include:spf.protection.outlook.com -all"),
    "yandex": (3, ((10, "mx.yandex.net"),), "redirect=_spf.yandex.net"),
    "zoho": (2, ((10, "mx.zoho.com"), (20, "mx2.zoho.com"), (50, "mx3.zoho.com")),
             "include:zohomail.com ~all"),
    "godaddy": (2, ((0, "smtp.secureserver.net"), (10, "mailstore1.secureserver.net")),
                "include:secureserver.net -all"),
    "mimecast": (1.5, ((10, "eu-smtp-inbound-1.mimecast.com"),
                       (10, "eu-smtp-inbound-2.mimecast.com")),
                 "include:eu._netblocks.mimecast.com ~all"),
    "proofpoint": (1.5, ((10, "mxa-00000{tag}.gslb.pphosted.com"),
                         (10, "mxb-00000{tag}.gslb.pphosted.com")),
                   "include:spf-00000{tag}.pphosted.com ~all"),
    "own": (32, (), "a mx"),
}  # fmt: skip
SPF_RECORDS = {
    "_spf.google.com": "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com "
                       "include:_netblocks3.google.com ~all",
    "_netblocks.google.com": "v=spf1 ip4:192.88.99.0/26 ~all",
    "_netblocks2.google.com": "v=spf1 ip6:2001:db8:4000::/36 ~all",
    "_netblocks3.google.com": "v=spf1 ip4:192.88.99.64/27 ~all",
    "spf.protection.outlook.com": "v=spf1 ip4:192.88.99.96/27 ip6:2001:db8:8000::/48 "
                                  "include:spfd.protection.outlook.com -all",
    "spfd.protection.outlook.com": "v=spf1 ip4:192.88.99.128/27 ip6:2001:db8:8001::/48 -all",
    "_spf.yandex.net": "v=spf1 include:_spf-ipv4.yandex.net include:_spf-ipv6.yandex.net ~all",
    "_spf-ipv4.yandex.net": "v=spf1 ip4:192.88.99.160/28 ~all",
    "_spf-ipv6.yandex.net": "v=spf1 ip6:2001:db8:a000::/40 ~all",
    "zohomail.com": "v=spf1 include:spf.zohomail.com -all",
    "spf.zohomail.com": "v=spf1 ip4:192.88.99.176/28 -all",
    "eu._netblocks.mimecast.com": "v=spf1 ip4:192.88.99.192/28 ~all",
    "spf.mailjet.com": "v=spf1 ip4:192.88.99.208/28 ?all",
}  # fmt: skip
REPORT_HOSTS = {
    "rua.agari.com": 10, "emaildefense.proofpoint.com": 20, "vali.email": 9, "ag.dmarcian.com": 6,
    "rua.dmarcanalyzer.com": 8, "inbox.ondmarc.com": 5, "dmarc.service.gov.uk": 3,
    "rua.powerdmarc.com": 5, "dmarc-reports.cloudflare.net": 10, "mailinblue.com": 4,
}  # fmt: skip
ALIAS_TARGETS = ("d1{tag}.cloudfront.net", "{tag}.edgekey.net", "{tag}.azureedge.net",
                 "{tag}.fastly.net", "{tag}.netlify.app")  # fmt: skip
ALIAS_SUFFIXES = tuple("." + pattern.rpartition("}")[2].lstrip(".") for pattern in ALIAS_TARGETS)
MAIL_SUFFIXES = (".mail.protection.outlook.com", ".gslb.pphosted.com")


@cache
def server_addresses() -> dict[str, str]:
    """Return the loopback address of each shared name server, root and TLD servers included."""
    hosts = [host for provider in DNS_PROVIDERS for group in provider.groups for host in group]
    found = {host: f"127.53.1.{number}" for number, host in enumerate(hosts, 1)}
    found["a.root-servers.net"], found["b.root-servers.net"] = REGISTRY
    return found


@cache
def addresses() -> tuple[str, ...]:
    """Return every address the practice internet binds."""
    return tuple(sorted({*RESOLVERS, *OWN_POOL, *SILENT_POOL, *server_addresses().values()}))


def registry_hosts(suffix: str) -> tuple[str, str]:
    """Return the name servers of the root ("") or of a suffix."""
    if not suffix:
        return "a.root-servers.net", "b.root-servers.net"
    return f"a.nic.{suffix}", f"b.nic.{suffix}"


def server_address(host: str) -> str | None:
    """Return the address of a shared name server, None for any other host."""
    first, _, rest = host.partition(".nic.")
    if rest and first in ("a", "b") and not split(host)[0].count(".nic."):
        return REGISTRY[first == "b"] if split(f"nic.{rest}")[1] == rest else None
    return server_addresses().get(host)


@cache
def spf_hosts() -> frozenset[str]:
    """Return every shared name that publishes an SPF record (a few are missing on purpose)."""
    return frozenset(name for name in {*SPF_RECORDS, *known_spf_hosts()} if fits(name))


@cache
def mail_hosts() -> frozenset[str]:
    """Return every shared mail host."""
    named = {
        host for _, hosts, _ in MAIL_PROVIDERS.values() for _, host in hosts if "{" not in host
    }
    return frozenset(name for name in named | known_mail_hosts() if fits(name))


@cache
def reserved() -> frozenset[str]:
    """Return the organisations that shared hosts live under: they never fail as sites."""
    names = {*spf_hosts(), *mail_hosts(), *server_addresses(), *REPORT_HOSTS}
    names |= {"x" + suffix for suffix in (*ALIAS_SUFFIXES, *MAIL_SUFFIXES)}
    return frozenset(split(name)[0] for name in names)


def spf_record(seed: int, name: str) -> str | None:
    """Return the SPF record of a shared name; None for the few that have gone."""
    if name in SPF_RECORDS:
        return SPF_RECORDS[name]
    chance = Chance(seed, name)
    if chance.below("gone", 0.03) and split(name)[0] != name:
        return None
    terms = [f"ip4:192.88.99.{chance.number(f'ip{n}') % 256}" for n in range(
        1 + chance.number("terms") % 4)]  # fmt: skip
    if chance.below("nested", 0.12):
        terms.append("include:" + chance.pick("include", tuple(SPF_RECORDS)))
    return " ".join(["v=spf1", *terms, chance.pick("all", ("~all", "-all", "-all", "?all"))])


def host_address(seed: int, host: str) -> str:
    """Return the IPv4 address of a mail or web host: unrouted, but not private."""
    return f"192.88.99.{Chance(seed, host).number('ipv4') % 254 + 1}"


def host_address6(seed: int, host: str) -> str:
    """Return the IPv6 address of a host: the 6to4 form of 192.88.99.53, unrouted (RFC 7526)."""
    return f"2002:c058:6335::{Chance(seed, host).number('ipv6') & 0xFFFF:x}"


def report_accepted(seed: int, domain: str, host: str) -> bool:
    """Say whether `host` publishes that it takes DMARC reports for `domain` (RFC 9990)."""
    if host in REPORT_HOSTS:
        return True
    return Chance(seed, f"{domain}._report._dmarc.{host}").below("accepts", 0.6)
