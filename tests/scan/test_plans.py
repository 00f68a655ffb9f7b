"""The table of questions: asked once for everybody, bounded for each, all told to `record`."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, Reason, Wanted, classify
from dnstats.scan.plans import Entry, PlanFailed, Plans
from dnstats.scan.query import question_section
from dnstats.scan.scanner import scan
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scan.asking import Recorded, ask, quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond
from tests.zone_answers import message_answer

YES = b"\x03yes"


def always(query: Query) -> Iterable[Reply]:
    return [(0, respond(query, (YES,)))]


class World:
    """Stands where the core is: answers what is asked when told to."""

    def __init__(self, plans: Iterable[tuple[str, Wanted]], **limits: int) -> None:
        self.asked: list[tuple[Entry, int]] = []
        self.recorded = Recorded()
        self.plans = Plans(
            plans,
            self.recorded,
            self.ask,
            random.Random(1),
            max_questions_per_site=limits.get("most", 100),
            second_pass=True,
            asks_authority=bool(limits.get("asks_authority")),
        )
        while self.plans.is_open_for_more:
            self.plans.open_site()

    def ask(self, entry: Entry, pass_number: int) -> Reason | None:
        if entry.question.name == "bad":
            return Reason.BAD_NAME
        self.asked.append((entry, pass_number))
        return None

    def names(self) -> list[str]:
        return [entry.question.name for entry, _ in self.asked]

    def settle(self, reason: Reason | None = None) -> None:
        """Answer all that is asked now: absent, or not measured for the reason."""
        asked, self.asked = self.asked, []
        for entry, _ in asked:
            outcome = Outcome.NODATA if reason is None else Outcome.NOT_MEASURED
            self.plans.settle(entry, Answer(entry.question, outcome, reason), 5.0)


def test_equal_questions_of_all_sites_are_asked_once() -> None:
    shared = txt("shared.example")
    world = World((f"s{number}", ask(shared, txt(f"{number}.example"))) for number in range(20))
    assert world.names().count("shared.example") == 1
    assert len(world.names()) == 21
    world.settle()
    assert world.plans.sites_done == 20


def test_plans_from_which_nothing_follows_are_just_their_questions() -> None:
    wanted = (txt("a"), txt("b"), txt("a"))
    world = World(
        [("one", wanted), ("one", (txt("c"),)), ("two", wanted), ("three", (txt("bad"),))]
    )
    assert sorted(world.names()) == ["a", "b", "c"]
    assert world.plans.sites_done == 1  # nothing of the third could be asked
    world.settle()
    assert world.plans.sites_done == 3
    assert world.plans.tally.settled == 4


def test_a_site_of_which_all_is_known_already_is_done_at_once() -> None:
    world = World([])
    plans = Plans(
        [("one", (txt("a"),)), ("two", (txt("a"),)), ("three", ())],
        world.recorded,
        world.ask,
        random.Random(1),
        max_questions_per_site=9,
        second_pass=True,
        asks_authority=False,
    )
    plans.open_site()
    world.plans = plans
    world.settle()
    while plans.is_open_for_more:
        plans.open_site()
    assert plans.sites_done == 3
    assert not world.asked


def test_a_plan_gets_its_answers_in_the_order_it_asked() -> None:
    got: list[tuple[Answer, ...]] = []
    order = (txt("b"), txt("a"), txt("b"), txt("bad"))

    def plan() -> Plan:
        got.append((yield order))

    world = World([("s", plan())])
    world.settle()
    [answers] = got
    assert [answer.question for answer in answers] == list(order)
    assert answers[3].reason is Reason.BAD_NAME


def test_a_plan_that_asks_nothing_goes_on() -> None:
    def plan() -> Plan:
        assert (yield ()) == ()
        yield (txt("a"),)

    world = World([("s", plan())])
    assert world.names() == ["a"]


def test_a_site_that_asks_too_much_gets_limit_answers_and_harms_no_other() -> None:
    got: list[Answer] = []

    def greedy() -> Plan:
        for number in range(30):
            got.extend((yield (txt(f"{number}.greedy"), txt("shared"))))

    world = World([("greedy", greedy()), ("modest", ask(txt("modest"), txt("29.greedy")))], most=11)
    for _ in range(40):
        world.settle()
    world.plans.close()
    limited = [answer for answer in got if answer.reason is Reason.LIMIT]
    assert len(limited) == 19  # number 29 was the modest site's to ask
    assert all(answer.outcome is Outcome.NOT_MEASURED for answer in limited)
    assert world.plans.sites_done == 2
    assert world.recorded.final(txt("modest")).is_absent
    assert world.recorded.final(txt("29.greedy")).is_absent
    assert world.recorded.final(txt("20.greedy")).reason is Reason.LIMIT


def test_what_is_not_measured_waits_for_the_second_pass() -> None:
    got: list[Answer] = []

    def plan() -> Plan:
        got.extend((yield (txt("a"),)))
        got.extend((yield (txt("b"),)))

    world = World([("s", plan())])
    world.settle(Reason.TIMEOUT)
    assert not got
    assert not world.asked
    world.plans.begin_second_pass()
    assert [(entry.question.name, number) for entry, number in world.asked] == [("a", 2)]
    world.settle()
    assert [answer.is_absent for answer in got] == [True]
    assert [(entry.question.name, number) for entry, number in world.asked] == [("b", 1)]
    world.settle(Reason.SERVFAIL)
    world.plans.begin_second_pass()
    world.settle(Reason.SERVFAIL)
    assert got[1].reason is Reason.SERVFAIL
    assert world.recorded.passes(txt("a")) == [1, 2]
    assert world.recorded.passes(txt("b")) == [1, 2]
    assert (world.plans.tally.asked_again, world.plans.tally.flips) == (2, 1)


@pytest.mark.parametrize("reason", [Reason.ALIAS_LOOP])
def test_what_asking_again_cannot_change_is_final(reason: Reason) -> None:
    world = World([("s", ask(txt("a")))])
    world.settle(reason)
    assert not world.plans.has_parked
    assert world.plans.sites_done == 1


def test_a_plan_that_raises_is_named_and_the_others_end() -> None:
    def broken() -> Plan:
        yield (txt("b.example"),)
        raise ZeroDivisionError("ours")

    recorded = Recorded()
    with NameServer(always) as server, pytest.raises(PlanFailed, match=r"site b\.example.*ours"):
        scan(
            [("a.example", ask(txt("a.example"))), ("b.example", broken()),
             ("c.example", ask(txt("c.example")))],
            quick(server.text),
            recorded,
        )  # fmt: skip
    assert len(recorded.calls) == 3


def test_a_plan_that_asks_without_end_is_stopped() -> None:
    def endless() -> Plan:
        while True:
            yield (txt("bad"),)

    world = World([("endless", endless()), ("s", ask(txt("a")))], most=3)
    assert isinstance(world.plans.failure, PlanFailed)
    assert "without end" in str(world.plans.failure)
    world.settle()
    assert world.plans.sites_done == 2


def test_sites_are_taken_lazily_and_in_another_order() -> None:
    taken: list[int] = []

    def plans() -> Iterable[tuple[str, Wanted]]:
        for number in range(20_000):
            taken.append(number)
            yield f"s{number}.example", ask(txt(f"s{number}.example"))

    order: list[str] = []
    world = Plans(
        plans(), Recorded(), lambda entry, _: order.append(entry.question.name),
        random.Random(3), max_questions_per_site=9, second_pass=False, asks_authority=False,
    )  # fmt: skip
    while world.is_open_for_more:
        world.open_site()
    assert len(taken) < 6000
    assert order != [f"s{number}.example" for number in range(len(order))]


def test_the_same_path_failing_twice_leads_to_the_zones_own_servers() -> None:
    """One resolver that always fails for this name; the zone's server answers."""

    def handler(query: Query) -> Iterable[Reply]:
        if not query.rd:
            return [(0, respond(query, (YES,)))]
        if query.rdtype == wire.NS:
            return [(0, respond(query, (b"\x02ns\xc0\x0c",)))]
        if query.rdtype == wire.A:
            return [(0, respond(query, (b"\x7f\0\0\1",)))]
        return [(0, respond(query, (), rcode=wire.SERVFAIL))]

    question = txt("example.com")
    with NameServer(handler) as server:
        settings = quick(server.text, direct_port=server.port, second_pass=True)
        recorded, report = run(settings, question)
    assert [answer.outcome for _, answer, _ in recorded.calls[question]] == [
        Outcome.NOT_MEASURED,
        Outcome.PRESENT,
    ]
    assert recorded.final(question).question == question
    assert recorded.final(question).server == "127.0.0.1"
    assert report.flips == 1


