"""MX: which hosts take the site's mail. Says what they are; judges nothing.

A site without MX is read as None; a null MX (RFC 7505) is a record, and says: no mail here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, RRset
from dnstats.records.example import look_in
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.record import Look, Reading, Record, Site, not_measured

MAX_HOSTS = 20  # hosts whose addresses are asked for; more are counted only
MAX_KEPT = 100  # records kept; up to 398 have been seen on one name


class Exchange(msgspec.Struct, frozen=True):
    """One MX record and the addresses of its host."""

    preference: int  # lower is tried first (RFC 5321 section 5.1)
    name: str  # canonical; "." in a null MX
    host: Host | None = None  # None for a name that is no host or is over MAX_HOSTS
    # What stands where a host name should be: "ip_address", "localhost", "single_label",
    # "special_use", "verification", "underscore", "not_a_host_name", "root", or "" (a proper name).
    oddity: str = ""


class Mx(Reading, frozen=True):
    """The MX records of a site, by preference and name."""

    exchanges: tuple[Exchange, ...]
    is_null: bool  # one record, whose host is the root: this domain takes no mail (RFC 7505)
    count: int  # records in the answer, those beyond MAX_KEPT and broken ones included
    broken: int = 0  # records whose data is cut off
    ttl: int = 0  # seconds
    is_secure: bool = False  # the resolver validated the answer (AD)
    alias: str = ""  # where a CNAME at the site's own name led

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names, by preference, without the root and repetitions."""
        return tuple(dict.fromkeys(e.name for e in self.exchanges if e.name != "."))


def mx_question(domain: str) -> Question:
    """The MX set from the resolver."""
    return Question(domain, wire.MX)


def questions(site: Site) -> Plan:
    """The MX set, then the addresses of its hosts."""
    (answer,) = yield (mx_question(site.domain),)
    hosts = mail_hosts(answer)
    if hosts:
        yield tuple(question for host in hosts for question in host_questions(host))


def mail_hosts(answer: Answer) -> tuple[str, ...]:
    """Hosts of an MX answer that can have addresses, by preference, at most MAX_HOSTS."""
    return _mail_hosts(answer.message, answer.question) if answer.is_present else ()


@functools.lru_cache(maxsize=1024)  # the families that want to know run one after another
def _mail_hosts(message: bytes, question: Question) -> tuple[str, ...]:
    rrset = Answer(question, Outcome.PRESENT, message=message).rrset()
    return _asked(_read_pairs(message, rrset)[0]) if rrset is not None else ()


def _asked(pairs: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name in pairs if oddity(name) in _ASKED))[:MAX_HOSTS]


def _read_pairs(message: bytes, rrset: RRset) -> tuple[list[tuple[int, str]], int]:
    """Preference and name of each record, sorted; and how many are cut off."""
    pairs = set()
    broken = 0
    for start, end in rrset.spans:
        try:
            name, behind = wire.read_name(message, start + 2)
        except wire.Malformed:
            name, behind = "", end + 1
        if behind > end:
            broken += 1
        else:
            pairs.add((int.from_bytes(message[start : start + 2]), name))
    return sorted(pairs)[:MAX_KEPT], broken


_HOST_NAME = re.compile(r"(?!-)[a-z0-9-]+(?<!-)(\.(?!-)[a-z0-9-]+(?<!-))*")  # RFC 1123 section 2.1
_IP_ADDRESS = re.compile(r"\[.*\]|\d{1,3}(\.\d{1,3}){3}|.*:.*")
_ASKED = ("", "underscore", "not_a_host_name")

# Top-level domains that will never be in the public DNS (RFC 6761, 6762, 7686, 9476; ICANN's
# resolution on .internal). The documentation names of RFC 6761 are not here: they resolve nowhere
# anyway, and examples are written with them.
_SPECIAL_USE = frozenset(("local", "localdomain", "lan", "internal", "invalid", "onion", "alt"))

# Microsoft 365 has domains prove their owner by an MX record with a name of this form.
_VERIFICATION = ".msv1.invalid"


@functools.lru_cache(maxsize=65536)
def oddity(name: str) -> str:
    """What a canonical name in an MX record is, if not a proper host name; "" when it is.

    A label may begin with a digit (RFC 1123 section 2.1): mail.163.com is as good as any.
    """
    if name == ".":
        return "root"
    if _IP_ADDRESS.fullmatch(name):
        return "ip_address"
    last = name.rpartition(".")[2]
    if last == "localhost" or name == "localhost.localdomain":
        return "localhost"
    if "." not in name:
        return "single_label"
    if name.endswith(_VERIFICATION):
        return "verification"
    if last in _SPECIAL_USE:
        return "special_use"
    if _HOST_NAME.fullmatch(name):
        return ""
    return "underscore" if _HOST_NAME.fullmatch(name.replace("_", "x")) else "not_a_host_name"


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The MX set with its hosts' addresses."""
    answer = look(mx_question(site.domain))
    if not answer.is_measured:
        return not_measured(answer)
    rrset = answer.rrset()
    if rrset is None:
        return None
    pairs, broken = _read_pairs(answer.message, rrset)
    asked = _asked(pairs)
    return Mx(
        tuple(
            Exchange(
                preference, name, read_host(name, look) if name in asked else None, oddity(name)
            )
            for preference, name in pairs
        ),
        is_null=len(pairs) == 1 and not broken and pairs[0][1] == ".",
        count=len(rrset.spans),
        broken=broken,
        ttl=rrset.ttl,
        is_secure=answer.ad,
        alias=rrset.owner if rrset.aliases else "",
    )


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with these MX records ("10 mail.example.com", comma between).

    Every host has one IPv4 and one IPv6 address.
    """
    lines = text.split(",") if isinstance(text, str) else text
    return read_zone(lines)


def read_zone(
    lines: Iterable[str], addresses: Mapping[str, Iterable[bytes]] | None = None
) -> Reading | None:
    """How example.com reads with these MX records; hosts in `addresses` have those (4 or 16
    octets each), all others a public IPv4 and IPv6 address."""
    zone: dict[tuple[str, int], tuple[bytes, ...]] = {}
    records = []
    for line in lines:
        preference, _, name = line.strip().partition(" ")
        host = wire.canonical(name)
        records.append(int(preference).to_bytes(2) + wire.write_name(host))
        given = tuple((addresses or {}).get(host, _EXAMPLE_ADDRESSES))
        zone[host, wire.A] = tuple(octets for octets in given if len(octets) == 4)
        zone[host, wire.AAAA] = tuple(octets for octets in given if len(octets) == 16)
    zone["example.com", wire.MX] = tuple(records)
    return read(Site(1, "example.com"), look_in(zone))


# 1.1.1.1 and 2606:4700:4700::1111: public, unlike the documentation ranges.
_EXAMPLE_ADDRESSES = (bytes((1, 1, 1, 1)), bytes.fromhex("26064700470000000000000000001111"))

RECORD = Record("mx", "Mail hosts (MX)", Mx, questions, read)
