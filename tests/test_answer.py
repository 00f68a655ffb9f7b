"""What a message says about its question: absence only where a server said so."""

from __future__ import annotations

import struct

import dns.message
import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, RRset, _rrset, classify
from dnstats.wire import parse
from hypothesis import given, settings
from hypothesis import strategies as st

A = Question("www.example", wire.A)
AN_SOA, AN_NS, A_DS = (Question(A.name, rdtype) for rdtype in (wire.SOA, wire.NS, wire.DS))
DIRECT = Question("example", wire.NS, "192.0.2.53")
DIRECT_A = Question("example", wire.A, "192.0.2.53")
SOA = "example. 5 IN SOA ns.example. host.example. 1 2 3 4 5"
ROOT_SOA = ". 5 IN " + SOA[13:]
NO_PROOF = Outcome.NOT_MEASURED, Reason.NO_PROOF
LAME = Outcome.NOT_MEASURED, Reason.LAME


def _message(rcode: str, flags: str, answer: str = "", authority: str = "") -> wire.Message:
    text = f"id 1\nopcode QUERY\nrcode {rcode}\nflags QR {flags}\n;QUESTION\nwww.example. IN A\n"
    text += f";ANSWER\n{answer}" + "\n" * bool(answer) + f";AUTHORITY\n{authority}"
    message = dns.message.from_text(text)
    assert bool(message.authority) == bool(authority)
    return parse(message.to_wire())


def test_a_set_is_the_same_in_whatever_order_it_came() -> None:
    records = [f'www.example. {n} IN TXT "{text}"' for n, text in enumerate("bca", 1)]
    question = Question("www.example", wire.TXT)
    found = set()
    for turn in range(3):
        lines = "\n".join([*records[turn:], *records[:turn]])
        message = _message("NOERROR", "RA", lines).wire
        rrset = Answer(question, Outcome.PRESENT, message=message).rrset()
        assert rrset is not None
        assert tuple(message[start:end] for start, end in rrset.spans) == rrset.rdata
        found.add((rrset.rdata, rrset.ttl))
    assert found == {((b"\x01a", b"\x01b", b"\x01c"), 1)}


def _walked(answer: Answer) -> RRset | str | None:
    """The set as a walk through the whole message finds it."""
    try:
        message = wire.parse_answer(answer.message)
        return _rrset(message, answer.question.name, answer.question.rdtype)
    except wire.Malformed:
        return "malformed"


RECORDS = st.tuples(
    st.sampled_from(
        (b"\xc0\x0c", b"\xc0\x0c", b"\xc0\x0c", b"\xc0\x10", b"\x03www\x07example\0", b"\0")
    ),
    st.sampled_from((wire.TXT, wire.TXT, wire.TXT, wire.CNAME, wire.RRSIG)),
    st.sampled_from((1, 1, 1, 1, 1, 3)),
    st.integers(0, 3),
    st.binary(max_size=6),
)


@settings(max_examples=500)
@given(
    st.lists(RECORDS, max_size=3),
    st.sampled_from((0, 0, 0, -1, -7)),
    st.sampled_from((1, 1, 1, 0, 2)),
)
def test_the_usual_form_of_a_message_reads_like_any_other(
    records: list[tuple[bytes, int, int, int, bytes]], cut: int, questions: int
) -> None:
    body = b"".join(
        owner + struct.pack("!HHIH", rdtype, rdclass, ttl, len(rdata)) + rdata
        for owner, rdtype, rdclass, ttl, rdata in records
    )
    header = struct.pack("!6H", 0, 0x8180, questions, len(records), 0, 0)
    asked = b"\x03www\x07example\0\0\x10\0\1" * questions
    message = (header + asked + body)[: cut or None]
    answer = Answer(Question("www.example", wire.TXT), Outcome.PRESENT, message=message)
    found: RRset | str | None
    try:
        found = answer.rrset()
    except wire.Malformed:
        found = "malformed"
    assert found == _walked(answer)