def test_what_both_resolvers_fail_at_altogether_is_found_by_its_delegation() -> None:
    """Both say SERVFAIL to everything in the zone; the zone above and the zone's server answer."""

    def resolver(query: Query) -> Iterable[Reply]:
        if query.name.endswith("example.com"):
            return [(0, respond(query, (), rcode=wire.SERVFAIL))]
        if query.rdtype == wire.NS:
            return [(0, respond(query, (b"\x01a\xc0\x0c",)))]
        return [(0, respond(query, (b"\x7f\0\0\1",)))]

    def both(query: Query) -> Iterable[Reply]:
        if query.rd:
            return resolver(query)
        if query.rdtype == wire.TXT:
            return [(0, respond(query, (YES,)))]
        referral = message_answer(
            Question(query.name, wire.NS, "127.0.0.1"), (),
            [("example.com", "NS", "ns.example.com.")], [("ns.example.com", "A", "127.0.0.1")],
            aa=False,
        ).message  # fmt: skip
        return [
            (
                0,
                query.data[:2]
                + referral[2:12]
                + query.section
                + referral[len(query.section) + 12 :],
            )
        ]

    questions = [txt("example.com"), txt("_dmarc.example.com")]
    with NameServer(both) as first, NameServer(resolver, "127.0.0.2") as second:
        settings = quick(
            first.text,
            second_resolvers=(second.text,),
            direct_port=first.port,
            second_pass=True,
        )
        recorded, _ = run(settings, *questions)
        direct = [query for query in first.queries if not query.rd]
    for question in questions:
        assert recorded.final(question).is_present
        assert recorded.final(question).aa
        first_pass, last_pass = (answer for _, answer, _ in recorded.calls[question])
        assert first_pass.reason is Reason.SERVFAIL
        assert last_pass.server == "127.0.0.1"
    assert [query.rdtype for query in direct].count(wire.NS) == 1  # one delegation for both


