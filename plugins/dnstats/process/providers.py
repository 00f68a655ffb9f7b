"""Who runs a site's name servers and mail hosts, told by the hosts' names. Asks nobody.

The names are in include/providers.csv: `kind,provider,suffix,role`, a suffix being whole labels
("ovh.net" is no suffix of "hanover.net"), in which "*" stands for anything inside one label
("awsdns-*.com"). The longest suffix wins.
"""

from __future__ import annotations

import csv
import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dnstats.records.public_suffix import is_within, organisational_domain
from dnstats.wire import parents

LIST = Path(__file__).resolve().parents[3] / "include" / "providers.csv"
HEADER = ["kind", "provider", "suffix", "role"]
KINDS = ("dns", "mail")
ROLES = ("host", "gateway")  # a gateway filters mail in front of another host

SELF_HOSTED = "self-hosted"  # the hosts stand below the site's own organisational domain
UNKNOWN = "unknown"  # there are hosts, and nobody in the list has such names
NONE = "none"  # there are no hosts


class Provider(NamedTuple):
    """One line of the list."""

    kind: str
    name: str
    suffix: str
    role: str


class BadProviders(ValueError):
    """The list cannot be used; the message says which line and why."""


def read_providers(lines: Iterable[str]) -> tuple[Provider, ...]:
    """The lines of a list in CSV; `BadProviders` for the first that cannot be used."""
    rows = csv.reader(lines)
    if next(rows, None) != HEADER:
        raise BadProviders(f"providers.csv must begin with the line {','.join(HEADER)}")
    found: list[Provider] = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, 2):
        fault = _fault(row, seen)
        if fault:
            raise BadProviders(f"providers.csv line {number}: {fault}")
        found.append(Provider(*row))
        seen.add((row[0], row[2]))
    return tuple(found)


_SUFFIX = re.compile(r"[a-z0-9*-]+(\.[a-z0-9*-]+)*")


def _fault(row: list[str], seen: set[tuple[str, str]]) -> str:
    if len(row) != len(HEADER) or not row[1].strip():
        return f"it needs {len(HEADER)} values: {','.join(HEADER)}"
    if row[0] not in KINDS or row[3] not in ROLES:
        return f"kind is one of {', '.join(KINDS)}, role one of {', '.join(ROLES)}"
    if not _SUFFIX.fullmatch(row[2]):
        return f"{row[2]!r} is no suffix: lower case, no dot at the ends"
    if (row[0], row[2]) in seen:
        return f"{row[2]} is there twice for {row[0]}"
    return ""


class _Table(NamedTuple):
    plain: dict[str, Provider]
    patterns: tuple[tuple[re.Pattern[str], Provider], ...]


@functools.cache
def _table(kind: str) -> _Table:
    with LIST.open(encoding="utf-8", newline="") as lines:
        providers = [one for one in read_providers(lines) if one.kind == kind]
    plain = {one.suffix: one for one in providers if "*" not in one.suffix}
    wild = sorted((one for one in providers if "*" in one.suffix), key=lambda one: -len(one.suffix))
    return _Table(plain, tuple((_pattern(one.suffix), one) for one in wild))


def _pattern(suffix: str) -> re.Pattern[str]:
    return re.compile(r"(?:.*\.)?" + re.escape(suffix).replace(r"\*", "[^.]*"))


@functools.lru_cache(maxsize=65536)
def provider_of(kind: str, host: str) -> Provider | None:
    """The line of the list that a canonical host name falls under."""
    table = _table(kind)
    for pattern, provider in table.patterns:
        if pattern.fullmatch(host):
            return provider
    return next((table.plain[name] for name in (host, *parents(host)) if name in table.plain), None)


def dns_provider(hosts: Sequence[str], domain: str) -> str:
    """Who runs the name servers: the one that most of them belong to, in a tie the first.

    `hosts` are canonical names. Own hosts count as self-hosted; a known provider goes before
    unknown ones.
    """
    if not hosts:
        return NONE
    own = organisational_domain(domain)
    names = [_name("dns", host, own) for host in hosts]
    known = Counter(name for name in names if name != UNKNOWN)
    return known.most_common(1)[0][0] if known else UNKNOWN


def _name(kind: str, host: str, own: str) -> str:
    if is_within(host, own):
        return SELF_HOSTED
    provider = provider_of(kind, host)
    return provider.name if provider else UNKNOWN


def mail_provider(hosts: Sequence[str], domain: str) -> tuple[str, str | None]:
    """Who runs the mail hosts, and the gateway in front of them (None when there is none).

    `hosts` are canonical names by preference; () for no MX or a null MX. The first host that is
    known decides. Behind a gateway the provider is unknown, unless a later host gives it away.
    """
    if not hosts:
        return NONE, None
    own = organisational_domain(domain)
    gateway = None
    for host in hosts:
        if is_within(host, own):
            return SELF_HOSTED, gateway
        provider = provider_of("mail", host)
        if provider is not None and provider.role == "host":
            return provider.name, gateway
        if provider is not None and gateway is None:
            gateway = provider.name
    return UNKNOWN, gateway
