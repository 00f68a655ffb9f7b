"""Examples, and evidence from a reading, that several files of name server rules use."""

from __future__ import annotations

from collections.abc import Iterable

from dnstats.grade.rule import Abstain
from dnstats.grade.zone_examples import ns_of
from dnstats.records.name_server import ServerAddress
from dnstats.records.ns import NameServer, Ns

RFC = "https://www.rfc-editor.org/rfc/rfc"
SOUND = {"ns": ns_of()}


def at(servers: Iterable[ServerAddress]) -> str:
    """The servers as evidence: "ns1.example.net (192.0.2.1), ..."."""
    return ", ".join(f"{' = '.join(one.hosts)} ({one.address})" for one in servers)


def told(ns: Ns, found: str | None) -> str | Abstain | None:
    """A fault that some server showed; without one, whether all of them were heard."""
    return found or (Abstain(f"what {', '.join(ns.unheard)} would say") if ns.unheard else None)


def swap(ns: Ns, number: int, server: NameServer) -> Ns:
    """An example: the set with another name server in one place."""
    servers = list(ns.servers)
    servers[number] = server
    return ns_of(servers=tuple(servers))
