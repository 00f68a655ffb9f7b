"""Zone files for a root, three top-level domains and as many sites as wanted, three in ten signed.

    python bench/scan_hierarchy.py FOLDER SITES [SILENT [SLOW]]

Written to a folder with one configuration of knot for each of three servers: root, top-level
domains and sites must be processes of their own, else a server never refers. Every site has two
name servers at one of ten hosters, mail and an SPF include at one of ten mail providers, DMARC,
TLS-RPT and CAA. One key signs all signed zones, as at a big hoster. SILENT percent of the sites are
delegated to two addresses of their own where nobody is, SLOW percent to two that are served by
somebody else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdtypes.ANY.DNSKEY
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec

ROOT, REGISTRY = "127.54.0.1", "127.54.0.2"
TLDS = ("com", "net", "org")
PROVIDERS = 10
LIFETIME = 14 * 86400


def hoster_addresses() -> list[str]:
    return [f"127.54.1.{number}" for number in range(1, 2 * PROVIDERS + 1)]


def domain(number: int) -> str:
    return f"site{number:06d}.{TLDS[number % len(TLDS)]}"


def is_signed(number: int) -> bool:
    return number % 10 < 3


def silent_addresses(number: int) -> tuple[str, str]:
    """Where a site that nobody serves is delegated to."""
    high, low = divmod(number, 250)
    return f"127.55.{high}.{low + 1}", f"127.56.{high}.{low + 1}"


def is_silent(number: int, percent: int) -> bool:
    return number * 37 % 100 < percent


def is_slow(number: int, percent: int) -> bool:
    return number * 37 % 100 >= 100 - percent


class Signer:
    """One key for every signed zone."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.key = dns.dnssec.make_dnskey(self._private.public_key(), "ECDSAP256SHA256", 257)

    def sign(self, origin: str, text: str) -> str:
        zone = dns.zone.from_text(text, origin, relativize=False)
        dns.dnssec.sign_zone(zone, keys=[(self._private, self.key)], lifetime=LIFETIME)
        return str(zone.to_text())

    def ds(self, zone: str) -> str:
        return str(dns.dnssec.make_ds(dns.name.from_text(zone), self.key, "SHA256"))


def _head(zone: str, servers: tuple[str, ...]) -> str:
    dot = "" if zone == "." else "."
    soa = f"{zone}{dot} 3600 IN SOA {servers[0]}. hostmaster.{servers[0]}. 1 7200 900 86400 300\n"
    return soa + "".join(f"{zone}{dot} 3600 IN NS {server}.\n" for server in servers)


def _site(number: int, servers: tuple[str, str]) -> str:
    name, provider = domain(number), number // 7 % PROVIDERS
    lines = [
        f"{name}. A 192.0.2.{number % 250 + 1}",
        f"{name}. AAAA 2001:db8::{number:x}",
        f"{name}. MX 10 mx1.mail{provider}.com.",
        f"{name}. MX 20 mx2.mail{provider}.com.",
        f'{name}. TXT "v=spf1 include:spf.mail{provider}.com -all"',
        f'{name}. TXT "verification={number:032x}"',
        f'_dmarc.{name}. TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@{name}"',
        f'_smtp._tls.{name}. TXT "v=TLSRPTv1; rua=mailto:tls@{name}"',
        f"www.{name}. CNAME {name}.",
    ]
    if number % 4 == 0:
        lines.append(f'{name}. CAA 0 issue "letsencrypt.org"')
    return _head(name, servers) + "".join(line.replace(" ", " 300 IN ", 1) + "\n" for line in lines)


def _servers(hoster: int) -> tuple[str, str]:
    return f"ns1.hoster{hoster}.net", f"ns2.hoster{hoster}.net"


