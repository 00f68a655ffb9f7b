"""A denial from above a zone that the same scan knows of is no denial: asked again elsewhere."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.scan.cuts import Cuts
from dnstats.scan.plans import Plans
from dnstats.scan.waiting import Entry

from tests.scan.asking import Recorded, ask, ask_one, quick, run, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond
from tests.zone_answers import SOA, classified, message_answer

ZONE = "example.com"
NS, APEX, DS = (Question(ZONE, rdtype) for rdtype in (wire.NS, wire.SOA, wire.DS))
MAIL = txt("_dmarc.example.com")
OPEN = Answer(NS, Outcome.NOT_MEASURED, Reason.NOT_ASKED)


def denied(question: Question, zone: str, rcode: str = "NXDOMAIN", alias: str = "") -> Answer:
    lines = [(question.name, "CNAME", f"{alias}.")] if alias else []
    return message_answer(question, lines, [(zone, "SOA", SOA)], rcode=rcode)


def found(question: Question) -> Answer:
    data = {wire.NS: "ns.example.net.", wire.SOA: SOA, wire.DS: f"1 13 2 {'ab' * 32}"}
    rdtype = wire.TYPE_NAMES[question.rdtype]
    return message_answer(question, [(question.name, rdtype, data[question.rdtype])])


def judged(answer: Answer, *known: Answer, once: bool = False) -> Reason | str | None:
    """What becomes of a denial: a reason, "held", or None when it is believed."""
    table: dict[Question, Answer | Entry] = {
        one.question: Entry(one.question) if one is OPEN else one for one in known
    }
    entry = Entry(answer.question, once=once)
    table[answer.question] = entry
    cuts = Cuts(table)
    cuts.names.update(one.name for one in table if one.rdtype in (wire.NS, wire.SOA, wire.DS))
    told = cuts.judge(entry, answer, 1.0)
    return "held" if told is None else told.reason


@pytest.mark.parametrize("zone", ["com", "."])
@pytest.mark.parametrize("question", [MAIL, txt(ZONE), NS, txt("a.b.c.example.com")])
@pytest.mark.parametrize("rcode", ["NXDOMAIN", "NOERROR"])
def test_a_denial_from_above_a_known_zone_is_not_believed(
    zone: str, question: Question, rcode: str
) -> None:
    told = denied(question, zone, rcode)
    assert told.is_absent
    for known in (found(APEX), found(DS)):
        assert judged(told, known) is Reason.ABOVE_CUT
        assert judged(told, OPEN, known) is Reason.ABOVE_CUT


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (denied(MAIL, ZONE), found(NS)),  # by the zone itself
        (denied(MAIL, "_dmarc.example.com", "NOERROR"), found(NS)),  # by one below
        (denied(MAIL, "com"), denied(NS, "com")),  # there is no such zone
        (denied(MAIL, "com"), found(Question("example.net", wire.NS))),
        (denied(MAIL, "com"), found(Question("a.example.com", wire.NS))),
        (denied(MAIL, "com"), Answer(NS, Outcome.NOT_MEASURED, Reason.TIMEOUT)),
        (denied(DS, "com", "NOERROR"), found(NS)),  # it is in the zone above
        (denied(MAIL, "net", "NOERROR", alias="a.net"), found(NS)),
        (denied(MAIL, "com"), message_answer(NS, [(ZONE, "CNAME", "a.net."),
                                                  ("a.net", "NS", "ns.a.net.")])),
    ],
)  # fmt: skip
def test_other_denials_are_believed(answer: Answer, known: Answer) -> None:
    assert answer.is_absent
    assert judged(answer, known) is None


def test_where_aliases_end_counts() -> None:
    told = denied(MAIL, "net", "NOERROR", alias="x.a.net")
    assert judged(told, found(Question("a.net", wire.NS))) is Reason.ABOVE_CUT


def test_a_ds_whose_whole_name_is_denied_is_no_ds_that_is_absent() -> None:
    assert judged(denied(DS, "com"), found(NS)) is Reason.ABOVE_CUT


def test_a_name_that_is_there_without_one_type_is_not_denied_for_all() -> None:
    there = denied(DS, "com", "NOERROR")
    assert judged(denied(NS, "com"), there) is Reason.ABOVE_CUT
    assert judged(denied(NS, "com", "NOERROR"), there) is None
    assert judged(denied(MAIL, "com"), there) is None


def test_a_delegation_tells_of_a_zone_too() -> None:
    """Nobody answers for the NS set; the server of the zone above, asked directly, refers."""
    above = Question(ZONE, wire.NS, "192.0.2.53")
    referral = message_answer(above, (), [(ZONE, "NS", "ns.example.net.")], aa=False)
    assert referral.is_referral
    recorded, asked = Recorded(), []
    plans = Plans(
        [("example.com", ask(NS, above)), ("example.com", ask(MAIL))],
        recorded,
        lambda entry, _: asked.append(entry),
        random.Random(1),
        max_questions_per_site=9,
        second_pass=False,
        asks_authority=False,
    )
    plans.open_site()
    answers = {
        NS: Answer(NS, Outcome.NOT_MEASURED, Reason.TIMEOUT),
        above: referral,
        MAIL: denied(MAIL, "com"),
    }
    for entry in asked:
        plans.settle(entry, answers[entry.question], 1.0)
    assert recorded.final(MAIL).reason is Reason.ABOVE_CUT


@pytest.mark.parametrize("turned", [False, True])
def test_the_denial_of_a_signed_zone_is_looked_through_too(turned: bool) -> None:
    signature = f"SOA 13 1 300 20300101000000 20200101000000 1 {{}} {'AAAA'}"
    for zone, reason in (("com", Reason.ABOVE_CUT), (ZONE, None)):
        lines = [
            (zone, "SOA", SOA),
            (zone, "RRSIG", signature.format(zone + ".")),
            (zone, "NSEC", "zz.com. NS SOA RRSIG NSEC"),
        ]
        told = message_answer(MAIL, (), reversed(lines) if turned else lines, rcode="NXDOMAIN")
        assert told.is_absent
        assert judged(told, found(NS)) is reason


def test_the_root_denies_from_above_in_whatever_way_it_is_written() -> None:
    told = denied(MAIL, ".")
    at = 18 + len(MAIL.name)
    message = told.message[:at] + b"\xc0\0" + told.message[at + 1 :]  # the zeroed ID is a root
    again = classified(MAIL, message)
    assert again.is_absent
    assert judged(again, found(NS)) is Reason.ABOVE_CUT


def test_while_nobody_knows_the_denial_is_kept_back() -> None:
    assert judged(denied(MAIL, "com"), OPEN) == "held"
    assert judged(denied(MAIL, ZONE), OPEN) is None
    # A second pass never waits for another question's.
    assert judged(denied(MAIL, "com"), OPEN, once=True) is Reason.ABOVE_CUT


def test_two_that_are_kept_back_never_wait_for_each_other() -> None:
    entries = {one: Entry(one) for one in (NS, APEX, MAIL)}
    cuts = Cuts(entries)
    cuts.names.add(ZONE)
    assert cuts.judge(entries[NS], denied(NS, "com"), 1.0) is None
    assert list(cuts.held) == [APEX]
    assert cuts.judge(entries[APEX], denied(APEX, "com"), 1.0) is not None
    assert [entry.question for entry, _, _ in cuts.release(APEX)] == [NS]
    assert cuts.judge(entries[MAIL], denied(MAIL, "com"), 1.0) is None


# -- over real sockets ----------------------------------------------------------------------------

YES = b"\x03yes"
RDATA = {wire.NS: b"\x02ns\xc0\x0c", wire.A: b"\x7f\0\0\1", wire.SOA: b"\0\0" + bytes(20)}
WANTED = (NS, APEX, DS, MAIL, txt(ZONE), Question(ZONE, wire.A))


def good(query: Query) -> Iterable[Reply]:
    """A resolver, or the zone's own server."""
    if query.rdtype == wire.DS:
        return [(0, respond(query, (), zone="com"))]
    return [(0, respond(query, (RDATA.get(query.rdtype, YES),)))]


