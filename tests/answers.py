"""Answers for tests: real DNS messages, classified by the code under test, without any socket.

    question = Question("example.com", wire.TXT)
    look = look_of(present(question, "v=spf1 -all"), nxdomain(Question("a.example", wire.A)))
    spf.RECORD.read(Site(1, "example.com"), look)

Nothing here judges or knows a record family.
"""

from __future__ import annotations

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, Wanted, classify
from dnstats.records.record import Look
from dnstats.wire import parse

Rdata = str | bytes | tuple[str | bytes, ...] | list[str | bytes]
"""RDATA in presentation form; for TXT the text itself, or its character-strings one by one."""

_SOA = "ns1.invalid. hostmaster.invalid. 1 7200 3600 1209600 300"
_MAX_STRING = 255  # RFC 1035 section 3.3.14: octets in one character-string


def present(
    question: Question,
    *rdata: Rdata,
    ttl: int = 300,
    ad: bool = False,
    aa: bool = False,
    edns: bool = True,
    aliases: tuple[str, ...] = (),
) -> Answer:
    """An answer with these records; `aliases` are CNAME targets passed on the way to them."""
    if not rdata:
        raise ValueError("present() needs records; use nodata() for none")
    message = _response(question, ad=ad, aa=aa, edns=edns)
    owner = dns.name.from_text(question.name)
    for alias in aliases:
        target = dns.name.from_text(alias)
        message.answer.append(
            dns.rrset.from_rdata(owner, ttl, dns.rdata.from_text("IN", "CNAME", target.to_text()))
        )
        owner = target
    rdtype = dns.rdatatype.RdataType.make(question.rdtype)
    for one in rdata:
        # A set of its own per record: dnspython would drop the second of two equal ones.
        message.answer.append(dns.rrset.from_rdata(owner, ttl, _rdata(rdtype, one)))
    if ad:
        message.answer.append(_signature(owner, rdtype))
    return _answer(question, message)


def _signature(owner: dns.name.Name, covered: dns.rdatatype.RdataType) -> dns.rrset.RRset:
    """What a resolver that validated hands on with the records."""
    text = f"{covered.name} 13 1 300 20300101000000 20200101000000 1 invalid. AAAA"
    return dns.rrset.from_text(owner, 300, "IN", "RRSIG", text)


def raw(question: Question, *rdata: bytes, ttl: int = 300, aa: bool = False) -> Answer:
    """An answer whose records hold these RDATA octets, however broken."""
    message = _response(question, aa=aa)
    owner = dns.name.from_text(question.name)
    rdtype = dns.rdatatype.RdataType.make(question.rdtype)
    for octets in rdata:
        one = dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, octets)
        message.answer.append(dns.rrset.from_rdata(owner, ttl, one))
    return _answer(question, message)


def nodata(question: Question, *, ad: bool = False, aa: bool = False) -> Answer:
    """The name exists without such records."""
    return _answer(question, _with_soa(_response(question, ad=ad, aa=aa), question))


def nxdomain(question: Question, *, ad: bool = False, aa: bool = False) -> Answer:
    """A server said that the name does not exist."""
    message = _response(question, ad=ad, aa=aa)
    message.set_rcode(dns.rcode.NXDOMAIN)
    return _answer(question, _with_soa(message, question))


def servfail(question: Question, ede: int | None = None) -> Answer:
    """The resolver failed, perhaps with an Extended DNS Error (RFC 8914)."""
    return failed(question, dns.rcode.SERVFAIL, ede)


def refused(question: Question) -> Answer:
    """The server would not say."""
    return failed(question, dns.rcode.REFUSED)


def failed(question: Question, rcode: int, ede: int | None = None) -> Answer:
    """An answer with an error code and no records."""
    message = _response(question)
    if ede is not None:
        option = dns.edns.EDEOption(ede)  # type: ignore[arg-type]
        message.use_edns(0, options=[option])
    message.set_rcode(dns.rcode.Rcode.make(rcode))
    return _answer(question, message)


