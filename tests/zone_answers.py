"""Answers about one zone for tests: its servers asked directly, its parent's proofs, its faults.

    world = ZoneAnswers("example.com", hosts={"ns1.example.net": ("192.0.2.1",)})
    world.give_server("192.0.2.1", refused)
    ns.RECORD.read(world.site, world.look)

Real messages, classified by the code under test; nothing here judges.
"""

from __future__ import annotations

from collections.abc import Iterable

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.records.ip_address import is_v6
from dnstats.records.record import Site

Line = tuple[str, str, str]
"""Owner, type and data of one record in presentation form."""

PARENT = "192.5.6.30"
"""Where the server of the zone above is."""
SOA = "ns1.example.net. hostmaster.example.net. 2026112400 7200 3600 1209600 3600"


def message_answer(
    question: Question,
    answer: Iterable[Line] = (),
    authority: Iterable[Line] = (),
    additional: Iterable[Line] = (),
    *,
    aa: bool | None = None,
    ad: bool = False,
    ra: bool | None = None,
    edns: bool = True,
    rcode: str = "NOERROR",
    ede: Iterable[int] = (),
    ttl: int = 3600,
) -> Answer:
    """An answer from a message with these sections; AA and RA as befits who was asked."""
    query = dns.message.make_query(
        _absolute(question.name), dns.rdatatype.RdataType(question.rdtype)
    )
    query.id = 0
    message = dns.message.make_response(query)
    is_direct = bool(question.server)
    flags = {
        dns.flags.AA: is_direct if aa is None else aa,
        dns.flags.RA: not is_direct if ra is None else ra,
        dns.flags.AD: ad,
    }
    for flag, is_set in flags.items():
        message.flags = message.flags | flag if is_set else message.flags & ~flag
    sections = (message.answer, message.authority, message.additional)
    for section, lines in zip(sections, (answer, authority, additional), strict=True):
        for owner, rdtype, data in lines:
            section.append(dns.rrset.from_text(_absolute(owner), ttl, "IN", rdtype, data))
    message.set_rcode(dns.rcode.from_text(rcode))
    if edns:
        options = [dns.edns.EDEOption(code) for code in ede]  # type: ignore[arg-type]
        message.use_edns(0, options=options)
    return classified(question, message.to_wire(max_size=65535))


def _absolute(name: str) -> str:
    return name if name == "." else name + "."


def classified(question: Question, octets: bytes) -> Answer:
    """What these octets come to, as the scan would store them."""
    message = wire.parse(octets)
    outcome, reason = classify(message, question)
    return Answer(
        question,
        outcome,
        reason,
        message.rcode,
        message.ede,
        message.aa,
        message.ad,
        server=question.server or "127.53.0.1",
        message=octets,
    )


def silence(question: Question, reason: Reason = Reason.TIMEOUT) -> Answer:
    """No message came."""
    return Answer(question, Outcome.NOT_MEASURED, reason, attempts=3, server=question.server)


class ZoneAnswers:
    """All answers about one zone whose servers agree, until a test says otherwise."""

    def __init__(
        self,
        domain: str = "example.com",
        hosts: dict[str, tuple[str, ...]] | None = None,
        soa: str = SOA,
    ) -> None:
        self.domain = domain
        self.site = Site(1, domain)
        self._answers: dict[Question, Answer] = {}
        if hosts is None:
            hosts = {
                "ns1.example.net": ("198.41.0.4", "2001:503:ba3e::2:30"),
                "ns2.example.net": ("199.9.14.201",),
            }
        self.hosts = hosts
        names = [(domain, "NS", _absolute(host)) for host in hosts]
        if names:
            self.put(Question(domain, wire.NS), names)
        else:
            self.put(Question(domain, wire.NS), authority=[(domain, "SOA", soa)])
        self.put(Question(domain, wire.SOA), [(domain, "SOA", soa)])
        above = wire.parents(domain)[0]
        self.put(Question(domain, wire.DS), authority=[(above, "SOA", soa)])
        for rdtype in (wire.DNSKEY, wire.CAA, wire.HTTPS):
            self.put(Question(domain, rdtype), authority=[(domain, "SOA", soa)])
        for host, addresses in hosts.items():
            self.move(host, addresses)
            for address in addresses:
                self.put(self.direct(address, wire.NS), names)
                self.put(self.direct(address, wire.SOA), [(domain, "SOA", soa)])
        self.delegate()

    def delegate(
        self, names: Iterable[str] | None = None, *more: Line, glue: Iterable[Line] = ()
    ) -> None:
        """The zone above, which has one server, refers to these name servers (the zone's own)."""
        above = self.domain.partition(".")[2]
        server = f"a.nic.{above}"
        self.put(Question(above, wire.NS), [(above, "NS", _absolute(server))])
        self.move(server, (PARENT,))
        lines = [(self.domain, "NS", _absolute(host)) for host in names or self.hosts]
        if lines:
            self.put(self.direct(PARENT, wire.NS), (), [*lines, *more], glue, aa=False)

    def direct(self, address: str, rdtype: int) -> Question:
        """The question to one server's address."""
        return Question(self.domain, rdtype, address)

    def move(self, host: str, addresses: tuple[str, ...]) -> None:
        """Give a host these addresses."""
        proof = [(host, "SOA", SOA)]
        for rdtype, name in ((wire.A, "A"), (wire.AAAA, "AAAA")):
            own = [(host, name, one) for one in addresses if is_v6(one) == (name == "AAAA")]
            self.put(Question(host, rdtype), own, () if own else proof)

    def put(self, question: Question, answer: Iterable[Line] = (), /, *args, **kwargs) -> None:  # type: ignore[no-untyped-def]
        """Answer a question with a message (see `message_answer`)."""
        self._answers[question] = message_answer(question, answer, *args, **kwargs)

    def give(self, answer: Answer) -> None:
        """Answer a question with this."""
        self._answers[answer.question] = answer

    def give_server(self, address: str, make) -> None:  # type: ignore[no-untyped-def]
        """Let `make(question)` answer both questions to one server."""
        for rdtype in (wire.NS, wire.SOA):
            self.give(make(self.direct(address, rdtype)))

    def look(self, question: Question) -> Answer:
        """The Look of this world."""
        return self._answers.get(question) or silence(question, Reason.NOT_ASKED)

    @property
    def questions(self) -> list[Question]:
        """All that this world can answer."""
        return list(self._answers)
