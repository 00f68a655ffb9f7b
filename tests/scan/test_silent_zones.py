"""A dead zone costs one second pass of its NS and SOA, not one of everything below it."""

from __future__ import annotations

import random

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, Reason
from dnstats.scan.plans import Entry, Plans
from dnstats.scan.silent_zones import SilentZones, doubtful, waits

from tests.scan.asking import Recorded, txt

NS, SOA = Question("dead.example", wire.NS), Question("dead.example", wire.SOA)
MAIL = txt("_dmarc.dead.example")
OTHER = txt("live.example")


def _failed(question: Question, reason: Reason, ede: tuple[int, ...] = ()) -> Answer:
    return Answer(question, Outcome.NOT_MEASURED, reason, ede=ede)


@pytest.mark.parametrize(
    ("answers", "is_silent"),
    [
        ([_failed(NS, Reason.TIMEOUT), _failed(SOA, Reason.SERVFAIL)], True),
        ([_failed(NS, Reason.TIMEOUT)], False),
        ([_failed(NS, Reason.TIMEOUT), Answer(SOA, Outcome.PRESENT)], False),
        ([_failed(NS, Reason.TIMEOUT), _failed(SOA, Reason.REFUSED)], False),
        ([_failed(NS, Reason.TIMEOUT), _failed(SOA, Reason.SERVFAIL, (6,))], False),
        ([_failed(NS, Reason.TIMEOUT), _failed(MAIL, Reason.TIMEOUT)], False),
    ],
)
def test_only_silence_of_both_makes_a_zone_silent(answers: list[Answer], is_silent: bool) -> None:
    zones = SilentZones()
    for answer in answers:
        zones.learn(answer.question, answer)
    assert zones.hold(MAIL) == zones.hold(NS) == is_silent
    assert not zones.hold(OTHER)
    assert not zones.hold(txt("a..example"))  # no name at all


def test_what_waits_for_whom() -> None:
    zones = doubtful([NS, SOA, MAIL, OTHER, Question("live.example", wire.NS)])
    assert zones == {"dead.example"}
    assert [waits(one, zones) for one in (NS, SOA, MAIL, txt("dead.example"), OTHER)] == [
        False,
        False,
        True,
        True,
        False,
    ]


class World:
    """Plans whose questions are answered by a function of the question and the pass."""

    def __init__(self, plan: Plan, answer) -> None:  # type: ignore[no-untyped-def]
        self.asked: list[tuple[Question, int]] = []
        self.recorded = Recorded()
        self._waiting: list[tuple[Entry, int]] = []
        plans = Plans(
            [("dead.example", plan)],
            self.recorded,
            self._ask,
            random.Random(1),
            max_questions_per_site=99,
            second_pass=True,
            asks_authority=False,
        )
        while not plans.is_fed:
            plans.open_site()
        while plans.in_progress or plans.has_parked:
            if not self._waiting:
                plans.begin_second_pass()
            waiting, self._waiting = self._waiting, []
            for entry, number in waiting:
                plans.settle(entry, answer(entry.question, number), 5.0)
        self.plans = plans

    def _ask(self, entry: Entry, number: int) -> None:
        self.asked.append((entry.question, number))
        self._waiting.append((entry, number))

    def questions(self, number: int) -> set[Question]:
        return {question for question, passed in self.asked if passed == number}


LATE = Question("ns1.dead.example", wire.A)


def _plan(got: list[Answer]) -> Plan:
    got += yield (NS, SOA, MAIL, OTHER)
    got += yield (LATE,)


def test_below_a_dead_zone_nothing_is_asked_again_and_nothing_is_absent() -> None:
    got: list[Answer] = []
    world = World(_plan(got), lambda question, _: _failed(question, Reason.TIMEOUT))
    assert world.questions(2) == {NS, SOA, OTHER}
    assert LATE not in world.questions(1)
    assert [answer.reason for answer in got] == [Reason.TIMEOUT] * 5
    assert world.recorded.passes(MAIL) == [1]
    assert world.recorded.final(LATE).attempts == 0
    assert world.plans.sites_done == 1


def test_a_zone_that_answers_the_second_time_is_asked_for_all_the_rest() -> None:
    got: list[Answer] = []

    def answer(question: Question, number: int) -> Answer:
        if number == 1 and question != LATE:
            return _failed(question, Reason.TIMEOUT)
        return Answer(question, Outcome.NODATA)

    world = World(_plan(got), answer)
    assert world.questions(2) == {NS, SOA, MAIL, OTHER}
    order = [question for question, number in world.asked if number == 2]
    assert order.index(MAIL) > order.index(NS)
    assert all(answer.is_absent for answer in got)
