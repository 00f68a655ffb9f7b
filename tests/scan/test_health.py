"""Silence, told apart: a lost question, a slow name, a resolver that is away."""

from __future__ import annotations

from itertools import pairwise

from dnstats.answer import Outcome, Reason
from dnstats.scan import health
from dnstats.scan.server import Lane, State

from tests.scan.asking import quick, txt
from tests.scan.nameserver import Query, respond
from tests.scan.test_lookups import Bench

NAMES = [txt(f"n{number}.example") for number in range(20)]


def control_questions(bench: Bench) -> list[tuple[Lane, Query]]:
    out = []
    for lane, messages, length in bench.core.sends(bench.now):
        queries = [messages[start : start + length] for start in range(0, len(messages), length)]
        out += [(lane, Query(query, tcp=False)) for query in queries if query[12:13] == b"\0"]
    return out


def test_a_resolver_that_says_nothing_is_sent_one_control_question() -> None:
    bench = Bench(*NAMES)
    bench.sends()
    bench.turn(0.11)
    assert len(control_questions(bench)) == 1
    bench.turn(0.01)
    assert not control_questions(bench)


def test_when_the_control_question_is_answered_the_others_count_as_lost() -> None:
    bench = Bench(*NAMES)
    bench.sends()
    bench.turn(0.11)
    [(lane, query)] = control_questions(bench)
    bench.now += 0.01
    bench.reply(lane, respond(query, ()))
    server = bench.core.first.servers[0]
    assert server.state is State.LIVE
    sent = bench.sends()
    assert len(sent) == len(NAMES)
    assert bench.core.counters.refunds == 0


def test_while_a_resolver_is_away_no_try_is_spent() -> None:
    bench = Bench(*NAMES, scan_settings=quick("192.0.2.53", patience=60.0))
    bench.sends()
    start = bench.now
    while bench.now < start + 10:
        bench.turn(0.05)
        assert not bench.sends()  # nothing but control questions goes out
    assert not bench.answers
    # Back again: the next control question is answered, and all the others after it.
    while not (found := control_questions(bench)):
        bench.turn(0.05)
    lane, query = found[0]
    bench.reply(lane, respond(query, ()))
    for _ in range(5):
        for each, repeated in bench.sends():
            bench.reply(each, respond(repeated))
    assert len(bench.answers) == len(NAMES)
    assert all(answer.is_present for [answer] in bench.answers.values())
    assert bench.core.counters.refunds == len(NAMES)


def test_late_answers_of_a_resolver_that_was_stopped_hold_up_no_other_question() -> None:
    """It goes on and answers all it was ever sent: what waits behind that goes out all the same."""
    names = [txt(f"n{number}.example") for number in range(200)]
    bench = Bench(*names, scan_settings=quick("192.0.2.53", patience=60.0, window=100))
    sent = bench.sends()
    while bench.core.first.servers[0].state is not State.SILENT:
        bench.turn(0.05)
        sent += bench.sends()
    bench.turn(1.0)
    for lane, query in sent:
        bench.reply(lane, respond(query))
    for _ in range(50):
        for lane, query in bench.sends():
            bench.reply(lane, respond(query))
        bench.turn(0.05)
    assert len(bench.answers) == 200


def test_a_connection_that_breaks_after_the_resolver_was_given_up_leaves_no_question_open() -> None:
    names = [txt(f"n{number}.example") for number in range(3)]
    bench = Bench(*names, scan_settings=quick("192.0.2.53", patience=0.0))
    for lane, query in bench.sends():
        bench.reply(lane, respond(query, (), tc=True))
    [(stream, first), *_] = bench.sends()
    bench.reply(stream, respond(first))
    bench.add(txt("late.example"))
    [(lane, _)] = [(lane, query) for lane, query in bench.sends() if not lane.is_tcp]
    bench.core.refused(lane, bench.now)
    assert bench.core.first.servers[0].state is State.DEAD
    bench.core.closed(stream)
    bench.collect()
    assert set(bench.answers) == {*names, txt("late.example")}


