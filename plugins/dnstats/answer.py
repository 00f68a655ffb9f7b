"""A question, and what came back: present, absent, or not measured and why. Nothing is judged here.

The whole project rests on one distinction: *absent* means that a server said so; *not measured*
means that nobody could tell. `classify` is the only place where a message becomes one or the other.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from enum import StrEnum

import msgspec

from dnstats import wire

MAX_CHAIN = 16  # aliases followed inside one answer; resolvers stop at 8 to 16


class Question(msgspec.Struct, frozen=True, order=True, gc=False):
    """Name, type, and whom to ask: a resolver, or the server at one IP address (RD clear).

    `name` is canonical text (see `wire`). `cd` asks a validating resolver to hold back its verdict
    (checking disabled, RFC 4035 section 3.2.2).
    """

    name: str
    rdtype: int
    server: str = ""
    cd: bool = False


class Outcome(StrEnum):
    """What is known after asking."""

    PRESENT = "present"
    NODATA = "nodata"  # the name exists, or may, but not with this type
    NXDOMAIN = "nxdomain"
    REFERRAL = "referral"  # a server asked directly hands this very name on to the servers below
    NOT_MEASURED = "not_measured"


class Reason(StrEnum):
    """Why a question was not measured."""

    TIMEOUT = "timeout"  # asked, and nothing came
    SERVFAIL = "servfail"
    REFUSED = "refused"
    FORMERR = "formerr"
    NOTIMP = "notimp"
    RCODE = "rcode"  # any other response code
    MALFORMED = "malformed"  # an answer came, and nobody can read it
    MISMATCH = "mismatch"  # answers came, none to the question that was asked
    LAME = "lame"  # a server that does not speak for the zone, an answer that proves nothing
    NO_PROOF = "no_proof"  # a resolver denies without the SOA that proves it; nobody validated
    ABOVE_CUT = "above_cut"  # denied with the SOA of a zone above one that is known to be there
    FORGED = "forged"  # the resolver says that it forged, blocked or filtered the answer (RFC 8914)
    STALE = "stale"  # the resolver says that the answer is of long ago, nobody could be asked now
    TRUNCATED = "truncated"  # cut off over UDP and not to be had over TCP
    UNREACHABLE = "unreachable"  # no route, or the port is closed
    ZONE_SILENT = "zone_silent"  # never sent: nothing could be had of its zone, in both passes
    SERVER_SILENT = "server_silent"  # not sent in this pass: whom to ask had been given up
    BAD_NAME = "bad_name"  # the name cannot be put into a question
    BAD_SERVER = "bad_server"  # the address must not be asked (private, loopback, multicast ...)
    ALIAS_LOOP = "alias_loop"  # CNAMEs that lead round or nowhere
    OPTED_OUT = "opted_out"
    LIMIT = "limit"  # the site asked for more questions than one site may
    NOT_ASKED = "not_asked"  # the archive holds no such question (an older run, a newer reader)


class RRset(msgspec.Struct, frozen=True, gc=False):
    """The records that answer a question, after following aliases inside the message."""

    owner: str  # where the aliases led to; the asked name when there are none
    aliases: tuple[str, ...]  # the names passed on the way, the asked one first
    ttl: int  # seconds; the smallest of the set
    rdata: tuple[bytes, ...]  # with names still compressed: read those by `spans` from the message
    spans: tuple[tuple[int, int], ...]  # start and end of each RDATA in the message


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What one question came to. `message` is whole, with its ID zeroed; empty when none came."""

    question: Question
    outcome: Outcome
    reason: Reason | None = None
    rcode: int | None = None
    ede: tuple[int, ...] = ()
    aa: bool = False
    ad: bool = False
    tcp: bool = False
    attempts: int = 1
    rtt_ms: float | None = None
    server: str = ""  # the address that answered, or that was asked last
    message: bytes = b""
    asked_at: float = 0.0  # seconds since 1970; 0: nobody noted it

    @property
    def is_present(self) -> bool:
        return self.outcome is Outcome.PRESENT

    @property
    def is_absent(self) -> bool:
        """A server said that there is no such record: never true for what was not measured."""
        return self.outcome is Outcome.NODATA or self.outcome is Outcome.NXDOMAIN

    @property
    def is_referral(self) -> bool:
        """A server of the zone above said who is asked instead: nothing about the record itself."""
        return self.outcome is Outcome.REFERRAL

    @property
    def is_measured(self) -> bool:
        return self.outcome is not Outcome.NOT_MEASURED

    @property
    def is_unvalidated(self) -> bool:
        """Fetched around the resolvers, which failed: its missing AD flag says nothing."""
        return self.aa and not self.ad and not self.question.server

    @property
    def is_proven(self) -> bool:
        """Whether an absence comes with its SOA; only a zone's own servers are believed without."""
        message = self.walk()
        end = follow_aliases(message, self.question.name)
        return end is not None and _has_proof(message, self.question.rdtype, end[0])

    def walk(self) -> wire.Message:
        """The walked message. Only for answers that carry one."""
        return wire.parse(self.message)

    def rrset(self) -> RRset | None:
        """The records that were asked for; None unless present."""
        if self.outcome is not Outcome.PRESENT:
            return None
        question = self.question
        if "\\" not in question.name:
            found = _rrset_at_question(self.message, question.name, question.rdtype)
            if found is not None:
                return found
        return _rrset(wire.parse_answer(self.message), question.name, question.rdtype)


