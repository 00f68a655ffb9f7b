"""The tail of a scan: a few dead zones hold it for one chain of time limits, and a short one.

Real sockets: a resolver that is silent about some zones, the zone above them, and their servers.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, Reason
from dnstats.scan.plans import Plans
from dnstats.scan.progress import ScanReport
from dnstats.scan.silent_zones import SPEAKERS
from dnstats.scan.waiting import Entry

from tests.scan.asking import Recorded, quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, framed, respond
from tests.zone_answers import message_answer

YES = {
    wire.A: b"\xc0\0\2\1", wire.NS: b"\x01a\xc0\x0c",
    wire.SOA: b"\0\0" + bytes(20), wire.TXT: b"\x03yes",
}  # fmt: skip
TYPES = (*SPEAKERS, wire.TXT)
CHILD = "127.0.0.3"  # the server of all zones below com
TIMEOUT = 0.2
CHAIN = TIMEOUT * (1 + 1.5 + 2.25)  # the three tries of a pass


def _referral(query: Query) -> bytes:
    zone = ".".join(query.name.split(".")[-2:])
    told = message_answer(
        Question(query.name, query.rdtype, CHILD), (), [(zone, "NS", f"ns.{zone}.")],
        [(f"ns.{zone}", "A", CHILD)], aa=False,
    ).message  # fmt: skip
    return query.data[:2] + told[2:12] + query.section + told[len(query.section) + 12 :]


def _resolver(query: Query) -> Iterable[Reply]:
    """Silent about what is below com; the same address serves com."""
    if not query.rd:
        return [(0, _referral(query))]
    if query.name.endswith(".com") and query.name != "a.com":
        return []
    return [(0, respond(query, (b"\x7f\0\0\1" if query.name == "a.com" else YES[query.rdtype],)))]


class Bad:
    """A zone's server: late, and losing a share of the datagrams, either way."""

    def __init__(self, delay: float, loss: float) -> None:
        self._delay, self._loss = delay, loss
        self._rng = random.Random(1)
        self._lock = threading.Lock()

    def __call__(self, query: Query) -> Iterable[Reply]:
        with self._lock:
            is_lost = self._rng.random() < 1 - (1 - self._loss) ** 2
        reply = respond(query, (YES[query.rdtype],))
        if query.tcp:
            return [(self._delay, framed(reply))]
        return [] if is_lost else [(self._delay, reply)]


def _scan(zones: list[str], serve: Any, **changes: Any) -> tuple[Recorded, ScanReport, list[Query]]:
    def plan(zone: str) -> Plan:
        yield tuple(Question(zone, rdtype) for rdtype in TYPES)

    with NameServer(_resolver) as first, NameServer(serve, CHILD, first.port) as child:
        settings = quick(
            first.text, direct_port=first.port, second_pass=True, server_patience=20.0,
            timeout=TIMEOUT, **changes,
        )  # fmt: skip
        recorded, report = run(settings, plans=[(zone, plan(zone)) for zone in zones])
        return recorded, report, list(child.queries)


@pytest.mark.parametrize(("delay", "loss"), [(1.6 * TIMEOUT, 0.0), (0.0, 0.3), (TIMEOUT, 0.3)])
def test_a_slow_server_that_loses_a_third_is_measured_where_the_resolver_is_silent(
    delay: float, loss: float
) -> None:
    zones = [f"z{number}.com" for number in range(5)]
    recorded, report, _ = _scan(zones, Bad(delay, loss), server_rate=1000.0)
    assert report.outcomes["not_measured"] == 0
    for zone in zones:
        for rdtype in TYPES:
            final = recorded.final(Question(zone, rdtype))
            assert (final.is_present, final.server) == (True, CHILD)


def test_a_dead_zone_holds_a_scan_for_its_two_passes_and_no_longer() -> None:
    recorded, report, asked = _scan(["dead.com"], lambda _: [])
    assert 2 * CHAIN < report.elapsed < 3 * CHAIN
    reasons = [recorded.final(Question("dead.com", rdtype)).reason for rdtype in TYPES]
    assert reasons == [Reason.TIMEOUT] * 4
    assert recorded.passes(txt("dead.com")) == [1]
    for rdtype in SPEAKERS:  # as many tries as ever, over UDP and then TCP
        assert recorded.passes(Question("dead.com", rdtype)) == [1, 2]
        assert all(
            answer.attempts == 3 for _, answer, _ in recorded.calls[Question("dead.com", rdtype)]
        )
        queries = [query for query in asked if query.rdtype == rdtype]
        assert [query.tcp for query in queries] == [False] * 3 + [True]