@pytest.mark.parametrize(
    ("question", "rcode", "flags", "answer", "authority", "expected"),
    [
        (A, "NOERROR", "RA", "www.example. 1 IN A 192.0.2.1", "", (Outcome.PRESENT, None)),
        (A, "NOERROR", "RA", "WWW.EXAMPLE. 1 IN A 192.0.2.1", "", (Outcome.PRESENT, None)),
        (A, "NOERROR", "RA", "", SOA, (Outcome.NODATA, None)),
        (A, "NXDOMAIN", "RA", "", SOA, (Outcome.NXDOMAIN, None)),
        (A, "NOERROR", "RA", "", ROOT_SOA, (Outcome.NODATA, None)),
        (A, "NXDOMAIN", "RA AD", "", ROOT_SOA, (Outcome.NXDOMAIN, None)),
        # A resolver that says so, and brings nothing that proves it, or the proof of elsewhere.
        (A, "NOERROR", "RA", "", "", NO_PROOF),
        (A, "NXDOMAIN", "RA", "", "", NO_PROOF),
        (A, "NXDOMAIN", "RA AA AD", "", "", NO_PROOF),
        (A, "NXDOMAIN", "RA", "", "net. 5 IN " + SOA[13:], NO_PROOF),
        (A, "NOERROR", "RA", "", "net. 5 IN " + SOA[13:], NO_PROOF),
        (A, "NOERROR", "RA", "", "a.www.example. 5 IN " + SOA[13:], NO_PROOF),
        (A, "NXDOMAIN", "RA", "www.example. 1 IN CNAME a.example.", "", NO_PROOF),
        (A, "NXDOMAIN", "RA", "www.example. 1 IN CNAME a.net.", SOA, NO_PROOF),
        # Records of the type at other names, or in the wrong section, are no denial of it.
        (A, "NOERROR", "RA", "other.example. 1 IN A 192.0.2.1", SOA, LAME),
        (A, "NXDOMAIN", "RA", "other.example. 1 IN A 192.0.2.1", SOA, LAME),
        (AN_SOA, "NOERROR", "RA", "", "www.example. 5 IN " + SOA[13:], LAME),
        (AN_NS, "NOERROR", "RA", "", "www.example. 1 IN NS ns.", LAME),
        # A name with an SOA exists: a filter made this one up.
        (A, "NXDOMAIN", "RA", "", "www.example. 5 IN " + SOA[13:], NO_PROOF),
        (A, "NXDOMAIN", "RA", "www.example. 1 IN CNAME a.net.", "a.net. 5 IN " + SOA[13:],
         NO_PROOF),
        (A, "NOERROR", "RA", "", "www.example. 5 IN " + SOA[13:], (Outcome.NODATA, None)),
        # Only the zone above knows of a DS, and only its SOA denies one.
        (A_DS, "NOERROR", "RA", "", SOA, (Outcome.NODATA, None)),
        (A_DS, "NOERROR", "RA", "", "www.example. 5 IN " + SOA[13:],
         NO_PROOF),
        (A, "SERVFAIL", "RA", "", "", (Outcome.NOT_MEASURED, Reason.SERVFAIL)),
        (A, "REFUSED", "RA", "", "", (Outcome.NOT_MEASURED, Reason.REFUSED)),
        (A, "FORMERR", "RA", "", "", (Outcome.NOT_MEASURED, Reason.FORMERR)),
        (A, "NOTIMP", "RA", "", "", (Outcome.NOT_MEASURED, Reason.NOTIMP)),
        (A, "YXDOMAIN", "RA", "", "", (Outcome.NOT_MEASURED, Reason.RCODE)),
        # A referral proves nothing, neither from a resolver nor from a server.
        (A, "NOERROR", "", "", "example. 1 IN NS ns.example.", (Outcome.NOT_MEASURED, Reason.LAME)),
        # Aliases: to the record, to nothing, in a ring.
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.example.\na.example. 1 IN A 192.0.2.1", "",
         (Outcome.PRESENT, None)),
        (A, "NXDOMAIN", "RA", "www.example. 1 IN CNAME a.example.", SOA, (Outcome.NXDOMAIN, None)),
        (A, "NOERROR", "RA",
         "www.example. 1 IN CNAME a.example.\na.example. 1 IN CNAME www.example.", "",
         (Outcome.NOT_MEASURED, Reason.ALIAS_LOOP)),
        # Aliases out of the message, other records, an SOA of elsewhere: a part of an answer.
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.example.", SOA, (Outcome.NODATA, None)),
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.net.", "net. 5 IN " + SOA[13:],
         (Outcome.NODATA, None)),
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.net.", SOA,
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.example.", "",
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (A, "NOERROR", "RA AA", "www.example. 1 IN CNAME a.net.", "",
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (A, "NOERROR", "RA", "other.example. 1 IN A 192.0.2.1", "",
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (A, "NOERROR", "RA", "www.example. 1 IN TXT x", "", (Outcome.NOT_MEASURED, Reason.LAME)),
        # A server asked directly must speak with authority.
        (DIRECT, "NOERROR", "AA", "example. 1 IN NS ns.example.", "", (Outcome.PRESENT, None)),
        (DIRECT, "NOERROR", "RA", "example. 1 IN NS ns.example.", "",
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (DIRECT, "NXDOMAIN", "", "", SOA, (Outcome.NOT_MEASURED, Reason.LAME)),
        (DIRECT, "NXDOMAIN", "AA", "", SOA, (Outcome.NXDOMAIN, None)),
        (DIRECT, "NOERROR", "AA", "", "net. 5 IN " + SOA[13:], (Outcome.NODATA, None)),
        # With authority, its bare word is its word; its own NS set below is a referral.
        (DIRECT, "NOERROR", "AA", "", "", (Outcome.NODATA, None)),
        (DIRECT, "NXDOMAIN", "AA", "", "", (Outcome.NXDOMAIN, None)),
        (DIRECT, "NOERROR", "AA", "", "example. 1 IN NS ns.example.", (Outcome.REFERRAL, None)),
        (DIRECT, "NOERROR", "AA", "", "example. 1 IN NS ns.\n" + SOA, LAME),
        (DIRECT_A, "NOERROR", "AA", "", "example. 1 IN NS ns.example.", LAME),
        (DIRECT, "NOERROR", "AA", "", "net. 1 IN NS ns.example.", LAME),
    ],
)  # fmt: skip
def test_a_message_is_present_absent_or_not_measured(
    question, rcode, flags, answer, authority, expected
) -> None:
    assert classify(_message(rcode, flags, answer, authority), question) == expected


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_exactly_one_of_present_absent_referral_not_measured(
    outcome: Outcome,
) -> None:
    answer = Answer(A, outcome)
    kinds = [answer.is_present, answer.is_absent, answer.is_referral, not answer.is_measured]
    assert kinds.count(True) == 1


@pytest.mark.parametrize("rcode", ["NOERROR", "NXDOMAIN"])
@pytest.mark.parametrize("answer", ["", "www.example. 1 IN A 0.0.0.0"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [(3, Reason.STALE), (19, Reason.STALE), (4, Reason.FORGED), (15, Reason.FORGED),
     (16, Reason.FORGED), (17, Reason.FORGED), (18, Reason.FORGED)],
)  # fmt: skip
def test_what_a_resolver_blocks_or_kept_from_long_ago_is_neither_present_nor_absent(
    rcode: str, answer: str, code: int, reason: Reason
) -> None:
    message = msgspec.structs.replace(_message(rcode, "RA", answer, SOA), ede=(0, code))
    assert classify(message, A) == (Outcome.NOT_MEASURED, reason)


def test_other_remarks_of_a_resolver_change_nothing() -> None:
    message = msgspec.structs.replace(_message("NXDOMAIN", "RA", "", SOA), ede=(0, 22, 29))
    assert classify(message, A) == (Outcome.NXDOMAIN, None)


def test_the_rrset_follows_aliases_and_leaves_other_records_out() -> None:
    text = (
        "www.example. 60 IN CNAME a.example.\na.example. 30 IN A 192.0.2.1\n"
        "a.example. 20 IN A 192.0.2.2\nb.example. 10 IN A 192.0.2.3"
    )
    message = _message("NOERROR", "RA", text)
    found = Answer(A, Outcome.PRESENT, message=message.wire).rrset()
    assert found is not None
    assert (found.owner, found.aliases, found.ttl) == ("a.example", ("www.example",), 20)
    assert sorted(found.rdata) == [b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"]