Plan = Generator[tuple[Question, ...], tuple[Answer, ...], None]
"""What a record family asks about one site: yields questions, is sent their answers in order."""

Wanted = Plan | tuple[Question, ...]
"""The same, or just the questions when nothing follows from their answers."""


def not_asked(question: Question) -> Answer:
    """The answer to what an archive does not hold."""
    return Answer(question, Outcome.NOT_MEASURED, Reason.NOT_ASKED, attempts=0)


def follow_aliases(
    message: wire.Message | wire.AnswerSection, name: str
) -> tuple[str, tuple[str, ...]] | None:
    """Where the message's CNAMEs lead from `name`, and the names passed; None when they loop."""
    targets: dict[str, str] = {}
    for rr in message.answer:
        if rr.rdtype == wire.CNAME and rr.rdclass == 1 and rr.name not in targets:
            targets[rr.name] = wire.read_name(message.wire, rr.start)[0]
    passed: list[str] = []
    while name in targets:
        if name in passed or len(passed) == MAX_CHAIN:
            return None
        passed.append(name)
        name = targets[name]
    return name, tuple(passed)


_RR_FIXED = struct.Struct("!HHIH")
_TO_QUESTION = b"\xc0\x0c"


def _rrset_at_question(message: bytes, name: str, rdtype: int) -> RRset | None:
    """The set of a message of the usual form: every answer stands at the question's own name.

    None for any other form. A fifth of the cost of walking the message, for nine of ten sets.
    """
    if message[4:6] != b"\0\1":
        return None
    offset = message.find(0, 12) + 5  # behind the question: no name without escapes has a zero
    limit = len(message)
    ttl = 0xFFFFFFFF
    records = []
    for _ in range(message[6] << 8 | message[7]):
        if message[offset : offset + 2] != _TO_QUESTION or offset + 12 > limit:
            return None
        kind, rdclass, its_ttl, length = _RR_FIXED.unpack_from(message, offset + 2)
        if rdclass != 1 or kind == wire.CNAME:
            return None
        offset += 12
        end = offset + length
        if kind == rdtype:
            records.append((message[offset:end], offset, end))
            ttl = min(ttl, its_ttl)
        offset = end
    if offset > limit or not records:
        return None
    if len(records) == 1:
        rdata, start, end = records[0]
        return RRset(name, (), ttl, (rdata,), ((start, end),))
    return _in_order(records, name, (), ttl)


def _rrset(message: wire.Message | wire.AnswerSection, name: str, rdtype: int) -> RRset | None:
    if rdtype == wire.CNAME:
        owner = name
        aliases: tuple[str, ...] = ()
    else:
        end = follow_aliases(message, name)
        if end is None:
            return None
        owner, aliases = end
    found = [
        rr for rr in message.answer if rr.rdtype == rdtype and rr.rdclass == 1 and rr.name == owner
    ]
    if not found:
        return None
    records = [(message.wire[rr.start : rr.end], rr.start, rr.end) for rr in found]
    return _in_order(records, owner, aliases, min(rr.ttl for rr in found))


def _in_order(
    records: list[tuple[bytes, int, int]], owner: str, aliases: tuple[str, ...], ttl: int
) -> RRset:
    """A set has no order (RFC 2181 section 5), and resolvers turn it round at every answer: what is
    read must not depend on it, nor which of two SPF records is looked into.
    """
    records.sort()
    rdata = tuple([record[0] for record in records])
    spans = tuple([(start, end) for _, start, end in records])
    return RRset(owner, aliases, ttl, rdata, spans)


_RCODE_REASONS = {
    wire.FORMERR: Reason.FORMERR,
    wire.SERVFAIL: Reason.SERVFAIL,
    wire.NOTIMP: Reason.NOTIMP,
    wire.REFUSED: Reason.REFUSED,
}