def test_what_does_not_validate_is_not_fetched_around_the_resolver() -> None:
    def handler(query: Query) -> Iterable[Reply]:
        if query.cd or not query.rd or query.rdtype in (wire.NS, wire.A):
            return [(0, respond(query, (YES,)))]
        return [(0, respond(query, (), rcode=wire.SERVFAIL))]

    question = txt("example.com")
    with NameServer(handler) as server:
        settings = quick(server.text, direct_port=server.port, second_pass=True)
        recorded, _ = run(settings, question)
        assert all(query.rd for query in server.queries)
    assert recorded.final(question).reason is Reason.SERVFAIL
    assert recorded.passes(question) == [1, 2]


def test_a_plan_that_wants_what_a_second_pass_asked_in_vain_gets_two_passes() -> None:
    wanted = Question("example.com", wire.NS)

    def late() -> Plan:
        yield (txt("slow.example"),)
        yield (wanted,)

    world = World([("s", ask(txt("example.com"))), ("t", late())], asks_authority=1)
    world.settle(Reason.TIMEOUT)
    world.plans.begin_second_pass()
    for entry, _ in list(world.asked):  # the same path again: in vain, so the zone is asked for
        if entry.question == txt("example.com"):
            world.asked.remove((entry, 2))
            world.plans.settle(
                entry, Answer(entry.question, Outcome.NOT_MEASURED, Reason.TIMEOUT), 5.0
            )
    assert wanted in [entry.question for entry, _ in world.asked]
    for entry, _ in list(world.asked):
        if entry.question == wanted:
            world.asked = [pair for pair in world.asked if pair[0] is not entry]
            world.plans.settle(entry, Answer(wanted, Outcome.NOT_MEASURED, Reason.TIMEOUT), 5.0)
    world.settle()
    world.plans.begin_second_pass()
    world.settle()
    assert world.recorded.passes(wanted) == [1, 2]
    assert world.recorded.final(wanted).is_absent
    assert world.plans.sites_done == 2
    assert world.plans.in_progress == 0


def test_a_plan_that_wants_what_a_second_pass_is_asking_in_vain_gets_two_passes() -> None:
    wanted = Question("example.com", wire.NS)
    got: list[Answer] = []

    def late() -> Plan:
        yield (txt("slow.example"),)
        got.extend((yield (wanted,)))

    world = World([("s", ask(txt("example.com"))), ("t", late())], asks_authority=1)

    def settle(question: Question, reason: Reason | None) -> None:
        [pair] = [pair for pair in world.asked if pair[0].question == question]
        world.asked.remove(pair)
        outcome = Outcome.NODATA if reason is None else Outcome.NOT_MEASURED
        world.plans.settle(pair[0], Answer(question, outcome, reason), 5.0)

    settle(txt("example.com"), Reason.TIMEOUT)
    world.plans.begin_second_pass()
    settle(txt("example.com"), Reason.TIMEOUT)  # in vain: now the zone's servers are looked for
    settle(txt("slow.example"), None)  # and the other plan comes to want the same
    settle(wanted, Reason.TIMEOUT)
    settle(Question("com", wire.NS), Reason.TIMEOUT)
    assert not got
    world.plans.begin_second_pass()
    settle(wanted, None)
    assert [answer.is_absent for answer in got] == [True]
    assert world.plans.sites_done == 2