def lying(*rdtypes: int, late: float = 0.1):  # type: ignore[no-untyped-def]
    """A forwarder that has lost the zone for these types; what it knows comes late."""

    def handler(query: Query) -> Iterable[Reply]:
        if query.rd and query.rdtype in rdtypes:
            return [(0, respond(query, (), rcode=wire.NXDOMAIN, zone="com"))]
        return [(late, message) for _, message in good(query)]

    return handler


@pytest.mark.parametrize("lost", [(wire.TXT,), (wire.TXT, wire.SOA), (wire.NS, wire.TXT)])
def test_what_a_forwarder_denies_from_above_is_asked_of_the_second_resolver(
    lost: tuple[int, ...],
) -> None:
    with NameServer(lying(*lost)) as first, NameServer(good, "127.0.0.2") as second:
        settings = quick(first.text, second_resolvers=(second.text,), second_pass=True, timeout=0.5)
        recorded, report = run(settings, plans=[("example.com", ask(*WANTED))])
    for question in (one for one in WANTED if one.rdtype in lost):
        first_pass, last_pass = (answer for _, answer, _ in recorded.calls[question])
        assert (first_pass.reason, first_pass.rcode) == (Reason.ABOVE_CUT, wire.NXDOMAIN)
        assert first_pass.message
        assert last_pass.is_present
        assert last_pass.server == "127.0.0.2"
    assert recorded.final(DS).outcome is Outcome.NODATA
    assert recorded.passes(DS) == [1]
    assert report.reasons == {}