# RFC 8914 section 4. That a resolver says so does not depend on the code of the response.
_EDE_REASONS = {
    3: Reason.STALE,
    19: Reason.STALE,
    4: Reason.FORGED,
    15: Reason.FORGED,
    16: Reason.FORGED,
    17: Reason.FORGED,
    18: Reason.FORGED,
}


def classify(message: wire.Message, question: Question) -> tuple[Outcome, Reason | None]:
    """What an accepted message says about its question.

    A server asked directly must speak with authority (AA set), otherwise its silence on a record
    proves nothing (a referral, a lame delegation). Without authority but with the NS set of this
    very name it refers, as a zone above does. A resolver must bring the SOA that proves an absence
    (RFC 2308 section 2): forwarders leave it out, and so do load balancers and blockers that answer
    what they do not know with nothing. Aliases that loop are not measured, and neither is what a
    resolver says it withheld, forged or had from long ago (decision 0014).
    """
    if message.ede and not question.server:
        owned_up = next((_EDE_REASONS[code] for code in message.ede if code in _EDE_REASONS), None)
        if owned_up is not None and message.rcode in (wire.NOERROR, wire.NXDOMAIN):
            return Outcome.NOT_MEASURED, owned_up
    if message.rcode not in (wire.NOERROR, wire.NXDOMAIN):
        return Outcome.NOT_MEASURED, _RCODE_REASONS.get(message.rcode, Reason.RCODE)
    try:
        end = follow_aliases(message, question.name)
        if end is None:
            return Outcome.NOT_MEASURED, Reason.ALIAS_LOOP
        present = _rrset(message, question.name, question.rdtype) is not None
    except wire.Malformed:
        return Outcome.NOT_MEASURED, Reason.MALFORMED
    if question.server and _is_referral(message, question):
        return Outcome.REFERRAL, None
    if question.server and not message.aa:
        return Outcome.NOT_MEASURED, Reason.LAME
    if present:
        return Outcome.PRESENT, None
    return _classify_absence(message, question, end[0])


def _is_referral(message: wire.Message, question: Question) -> bool:
    """RFC 1034 section 4.3.2, 3b: no answer, and the NS set of the zone that begins at the name.

    Some servers set AA in it; who claims authority, and is asked for the very NS set that it
    puts below, does not deny it (RFC 2308 section 2.2: NS without an SOA is a referral).
    """
    if message.rcode != wire.NOERROR or message.answer:
        return False
    kinds = {rr.rdtype for rr in message.authority if rr.name == question.name}
    if wire.NS not in kinds:
        return False
    return not message.aa or (question.rdtype == wire.NS and wire.SOA not in kinds)


def _classify_absence(
    message: wire.Message, question: Question, name: str
) -> tuple[Outcome, Reason | None]:
    """No such record at `name`, where the aliases end: absent only when that is proven."""
    rdtype = question.rdtype
    stands_there = any(rr.rdtype == rdtype and rr.name == name for rr in message.authority)
    if stands_there or any(rr.rdtype == rdtype and rr.rdclass == 1 for rr in message.answer):
        return Outcome.NOT_MEASURED, Reason.LAME  # of other names, in the wrong place: no denial
    absent = Outcome.NXDOMAIN if message.rcode == wire.NXDOMAIN else Outcome.NODATA
    if _has_proof(message, rdtype, name):
        return absent, None
    if absent is Outcome.NODATA and (
        message.answer or any(rr.rdtype == wire.NS for rr in message.authority)
    ):
        # Aliases that end outside: a part of an answer. NS without SOA: a referral (RFC 2308
        # section 2.2), and a resolver that hands one out did not resolve.
        return Outcome.NOT_MEASURED, Reason.LAME
    if question.server:
        return absent, None  # the bare word of a server that speaks for the zone
    return Outcome.NOT_MEASURED, Reason.NO_PROOF


def _has_proof(message: wire.Message, rdtype: int, name: str) -> bool:
    """Whether there is the SOA of a zone that `name` is in.

    What stands above a zone cut is proven by the zone above alone: a child knows nothing of its
    DS (RFC 4035 section 3.1.4.1), and says so with its own SOA when it is asked by mistake. Nor can
    a name that has an SOA not exist (RFC 8020): filters deny the name of a site with one that they
    made up for it.
    """
    above = {*wire.parents(name), "."}
    if rdtype != wire.DS and message.rcode != wire.NXDOMAIN:
        above.add(name)
    return any(
        rr.rdtype == wire.SOA and rr.rdclass == 1 and rr.name in above for rr in message.authority
    )
