"""Whole scans over real sockets: limits of politeness, lost packets, resolvers that go away."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable

import pytest
from dnstats import wire
from dnstats.answer import Outcome, Plan, Question, Reason, Wanted
from dnstats.scan.lookups import Lookups
from dnstats.scan.progress import Progress
from dnstats.scan.scanner import Stuck, scan

from tests.scan.asking import Recorded, ask, ask_one, quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond

YES = b"\x03yes"


def always(query: Query) -> Iterable[Reply]:
    return [(0, respond(query, (YES,)))]


def lossy(share: float) -> tuple[list[int], object]:
    rng = random.Random(5)
    dropped = [0]

    def handler(query: Query) -> Iterable[Reply]:
        # Either way of the path may lose a packet.
        if rng.random() < 1 - (1 - share) ** 2:
            dropped[0] += 1
            return []
        return always(query)

    return dropped, handler


@pytest.mark.parametrize("batches", [True, False])
@pytest.mark.parametrize("share", [0.02, 0.05])
def test_packet_loss_costs_time_and_no_answers(share: float, batches: bool) -> None:
    dropped, handler = lossy(share)
    questions = [txt(f"n{number}.example") for number in range(3000)]
    with NameServer(handler) as server:  # type: ignore[arg-type]
        settings = quick(server.text, timeout=0.15, second_pass=True, batches=batches)
        recorded, report = run(settings, *questions)
    assert dropped[0] > 1.2 * share * 3000
    assert report.outcomes["not_measured"] == 0
    assert all(recorded.final(question).is_present for question in questions)


def test_a_resolver_that_dies_for_a_while_costs_time_not_answers() -> None:
    """The port is closed in the middle of the scan and opened again."""
    started = threading.Event()
    questions = [txt(f"n{number}.example") for number in range(4000)]
    first = NameServer(lambda query: [(0.01, respond(query, (YES,)))])

    def restart() -> None:
        started.wait(10)
        time.sleep(0.05)
        first.close()
        time.sleep(1.5)
        servers.append(NameServer(always, port=first.port))

    servers: list[NameServer] = []
    thread = threading.Thread(target=restart)
    thread.start()

    def plans() -> Iterable[tuple[str, Wanted]]:
        for number, question in enumerate(questions):
            if number == 600:
                started.set()
            yield question.name, ask(question)

    recorded = Recorded()
    settings = quick(first.text, timeout=0.2, patience=20.0, window=64, second_pass=True)
    report = scan(plans(), settings, recorded)
    thread.join()
    for server in servers:
        server.close()
    assert report.elapsed > 1.5
    assert report.outcomes["present"] == 4000
    assert all(recorded.final(question).is_present for question in questions)


def test_a_resolver_that_falls_silent_for_a_while_costs_time_not_answers() -> None:
    silence = [0.0, 0.0]

    def handler(query: Query) -> Iterable[Reply]:
        now = time.monotonic()
        if query.name == "n500.example" and not silence[0]:
            silence[:] = [now, now + 1.2]
        return [] if silence[0] <= now < silence[1] else always(query)

    questions = [txt(f"n{number}.example") for number in range(1500)]
    with NameServer(handler) as server:
        recorded, report = run(quick(server.text, timeout=0.15, patience=20.0), *questions)
    assert all(recorded.final(question).is_present for question in questions)
    assert report.refunds > 0


def test_no_resolver_at_all_ends_with_everything_not_measured() -> None:
    questions = [txt(f"n{number}.example") for number in range(500)]
    with NameServer(lambda query: []) as server:
        start = time.monotonic()
        _, report = run(quick(server.text, patience=0.3, second_pass=True), *questions)
    assert time.monotonic() - start < 10
    assert set(report.reasons) == {"server_silent"}  # in the second pass nothing was sent at all
    assert report.outcomes["present"] == report.outcomes["nodata"] == 0


def test_a_name_that_cannot_be_asked_has_an_outcome_and_harms_no_other() -> None:
    bad = ["a" * 64 + ".example", "a..example", "", "x." * 130 + "example", "bücher.example"]
    odd = ["nul\0.example", "_under.example", "trailing.example.", "UPPER.example", "-.example"]
    with NameServer(always) as server:
        recorded, report = run(quick(server.text), *(txt(name) for name in bad + odd + ["good"]))
    for name in bad:
        answer = recorded.final(txt(name))
        assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.BAD_NAME)
        assert answer.attempts == 0
    for name in [*odd, "good"]:
        assert recorded.final(txt(name)).is_present, name
    assert report.questions == len(bad + odd) + 1


def test_special_addresses_are_not_asked_unless_allowed() -> None:
    targets = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "224.0.0.1", "nonsense", "::1"]
    with NameServer(always) as server:
        settings = quick(server.text, direct_port=server.port, allow_special=False)
        questions = [txt("a.example", target) for target in targets]
        recorded, _ = run(settings, *questions)
        assert not server.queries
    assert {recorded.final(q).reason for q in questions} == {Reason.BAD_SERVER}


def test_who_opted_out_is_never_asked() -> None:
    out = frozenset(("out.example", "127.0.0.9"))
    with NameServer(always) as server:
        settings = quick(server.text, direct_port=server.port, opted_out=out)
        names = ["out.example", "_dmarc.out.example", "Out.Example", "stayout.example"]
        questions = [*(txt(name) for name in names), txt("a.example", "127.0.0.9")]
        recorded, _ = run(settings, *questions)
        assert [query.name for query in server.queries] == ["stayout.example"]
    reasons = [recorded.final(question).reason for question in questions]
    out_reason = Reason.OPTED_OUT
    assert reasons == [out_reason, out_reason, out_reason, None, out_reason]


def test_who_opted_out_by_network_is_never_asked() -> None:
    out = frozenset(("127.0.7.0/24", "2001:db8::/32"))
    with NameServer(always) as server:
        settings = quick(server.text, direct_port=server.port, opted_out=out)
        targets = ["127.0.7.1", "127.0.7.255", "2001:db8:1::1", "127.0.0.1"]
        questions = [txt("a.example", target) for target in targets]
        recorded, _ = run(settings, *questions)
        assert len(server.queries) == 1
    reasons = [recorded.final(question).reason for question in questions]
    assert reasons == [Reason.OPTED_OUT] * 3 + [None]


def test_follow_ups_that_lead_to_who_opted_out_are_not_asked_either() -> None:
    """Its name servers, its mail hosts, its includes, and the zone above about it."""

    def ns(query: Query) -> Iterable[Reply]:
        target = wire.write_name("ns.out.example")
        return [(0, respond(query, (target,)) if query.rdtype == wire.NS else respond(query))]

    def plan() -> Plan:
        (answer,) = yield (Question("site.example", wire.NS),)
        found = answer.rrset()
        assert found is not None
        host = wire.read_name(answer.message, found.spans[0][0])[0]
        yield Question(host, wire.A), Question(host, wire.AAAA)
        yield Question("_25._tcp." + host, wire.TLSA), Question("out.example", wire.NS, "127.0.0.1")

    with NameServer(ns) as server:
        settings = quick(
            server.text, direct_port=server.port, opted_out=frozenset(("out.example",)),
            second_pass=True,
        )  # fmt: skip
        recorded, report = run(settings, plans=[("site.example", plan())])
        assert {query.name for query in server.queries} == {"site.example"}
    assert report.reasons == {"opted_out": 4}
    assert all(len(calls) == 1 for calls in recorded.calls.values())  # nor in a second pass


def test_the_rate_at_one_server_keeps_its_bound_and_is_reported() -> None:
    with NameServer(always) as server:
        settings = quick("127.0.0.1:1", direct_port=server.port, server_rate=40.0, timeout=20.0)
        questions = [txt(f"n{number}.example", "127.0.0.1") for number in range(60)]
        _, report = run(settings, *questions)
        times = server.times
    assert len(times) == 60
    for start, end in zip(times, times[45:], strict=False):
        assert end - start > 0.9
    assert report.highest_rate_server == "127.0.0.1"
    assert 20 <= report.highest_rate <= 45


def test_the_ceiling_at_the_resolver_holds() -> None:
    with NameServer(always) as server:
        settings = quick(server.text, resolver_rate=200.0)
        _, report = run(settings, *(txt(f"n{number}.example") for number in range(210)))
    assert report.elapsed > 0.9


def test_the_second_pass_takes_the_second_resolver() -> None:
    def failing(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), rcode=wire.SERVFAIL))]

    with NameServer(failing) as first, NameServer(always) as second:
        settings = quick(first.text, second_resolvers=(second.text,), second_pass=True)
        question = txt("a.example")
        recorded, report = run(settings, question)
    assert recorded.passes(question) == [1, 2]
    assert recorded.final(question).is_present
    assert (report.asked_again, report.flips) == (1, 1)
    assert all(asked_at > 1e9 for _, _, asked_at in recorded.calls[question])


def test_flips_are_counted_by_type_and_both_answers_are_kept() -> None:
    def failing(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), rcode=wire.SERVFAIL))]

    def knows_mx(query: Query) -> Iterable[Reply]:
        return failing(query) if query.rdtype == wire.TXT else always(query)

    with NameServer(failing) as first, NameServer(knows_mx) as second:
        settings = quick(
            first.text,
            second_resolvers=(second.text,),
            second_pass=True,
            asks_authority=False,
        )
        names = [f"n{number}.example" for number in range(3)]
        questions = [Question(name, rdtype) for name in names for rdtype in (wire.MX, wire.TXT)]
        recorded, report = run(settings, *questions)
    assert report.types == {
        "MX": {"not_measured": 0, "asked_again": 3, "flips": 3},
        "TXT": {"not_measured": 3, "asked_again": 3, "flips": 0},
    }
    for question in questions:
        (_, one, _), (_, two, _) = recorded.calls[question]
        assert one.reason is Reason.SERVFAIL
        assert two.is_measured == (question.rdtype == wire.MX)


def _bare(query: Query) -> Iterable[Reply]:
    return [(0, respond(query, (), soa=query.label == "proven"))]


def test_a_resolver_that_denies_without_proof_measures_nothing() -> None:
    with NameServer(_bare) as server:
        settings = quick(server.text, second_pass=True)
        recorded, report = run(settings, txt("proven.example"), txt("bare.example"))
    assert report.outcomes["nodata"] == 1
    assert report.unproven == 0
    bare = txt("bare.example")
    assert recorded.final(bare).reason is Reason.NO_PROOF
    assert recorded.final(bare).message  # what it said is kept
    assert "answers say that there is nothing" in report.warnings[-1]
    assert recorded.passes(bare) == [1, 2]


def test_a_denial_without_proof_is_asked_of_the_second_resolver() -> None:
    def proving(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, ()))]

    with NameServer(_bare) as first, NameServer(proving) as second:
        settings = quick(first.text, second_resolvers=(second.text,), second_pass=True)
        recorded, report = run(settings, txt("bare.example"))
    assert recorded.final(txt("bare.example")).outcome is Outcome.NODATA
    assert (report.unproven, report.flips) == (0, 1)


def test_a_server_with_authority_is_believed_without_proof_and_counted() -> None:
    with NameServer(_bare) as server:
        settings = quick(server.text, direct_port=server.port)
        questions = [txt(f"{label}.example", "127.0.0.1") for label in ("proven", "bare")]
        _, report = run(settings, *questions)
    assert report.outcomes["nodata"] == 2
    assert report.unproven == 1


@pytest.mark.parametrize("address", ["192.0.2.1", "8.8.8.8", "2001:db8::1", "10.0.0.1", "1.1.1.1"])
def test_a_practice_internet_ends_at_this_machine(address: str) -> None:
    with NameServer(always) as server:
        settings = quick(server.text, direct_port=server.port, allow_special=True, second_pass=True)
        question = txt("a.example", address)
        recorded, report = run(settings, question)
        assert not server.queries
    assert recorded.final(question).reason is Reason.UNREACHABLE
    assert recorded.final(question).attempts == 0
    assert report.datagrams == 0


def test_the_second_pass_takes_the_other_of_two_resolvers() -> None:
    def failing(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), rcode=wire.SERVFAIL))]

    with NameServer(failing) as first, NameServer(always, "127.0.0.2") as second:
        questions = [txt(f"n{number}.example") for number in range(40)]
        settings = quick(first.text, second.text, second_pass=True)
        recorded, report = run(settings, *questions)
    assert all(recorded.final(question).is_present for question in questions)
    assert 0 < report.flips == report.asked_again < 40


def test_a_direct_question_is_never_answered_by_the_resolver() -> None:
    def handler(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (YES,)))] if query.rd else []

    with NameServer(handler) as server:
        settings = quick(server.text, direct_port=server.port, second_pass=True)
        assert ask_one(settings, server="127.0.0.1").reason is Reason.TIMEOUT


def test_a_plan_follows_what_it_finds() -> None:
    def handler(query: Query) -> Iterable[Reply]:
        text = f"t{int(query.label[1:]) + 1}".encode()
        return [(0, respond(query, (bytes((len(text),)) + text,)))]

    def chain() -> Plan:
        name = "t0"
        while name != "t9":
            (answer,) = yield (txt(name),)
            found = answer.rrset()
            assert found is not None
            name = found.rdata[0][1:].decode()

    with NameServer(handler) as server:
        recorded, report = run(quick(server.text), plans=[("site", chain())])
    assert len(recorded.calls) == 9
    assert report.sites == 1


def test_progress_is_said_every_so_often_and_is_readable() -> None:
    said: list[Progress] = []
    with NameServer(lambda query: [(0.02, respond(query, (YES,)))]) as server:
        scan(
            ((f"n{n}.example", ask(txt(f"n{n}.example"))) for n in range(2000)),
            quick(server.text, progress_every=0.05, window=64, timeout=1.0),
            Recorded(),
            said.append,
            sites=2000,
        )
    assert len(said) > 3
    assert [each.sites_done for each in said] == sorted(each.sites_done for each in said)
    assert said[-1].sites_total == 2000
    assert "/2,000 sites" in said[-1].line()


def test_no_socket_outlives_the_scan() -> None:
    import os

    before = len(os.listdir("/proc/self/fd"))
    with NameServer(always) as server:
        questions = [txt("a.example", f"127.0.1.{number}") for number in range(1, 50)]
        run(quick(server.text, direct_port=server.port), txt("a.example"), *questions)
    assert len(os.listdir("/proc/self/fd")) <= before


def test_an_error_of_the_recorder_ends_the_scan_and_closes_its_sockets() -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    with NameServer(always) as server, pytest.raises(OSError, match="no space left"):
        scan([("a.example", ask(txt("a.example")))], quick(server.text), full)


def test_a_question_that_got_lost_inside_ends_the_scan_and_not_the_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Lookups, "add", lambda *_, **__: None)
    with NameServer(always) as server, pytest.raises(Stuck, match="1 questions are open"):
        run(quick(server.text), txt("a.example"))


def test_a_ptr_question_is_a_question_like_any_other() -> None:
    with NameServer(always) as server:
        question = Question("1.2.0.192.in-addr.arpa", wire.PTR)
        recorded, _ = run(quick(server.text), question)
    assert recorded.final(question).is_present
