"""The way to a zone's own servers, as a conversation without a network."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.scan.query import question_section
from dnstats.scan.second_pass import ask_authority, is_worth_asking_again
from msgspec.structs import replace

from tests.scan.asking import txt
from tests.scan.nameserver import Query, respond
from tests.zone_answers import SOA, message_answer

QUESTION = txt("www.example.com")


def failed(reason: Reason, ede: tuple[int, ...] = ()) -> Answer:
    return Answer(QUESTION, Outcome.NOT_MEASURED, reason, ede=ede)


def told(
    question: Question,
    *rdata: bytes,
    rcode: int = 0,
    rdtype: int | None = None,
    soa: bool | None = None,
) -> Answer:
    """The answer that a server's message makes; with the SOA at the name itself where it denies."""
    section = question_section(question.name, question.rdtype)
    query = Query(b"\0\0\0\0\0\1\0\0\0\0\0\0" + section, tcp=False)
    message = respond(
        query, rdata, rcode=rcode, rdtype=rdtype, soa=not rdata if soa is None else soa
    )
    outcome, reason = classify(wire.parse(message), question)
    return Answer(question, outcome, reason, rcode, message=message)


def converse(
    first: Answer,
    answers: dict[Question, Answer],
    question: Question = QUESTION,
    *,
    checks_first: bool = True,
) -> tuple[Answer | None, list[Question]]:
    """Run the generator on known answers; what is not known is a timeout."""
    asked: list[Question] = []
    plan = ask_authority(question, first, checks_first=checks_first)
    try:
        questions = next(plan)
        while True:
            asked += questions
            questions = plan.send(
                tuple(
                    answers.get(q, Answer(q, Outcome.NOT_MEASURED, Reason.TIMEOUT))
                    for q in questions
                )
            )
    except StopIteration as end:
        return end.value, asked


NS = Question("example.com", wire.NS)
HOST = Question("ns.example.com", wire.A)
DIRECT = txt("www.example.com", "192.0.2.1")
DELEGATION = {
    Question("www.example.com", wire.NS): told(Question("www.example.com", wire.NS)),
    NS: told(NS, b"\x02ns\xc0\x0c"),
    HOST: told(HOST, b"\xc0\0\2\1"),
}


def test_the_zone_is_found_and_its_server_asked() -> None:
    direct = told(DIRECT, b"\x02hi")
    answer, asked = converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})
    assert answer is not None
    assert answer.is_present
    assert answer.question == QUESTION
    assert asked[-1] == DIRECT


def test_a_servfail_is_first_asked_unchecked() -> None:
    unchecked = replace(QUESTION, cd=True)
    answer, asked = converse(
        failed(Reason.SERVFAIL), {unchecked: told(unchecked, b"\x02hi"), **DELEGATION}
    )
    assert answer is None
    assert asked == [unchecked]


@pytest.mark.parametrize("is_bogus", [True, False])
def test_what_the_servers_say_before_the_resolver_was_asked_unchecked_counts_only_after(
    is_bogus: bool,
) -> None:
    unchecked = replace(QUESTION, cd=True)
    world = {**DELEGATION, DIRECT: told(DIRECT, b"\x02hi")}
    if is_bogus:
        world[unchecked] = told(unchecked, b"\x02hi")
    answer, asked = converse(failed(Reason.SERVFAIL), world, checks_first=False)
    assert (answer is None) == is_bogus
    assert asked[-2:] == [DIRECT, unchecked]


def test_silent_servers_need_no_check() -> None:
    answer, asked = converse(failed(Reason.SERVFAIL), DELEGATION, checks_first=False)
    assert answer is None
    assert asked[-1] == DIRECT


def test_a_verdict_of_validation_stands() -> None:
    assert converse(failed(Reason.SERVFAIL, ede=(6,)), DELEGATION) == (None, [])


def test_an_alias_out_of_the_zone_proves_no_absence() -> None:
    direct = told(DIRECT, b"\x05other\x03net\0", rdtype=wire.CNAME)
    answer, _ = converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})
    assert answer is None


def test_the_search_ends_below_the_root() -> None:
    answer, asked = converse(failed(Reason.TIMEOUT), {})
    assert answer is None
    assert [question.name for question in asked] == ["www.example.com", "example.com", "com"]


COM = Question("com", wire.NS)
NIC = Question("a.nic.com", wire.A)
ABOVE = {
    COM: message_answer(COM, [("com", "NS", "a.nic.com.")]),
    NIC: message_answer(NIC, [("a.nic.com", "A", "192.0.2.53")]),
}
CUT = Question("example.com", wire.NS, "192.0.2.53")
REFERRAL = message_answer(
    CUT,
    (),
    [("example.com", "NS", "ns.example.com."), ("example.com", "NS", "ns.example.net.")],
    [("ns.example.com", "A", "192.0.2.1"), ("ns.example.net", "A", "192.0.2.66")],
    aa=False,
)


