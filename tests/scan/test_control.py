"""The control sample finds what load made wrong, and changes nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.scan.control import MOST, Control, choose

from tests.scan.asking import quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond

QUESTIONS = [txt(f"n{number}.example") for number in range(200)]


def always(query: Query) -> Iterable[Reply]:
    return [(0, respond(query))]


def forgetful(query: Query) -> Iterable[Reply]:
    """Every fourth name is said to be absent, the first time it is asked for."""
    lies = not query.count and int(query.label[1:]) % 4 == 0
    return [(0, respond(query, (), soa=True) if lies else respond(query))]


def test_a_resolver_that_says_absent_under_load_is_found_out() -> None:
    with NameServer(forgetful) as server:
        recorded, report = run(quick(server.text, control_share=1.0), *QUESTIONS)
    assert report.control == (200, 50, 0)
    assert len(report.control_differences) == 20
    assert report.control_differences[0].endswith("16: nodata, then present")
    assert report.outcomes["nodata"] == 50  # as it was said: the sample only compares
    assert all(len(calls) == 1 for calls in recorded.calls.values())


def test_the_second_resolver_is_asked_where_there_is_one() -> None:
    def all_absent(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), soa=True))]

    with NameServer(all_absent) as first, NameServer(always) as second:
        settings = quick(first.text, second_resolvers=(second.text,), control_share=0.1)
        _, report = run(settings, *QUESTIONS)
        assert len(second.queries) == 20
    assert report.control == (20, 20, 0)


def test_no_more_than_a_few_are_under_way_at_once() -> None:
    waiting: list[int] = [0, 0]

    def slow(query: Query) -> Iterable[Reply]:
        return [(0.02 if query.count else 0, respond(query))]

    with NameServer(slow) as server:
        run(quick(server.text, control_share=0.2, timeout=2.0), *QUESTIONS)
        again = [at for at, query in zip(server.times, server.queries, strict=True) if query.count]
    assert len(again) == 40
    for start, later in zip(again, again[5:], strict=False):
        waiting[later - start < 0.015] += 1
    assert waiting[1] == 0


def test_silence_is_no_difference() -> None:
    def once(query: Query) -> Iterable[Reply]:
        return [] if query.count and query.name != "." else always(query)

    with NameServer(once) as server:
        _, report = run(quick(server.text, control_share=0.02), *QUESTIONS)
    assert report.control == (4, 0, 4)


def test_only_what_resolvers_answered_is_chosen() -> None:
    table: dict[Question, object] = {
        txt("a"): Answer(txt("a"), Outcome.PRESENT),
        txt("b"): Answer(txt("b"), Outcome.NXDOMAIN),
        txt("c"): Answer(txt("c"), Outcome.NOT_MEASURED, Reason.TIMEOUT),
        txt("d", "192.0.2.1"): Answer(txt("d", "192.0.2.1"), Outcome.PRESENT),
        txt("e"): object(),
    }
    chosen = choose(table, 1.0, random.Random(1))
    assert {answer.question.name for answer in chosen} == {"a", "b"}
    many = {txt(f"n{n}"): Answer(txt(f"n{n}"), Outcome.PRESENT) for n in range(MOST * 2)}
    assert len(choose(many, 1.0, random.Random(1))) == MOST
    assert not choose(many, 0.0, random.Random(1))


def test_another_kind_of_absence_and_other_records_are_no_difference() -> None:
    control = Control()
    question = Question("a", wire.A)
    control.compare(Answer(question, Outcome.NODATA), Answer(question, Outcome.NXDOMAIN))
    control.compare(
        Answer(question, Outcome.PRESENT, message=b"1"),
        Answer(question, Outcome.PRESENT, message=b"2"),
    )
    assert (control.asked, control.differing) == (2, 0)
