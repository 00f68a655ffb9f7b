"""Which DNS a run asks: the system's, named resolvers, or the practice internet.

`DNS=auto` asks the system's resolvers for the root's NS set; when none answers, it is the practice
internet. Silence of a resolver is only ever a reason to choose, never a finding about a site.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from dnstats.scan.settings import read_address
from dnstats.stack.fault import StackFault

TRIES = 2
PROBE_SECONDS = 2.0


class Choice(NamedTuple):
    """`mode`: system, custom or lab; `resolvers` are empty for the lab, which says its own."""

    mode: str
    resolvers: tuple[str, ...]
    why: str


def choose(
    wanted: str,
    *,
    resolv_conf: Path = Path("/etc/resolv.conf"),
    seconds: float = PROBE_SECONDS,
) -> Choice:
    """What `wanted` (auto, system, lab, or `ip[:port],...`) comes to on this machine, now."""
    word = wanted.strip()
    if word == "lab":
        return Choice("lab", (), "as you asked")
    if word in ("auto", "system", ""):
        found = system_resolvers(resolv_conf)
        if word == "system":
            return _system(found, resolv_conf, seconds)
        if answers := answering(found, seconds):
            return Choice("system", answers, f"{', '.join(answers)} answered")
        tried = ", ".join(found) or f"none named in {resolv_conf}"
        return Choice("lab", (), f"the system's resolver does not answer ({tried})")
    resolvers = tuple(part for part in word.replace(",", " ").split())
    for resolver in resolvers:
        try:
            read_address(resolver)
        except ValueError as fault:
            raise StackFault(f"DNS={wanted}: {fault}; or say auto, system or lab") from None
    return Choice("custom", resolvers, "as you asked")


def _system(found: Sequence[str], resolv_conf: Path, seconds: float) -> Choice:
    answers = answering(found, seconds)
    if not answers:
        said = f"{', '.join(found)} did not answer" if found else f"{resolv_conf} names none"
        raise StackFault(
            f"DNS=system: {said}. Name a resolver (DNS=192.0.2.53), or try the practice internet "
            "(DNS=lab)"
        )
    return Choice("system", answers, "as you asked")


def system_resolvers(resolv_conf: Path) -> tuple[str, ...]:
    """The addresses that resolv.conf names."""
    try:
        servers = dns.resolver.Resolver(str(resolv_conf)).nameservers
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
    return tuple(dict.fromkeys(str(server) for server in servers))


def answering(resolvers: Sequence[str], seconds: float = PROBE_SECONDS) -> tuple[str, ...]:
    """Those of the resolvers that know the root, all asked at once."""
    if not resolvers:
        return ()
    ask: Callable[[str], bool] = lambda resolver: knows_root(resolver, seconds)  # noqa: E731
    with concurrent.futures.ThreadPoolExecutor(len(resolvers)) as threads:
        return tuple(
            resolver
            for resolver, known in zip(resolvers, threads.map(ask, resolvers), strict=True)
            if known
        )


def knows_root(resolver: str, seconds: float = PROBE_SECONDS) -> bool:
    """Whether `ip` or `ip:port` answers `. NS` with name servers, within two tries."""
    address, port = _split(resolver)
    for _ in range(TRIES):
        query = dns.message.make_query(".", "NS")
        try:
            reply = dns.query.udp(query, address, timeout=seconds, port=port)
        except (OSError, EOFError, dns.exception.DNSException):
            continue
        if reply.rcode() != dns.rcode.NOERROR:
            continue
        truncated = bool(reply.flags & dns.flags.TC)
        if truncated or any(rrset.rdtype == dns.rdatatype.NS for rrset in reply.answer):
            return True
    return False


def _split(resolver: str) -> tuple[str, int]:
    if resolver.startswith("["):
        host, _, port = resolver[1:].partition("]")
        return host, int(port.removeprefix(":") or 53)
    if resolver.count(":") == 1:
        host, _, port = resolver.partition(":")
        return host, int(port)
    return resolver, 53
