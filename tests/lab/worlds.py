"""A practice internet on real sockets for the tests here, and ways to find sites in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import dns.flags
import dns.message
import dns.query
import dns.rdatatype
from dnstats.lab.answering import Answerer
from dnstats.lab.lookup import World
from dnstats.lab.loss import Loss
from dnstats.lab.providers import RESOLVERS, addresses
from dnstats.lab.serve import Server, bind_anywhere
from dnstats.lab.truth import Truth
from dnstats.lab.world import truth

SEED = 7
NOW = 1_795_000_000  # a day in November 2026
TLDS = ("com", "net", "de", "co.uk", "org")


@cache
def names(count: int) -> tuple[str, ...]:
    """Return the first of the tests' sites, all organisations."""
    return tuple(f"site{n}.{TLDS[n % len(TLDS)]}" for n in range(count))


@cache
def subs(count: int) -> tuple[str, ...]:
    """Return sites below organisations, some of them two labels below."""
    return tuple(("a.b." if n % 5 == 0 else "blog.") + name for n, name in enumerate(names(count)))


def find(says: Callable[[Truth], bool], among: tuple[str, ...] | None = None) -> Truth:
    """Return the first site with a property."""
    for name in among or names(40_000):
        found = truth(SEED, name)
        if says(found):
            return found
    raise AssertionError("no site of the tests has this property")


def plain(known: Truth) -> bool:
    """Say whether a site works and all its questions are answered."""
    return known.fate == "ok" and not known.unanswered and known.dnssec != "bogus"


@contextmanager
def serving(sites: tuple[str, ...], loss: float = 0.0) -> Iterator[int]:
    """Serve a world in a thread; gives the port."""
    port, sockets = bind_anywhere(addresses(), range(21000, 31000, 37))
    server = Server(Answerer(World(SEED, sites, NOW)), sockets, Loss(SEED, loss))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join(10)


def query(name: str, rdtype: str, **options: bool) -> dns.message.Message:
    """Make a query with EDNS 1232; options: dnssec, checking_disabled, direct, plain."""
    made = dns.message.make_query(
        name, rdtype, use_edns=not options.get("plain"), payload=1232,
        want_dnssec=options.get("dnssec", False))  # fmt: skip
    if options.get("plain"):
        made.use_edns(False)
    if options.get("checking_disabled"):
        made.flags |= dns.flags.CD
    if options.get("direct"):
        made.flags &= ~dns.flags.RD
    return made


def ask(
    port: int, name: str, rdtype: str, where: str = RESOLVERS[0], **options: bool
) -> dns.message.Message:
    """Ask over UDP, and over TCP when the answer is cut."""
    made = query(name, rdtype, **options)
    return dns.query.udp_with_fallback(made, where, port=port, timeout=3)[0]


def values(response: dns.message.Message, rdtype: str) -> list[str]:
    """Return the records of one type in the answer, as text."""
    wanted = dns.rdatatype.from_text(rdtype)
    return [str(rdata) for rrset in response.answer if rrset.rdtype == wanted for rdata in rrset]


def texts(response: dns.message.Message) -> set[tuple[bytes, ...]]:
    """Return the TXT records of the answer, as their strings."""
    return {rdata.strings for rrset in response.answer if rrset.rdtype == 16 for rdata in rrset}