class World:
    """The table with the network as a list of what is asked."""

    def __init__(self, *plans: Plan) -> None:
        self.asked: dict[tuple[Question, int], Entry] = {}
        self.recorded = Recorded()
        self.plans = Plans(
            [("dead.com", plan) for plan in plans], self.recorded, self._ask, random.Random(1),
            max_questions_per_site=99, second_pass=True, asks_authority=True,
        )  # fmt: skip
        while not self.plans.is_fed:
            self.plans.open_site()

    def _ask(self, entry: Entry, number: int) -> None:
        self.asked[entry.question, number] = entry

    def fail(self, *questions: Question, number: int = 1) -> None:
        for question in questions:
            answer = Answer(question, Outcome.NOT_MEASURED, Reason.TIMEOUT)
            self.plans.settle(self.asked.pop((question, number)), answer, 5.0)


NS, SOA, A = (Question("dead.com", rdtype) for rdtype in SPEAKERS)
ABOVE = Question("com", wire.NS)
LATE = Question("ns1.dead.com", wire.A)


def _world() -> World:
    def plan() -> Plan:
        yield (NS, SOA, A)

    return World(plan())


def test_the_servers_of_a_zone_in_doubt_are_looked_for_while_the_resolver_is_asked_again() -> None:
    world = _world()
    world.fail(NS, SOA, A)
    world.plans.begin_second_pass()
    assert {(NS, 2), (SOA, 2), (A, 2), (ABOVE, 1)} <= world.asked.keys()
    assert all(world.asked[one, 2].is_brisk for one in (NS, SOA, A))


def test_a_question_that_failed_alone_goes_one_way_after_the_other() -> None:
    world = _world()
    world.plans.settle(world.asked.pop((A, 1)), Answer(A, Outcome.NODATA), 5.0)
    world.fail(NS, SOA)
    world.plans.begin_second_pass()
    assert world.asked.keys() == {(NS, 2), (SOA, 2)}
    assert not any(entry.is_brisk for entry in world.asked.values())


def test_overdue_speakers_have_their_servers_looked_for_in_the_first_pass() -> None:
    world = _world()
    world.plans.overdue(world.asked[NS, 1])
    assert world.plans.wants_second_pass
    assert not world.plans.has_parked
    world.plans.begin_second_pass()
    assert world.asked.keys() == {(NS, 1), (SOA, 1), (A, 1), (ABOVE, 1)}
    assert not world.recorded.calls


def test_what_comes_up_in_a_zone_in_doubt_waits_and_is_never_absent() -> None:
    got: list[Answer] = []

    def plan() -> Plan:
        (first,) = yield (NS,)
        got.append(first)
        got.extend((yield (LATE,)))

    def rest() -> Plan:
        yield (SOA, A)

    world = World(plan(), rest())
    world.fail(NS, SOA, A)
    world.plans.begin_second_pass()
    world.fail(ABOVE)
    world.fail(NS, number=2)
    assert [answer.reason for answer in got] == [Reason.TIMEOUT]
    assert (LATE, 1) not in world.asked
    world.fail(SOA, A, number=2)
    world.plans.begin_second_pass()
    assert not world.asked
    assert [answer.reason for answer in got] == [Reason.TIMEOUT, Reason.ZONE_SILENT]
    assert world.plans.sites_done == 1
    assert world.plans.in_progress == 0


def test_what_waits_while_nothing_goes_on_any_more_is_asked_all_the_same() -> None:
    """No scan may hang on what it waits for, whatever that is."""
    world = _world()
    mail = txt("_dmarc.dead.com")
    waiting = Entry(mail, first=Answer(mail, Outcome.NOT_MEASURED, Reason.TIMEOUT))
    world.plans._parking.add(waiting)
    world.plans.begin_second_pass()
    assert (mail, 2) not in world.asked
    world.plans.in_progress = 0
    assert world.plans.wants_second_pass
    world.plans.begin_second_pass()
    assert (mail, 2) in world.asked