def test_where_every_resolver_does_the_zones_own_server_is_asked() -> None:
    with NameServer(lying(wire.TXT)) as server:
        settings = quick(server.text, direct_port=server.port, second_pass=True, timeout=0.5)
        recorded, _ = run(settings, plans=[("example.com", ask(*WANTED))])
    assert recorded.final(MAIL).is_present
    assert recorded.final(MAIL).server == "127.0.0.1"
    assert recorded.final(MAIL).question == MAIL


def test_where_nobody_says_better_it_is_not_measured() -> None:
    with NameServer(lying(wire.TXT)) as server:
        settings = quick(server.text, second_pass=True, asks_authority=False, timeout=0.5)
        recorded, report = run(settings, plans=[("example.com", ask(*WANTED))])
    assert [answer.reason for _, answer, _ in recorded.calls[MAIL]] == [Reason.ABOVE_CUT] * 2
    assert report.reasons == {"above_cut": 2}


def test_a_site_that_does_not_exist_is_believed_at_once() -> None:
    every = (wire.NS, wire.SOA, wire.DS, wire.TXT, wire.A)
    with NameServer(lying(*every)) as server:
        recorded, report = run(
            quick(server.text, second_pass=True), plans=[("example.com", ask(*WANTED))]
        )
    assert {recorded.final(one).outcome for one in WANTED} == {Outcome.NXDOMAIN}
    assert {tuple(recorded.passes(one)) for one in WANTED} == {(1,)}
    assert report.sites == 1


def test_a_filter_that_makes_up_an_soa_for_the_name_it_denies_is_not_believed() -> None:
    def blocked(query: Query) -> Iterable[Reply]:
        return [(0, respond(query, (), rcode=wire.NXDOMAIN, zone=query.name))]

    with NameServer(blocked) as first, NameServer(good, "127.0.0.2") as second:
        settings = quick(first.text, second_resolvers=(second.text,), second_pass=True)
        recorded, _ = run(settings, plans=[("example.com", ask(*WANTED))])
        alone, _ = run(quick(first.text), plans=[("example.com", ask(*WANTED))])
    assert not any(alone.final(one).is_measured for one in WANTED)
    assert alone.final(MAIL).reason is Reason.NO_PROOF
    assert all(recorded.final(one).is_present for one in WANTED if one != DS)


