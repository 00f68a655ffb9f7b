"""The scan against a hostile server on loopback, over real sockets.

No wrong answer is accepted, no question is lost, none hangs.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason

from tests.scan.asking import ask_one, quick, run, txt
from tests.scan.nameserver import (
    HANG_UP,
    Handler,
    NameServer,
    Query,
    Reply,
    framed,
    nxdomain,
    respond,
    whole,
)

GOOD, EVIL = b"\x04good", b"\x04evil"


def good(query: Query) -> bytes:
    return whole(query, respond(query, (GOOD,)))


def answered(handler: Handler, settings: dict[str, object] | None = None) -> Answer:
    """The answer to one question when a server behaves like `handler`, asked as a resolver."""
    with NameServer(handler) as server:
        return ask_one(quick(server.text, **(settings or {})))


def is_good(answer: Answer) -> bool:
    found = answer.rrset()
    return found is not None and found.rdata == (GOOD,)


@pytest.fixture(params=["batches", "plain sockets"])
def batches(request: pytest.FixtureRequest) -> dict[str, object]:
    return {"batches": request.param == "batches"}


def test_a_dropped_question_is_asked_again(batches: dict[str, object]) -> None:
    def drop_first(query: Query) -> Iterable[Reply]:
        return [(0, good(query))] if query.name == "." or query.count else []

    answer = answered(drop_first, batches)
    assert is_good(answer)
    assert answer.attempts == 2


def test_a_server_that_drops_one_question_for_ever_is_a_timeout_and_no_absence() -> None:
    def deaf_to_www(query: Query) -> Iterable[Reply]:
        return [] if query.label == "www" else [(0, good(query))]

    answer = answered(deaf_to_www)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TIMEOUT)
    assert answer.attempts == 3
    assert answer.message == b""


def test_a_late_answer_to_an_earlier_try_is_still_good() -> None:
    def late(query: Query) -> Iterable[Reply]:
        if query.name == ".":
            return [(0, good(query))]
        return [] if query.count else [(0.16, good(query))]

    assert is_good(answered(late))


def test_duplicates_are_counted_once() -> None:
    with NameServer(lambda query: [(0, good(query))] * 5) as server:
        questions = [txt(f"n{number}.example") for number in range(50)]
        recorded, report = run(quick(server.text), *questions)
    assert report.questions == 50
    assert all(len(calls) == 1 for calls in recorded.calls.values())
    assert all(is_good(recorded.final(question)) for question in questions)


def test_reordered_answers_find_their_questions() -> None:
    def own_name(query: Query) -> Iterable[Reply]:
        text = query.label.encode()
        delay = 0.05 - int(query.label[1:]) * 0.0005
        return [(delay, respond(query, (bytes((len(text),)) + text,)))]

    with NameServer(own_name) as server:
        questions = [txt(f"n{number}.example") for number in range(90)]
        recorded, _ = run(quick(server.text, timeout=1.0), *questions)
    for question in questions:
        found = recorded.final(question).rrset()
        assert found is not None
        assert found.rdata[0][1:].decode() == question.name.split(".")[0]


def test_a_truncated_answer_is_fetched_over_tcp() -> None:
    def cut(query: Query) -> Iterable[Reply]:
        return [(0, good(query) if query.tcp else respond(query, (), tc=True))]

    answer = answered(cut)
    assert is_good(answer)
    assert answer.tcp


def test_truncated_over_tcp_too_is_not_measured() -> None:
    answer = answered(lambda query: [(0, whole(query, respond(query, (), tc=True)))])
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TRUNCATED)


def test_truncated_where_tcp_is_closed_is_not_measured() -> None:
    with NameServer(lambda query: [(0, respond(query, (), tc=True))], tcp=False) as server:
        answer = ask_one(quick(server.text))
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TRUNCATED)


def wrong_id(query: Query) -> bytes:
    return respond(query, (EVIL,), ident=bytes((query.data[0] ^ 1, query.data[1])))


def wrong_question(query: Query) -> bytes:
    other = wire.write_name("other.example") + query.section[-4:]
    return respond(query, (EVIL,), section=other)


def wrong_type(query: Query) -> bytes:
    return respond(query, (EVIL,), section=query.section[:-3] + b"\x01\0\x01")


def wrong_class(query: Query) -> bytes:
    return respond(query, (EVIL,), section=query.section[:-1] + b"\x03")


def query_bit(query: Query) -> bytes:
    return respond(query, (EVIL,), qr=False)


def other_opcode(query: Query) -> bytes:
    message = bytearray(respond(query, (EVIL,)))
    message[2] |= 0x28  # UPDATE
    return bytes(message)


def two_questions(query: Query) -> bytes:
    message = bytearray(respond(query, (), rcode=3))
    message[5] = 2
    return bytes(message) + query.section


def echo(query: Query) -> bytes:
    return query.data


Wrong = Callable[[Query], bytes]
WRONG: list[Wrong] = [
    wrong_id, wrong_question, wrong_type, wrong_class, query_bit, other_opcode, two_questions, echo,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_reply_before_the_right_one_is_ignored(
    wrong: Wrong, batches: dict[str, object]
) -> None:
    answer = answered(lambda query: [(0, wrong(query)), (0.02, good(query))], batches)
    assert is_good(answer)
    assert answer.attempts == 1


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_replies_alone_measure_nothing(wrong: Wrong) -> None:
    answer = answered(lambda query: [] if query.tcp else [(0, wrong(query))])
    assert answer.outcome is Outcome.NOT_MEASURED
    assert answer.reason in (Reason.MISMATCH, Reason.TIMEOUT)
    assert (answer.reason is Reason.TIMEOUT) == (wrong is wrong_id)


def test_the_wrong_case_is_asked_again_over_tcp() -> None:
    def fold(query: Query) -> Iterable[Reply]:
        section = query.section[:-4].lower() + query.section[-4:]
        return [(0, whole(query, respond(query, (GOOD,), section=section)))]

    with NameServer(fold) as server:
        recorded, report = run(quick(server.text), txt("www.folded-case.example"))
    answer = recorded.final(txt("www.folded-case.example"))
    assert is_good(answer)
    assert answer.tcp
    assert report.folded == 1


def test_the_wrong_case_without_tcp_is_believed_only_when_asked_in_lower_case() -> None:
    def fold(query: Query) -> Iterable[Reply]:
        section = query.section[:-4].lower() + query.section[-4:]
        return [(0, respond(query, (GOOD,), section=section))]

    with NameServer(fold, tcp=False) as server:
        answer = ask_one(quick(server.text), "www.folded-case.example")
        last = server.queries[-1]
    assert is_good(answer)
    assert last.section == last.section.lower()


def test_an_answer_from_another_port_is_not_even_seen() -> None:
    def right_in_all_else(query: Query) -> Iterable[Reply]:
        return [] if query.tcp else [(0, respond(query, (EVIL,)))]

    with NameServer(lambda query: []) as other, NameServer(right_in_all_else) as server:
        server.speaks_from = other.udp
        answer = ask_one(quick(server.text))
    assert answer.reason is Reason.TIMEOUT


def test_extra_bytes_behind_the_message_do_no_harm() -> None:
    assert is_good(answered(lambda query: [(0, good(query) + b"\xff" * 200)]))


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b"\xc0\x0c", id="cut off"),
        pytest.param(b"\xc0\xff" + bytes(10), id="pointer past the end"),
        pytest.param(b"\x3f" + bytes(3), id="label past the end"),
        pytest.param(b"\xc0\x0c\0\x10\0\x01\0\0\0\0\xff\xff", id="data past the end"),
    ],
)
def test_an_unreadable_message_is_malformed_after_retries(tail: bytes) -> None:
    def broken(query: Query) -> Iterable[Reply]:
        head = query.data[:2] + b"\x84\0\0\x01\0\x01\0\0\0\0" + query.section
        return [(0, whole(query, head + tail))]

    answer = answered(broken)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.MALFORMED)
    assert answer.attempts == 3
    assert answer.message.endswith(tail)
    assert answer.message[:2] == b"\0\0"


def test_a_compression_loop_ends_as_malformed() -> None:
    def loop(query: Query) -> Iterable[Reply]:
        here = 12 + len(query.section)
        head = query.data[:2] + b"\x84\0\0\x01\0\x01\0\0\0\0" + query.section
        pointer = (0xC000 | here).to_bytes(2)
        return [(0, whole(query, head + pointer + b"\0\x10\0\x01\0\0\0\0\0\0"))]

    assert answered(loop).reason is Reason.MALFORMED


def test_an_unreadable_message_then_a_good_one_is_good() -> None:
    def first_broken(query: Query) -> Iterable[Reply]:
        message = good(query)
        return [(0, message if query.count else message[:-3])]

    assert is_good(answered(first_broken))


def test_an_answer_of_64_kilobytes_comes_whole_over_tcp() -> None:
    text = b"\xff" + b"x" * 255

    def huge(query: Query) -> Iterable[Reply]:
        if not query.tcp:
            return [(0, respond(query, (), tc=True))]
        return [(0, framed(respond(query, (text,) * 240)))]

    found = answered(huge).rrset()
    assert found is not None
    assert len(found.rdata) == 240


def test_a_datagram_larger_than_asked_for_is_never_read_in_part(
    batches: dict[str, object],
) -> None:
    def huge(query: Query) -> Iterable[Reply]:
        text = b"\xff" + b"x" * 255
        return [(0, whole(query, respond(query, (text,) * 100)))]

    answer = answered(huge, batches)
    found = answer.rrset()
    assert found is not None
    assert len(found.rdata) == 100
    assert answer.tcp


@pytest.mark.parametrize("rcode", range(1, 16))
def test_no_error_code_is_absence_but_nxdomain(rcode: int) -> None:
    answer = answered(lambda query: [(0, whole(query, respond(query, (), rcode=rcode)))])
    if rcode == wire.NXDOMAIN:
        assert answer.is_absent
    else:
        assert answer.outcome is Outcome.NOT_MEASURED
        assert answer.rcode == rcode


def test_a_storm_of_error_codes_is_survived_and_absence_is_only_what_was_said() -> None:
    """Every name and every try gets another code; one name in sixteen says NXDOMAIN at last."""

    def storm(query: Query) -> Iterable[Reply]:
        if query.name == ".":
            return [(0, good(query))]
        rcode = (int(query.label[1:]) + query.count) % 16
        message = respond(query, (GOOD,) if rcode == 0 else (), rcode=rcode)
        return [(0, whole(query, message))] * 20

    with NameServer(storm) as server:
        questions = [txt(f"n{number}.example") for number in range(320)]
        settings = quick(server.text, second_pass=True, asks_authority=False)
        recorded, report = run(settings, *questions)
    for question in questions:
        answer = recorded.final(question)
        assert answer.is_measured == (answer.rcode in (wire.NOERROR, wire.NXDOMAIN))
        assert answer.is_absent == (answer.rcode == wire.NXDOMAIN)
        assert answer.is_present == (answer.rcode == wire.NOERROR)
    assert report.outcomes["nodata"] == 0


def test_an_answer_later_than_every_try_is_a_timeout_and_no_absence() -> None:
    def late(query: Query) -> Iterable[Reply]:
        return [(0, good(query))] if query.name == "." else [(3.0, good(query))]

    answer = answered(late)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TIMEOUT)


def test_errors_without_a_question_measure_nothing() -> None:
    def bare(query: Query) -> Iterable[Reply]:
        return [] if query.tcp else [(0, query.data[:2] + b"\x80\x05" + bytes(8))]

    answer = answered(bare)
    assert (answer.reason, answer.rcode) == (Reason.REFUSED, 5)


def test_absence_without_a_question_is_not_believed() -> None:
    def bare(query: Query) -> Iterable[Reply]:
        return [] if query.tcp else [(0, query.data[:2] + b"\x84\x03" + bytes(8))]

    assert answered(bare).reason is Reason.MISMATCH


@pytest.mark.parametrize("rcode", [wire.FORMERR, wire.NOTIMP])
def test_an_old_server_is_asked_again_without_edns(rcode: int) -> None:
    def old(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), rcode=rcode) if query.has_edns else good(query))]

    with NameServer(old) as server:
        settings = quick("127.0.0.1:1", direct_port=server.port)
        answer = ask_one(settings, server="127.0.0.1")
    assert is_good(answer)
    assert answer.attempts == 2


def test_an_old_server_that_answers_with_a_bare_header_is_asked_without_edns() -> None:
    def old(query: Query) -> Iterable[Reply]:
        if query.has_edns:
            return [(0, query.data[:2] + b"\x80\x01" + bytes(8))]
        return [(0, good(query))]

    assert is_good(answered(old))


def test_a_server_without_udp_is_asked_over_tcp() -> None:
    with NameServer(lambda query: [(0, good(query))] if query.tcp else []) as server:
        settings = quick("127.0.0.1:1", direct_port=server.port)
        answer = ask_one(settings, server="127.0.0.1")
    assert is_good(answer)
    assert answer.tcp


def test_a_thousand_spoofed_replies_before_the_right_one(batches: dict[str, object]) -> None:
    def spoofed(query: Query) -> Iterable[Reply]:
        right = int.from_bytes(query.data[:2])
        for number in range(1000):
            ident = ((right + 1 + number) % 65536).to_bytes(2)
            yield 0, respond(query, (EVIL,), ident=ident)
        for number in range(8):  # the right ID, a guessed question
            yield 0, respond(query, (EVIL,), section=bytes((number + 9,)) + query.section[1:])
        yield 0.03, good(query)

    assert is_good(answered(spoofed, batches | {"timeout": 1.0}))


def cut_then(query: Query, *replies: Reply) -> Iterable[Reply]:
    return replies if query.tcp else [(0, respond(query, (), tc=True))]


def test_tcp_closed_in_the_middle_of_a_message_is_tried_again() -> None:
    def half(query: Query) -> Iterable[Reply]:
        message = framed(respond(query, (GOOD,)))
        if query.count < 2:
            return cut_then(query, (0, message[:20]), (0.01, HANG_UP))
        return [(0, message)]

    assert is_good(answered(half))


def test_tcp_always_closed_in_the_middle_is_not_measured() -> None:
    def half(query: Query) -> Iterable[Reply]:
        message = framed(respond(query, (GOOD,)))
        return cut_then(query, (0, message[:20]), (0.01, HANG_UP))

    answer = answered(half)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TRUNCATED)


def test_one_octet_at_a_time_ends_at_the_deadline() -> None:
    def dripping(query: Query) -> Iterable[Reply]:
        message = framed(respond(query, (GOOD,)))
        drops = [(0.05 * (place + 1), message[place : place + 1]) for place in range(len(message))]
        return cut_then(query, *drops)

    start = time.monotonic()
    answer = answered(dripping)
    assert answer.reason is Reason.TRUNCATED
    assert time.monotonic() - start < 1.5


def test_octets_one_by_one_but_in_time_are_put_together() -> None:
    def dripping(query: Query) -> Iterable[Reply]:
        message = framed(respond(query, (GOOD,)))
        drops = [(0.001 * place, message[place : place + 1]) for place in range(len(message))]
        return cut_then(query, *drops)

    assert is_good(answered(dripping, {"timeout": 0.5}))


def test_a_server_that_hangs_up_after_every_answer_is_asked_all_the_same() -> None:
    def hangs_up(query: Query) -> Iterable[Reply]:
        return cut_then(query, (0, framed(respond(query, (GOOD,)))), (0, HANG_UP))

    with NameServer(hangs_up) as server:
        questions = [txt(f"n{number}.example") for number in range(12)]
        recorded, _ = run(quick(server.text, timeout=0.5), *questions)
    assert all(is_good(recorded.final(question)) for question in questions)


def test_truncated_answers_share_a_connection() -> None:
    def cut(query: Query) -> Iterable[Reply]:
        return cut_then(query, (0, framed(respond(query, (GOOD,)))))

    with NameServer(cut) as server:
        questions = [txt(f"n{number}.example") for number in range(60)]
        recorded, report = run(quick(server.text, timeout=0.5), *questions)
        assert server.connections <= 3
    assert all(is_good(recorded.final(question)) for question in questions)
    assert report.truncated == 60


def test_tcp_of_garbage_lengths_ends() -> None:
    answer = answered(lambda query: cut_then(query, (0, b"\0\0\0\x01x\0\0" * 50), (0.01, HANG_UP)))
    assert answer.reason is Reason.TRUNCATED


def everything(query: Query) -> Iterator[Reply]:
    """A different misbehaviour for every name; even numbers are answered in the end."""
    number = int(query.label[1:]) if query.label[1:].isdigit() else 0
    if query.tcp:
        yield 0, good(query)
        return
    misbehaviour = WRONG[number % len(WRONG)]
    yield 0, misbehaviour(query)
    if number % 3 == 0:
        yield 0, respond(query, (), tc=True)
    if number % 2 == 0 and query.count:
        yield 0.01, good(query)
        yield 0.01, good(query)


def test_no_question_is_lost_and_none_is_answered_wrongly_in_the_worst_of_company() -> None:
    with NameServer(everything) as server:
        questions = [txt(f"n{number}.example") for number in range(240)]
        recorded, report = run(quick(server.text, second_pass=True), *questions)
    assert report.questions == len(recorded.calls)  # with what the second pass asked besides
    for number, question in enumerate(questions):
        answer = recorded.final(question)
        if number % 2 == 0 or number % 3 == 0:
            assert is_good(answer), number
        else:
            assert answer.outcome is Outcome.NOT_MEASURED


def test_absence_is_said_by_a_server_only() -> None:
    answer = answered(lambda query: [(0, nxdomain(query))])
    assert answer.outcome is Outcome.NXDOMAIN
    assert wire.parse(answer.message).authority


@pytest.mark.parametrize("text", ["127.0.0.1", "::1"])
def test_both_families_of_addresses_work(text: str) -> None:
    with NameServer(lambda query: [(0, good(query))], text) as server:
        assert is_good(ask_one(quick(server.text)))
        settings = quick("127.0.0.1:1", direct_port=server.port)
        direct = ask_one(settings, server=text)
    assert is_good(direct)
    assert direct.server == text


def test_a_resolver_is_asked_to_recurse_and_a_server_is_not() -> None:
    with NameServer(lambda query: [(0, good(query))]) as server:
        settings = quick(server.text, direct_port=server.port)
        run(
            settings,
            txt("a.example"),
            txt("b.example", "127.0.0.1"),
            Question("c.example", wire.TXT, cd=True),
        )
        seen = {query.label: query for query in server.queries}
    assert (seen["a"].rd, seen["b"].rd, seen["c"].rd) == (True, False, True)
    assert (seen["a"].cd, seen["b"].cd, seen["c"].cd) == (False, False, True)
    assert all(query.data.endswith(b"\0\0\x29\x04\xd0\0\0\x80\0\0\0") for query in seen.values())


def test_what_is_stored_has_neither_our_id_nor_our_case() -> None:
    answer = answered(lambda query: [(0, good(query))])
    assert answer.message[:2] == b"\0\0"
    assert answer.message[12:].startswith(wire.write_name("www.example"))


def _with_opt(query: Query, rcode: int) -> bytes:
    """A response whose code is above 15: its upper bits stand in the OPT record (RFC 6891)."""
    message = respond(query, (), rcode=rcode & 0xF, soa=False)
    opt = b"\0" + struct.pack("!HHBBHH", wire.OPT, 1232, rcode >> 4, 0, 0, 0)
    return message[:10] + b"\0\1" + message[12:] + opt


@pytest.mark.parametrize("rcode", [16, 23, 32, 48])  # BADVERS, BADCOOKIE; NOERROR and all above it
def test_codes_above_fifteen_are_no_absence(rcode: int) -> None:
    answer = answered(lambda query: [(0, whole(query, _with_opt(query, rcode)))])
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.RCODE)
    assert answer.rcode in (rcode, 16)


def test_badvers_is_asked_again_without_edns() -> None:
    def old(query: Query) -> Iterable[Reply]:
        return [(0, whole(query, _with_opt(query, 16)) if query.has_edns else good(query))]

    assert is_good(answered(old))


def test_a_truncated_nxdomain_without_tcp_is_no_absence() -> None:
    def cut(query: Query) -> Iterable[Reply]:
        return [] if query.tcp else [(0, respond(query, (), rcode=wire.NXDOMAIN, tc=True))]

    answer = answered(cut)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.TRUNCATED)


@pytest.mark.parametrize("soa", [True, False])
def test_a_dname_without_its_alias_is_no_absence_of_what_it_leads_to(soa: bool) -> None:
    """The record stands at the new name, and no CNAME says so (RFC 6672 section 3.1 wants one)."""

    def half(query: Query) -> Iterable[Reply]:
        message = respond(query, (GOOD,), soa=soa)
        other = b"\1x" + message[12 + len(query.section) :]
        return [(0, whole(query, message[: 12 + len(query.section)] + other))]

    answer = answered(half)
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.LAME)


def test_an_absence_without_proof_is_none() -> None:
    for rcode in (wire.NOERROR, wire.NXDOMAIN):
        answer = answered(
            lambda query, rcode=rcode: [
                (0, whole(query, respond(query, (), rcode=rcode, soa=False)))
            ]
        )
        assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.NO_PROOF)