def test_a_resolver_that_stays_away_is_given_up_and_nothing_becomes_absent() -> None:
    bench = Bench(*NAMES, scan_settings=quick("192.0.2.53", patience=8.0))
    seconds = bench.run_out()
    assert 8.0 <= seconds < 12.0
    assert all(answer.reason is Reason.TIMEOUT for [answer] in bench.answers.values())
    assert all(answer.outcome is Outcome.NOT_MEASURED for [answer] in bench.answers.values())
    bench.add(txt("later.example"))
    bench.collect()
    assert bench.answers[txt("later.example")][0].attempts == 0  # and is not waited for again


def test_a_closed_port_is_unreachable_after_the_patience() -> None:
    bench = Bench(*NAMES, scan_settings=quick("192.0.2.53", patience=2.0))
    for _ in range(200):
        lanes = {lane for lane, _, _ in bench.core.sends(bench.now)}
        for lane in lanes:
            bench.core.refused(lane, bench.now)
        bench.turn(0.05)
    assert len(bench.answers) == len(NAMES)
    assert {answer.reason for [answer] in bench.answers.values()} == {Reason.UNREACHABLE}


def test_what_one_resolver_leaves_the_other_takes() -> None:
    bench = Bench(*NAMES, scan_settings=quick("192.0.2.53", "192.0.2.54", patience=60.0))
    for _ in range(100):
        for lane, query in bench.sends():
            if lane.server.address == "192.0.2.54":
                bench.reply(lane, respond(query))
        bench.turn(0.02)
    assert len(bench.answers) == len(NAMES)
    assert all(answer.server == "192.0.2.54" for [answer] in bench.answers.values())
    assert bench.now - 1000 < 3


def test_a_given_up_server_gets_another_chance_in_the_second_pass() -> None:
    question = txt("a.example", "192.0.2.1")
    bench = Bench(question)
    bench.run_out()
    bench.core.give_up(bench.core.servers["192.0.2.1"])
    health.forgive(bench.core)
    bench.add(txt("b.example", "192.0.2.1"))
    [(lane, query)] = bench.sends()
    bench.reply(lane, respond(query))
    assert bench.answers[txt("b.example", "192.0.2.1")][0].is_present


def test_no_route_ends_every_question_to_that_address_at_once() -> None:
    questions = [txt(f"n{number}.example", "2001:db8::1") for number in range(5)]
    bench = Bench(*questions)
    lane, _ = bench.sends()[0]
    bench.core.unreachable(lane, bench.now)
    bench.collect()
    assert {answer.reason for [answer] in bench.answers.values()} == {Reason.UNREACHABLE}
    assert len(bench.answers) == 5


def test_a_closed_port_of_a_server_is_tried_again_with_growing_gaps() -> None:
    bench = Bench(txt("a.example", "192.0.2.1"))
    times = []
    for _ in range(400):
        for lane in {lane for lane, _, _ in bench.core.sends(bench.now)}:
            if lane.is_tcp:
                bench.core.closed(lane)
            else:
                times.append(bench.now)
                bench.core.refused(lane, bench.now)
        bench.turn(0.01)
    [answer] = bench.answers[txt("a.example", "192.0.2.1")]
    assert answer.reason is Reason.UNREACHABLE
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 3
    assert gaps[0] >= 0.25
    assert gaps[1] >= 0.5


def test_a_server_whose_port_stays_closed_is_given_up_like_a_silent_one() -> None:
    questions = [txt(f"n{number}.example", "192.0.2.1") for number in range(300)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", server_patience=5.0))
    start = bench.now
    while len(bench.answers) < 300:
        assert bench.now < start + 20  # three tries of each, four seconds apart: twenty minutes
        for lane in {lane for lane, _, _ in bench.core.sends(bench.now)}:
            if lane.is_tcp:
                bench.core.closed(lane)
            else:
                bench.core.refused(lane, bench.now)
        bench.turn(0.05)
    assert bench.now >= start + 5
    assert {answer.reason for [answer] in bench.answers.values()} == {Reason.UNREACHABLE}


def test_resolvers_that_come_and_go_at_once_make_no_question_go_round() -> None:
    bench = Bench(
        txt("a.example"), scan_settings=quick("192.0.2.53", "192.0.2.54", patience=0.0, tries=2)
    )
    for _ in range(30):
        for lane in {lane for lane, _ in bench.sends()}:
            bench.core.refused(lane, bench.now)
        for server in bench.servers():
            health.heard(bench.core, server, 0, bench.now)  # of something that was asked before
    bench.collect()
    assert [answer.attempts for answer in bench.answers[txt("a.example")]] == [5]
