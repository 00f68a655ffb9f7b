"""A dead zone costs one second pass of its NS and SOA, not one of everything below it."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, Reason
from dnstats.scan.plans import Entry, Plans
from dnstats.scan.silent_zones import SilentZones

from tests.scan.asking import Recorded, ask, quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond

NS, SOA, A = (Question("dead.example", rdtype) for rdtype in (wire.NS, wire.SOA, wire.A))
DS = Question("dead.example", wire.DS)
MAIL = txt("_dmarc.dead.example")
OTHER = txt("live.example")


def _failed(question: Question, reason: Reason, ede: tuple[int, ...] = ()) -> Answer:
    return Answer(question, Outcome.NOT_MEASURED, reason, ede=ede)


ALL = [_failed(NS, Reason.TIMEOUT), _failed(SOA, Reason.SERVFAIL), _failed(A, Reason.TIMEOUT)]


@pytest.mark.parametrize(
    ("answers", "is_silent"),
    [
        (ALL, True),
        ([*ALL[:2], _failed(A, Reason.MISMATCH)], True),  # a late reply to another question
        (ALL[:2], False),
        (ALL[1:], False),
        ([*ALL[:2], Answer(A, Outcome.PRESENT)], False),
        ([*ALL[:2], _failed(A, Reason.REFUSED)], False),
        ([*ALL[:2], _failed(A, Reason.SERVFAIL, (6,))], False),
        ([*ALL[:2], _failed(MAIL, Reason.TIMEOUT)], False),
    ],
)
def test_only_silence_to_all_three_makes_a_zone_silent(
    answers: list[Answer], is_silent: bool
) -> None:
    zones = SilentZones()
    for answer in answers:
        zones.learn(answer.question, answer, ())
    assert zones.hold(MAIL) == zones.hold(NS) == is_silent
    assert not zones.hold(OTHER)
    assert not zones.hold(txt("a..example"))  # no name at all


@pytest.mark.parametrize(
    ("question", "is_silent"),
    [
        (MAIL, False),
        (txt("dead.example"), False),
        (DS, True),  # of the zone above
        (Question("www.dead.example", wire.DS), False),
        (OTHER, True),
        (txt("dead.example", "192.0.2.1"), True),
    ],
)
def test_a_zone_of_which_anything_is_known_is_not_silent(
    question: Question, is_silent: bool
) -> None:
    zones = SilentZones()
    for at, answer in enumerate(ALL):
        known = [Answer(question, Outcome.NODATA)] if at == 1 else []
        zones.learn(answer.question, answer, [_failed(MAIL, Reason.TIMEOUT), *known])
    assert zones.hold(MAIL) == is_silent


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
    got += yield (NS, SOA, A, MAIL, OTHER)
    got += yield (LATE,)


def test_below_a_dead_zone_nothing_is_asked_again_and_nothing_is_absent() -> None:
    got: list[Answer] = []
    world = World(_plan(got), lambda question, _: _failed(question, Reason.TIMEOUT))
    assert world.questions(2) == {NS, SOA, A, OTHER}
    assert LATE not in world.questions(1)
    assert [answer.reason for answer in got] == [Reason.TIMEOUT] * 5 + [Reason.ZONE_SILENT]
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
    assert world.questions(2) == {NS, SOA, A, MAIL, OTHER}
    order = [question for question, number in world.asked if number == 2]
    assert order.index(MAIL) > order.index(NS)
    assert all(answer.is_absent for answer in got)


CAA = Question("dead.example", wire.CAA)
FIVE = (NS, SOA, A, CAA, MAIL)


def _scan_where(dropped: set[int]) -> Recorded:
    """A real resolver: the zone's servers drop these types; CAA is lost in the whole first pass."""

    def handler(query: Query) -> Iterable[Reply]:
        rdtype = query.rdtype
        if query.name.endswith("dead.example") and (
            rdtype in dropped or (rdtype == wire.CAA and query.count < 3)
        ):
            return []
        return [(0, respond(query, () if rdtype == wire.CAA else (b"\x03yes",)))]

    with NameServer(handler) as server:
        settings = quick(server.text, second_pass=True, asks_authority=False)
        return run(settings, plans=[("dead.example", ask(*FIVE))])[0]


def test_servers_that_drop_ns_and_soa_lose_no_second_pass_of_the_rest() -> None:
    recorded = _scan_where({wire.NS, wire.SOA})
    assert [recorded.final(one).reason for one in (NS, SOA)] == [Reason.TIMEOUT] * 2
    assert recorded.final(A).is_present
    assert recorded.passes(CAA) == [1, 2]
    assert recorded.final(CAA).is_absent


def test_servers_that_drop_three_types_lose_no_second_pass_where_another_was_answered() -> None:
    recorded = _scan_where({wire.NS, wire.SOA, wire.A})
    assert recorded.final(MAIL).is_present
    assert recorded.passes(CAA) == [1, 2]
    assert recorded.final(CAA).is_absent


def test_what_was_never_sent_is_told_from_what_was_asked_in_vain() -> None:
    """Real silence: below the dead zone, and at the address of its server."""
    direct = tuple(txt(f"n{number}.example", "127.0.0.2") for number in range(60))

    def plan() -> Plan:
        yield (NS, SOA, A)
        yield (LATE, *direct)

    def handler(query: Query) -> Iterable[Reply]:
        return [(0, respond(query))] if query.name == "." else []

    with NameServer(handler) as server, NameServer(handler, "127.0.0.2", server.port):
        settings = quick(
            server.text, second_pass=True, asks_authority=False, direct_port=server.port
        )
        recorded, _ = run(settings, plans=[("dead.example", plan())])
    assert recorded.final(NS).reason is Reason.TIMEOUT
    assert recorded.final(LATE).reason is Reason.ZONE_SILENT
    reasons = {recorded.calls[one][0][1].reason for one in direct}
    assert reasons == {Reason.TIMEOUT, Reason.SERVER_SILENT}
    for calls in recorded.calls.values():
        for _, answer, _ in calls:
            was_sent = answer.reason not in (Reason.ZONE_SILENT, Reason.SERVER_SILENT)
            assert (answer.attempts > 0) == was_sent