def test_a_zone_that_the_resolver_knows_nothing_of_is_found_by_its_delegation() -> None:
    name = txt("_dmarc.example.com")
    direct = msgspec.structs.replace(name, server="192.0.2.1")
    world = {**ABOVE, CUT: REFERRAL, direct: told(direct, b"\x02hi")}
    answer, asked = converse(failed(Reason.SERVFAIL), world, name)
    assert answer is not None
    assert answer.is_present
    assert answer.question == name
    # No question is lost at an underscore, and the address that came from elsewhere is not asked.
    expected = [
        msgspec.structs.replace(name, cd=True),
        Question("example.com", wire.NS),
        COM,
        NIC,
        CUT,
        direct,
    ]
    assert asked == expected


def test_servers_in_their_own_zone_are_found_by_the_glue_above() -> None:
    """The resolver fails in that zone: it may well have no address of them."""
    direct = txt("example.com", "192.0.2.1")
    world = {NS: DELEGATION[NS], **ABOVE, CUT: REFERRAL, direct: told(direct, b"\x02hi")}
    answer, asked = converse(failed(Reason.TIMEOUT), world, txt("example.com"))
    assert asked == [NS, COM, NIC, CUT, direct]
    assert answer is not None
    assert answer.is_present


def test_where_the_zone_above_cannot_be_asked_the_resolver_is_asked_for_their_addresses() -> None:
    direct = txt("example.com", "192.0.2.1")
    for above in ({}, {COM: ABOVE[COM]}):
        world = {NS: DELEGATION[NS], HOST: DELEGATION[HOST], **above, direct: told(direct)}
        answer, asked = converse(failed(Reason.TIMEOUT), world, txt("example.com"))
        assert asked[-2:] == [HOST, direct]
        assert answer is not None
        assert answer.is_absent


def test_where_the_zone_above_knows_of_no_cut_its_servers_are_asked() -> None:
    cut = Question("www.example.com", wire.NS, "192.0.2.1")
    world = {NS: DELEGATION[NS], HOST: DELEGATION[HOST], cut: told(cut), DIRECT: told(DIRECT)}
    answer, asked = converse(failed(Reason.NO_PROOF), world)
    assert asked[-4:] == [HOST, cut, HOST, DIRECT]
    assert answer is not None
    assert answer.outcome is Outcome.NODATA


def test_a_ds_is_asked_of_the_zone_above() -> None:
    question = Question("www.example.com", wire.DS)
    direct = msgspec.structs.replace(question, server="192.0.2.1")
    soa = [("example.com", "SOA", SOA)]
    world = {**DELEGATION, direct: message_answer(direct, (), soa)}
    answer, asked = converse(failed(Reason.TIMEOUT), world, question)
    assert asked == [NS, Question("com", wire.NS), HOST, direct]
    assert answer is not None
    assert answer.outcome is Outcome.NODATA


@pytest.mark.parametrize("owner", [".", "com"])
def test_who_denies_with_the_soa_of_a_zone_above_is_not_believed(owner: str) -> None:
    direct = message_answer(DIRECT, (), [(owner, "SOA", SOA)], rcode="NXDOMAIN")
    assert converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})[0] is None


def test_a_record_at_the_end_of_aliases_out_of_the_zone_is_not_believed() -> None:
    lines = [("www.example.com", "CNAME", "a.net."), ("a.net", "TXT", "mine")]
    direct = message_answer(DIRECT, lines)
    assert direct.is_present
    assert converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})[0] is None


def test_what_a_zones_own_server_claims_to_have_validated_nobody_has() -> None:
    """Some set AD in all they send (RFC 4035 section 3.1.6: a server may not know)."""
    direct = message_answer(DIRECT, [("www.example.com", "TXT", "mine")], ad=True)
    answer, _ = converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})
    assert answer is not None
    assert answer.is_present
    assert answer.is_unvalidated
    assert not answer.ad


def test_a_bare_denial_counts_only_when_no_other_server_says_more() -> None:
    bare = told(DIRECT, soa=False)
    assert bare.is_absent
    answer, asked = converse(failed(Reason.NO_PROOF), {**DELEGATION, DIRECT: bare})
    assert answer is not None
    assert answer.outcome is Outcome.NODATA
    other = msgspec.structs.replace(DIRECT, server="192.0.2.2")
    world = {**DELEGATION, HOST: told(HOST, b"\xc0\0\2\1", b"\xc0\0\2\2"), DIRECT: bare}
    answer, asked = converse(failed(Reason.NO_PROOF), {**world, other: told(other, b"\x02hi")})
    assert asked[-2:] == [DIRECT, other]
    assert answer is not None
    assert answer.is_present


def test_broken_name_server_records_are_left_out() -> None:
    broken = told(NS, b"\xff\xff", b"\x02ns\xc0\x0c", b"\x02ns", b"")
    direct = told(DIRECT, b"\x02hi")
    answer, _ = converse(failed(Reason.TIMEOUT), {**DELEGATION, NS: broken, DIRECT: direct})
    assert answer is not None


def test_an_authoritative_nxdomain_counts() -> None:
    direct = told(DIRECT, rcode=wire.NXDOMAIN)
    answer, _ = converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})
    assert answer is not None
    assert answer.outcome is Outcome.NXDOMAIN


def test_what_is_worth_asking_again() -> None:
    assert is_worth_asking_again(failed(Reason.TIMEOUT))
    assert is_worth_asking_again(failed(Reason.MALFORMED))
    assert not is_worth_asking_again(failed(Reason.OPTED_OUT))
    assert not is_worth_asking_again(Answer(QUESTION, Outcome.NODATA))
