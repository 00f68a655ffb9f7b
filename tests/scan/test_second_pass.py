"""The way to a zone's own servers, as a conversation without a network."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.scan.query import question_section
from dnstats.scan.second_pass import ask_authority, is_worth_asking_again
from msgspec.structs import replace

from tests.scan.asking import txt
from tests.scan.nameserver import Query, respond

QUESTION = txt("www.example.com")


def failed(reason: Reason, ede: tuple[int, ...] = ()) -> Answer:
    return Answer(QUESTION, Outcome.NOT_MEASURED, reason, ede=ede)


def told(question: Question, *rdata: bytes, rcode: int = 0, rdtype: int | None = None) -> Answer:
    """The answer that a server's message makes."""
    section = question_section(question.name, question.rdtype)
    query = Query(b"\0\0\0\0\0\1\0\0\0\0\0\0" + section, tcp=False)
    message = respond(query, rdata, rcode=rcode, rdtype=rdtype)
    outcome, reason = classify(wire.parse(message), question)
    return Answer(question, outcome, reason, rcode, message=message)


def converse(
    first: Answer, answers: dict[Question, Answer]
) -> tuple[Answer | None, list[Question]]:
    """Run the generator on known answers; what is not known is a timeout."""
    asked: list[Question] = []
    plan = ask_authority(QUESTION, first)
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


def test_a_verdict_of_validation_stands() -> None:
    assert converse(failed(Reason.SERVFAIL, ede=(6,)), DELEGATION) == (None, [])


def test_an_alias_out_of_the_zone_proves_no_absence() -> None:
    direct = told(DIRECT, b"\x05other\x03net\0", rdtype=wire.CNAME)
    answer, _ = converse(failed(Reason.TIMEOUT), {**DELEGATION, DIRECT: direct})
    assert answer is None


def test_the_top_level_is_never_asked() -> None:
    answer, asked = converse(failed(Reason.TIMEOUT), {})
    assert answer is None
    assert [question.name for question in asked] == ["www.example.com", "example.com"]


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