NAMES = ["bad", "example.com", "www.example.com", "ns.example.com", "a.net", "b.net", "net"]
ALL = [
    *(Question(name, rdtype) for name in NAMES for rdtype in (wire.TXT, wire.NS, wire.SOA, wire.A)),
    Question("example.com", wire.DS),
    Question("example.com", wire.NS, "192.0.2.1"),
    Question("example.com", wire.TXT, "192.0.2.1"),
    Question("www.example.com", wire.TXT, "192.0.2.1"),
    Question("example.com", wire.TXT, cd=True),
]
STEPS = st.lists(st.lists(st.sampled_from(ALL), max_size=5).map(tuple), max_size=4)
FAULTS = [Reason.TIMEOUT, Reason.SERVFAIL, Reason.ALIAS_LOOP, Reason.LAME]
RDATA = {wire.TXT: b"\x02hi", wire.NS: b"\x02ns\x07example\x03com\0", wire.A: b"\xc0\0\2\1"}
RDATA |= {wire.AAAA: bytes(16), wire.SOA: bytes(22), wire.DS: bytes(36)}


def anything(question: Question, rng: random.Random, share_of_faults: float) -> Answer:
    """What may come of a question, as a real message where there is one."""
    if rng.random() < share_of_faults:
        return Answer(question, Outcome.NOT_MEASURED, rng.choice(FAULTS))
    rdata = rng.choice([(), (RDATA[question.rdtype],)])
    rcode = 0 if rdata else rng.choice([wire.NOERROR, wire.NXDOMAIN])
    section = question_section(question.name, question.rdtype)
    query = Query(b"\0\0\0\0\0\1\0\0\0\0\0\0" + section, tcp=False)
    zone = rng.choice(["", *wire.parents(question.name), "."])  # who denies: some from far above
    message = respond(query, rdata, rcode=rcode, soa=rng.choice([None, None, False]), zone=zone)
    outcome, reason = classify(wire.parse(message), question)
    return Answer(question, outcome, reason, rcode, message=message)


@settings(max_examples=150, deadline=None)
@given(
    sites=st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=5),
    rng=st.randoms(use_true_random=False),
    share_of_faults=st.sampled_from([0.1, 0.5, 0.9]),
    quiet=st.integers(0, 3),
    most=st.sampled_from([3, 100]),
    asks_authority=st.booleans(),
)
def test_whatever_is_asked_and_answered_every_plan_ends_with_the_last_word_on_each_question(
    sites: list[list[list[tuple[Question, ...]]]],
    rng: random.Random,
    share_of_faults: float,
    quiet: int,
    most: int,
    asks_authority: bool,
) -> None:
    got: list[tuple[Question, Answer]] = []

    def plan(steps: list[tuple[Question, ...]]) -> Plan:
        for step in steps:
            answers = yield step
            got.extend(zip(step, answers, strict=True))

    world = World(
        [(f"s{n}", plan(steps)) for n, site in enumerate(sites) for steps in site],
        most=most, asks_authority=asks_authority,
    )  # fmt: skip
    plans = world.plans
    for _ in range(20_000):
        if world.asked and rng.random() < 0.3:
            plans.overdue(rng.choice(world.asked)[0])
        if plans.in_progress <= quiet and (plans.wants_second_pass or not plans.in_progress):
            plans.begin_second_pass()  # as the scan's loop does it
        if world.asked:
            entry, _ = world.asked.pop(rng.randrange(len(world.asked)))
            plans.settle(entry, anything(entry.question, rng, share_of_faults), 5.0)
        elif not plans.in_progress and not plans.has_parked:
            break
    plans.close()
    calls = world.recorded.calls
    assert plans.in_progress == 0
    assert not plans.has_parked
    assert not plans._cuts.held
    assert plans.sites_done == len(sites)
    assert plans.failure is None
    assert {tuple(world.recorded.passes(question)) for question in calls} <= {(1,), (1, 2)}
    assert plans.tally.settled == len(calls)
    finals = [world.recorded.final(question) for question in calls]
    tally = plans.tally
    assert tally.not_measured == sum(not answer.is_measured for answer in finals)
    assert sum(tally.reasons.values()) == tally.not_measured
    assert sum(doubt.not_measured for doubt in tally.types.values()) == tally.not_measured
    assert tally.asked_again == sum(len(told) == 2 for told in calls.values())
    for question, answer in got:
        assert answer.question == question
        is_last = answer == world.recorded.final(question)
        assert is_last or answer.reason is Reason.LIMIT
    for question in calls:
        if question.name == "bad":
            reason = world.recorded.final(question).reason
            assert reason in (Reason.BAD_NAME, Reason.LIMIT)
