"""The core without sockets: whatever comes or is lost, every question ends, and once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.scan.lookups import Lookups
from dnstats.scan.pacing import NEVER
from dnstats.scan.query import question_section
from dnstats.scan.server import PROBE, Lane, Lookup, Server
from dnstats.scan.settings import ScanSettings
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scan.asking import quick, txt
from tests.scan.nameserver import Query, respond

# What a look-up may send at most: tries, refunds, one without EDNS, a last one in lower case, and
# over TCP two tries, refunds and one more without EDNS.
MOST_SENDS = 3 + 3 + 1 + 1 + 2 + 3 + 1


class Bench:
    """A core with a clock that is turned by hand."""

    def __init__(self, *questions: Question, scan_settings: ScanSettings | None = None) -> None:
        self.now = 1000.0
        self.core = Lookups(scan_settings or quick("192.0.2.53"), random.Random(1), self.now)
        self.answers: dict[Question, list[Answer]] = {}
        self.sent: Counter[Question] = Counter()
        for question in questions:
            self.add(question)

    def add(self, question: Question, *, is_slow: bool = False) -> Lookup:
        lookup = Lookup(question, question_section(question.name, question.rdtype))
        lookup.is_slow = is_slow
        self.core.add(lookup)
        return lookup

    def sends(self) -> list[tuple[Lane, Query]]:
        """What goes out now, control questions left out."""
        out = []
        for lane, messages, length in self.core.sends(self.now):
            for start in range(0, len(messages), length):
                query = Query(messages[start : start + length], tcp=lane.is_tcp)
                if query.name != "." or not lane.server.is_resolver:
                    self.sent[Question(query.name, query.rdtype, self.server_of(lane))] += 1
                    out.append((lane, query))
        return out

    @staticmethod
    def server_of(lane: Lane) -> str:
        return "" if lane.server.is_resolver else lane.server.address

    def collect(self) -> None:
        finished, self.core.finished = self.core.finished, []
        for lookup, answer in finished:
            if lookup.owner is not PROBE:
                self.answers.setdefault(answer.question, []).append(answer)

    def turn(self, seconds: float) -> None:
        self.now += seconds
        self.core.expire(self.now)
        self.collect()

    def reply(self, lane: Lane, message: bytes) -> None:
        self.core.received(lane, [message], self.now)
        self.collect()

    def run_out(self, most: int = 2000) -> float:
        """Let nothing come any more; the seconds until everything has ended."""
        start = self.now
        for _ in range(most):
            self.core.sends(self.now)
            self.core.closing.clear()
            event = self.core.next_event()
            self.collect()
            if not self.open():
                return self.now - start
            assert event is not None or self.core.has_sends(), "nothing will ever happen again"
            if event is None:
                continue
            self.turn(max(event - self.now, 0.0))
        raise AssertionError("it goes on for ever")

    def open(self) -> int:
        core = self.core
        lanes = [lane for server in self.servers() for lane in server.lanes]
        lanes += [server.stream for server in self.servers() if server.stream is not None]
        waiting = sum(len(server.queue) + len(server.stream_queue) for server in self.servers())
        pending = sum(len(lane.pending) for lane in lanes)
        limbo = sum(len(server.limbo) for server in self.servers())
        return waiting + pending + limbo + len(core.first.queue)

    def servers(self) -> list[Server]:
        return [*self.core.first.servers, *self.core.servers.values()]


def test_a_question_goes_out_once_and_its_reply_ends_it() -> None:
    bench = Bench(txt("a.example"))
    [(lane, query)] = bench.sends()
    assert not bench.sends()
    bench.now += 0.03
    bench.reply(lane, respond(query))
    [answer] = bench.answers[txt("a.example")]
    assert answer.is_present
    assert answer.attempts == 1
    assert answer.rtt_ms == pytest.approx(30)
    assert bench.run_out() == 0


@pytest.mark.parametrize(
    ("gaps", "tries"),
    [((0.1, 0.15), 3), ((0.1,), 2), ((), 1)],
)
def test_every_try_waits_half_as_long_again(gaps: tuple[float, ...], tries: int) -> None:
    bench = Bench(scan_settings=quick("192.0.2.53", tries=tries))
    bench.add(txt("a.example"))
    bench.add(txt("alive.example"))
    for gap in gaps:
        sent = bench.sends()
        assert [query.name for _, query in sent].count("a.example") == 1
        for lane, query in sent:  # the resolver lives: only this question is lost
            if query.name == "alive.example":
                bench.reply(lane, respond(query))
        bench.core.first.servers[0].heard_at = bench.now
        bench.turn(gap * 0.99)
        assert not bench.sends()
        bench.turn(gap * 0.02)
    bench.run_out()
    assert [answer.attempts for answer in bench.answers[txt("a.example")]] == [tries]


def test_a_repeated_question_keeps_id_port_and_case_so_that_late_replies_count() -> None:
    bench = Bench(txt("a.example"))
    [(lane, first)] = bench.sends()
    bench.core.first.servers[0].heard_at = bench.now
    bench.turn(0.11)
    [(again, second)] = bench.sends()
    assert again is lane
    assert first.data == second.data


def test_no_more_than_the_window_is_in_flight() -> None:
    questions = [txt(f"n{number}.example") for number in range(200)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=40))
    sent = bench.sends()
    assert len(sent) == 40
    lane, query = sent[0]
    bench.reply(lane, respond(query))
    assert len(bench.sends()) == 1


def test_a_name_that_nobody_answers_for_takes_its_place_in_the_window_once() -> None:
    questions = [txt(f"n{number}.example") for number in range(200)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=40))
    server = bench.core.first.servers[0]
    bench.sends()
    server.heard_at = bench.now  # it speaks of other things
    bench.turn(0.11)
    sent = bench.sends() + bench.sends()
    assert len(sent) == 80  # the same once more, and as many new ones
    assert (server.in_flight, server.lingering) == (80, 40)
    for lane, query in sent:
        bench.reply(lane, respond(query))
    assert (server.in_flight, server.lingering) == (0, 0)


def overtaken(bench: Bench, answers: Callable[[int], bool]) -> Server:
    """Seconds in which the resolver answers some of what it is asked, by its number, at once."""
    for _ in range(20):
        for lane, query in bench.sends():
            if answers(int(query.label[1:])):
                bench.reply(lane, respond(query))
        bench.turn(0.1)
    return bench.core.first.servers[0]


def test_what_is_overtaken_gives_up_its_place_before_its_time_is_over() -> None:
    questions = [txt(f"n{number}.example") for number in range(50)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=40, timeout=9.0))
    server = overtaken(bench, lambda number: number >= 38)
    assert (server.in_flight, server.lingering) == (38, 0)  # nothing was asked so much later
    for number in range(50, 200):
        bench.add(txt(f"n{number}.example"))
    server = overtaken(bench, lambda number: number >= 38)
    assert (server.in_flight, server.lingering) == (38, 38)
    assert bench.core.first.busy() == 0
    bench.run_out()
    assert (server.in_flight, server.lingering) == (0, 0)


def test_a_resolver_that_is_slow_with_all_it_is_asked_gets_no_more_of_it() -> None:
    questions = [txt(f"n{number}.example") for number in range(200)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=40, timeout=9.0))
    server = overtaken(bench, lambda _: False)
    assert (server.in_flight, server.lingering) == (40, 0)


def test_a_resolver_that_fails_after_long_loses_nothing_of_its_window() -> None:
    questions = [txt(f"n{number}.example") for number in range(200)]
    sizes = []
    for rcode in (wire.SERVFAIL, wire.NOERROR):
        bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=200))
        [server] = bench.core.first.servers
        assert server.window is not None
        server.window.size = 200
        bench.sends()
        server.heard_at = bench.now  # it speaks of other things
        bench.turn(0.11)
        for lane, query in bench.sends():
            bench.reply(lane, respond(query, (), rcode=rcode))
        sizes.append(server.window.size)
    assert sizes[0] >= 200 > sizes[1]


def test_what_goes_unanswered_together_is_one_silence_of_a_server() -> None:
    questions = [txt(f"n{number}.example", "192.0.2.1") for number in range(3)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53"))
    server = bench.core.servers["192.0.2.1"]
    bench.sends()
    for streak, seconds in ((1, 0.061), (2, 0.091)):
        bench.turn(seconds)
        assert (server.streak, server.limit) == (streak, 3)
        assert len(bench.sends()) == 3  # all three are tried again at once
    bench.turn(0.136)
    assert (server.streak, server.limit) == (3, 1)


def test_silent_names_are_no_loss_of_the_resolvers() -> None:
    questions = [txt(f"n{number}.example") for number in range(200)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", window=200))
    [server] = bench.core.first.servers
    assert server.window is not None
    while len(bench.answers) < 200:
        for lane, query in bench.sends():
            if query.label[-1] != "0":
                bench.reply(lane, respond(query))
        bench.turn(0.02)
    assert server.window.size >= 64
    assert (server.in_flight, server.lingering) == (0, 0)
    assert sum(not answer.is_measured for [answer] in bench.answers.values()) == 20


def test_a_server_asked_directly_gets_few_at_a_time_and_within_its_rate() -> None:
    questions = [txt(f"n{number}.example", "192.0.2.1") for number in range(100)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", server_rate=20.0))
    times: list[float] = []
    while len(bench.answers) < 100:
        sent = bench.sends()
        assert len(sent) <= 3
        for lane, query in sent:
            times.append(bench.now)
            bench.reply(lane, respond(query))
        bench.turn(0.001)
    for start, end in zip(times, times[25:], strict=False):
        assert end - start > 0.9  # a burst of 5, then 20 a second


def test_one_slow_server_holds_up_no_other() -> None:
    slow = [txt(f"n{number}.example", "192.0.2.1") for number in range(50)]
    quick_one = txt("quick.example", "192.0.2.2")
    bench = Bench(*slow, quick_one)
    names = [query.name for _, query in bench.sends()]
    assert "quick.example" in names


def test_look_ups_at_two_resolvers_are_shared() -> None:
    questions = [txt(f"n{number}.example") for number in range(100)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", "192.0.2.54", window=1000))
    per_server: Counter[str] = Counter()
    while sent := bench.sends():
        per_server.update(lane.server.address for lane, _ in sent)
    assert set(per_server) == {"192.0.2.53", "192.0.2.54"}
    assert min(per_server.values()) >= 36


def test_a_server_that_refuses_again_and_again_is_asked_slower() -> None:
    questions = [txt(f"n{number}.example", "192.0.2.1") for number in range(200)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", server_rate=20.0))
    count = 0
    for _ in range(10_000):
        for lane, query in bench.sends():
            count += 1
            bench.reply(lane, respond(query, (), rcode=wire.REFUSED))
        bench.turn(0.001)
    assert 20 < count < 120  # in ten seconds, that at full speed make 200
    assert all(answer.reason is Reason.REFUSED for [answer] in bench.answers.values())


def test_a_silent_server_asked_directly_is_given_up_after_its_patience_and_not_before() -> None:
    questions = [txt(f"n{number}.example", "192.0.2.1") for number in range(300)]
    bench = Bench(*questions, scan_settings=quick("192.0.2.53", server_patience=5.0))
    seconds = bench.run_out()
    assert 5.0 <= seconds < 20.0
    assert len(bench.answers) == 300
    for [answer] in bench.answers.values():
        assert answer.outcome is Outcome.NOT_MEASURED
        assert answer.reason is (Reason.TIMEOUT if answer.attempts else Reason.SERVER_SILENT)
    assert 1 < sum(answer.attempts > 0 for [answer] in bench.answers.values()) < 60
    assert bench.core.counters.datagrams < 60  # and was not flooded meanwhile


def test_a_late_truncated_reply_while_the_question_waits_to_be_repeated_goes_to_tcp_once() -> None:
    bench = Bench(txt("a.example"))
    [(lane, query)] = bench.sends()
    bench.core.first.servers[0].heard_at = bench.now
    bench.turn(0.11)
    bench.reply(lane, respond(query, (), tc=True))
    [(stream, repeated)] = bench.sends()
    assert stream.is_tcp
    bench.reply(stream, respond(repeated))
    assert [answer.tcp for answer in bench.answers[txt("a.example")]] == [True]
    bench.run_out()
    assert len(bench.answers[txt("a.example")]) == 1


@pytest.mark.parametrize("server", ["", "192.0.2.1"])
def test_where_connections_come_to_nothing_questions_do_not_wait_for_each_other(
    server: str,
) -> None:
    questions = [txt(f"n{number}.example", server) for number in range(300)]
    bench = Bench(*questions)
    start = bench.now
    while len(bench.answers) < 300:
        assert bench.now < start + 60
        for lane, query in bench.sends():
            if not lane.is_tcp:
                bench.reply(lane, respond(query, (), tc=True))
        bench.core.closing.clear()
        bench.turn(0.02)
    assert bench.now < start + 6  # one after the other would be two minutes
    assert {answer.reason for [answer] in bench.answers.values()} == {Reason.TRUNCATED}


def test_a_server_whose_connections_work_again_is_asked_over_them() -> None:
    questions = [txt(f"n{number}.example") for number in range(30)]
    bench = Bench(*questions)
    is_back = False
    while len(bench.answers) < 40:
        if len(bench.answers) == 30 and not is_back:
            is_back = True
            for number in range(10):
                bench.add(txt(f"later{number}.example"))
        for lane, query in bench.sends():
            if not lane.is_tcp:
                bench.reply(lane, respond(query, (), tc=True))
            elif is_back:
                bench.reply(lane, respond(query))
        bench.core.closing.clear()
        bench.turn(0.02)
    assert sum(answer.is_present for [answer] in bench.answers.values()) == 10


def shunning(bench: Bench, name: str, number: int) -> Lookup:
    """A look-up of the second pass that failed at the resolver of that number."""
    question = txt(name)
    lookup = Lookup(question, question_section(question.name, question.rdtype))
    lookup.is_slow = True
    lookup.avoid = bench.core.first.servers[number]
    bench.core.add(lookup)
    return lookup


def test_questions_that_shun_a_resolver_each_leave_none_of_them_idle() -> None:
    bench = Bench(scan_settings=quick("192.0.2.53", "192.0.2.54", window=1))
    for number in range(20):
        shunning(bench, f"n{number}.example", number // 2 % 2)
    while sent := bench.sends():
        for lane, query in sent:
            bench.reply(lane, respond(query))
    assert len(bench.answers) == 20
    assert Counter(answer.server for [answer] in bench.answers.values()) == {
        "192.0.2.53": 10, "192.0.2.54": 10,
    }  # fmt: skip


def test_what_shuns_the_only_resolver_that_is_left_is_asked_there() -> None:
    bench = Bench(scan_settings=quick("192.0.2.53", "192.0.2.54", window=1, tries=1, patience=9.0))
    last = shunning(bench, "last.example", 0)
    [(lane, _)] = bench.sends()
    last.refunds = 3  # whatever becomes of it, it is over
    shunning(bench, "left.example", 0)
    assert not bench.sends()
    bench.core.refused(lane, bench.now)
    bench.collect()
    assert bench.answers[txt("last.example")][0].reason is Reason.TIMEOUT
    [(lane, query)] = bench.sends()
    assert (query.name, lane.server.address) == ("left.example", "192.0.2.53")


def test_an_idle_connection_is_closed_whatever_the_clock_says() -> None:
    for now in (1022.7654321012345, 1e6 + 0.1, 2**20 - 1.0000000003):
        bench = Bench(txt("a.example"))
        bench.now = now
        [(lane, query)] = bench.sends()
        bench.reply(lane, respond(query, (), tc=True))
        [(stream, query)] = bench.sends()
        bench.reply(stream, respond(query))
        assert bench.core.streams == 1
        bench.turn(2.1)
        assert bench.core.streams == 0, now


EVENTS = st.sampled_from(
    [
        "good", "nxdomain", "servfail", "refused rcode", "formerr", "truncated", "malformed",
        "garbage", "wrong id", "wrong question", "folded", "bare", "drop", "drop", "late",
        "wait", "long wait", "port closed", "unreachable", "close stream", "all at once",
    ]
)  # fmt: skip


def _message(kind: str, query: Query) -> bytes | None:
    """What the server says to a query, for the kinds of events that are messages."""
    rcodes = {"servfail": 2, "nxdomain": 3, "refused rcode": 5, "formerr": 1}
    if kind in rcodes:
        return respond(query, (), rcode=rcodes[kind], soa=True)
    if kind == "malformed":
        return respond(query)[:-2]
    if kind == "garbage":
        return query.data[:2] + b"\xff" * 40
    if kind == "wrong id":
        return respond(query, ident=bytes((query.data[0] ^ 255, query.data[1])))
    if kind == "wrong question":
        return respond(query, section=b"\x01z" + query.section[-5:])
    if kind == "folded":
        return respond(query, section=query.section[:-4].lower() + query.section[-4:])
    if kind == "bare":
        return query.data[:2] + b"\x80\x01" + bytes(8)
    if kind == "truncated":
        return respond(query, (), tc=True)
    return respond(query) if kind in ("good", "late") else None


QUESTIONS = [
    *(txt(f"long-{number}-name.example") for number in range(9)),
    *(txt(f"long-{number}-name.example", "192.0.2.1") for number in range(3)),
    txt("other.example", "192.0.2.2"),
]


@settings(max_examples=300, deadline=None)
@given(
    events=st.lists(st.tuples(EVENTS, st.integers(0, 30)), max_size=80),
    window=st.sampled_from([3, 8]),
    resolvers=st.sampled_from([("192.0.2.53",), ("192.0.2.53", "192.0.2.54")]),
    patience=st.sampled_from([0.0, 0.3, 3.0]),
)
def test_whatever_comes_every_question_ends_once_within_its_sends(
    events: list[tuple[str, int]], resolvers: tuple[str, ...], patience: float, window: int
) -> None:
    bench = Bench(
        *QUESTIONS,
        scan_settings=quick(*resolvers, patience=patience, server_patience=patience, window=window),
    )
    out: list[tuple[Lane, Query]] = []
    late: list[tuple[Lane, bytes]] = []
    for kind, number in events:
        out += bench.sends()
        if kind == "wait":
            bench.turn(0.01 * number)
        elif kind == "long wait":
            bench.turn(0.2 * number)
        elif kind == "all at once":  # it was stopped, goes on, and answers all it was ever sent
            for lane, query in out:
                bench.reply(lane, respond(query))
            out.clear()
        elif out:
            lane, query = out.pop(number % len(out))
            message = _message(kind, query)
            if kind == "late" and message is not None:
                late.append((lane, message))
            elif message is not None:
                bench.reply(lane, message)
            elif kind == "port closed" and not lane.is_tcp:
                bench.core.refused(lane, bench.now)
            elif kind == "unreachable" and not lane.is_tcp:
                bench.core.unreachable(lane, bench.now)
            elif kind == "close stream" and lane.is_tcp:
                bench.core.closed(lane)
        elif late:
            bench.reply(*late.pop())
    bench.run_out()
    assert set(bench.answers) == set(QUESTIONS)
    assert all(len(answers) == 1 for answers in bench.answers.values())
    for question, sends in bench.sent.items():
        assert sends <= MOST_SENDS, question
    said = {kind for kind, _ in events}
    for [answer] in bench.answers.values():
        if answer.is_absent:
            assert said & {"nxdomain"}
        if answer.is_present:
            assert said & {"good", "late", "folded", "malformed", "all at once"}
    assert bench.core.direct_in_flight == 0
    assert all(server.in_flight <= 1 for server in bench.core.first.servers)  # a control question
    assert all(server.wake_at > bench.now or server.wake_at == NEVER for server in bench.servers())


def test_when_it_was_asked_first_stays_known_through_its_repetitions() -> None:
    bench = Bench()
    lookup = bench.add(txt("slow.example", "192.0.2.1"))
    assert lookup.first_sent == 0.0
    begun = bench.now
    bench.sends()
    assert lookup.first_sent == begun
    for _ in range(3):
        bench.turn(bench.core.settings.timeout)
        bench.sends()
        assert lookup.first_sent == begun
    assert lookup.sends > 1