def _provider_zones() -> dict[str, str]:
    """Zones of the hosters and the mail providers, by name."""
    zones = {}
    addresses = hoster_addresses()
    for number in range(PROVIDERS):
        first, second = _servers(number)
        zones[f"hoster{number}.net"] = _head(f"hoster{number}.net", (first, second)) + (
            f"{first}. 3600 IN A {addresses[2 * number]}\n"
            f"{second}. 3600 IN A {addresses[2 * number + 1]}\n"
        )
        mail = f"mail{number}.com"
        zones[mail] = _head(mail, (first, second)) + (
            f"mx1.{mail}. 3600 IN A 192.0.2.{number + 1}\n"
            f"mx2.{mail}. 3600 IN A 192.0.2.{number + 101}\n"
            f'spf.{mail}. 3600 IN TXT "v=spf1 ip4:192.0.2.0/24 -all"\n'
        )
    return zones


def _knot(folder: Path, server: str, addresses: list[str], zones: dict[str, str]) -> None:
    """Write the zones and the configuration of one server."""
    place = folder / server
    place.mkdir()
    lines = [f"server:\n  rundir: {place}\n  udp-workers: 1\n  tcp-workers: 1\n"]
    lines += [f"  listen: {address}@53\n" for address in addresses]
    lines.append(f"database:\n  storage: {place}\n")
    lines.append(
        "template:\n  - id: default\n    zonefile-sync: -1\n    journal-content: none\n"
        "    semantic-checks: off\nzone:\n"
    )
    for number, (zone, text) in enumerate(zones.items()):
        (place / str(number)).write_text(text)
        lines.append(f"  - domain: {zone}\n    file: {place}/{number}\n")
    (folder / f"{server}.conf").write_text("".join(lines))


def build(folder: Path, count: int, silent: int = 0, slow: int = 0) -> list[str]:
    """Write everything; the sites' domains. `root.hints` and `root.key` are for the resolver."""
    signer = Signer()
    sites = _provider_zones()
    delegated = {
        tld: [_head(tld, (f"a.nic.{tld}",)), f"a.nic.{tld}. 3600 IN A {REGISTRY}\n"] for tld in TLDS
    }
    addresses = hoster_addresses()
    for number in range(PROVIDERS):
        for which, server in enumerate(_servers(number)):
            address = addresses[2 * number + which]
            delegated["net"].append(f"hoster{number}.net. 3600 IN NS {server}.\n")
            delegated["net"].append(f"{server}. 3600 IN A {address}\n")
            delegated["com"].append(f"mail{number}.com. 3600 IN NS {server}.\n")
    for number in range(count):
        name = domain(number)
        tld = name.rpartition(".")[2]
        is_served = not is_silent(number, silent)
        has_own = not is_served or is_slow(number, slow)
        servers = (f"ns1.{name}", f"ns2.{name}") if has_own else _servers(number % PROVIDERS)
        text = _site(number, servers)
        for server in servers:
            delegated[tld].append(f"{name}. 3600 IN NS {server}.\n")
        for server, address in zip(servers, silent_addresses(number), strict=True):
            if has_own:
                delegated[tld].append(f"{server}. 3600 IN A {address}\n")
                text += f"{server}. 3600 IN A {address}\n"
        if not is_served:
            continue
        if is_signed(number):
            text = signer.sign(name, text)
            delegated[tld].append(f"{name}. 3600 IN DS {signer.ds(name)}\n")
        sites[name] = text
    root = _head(".", ("a.root-servers.net",)) + f"a.root-servers.net. 3600 IN A {ROOT}\n"
    for tld in TLDS:
        root += f"{tld}. 3600 IN NS a.nic.{tld}.\na.nic.{tld}. 3600 IN A {REGISTRY}\n"
        root += f"{tld}. 3600 IN DS {signer.ds(tld)}\n"
    _knot(folder, "root", [ROOT], {".": signer.sign(".", root)})
    registries = {tld: signer.sign(tld, "".join(lines)) for tld, lines in delegated.items()}
    _knot(folder, "registry", [REGISTRY], registries)
    _knot(folder, "sites", addresses, sites)
    (folder / "root.hints").write_text(
        f". 3600 NS a.root-servers.net.\na.root-servers.net. 3600 A {ROOT}\n"
    )
    (folder / "root.key").write_text(f". 3600 IN DS {signer.ds('.')}\n")
    return [domain(number) for number in range(count)]


if __name__ == "__main__":
    build(Path(sys.argv[1]), *map(int, sys.argv[2:]))
