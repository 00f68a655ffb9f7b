"""The name servers of a zone: which, where, and what each says when asked directly.

Judges nothing. A server's silence is a fact about that server and this moment, never about the zone.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from dnstats.answer import Reason
from dnstats.records.host import Host
from dnstats.records.record import Reading


class Service(StrEnum):
    """What a name server's address does when it is asked for the zone directly."""

    AUTHORITATIVE = "authoritative"  # answers with authority (AA)
    DENIES = "denies"  # says with authority that there is no such name
    LAME = "lame"  # answers without authority: a referral, a resolver, a stranger
    REFUSED = "refused"
    FAILS = "fails"  # SERVFAIL, FORMERR, NOTIMP, or an answer nobody can read
    SILENT = "silent"  # no answer in time: not measured
    UNREACHABLE = "unreachable"  # no route, or the port is closed: not measured over IPv6
    NOT_ASKED = "not_asked"  # a special address, opted out, over the limit: not measured


class ServerAddress(msgspec.Struct, frozen=True):
    """One address of one or more name servers, and what it said."""

    address: str
    hosts: tuple[str, ...]  # the name servers at this address
    service: Service
    names: tuple[str, ...] | None = None  # its NS set, sorted; None when it did not tell
    serial: int | None = None  # its SOA serial; None when it did not tell
    reason: Reason | None = None  # why it was not measured
    special: str = ""  # "a private address" ...; "" for public addresses
    recursion: bool = False  # it sets RA: offers to resolve for anybody
    edns: bool = True  # its answer had an OPT record (RFC 6891); True when it did not answer


class NameServer(msgspec.Struct, frozen=True):
    """One name in the NS set."""

    host: Host
    fault: str = ""  # "is the root", "is an IP address" ...; "" for a name that can be a host


class Ns(Reading, frozen=True):
    """The NS set of a zone apex as its own servers publish it; `names` is empty without one."""

    zone: str
    names: tuple[str, ...]  # sorted; as the resolver saw them
    ttl: int  # seconds
    servers: tuple[NameServer, ...]
    addresses: tuple[ServerAddress, ...]  # asked directly, in the order of the servers
    left_out: int = 0  # names and addresses beyond what one site is asked about