# -- against a real knot --------------------------------------------------------------------------

KNOTD = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
COM = "$ORIGIN com.\n@ 60 SOA ns.com. host.com. 1 2 3 4 5\n@ 60 NS ns.com.\nns 60 A 127.0.0.1\n"
CUT = "example 60 NS ns.example.com.\n"
SITE = (
    "$ORIGIN example.com.\n@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.1\n"
    '* 60 TXT "yes"\n'
)


@contextmanager
def knot(folder: Path, address: str, zones: dict[str, str]) -> Iterator[str]:
    """A real server of these zones; its address and port."""
    with NameServer(good, address) as free:
        port = free.port
    folder.mkdir()
    lines = ""
    for name, text in zones.items():
        (folder / name).write_text(text)
        lines += f"  - domain: {name}.\n    file: {folder}/{name}\n"
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: {address}@{port}\n  udp-workers: 1\n"
        f"  tcp-workers: 1\ndatabase:\n  storage: {folder}\nzone:\n{lines}"
    )
    assert KNOTD is not None
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([KNOTD, "-c", str(folder / "knot.conf")], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            settings = quick(f"{address}:{port}", patience=0.0)
            if ask_one(settings, "ns.com").is_absent:  # the address alone is there
                break
        yield f"{address}:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(KNOTD is None, reason="knotd is not installed")
def test_of_two_real_servers_the_one_that_lost_the_zone_makes_nothing_absent(
    tmp_path: Path,
) -> None:
    names = [txt(f"n{number}.example.com") for number in range(40)]
    with (
        knot(tmp_path / "whole", "127.0.0.1", {"com": COM + CUT, "example.com": SITE}) as whole,
        knot(tmp_path / "lost", "127.0.0.2", {"com": COM}) as lost,
    ):
        assert ask_one(quick(lost), "n1.example.com").outcome is Outcome.NXDOMAIN
        for seed in range(8):
            settings = quick(
                whole,
                lost,
                second_resolvers=(whole,),
                second_pass=True,
                asks_authority=False,
                seed=seed,
            )
            recorded, _ = run(settings, plans=[("example.com", ask(NS, APEX, DS, *names))])
            firsts = [recorded.calls[one][0][1] for one in (NS, APEX, DS)]
            if all(one.reason is None and one.rcode == wire.NXDOMAIN for one in firsts):
                continue  # all that tell of the zone went to the server that lost it
            assert all(recorded.final(name).is_present for name in (NS, APEX, *names))
            assert any(recorded.calls[name][0][1].reason is Reason.ABOVE_CUT for name in names)


def test_the_place_of_the_proof_is_found_as_by_a_walk() -> None:
    """The short way through usual messages, against what is denied and by whom."""
    rng = random.Random(5)
    labels = ["com", "example", "a", "_dmarc", "x" * 63, "b", "\\.", "\\000"]
    for _ in range(600):
        name = ".".join([*rng.choices(labels, k=rng.randint(0, 3)), "example", "com"])
        zone = rng.choice([name, *wire.parents(name), "."])
        below = [one for one in (name, *wire.parents(name)) if len(one) > len(zone) or zone == "."]
        for apex in (name, *wire.parents(name)):
            told = judged(denied(txt(name), zone, "NOERROR"), found(Question(apex, wire.SOA)))
            assert told is (Reason.ABOVE_CUT if apex in below else None)


def test_the_denial_of_a_signed_zone_is_judged_without_a_walk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signature = f"SOA 13 2 3600 20261231000000 20261101000000 1 com. {'ab' * 48}=="
    for zone, expected in (("com", Reason.ABOVE_CUT), (ZONE, None)):
        proof = [(zone, "SOA", SOA), (zone, "RRSIG", signature), (zone, "NSEC", "x. SOA")]
        told, known = message_answer(MAIL, (), proof, rcode="NXDOMAIN"), found(APEX)
        with monkeypatch.context() as patch:
            patch.setattr(wire, "parse", None)
            assert judged(told, known) is expected
