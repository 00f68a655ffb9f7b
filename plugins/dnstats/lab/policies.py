"""What a site says about policies: DMARC, BIMI, MTA-STS, TLS-RPT, and its other TXT.

Seeded choices only: 45 % DMARC (none 40, quarantine 27, reject 33), 0.9 % BIMI, 0.7 % MTA-STS,
0.9 % TLS-RPT. A valid record is one whose author had reason to think it works.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from dnstats.lab.catalogue import dmarc_rows
from dnstats.lab.chance import Chance
from dnstats.lab.labels import split
from dnstats.lab.providers import REPORT_HOSTS, report_accepted

POLICIES = {"none": 40, "quarantine": 27, "reject": 33}
INVALID_DMARC = (
    "v=DMARC1 p=none rua=mailto:d@{site}", "v=DMARC1; p=nonee", "v=DMARC1; p=monitor; pct=100",
    "p=reject; v=DMARC1; rua=mailto:d@{site}", "v=dmarc1; p=none",
    "nv=DMARC1; p=reject; pct=100", "v=DMARC1; p=\u2018none\u2019", "v=DMARC1;; p==reject",
    "v=DMARC1, p=reject, rua=mailto:d@{site}", '"v=DMARC1; p=none"',
)  # fmt: skip
VERIFICATIONS = (
    "google-site-verification=", "MS=ms", "facebook-domain-verification=",
    "apple-domain-verification=",
)  # fmt: skip
ODD_TXT: dict[str, tuple[tuple[bytes, ...], ...]] = {
    "latin": ((b"Stra\xdfe \xff\xfe\x80",),),
    "nul": ((b"a\0b\x00", b"\x1b[31m\r\n"),),
    "strings": (tuple(b"part%d" % n for n in range(40)),),
    "empty": ((b"",),),
    "formula": ((b'=HYPERLINK("http://x")',), (b"<script>alert(1)</script>' OR 1=1 --",)),
}
REPORT_URI = re.compile(r"mailto:[^@,;\s]+@([a-z0-9.-]+\.[a-z]{2,})", re.IGNORECASE)


class Dmarc(msgspec.Struct, frozen=True):
    """What is at `_dmarc`: see Truth for the fields."""

    records: tuple[bytes, ...] = ()
    policy: str | None = None
    other: tuple[bytes, ...] = ()


def _tags(chance: Chance, domain: str, policy: str) -> str:
    """Write a record with tags as often as large companies use them."""
    host = chance.weighted("report host", REPORT_HOSTS)
    if chance.below("own report host", 0.35):
        host = domain
    elif chance.below("other report host", 0.05):
        host = f"reports.{chance.word('report', 8)}.net"
    user = chance.word("report user", 8)
    tags = ["v=DMARC1", f"p={policy}"]
    if chance.below("sp", 0.15):
        tags.append(
            "sp=" + chance.weighted("sp value", {"none": 57, "reject": 33, "quarantine": 10})
        )
    if chance.below("pct", 0.25):
        tags.append(
            "pct=" + chance.weighted("pct value", {"100": 93, "0": 2, "5": 1, "10": 2, "75": 2})
        )
    if chance.below("rua", 0.8):
        tags.append(f"rua=mailto:{user}@{host}")
    if chance.below("ruf", 0.4):
        tags.append(f"ruf=mailto:{user}@{host}")
    for tag, share, values in (
        ("fo", 0.5, ("1", "0", "1:d:s")), ("aspf", 0.11, ("r", "s")), ("adkim", 0.09, ("r", "s")),
        ("ri", 0.17, ("86400", "3600")), ("rf", 0.05, ("afrf",)), ("np", 0.02, ("reject",)),
        ("t", 0.01, ("y",)),
    ):  # fmt: skip
        if chance.below(tag, share):
            tags.append(f"{tag}={chance.pick(tag + ' value', values)}")
    return chance.pick("dmarc glue", ("; ", ";", "; ")).join(tags) + chance.pick(
        "dmarc end", ("", ";")
    )


@cache
def _real_dmarc(policy: str) -> tuple[str, ...]:
    start = re.compile(f"v=DMARC1; ?p={policy}[; ]")
    return tuple(row for row in dmarc_rows() if start.match(row))


def dmarc(seed: int, domain: str, place: str, has_mx: bool) -> Dmarc:
    """Return what a site publishes at its own `_dmarc`."""
    chance = Chance(seed, domain)
    share = (0.565 if has_mx else 0.15) if place == "zone" else 0.08
    if not chance.below("dmarc", share):
        other = (b"v=spf1 -all",) if chance.below("unrelated dmarc", 0.006) else ()
        return Dmarc(other=other)
    if chance.below("invalid dmarc", 0.03):
        text = chance.pick("invalid dmarc text", INVALID_DMARC).replace("{site}", domain)
        return Dmarc((text.encode(),))
    policy = chance.weighted("dmarc policy", POLICIES)
    text = _tags(chance, domain, policy)
    if chance.below("real dmarc", 0.15):
        text = chance.pick("real dmarc text", _real_dmarc(policy))
    if chance.below("several dmarc", 0.006):
        return Dmarc((text.encode(), b"v=DMARC1; p=none"))
    return Dmarc((text.encode(),), policy)


def report_hosts(
    seed: int, domain: str, records: tuple[bytes, ...]
) -> tuple[tuple[str, bool], ...]:
    """Return the report receivers of other organisations, and whether they consent."""
    text = " ".join(record.decode() for record in records)
    hosts = dict.fromkeys(host.lower() for host in REPORT_URI.findall(text))
    return tuple((host, report_accepted(seed, domain, host)) for host in hosts
                 if split(host)[0] != split(domain)[0])  # fmt: skip


def bimi(seed: int, domain: str, enforced: bool) -> bytes | None:
    """Return the BIMI record at `default._bimi`."""
    chance = Chance(seed, domain)
    if not chance.below("bimi", 0.0335 if enforced else 0.0005):
        return None
    logo = f"l=https://{domain}/bimi/logo.svg"
    texts = (f"v=BIMI1; {logo};", f"v=BIMI1; {logo}; a=https://{domain}/bimi/vmc.pem",
             f"v=BIMI1;{logo};a=;", "v=BIMI1; l=; a=;", f"v=BIMI1; l=http://{domain}/logo.png",
             f"v=BIMI1; {logo}; a=self; avp=brand")  # fmt: skip
    return chance.pick("bimi text", texts).encode()


def mta_sts(seed: int, domain: str, has_mx: bool) -> bytes | None:
    """Return the MTA-STS record (RFC 8461 §3.1)."""
    chance = Chance(seed, domain)
    if not chance.below("mta-sts", 0.0096 * has_mx):
        return None
    bad = chance.below("mta-sts bad", 0.05)
    return (
        b"v=STSv1" if bad else f"v=STSv1; id={chance.number('mta-sts id') % 10**14:014d};".encode()
    )


def tls_rpt(seed: int, domain: str, has_mx: bool) -> bytes | None:
    """Return the TLS-RPT record (RFC 8460 §3)."""
    if not Chance(seed, domain).below("tls-rpt", 0.0123 * has_mx):
        return None
    return f"v=TLSRPTv1; rua=mailto:tlsrpt@{domain}".encode()


def other_txt(seed: int, domain: str, place: str) -> tuple[tuple[bytes, ...], ...]:
    """Return the TXT records of a site that are no SPF: verifications, and oddities."""
    chance = Chance(seed, domain)
    if place != "zone" and not chance.below("some txt", 0.1):
        return ()
    found: list[tuple[bytes, ...]] = []
    for n in range(chance.weighted("txt count", {0: 40, 1: 25, 2: 15, 3: 12, 4: 8})):
        text = chance.pick(f"txt {n}", VERIFICATIONS) + chance.word(f"txt {n} word", 12)
        found.append((text.encode(),))
    odd = chance.weighted("odd txt", {"": 97.2, "huge": 1, **dict.fromkeys(ODD_TXT, 0.36)})
    if odd == "huge":
        return (*found, *((f"token{n}=".encode() + b"x" * 180,) for n in range(14)))
    return (*found, *ODD_TXT.get(odd, ()))
