"""The addresses of a host that a record names (a name server, a web site). Judges nothing."""

from __future__ import annotations

import functools

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, follow_aliases
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


@functools.lru_cache(maxsize=16384)
def host_questions(name: str) -> tuple[Question, Question]:
    """A and AAAA of a name, from the resolver."""
    return Question(name, wire.A), Question(name, wire.AAAA)


def read_host(name: str, look: Look) -> Host:
    """A host from its two answers; read once for the many sites that share it."""
    asked = host_questions(name)
    four, six = look(asked[0]), look(asked[1])
    known = _known.get(name)
    if known is not None and known[0] is four and known[1] is six:
        return known[2]
    host = Host(
        name,
        read_addresses(four),
        read_addresses(six),
        alias_of(four) or alias_of(six),
        exists=not (four.outcome is Outcome.NXDOMAIN or six.outcome is Outcome.NXDOMAIN),
    )
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    _known[name] = four, six, host
    return host


MAX_KNOWN = 8192
_known: dict[str, tuple[Answer, Answer, Host]] = {}
"""Hosts with the very answers they were read from: other answers (another chunk) are read anew."""


def read_addresses(answer: Answer) -> Addresses:
    """The addresses in an answer to A or AAAA."""
    if not answer.is_measured:
        return not_measured(answer)
    if not answer.is_present:
        return ()
    return _addresses(answer.message, answer.question.name, answer.question.rdtype)[0]


def alias_of(answer: Answer) -> str:
    """Where the name's CNAME leads in the end, "" when it has none (or nothing was measured)."""
    if not answer.is_measured or answer.message[6:8] in _NO_ANSWER:
        return ""
    return _addresses(answer.message, answer.question.name, answer.question.rdtype)[1]


_NO_ANSWER = (b"", b"\0\0")  # what a header counts in the answer section, if there is a header


@functools.lru_cache(maxsize=16384)
def _addresses(message: bytes, name: str, rdtype: int) -> tuple[tuple[str, ...], str]:
    """Addresses and alias in a message: hosts are shared by many sites, so read each once."""
    walked = wire.parse_answer(message)
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
