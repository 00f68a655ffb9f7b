"""The addresses of a host that a record names (a name server, a web site). Judges nothing."""

from __future__ import annotations

import functools

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records.ip_address import address_text
from dnstats.records.record import Look, NotMeasured, not_measured

Addresses = tuple[str, ...] | NotMeasured
"""Canonical text, sorted; empty when a server said that there are none."""


class Host(msgspec.Struct, frozen=True):
    """A host and where it is. Absent (empty) and not measured are kept apart per family."""

    name: str
    v4: Addresses
    v6: Addresses
    alias: str = ""  # where a CNAME at the name leads to; "" without one
    exists: bool = True  # False: NXDOMAIN, there is no such name

    @property
    def addresses(self) -> tuple[str, ...]:
        """What is known, IPv4 first."""
        v4 = () if isinstance(self.v4, NotMeasured) else self.v4
        v6 = () if isinstance(self.v6, NotMeasured) else self.v6
        return v4 + v6

    @property
    def is_without_address(self) -> bool:
        """Both families were asked and a server said: none. Never true for unmeasured ones."""
        return self.v4 == () and self.v6 == ()


def host_questions(name: str) -> tuple[Question, Question]:
    """A and AAAA of a name, from the resolver."""
    return Question(name, wire.A), Question(name, wire.AAAA)


def read_host(name: str, look: Look) -> Host:
    """A host from its two answers."""
    four, six = (look(question) for question in host_questions(name))
    return Host(
        name,
        read_addresses(four),
        read_addresses(six),
        alias_of(four) or alias_of(six),
        exists=not (four.outcome == "nxdomain" or six.outcome == "nxdomain"),
    )


def read_addresses(answer: Answer) -> Addresses:
    """The addresses in an answer to A or AAAA."""
    if not answer.is_measured:
        return not_measured(answer)
    if not answer.is_present:
        return ()
    return _addresses(answer.message, answer.question.name, answer.question.rdtype)[0]


def alias_of(answer: Answer) -> str:
    """Where the name's CNAME leads in the end, "" when it has none (or nothing was measured)."""
    if not answer.message or not answer.is_measured:
        return ""
    return _addresses(answer.message, answer.question.name, answer.question.rdtype)[1]


@functools.lru_cache(maxsize=16384)
def _addresses(message: bytes, name: str, rdtype: int) -> tuple[tuple[str, ...], str]:
    """Addresses and alias in a message: hosts are shared by many sites, so read each once."""
    from dnstats.answer import follow_aliases

    walked = wire.parse(message)
    end = follow_aliases(walked, name)
    if end is None:
        return (), ""
    owner, aliases = end
    found = {
        address_text(message[rr.start : rr.end])
        for rr in walked.answer
        if rr.rdtype == rdtype and rr.rdclass == 1 and rr.name == owner
    }
    return tuple(sorted(found - {""})), owner if aliases else ""