def timeout(question: Question) -> Answer:
    """No answer came, three times."""
    return unmeasured(question, Reason.TIMEOUT, attempts=3)


def unmeasured(question: Question, reason: Reason, attempts: int = 1) -> Answer:
    """No message at all, for this reason."""
    return Answer(question=question, outcome=Outcome.NOT_MEASURED, reason=reason, attempts=attempts)


def look_of(*answers: Answer, otherwise: Look | None = None) -> Look:
    """Looks up among these answers; any other question is NOT_ASKED unless `otherwise` knows."""
    by_question = {answer.question: answer for answer in answers}

    def look(question: Question) -> Answer:
        found = by_question.get(question)
        if found is not None:
            return found
        if otherwise is not None:
            return otherwise(question)
        return unmeasured(question, Reason.NOT_ASKED, attempts=0)

    return look


def run_plan(plan: Wanted, look: Look, *, at_most: int = 10_000) -> list[Question]:
    """Run a family's questions against `look`; the questions asked, in order."""
    if isinstance(plan, tuple):
        return list(plan)
    asked: list[Question] = []
    try:
        batch = next(plan)
        while True:
            asked.extend(batch)
            if len(asked) > at_most:
                raise AssertionError(f"the plan asked more than {at_most} questions")
            batch = plan.send(tuple(look(question) for question in batch))
    except StopIteration:
        return asked


def _response(
    question: Question, *, ad: bool = False, aa: bool = False, edns: bool = True
) -> dns.message.QueryMessage:
    query = dns.message.make_query(
        dns.name.from_text(question.name),
        dns.rdatatype.RdataType.make(question.rdtype),
        want_dnssec=edns,
    )
    query.id = 0
    message = dns.message.make_response(query)
    assert isinstance(message, dns.message.QueryMessage)
    message.flags |= dns.flags.RA
    if ad:
        message.flags |= dns.flags.AD
    if aa or question.server:
        message.flags |= dns.flags.AA
    return message


def _with_soa(message: dns.message.QueryMessage, question: Question) -> dns.message.QueryMessage:
    zone = dns.name.from_text(question.name)
    is_above = question.rdtype in (wire.DS, wire.SOA) or message.rcode() == dns.rcode.NXDOMAIN
    if is_above and len(zone) > 1:
        zone = zone.parent()  # what its own SOA cannot deny
    message.authority.append(
        dns.rrset.from_rdata(zone, 300, dns.rdata.from_text("IN", "SOA", _SOA))
    )
    if message.flags & dns.flags.AD:
        message.authority.append(_signature(zone, dns.rdatatype.SOA))
    return message


def _rdata(rdtype: dns.rdatatype.RdataType, value: Rdata) -> dns.rdata.Rdata:
    if rdtype != dns.rdatatype.TXT:
        if not isinstance(value, str):
            raise TypeError("RDATA of other types than TXT is presentation text")
        return dns.rdata.from_text(
            dns.rdataclass.IN, rdtype, value, origin=dns.name.root, relativize=False
        )
    if isinstance(value, str | bytes):
        whole = _octets(value)
        strings = [whole[i : i + _MAX_STRING] for i in range(0, len(whole), _MAX_STRING)] or [b""]
    else:
        strings = [_octets(string) for string in value]
    octets = b"".join(bytes((len(string),)) + string for string in strings)
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, octets)


def _octets(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _answer(question: Question, message: dns.message.QueryMessage) -> Answer:
    octets = message.to_wire(max_size=65535)
    walked = parse(octets)
    outcome, reason = classify(walked, question)
    return Answer(
        question=question,
        outcome=outcome,
        reason=reason,
        rcode=walked.rcode,
        ede=walked.ede,
        aa=walked.aa,
        ad=walked.ad,
        rtt_ms=1.0,
        server=question.server or "192.0.2.53",
        message=octets,
    )
