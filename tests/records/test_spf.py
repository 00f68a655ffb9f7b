"""SPF as it is asked and read: the tree, its limits, and what nobody could tell."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records.record import Look, NotMeasured, Reading, Site
from dnstats.records.spf import MAX_QUESTIONS, Spf, Verdict, parse_example, questions, read
from dnstats.records.spf_select import spf_texts, texts_once
from dnstats.records.spf_step import MAX_STEPS, End
from dnstats.records.spf_term import Qualifier
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import (
    look_of,
    nodata,
    nxdomain,
    present,
    raw,
    refused,
    run_plan,
    servfail,
    timeout,
    unmeasured,
)

SITE = Site(1, "example.com")
TXT = Question("example.com", wire.TXT)
APEX = Question("example.com", wire.TXT)


def txt(name: str) -> Question:
    return Question(name, wire.TXT)


def world(texts: Mapping[str, str | Answer]) -> Look:
    """TXT records by name; hosts have an address unless their name starts with `gone`."""
    answers = [
        text if isinstance(text, Answer) else present(txt(name), text)
        for name, text in texts.items()
    ]

    def otherwise(question: Question) -> Answer:
        if question.name.startswith("gone"):
            return nxdomain(question)
        if question.rdtype == wire.A:
            return present(question, "198.51.100.1")
        if question.rdtype == wire.MX:
            return present(question, "10 mail.example.net.")
        return nodata(question)

    return look_of(*answers, otherwise=otherwise)


def read_in(look: Look, site: Site = SITE) -> Spf:
    reading = read_any(look, site)
    assert isinstance(reading, Spf)
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Spf) == reading
    return reading


def read_any(look: Look, site: Site = SITE) -> Reading | None:
    """Read from nothing but what was asked for."""
    asked = run_plan(questions(site), look)
    return read(site, look_of(*(look(question) for question in asked)))


@pytest.mark.parametrize(
    "answer",
    [nodata(APEX), nxdomain(APEX), present(APEX, "hello", "v=spf10", "v=spf2.0/pra -all")],
)
def test_no_record_is_none_when_a_server_said_so(answer: Answer) -> None:
    assert read(SITE, look_of(answer)) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (timeout(APEX), Reason.TIMEOUT),
        (servfail(APEX, 6), Reason.SERVFAIL),
        (refused(APEX), Reason.REFUSED),
        (unmeasured(APEX, Reason.MALFORMED), Reason.MALFORMED),
        (unmeasured(APEX, Reason.NOT_ASKED), Reason.NOT_ASKED),
    ],
)
def test_what_could_not_be_asked_is_not_measured(answer: Answer, reason: Reason) -> None:
    reading = read(SITE, look_of(answer))
    assert isinstance(reading, NotMeasured)
    assert reading.reason is reason
    assert run_plan(questions(SITE), look_of(answer)) == [APEX]


def test_a_text_that_is_cut_off_may_have_been_spf_so_it_is_not_absence() -> None:
    reading = read(SITE, look_of(raw(APEX, b"\x40v=spf1 -all")))
    assert isinstance(reading, NotMeasured)
    assert reading.reason is Reason.MALFORMED


def test_a_cut_off_text_beside_a_record_changes_nothing() -> None:
    spf = read_in(look_of(raw(APEX, b"\x40foo", b"\x0bv=spf1 -all")))
    assert spf.policy is Qualifier.FAIL


def test_strings_are_joined_without_a_space() -> None:
    spf = read_in(look_of(present(APEX, ("v=spf1 ip4:192.0.2.", "1 -all"))))
    assert spf.record.text == "v=spf1 ip4:192.0.2.1 -all"
    assert spf.verdict is Verdict.VALID


def test_a_record_behind_an_alias_is_the_sites_own() -> None:
    answer = present(APEX, "v=spf1 -all", aliases=("elsewhere.example.net",))
    assert read_in(look_of(answer)).is_mailless


STRINGS = st.lists(
    st.sampled_from((b"", b"v", b"v=s", b"pf1", b"v=spf1", b"V=SPF1 a", b" -all", b"other text")),
    max_size=4,
).map(lambda parts: b"".join(bytes((len(part),)) + part for part in parts))


@given(
    st.lists(
        st.one_of(STRINGS, STRINGS.map(lambda rdata: rdata[:-1]), st.binary(max_size=9)),
        min_size=1,
        max_size=3,
    )
)
def test_the_scan_selects_the_same_texts_as_the_reading(rdata: list[bytes]) -> None:
    answer = raw(TXT, *rdata)
    assert texts_once(answer) == spf_texts(answer).texts


def test_several_records_are_a_permerror_and_all_are_kept() -> None:
    spf = read_in(look_of(present(APEX, "v=spf1 -all", "x", "V=SPF1 ~all")))
    assert spf.verdict is Verdict.PERMERROR
    assert spf.record.text == "V=SPF1 ~all"
    assert spf.others == ("v=spf1 -all",)
    turned = read_in(look_of(present(APEX, "V=SPF1 ~all", "v=spf1 -all", "x")))
    assert turned == spf  # a set has no order
    assert not spf.is_mailless


def test_includes_are_entered_and_every_lookup_counts() -> None:
    look = world({
        "example.com": "v=spf1 a mx include:one.example exists:x.example ip4:192.0.2.0/24 ~all",
        "one.example": "v=spf1 include:two.example ptr ip4:203.0.113.0/25 -all",
        "two.example": "v=spf1 a:host.example ?all",
    })  # fmt: skip
    spf = read_in(look)
    assert [(step.term, step.depth) for step in spf.steps] == [
        ("a", 0), ("mx", 0), ("include:one.example", 0), ("include:two.example", 1),
        ("a:host.example", 2), ("ptr", 1), ("exists:x.example", 0),
    ]  # fmt: skip
    assert (spf.lookups, spf.void_lookups, spf.verdict) == (7, 0, Verdict.VALID)
    assert spf.policy is Qualifier.SOFTFAIL
    assert spf.ipv4_addresses == 1 + 256 + 128


def test_addresses_behind_a_rejecting_include_do_not_pass() -> None:
    look = world({
        "example.com": "v=spf1 -include:one.example -ip4:192.0.2.0/24 ~all",
        "one.example": "v=spf1 ip4:203.0.113.0/24 a -all",
    })  # fmt: skip
    assert read_in(look).ipv4_addresses == 0


def test_a_redirect_is_followed_to_the_policy_in_the_end() -> None:
    look = world({
        "example.com": "v=spf1 mx redirect=one.example",
        "one.example": "v=spf1 redirect=two.example",
        "two.example": "v=spf1 a -all",
    })  # fmt: skip
    spf = read_in(look)
    assert spf.policy is Qualifier.FAIL
    assert spf.lookups == 4
    assert spf.steps[-1].target == "two.example"  # `a` means the domain of the record it is in


def test_a_redirect_beside_all_is_not_followed() -> None:
    look = world({"example.com": "v=spf1 redirect=one.example ~all"})
    assert run_plan(questions(SITE), look) == [APEX]
    assert read_in(look).lookups == 0


@pytest.mark.parametrize("term", ["include:{}", "redirect={}"])
@pytest.mark.parametrize(
    ("target", "end"),
    [
        (nxdomain(txt("one.example")), End.VOID),
        (nodata(txt("one.example")), End.VOID),
        (present(txt("one.example"), "hello"), End.NO_RECORD),
        (present(txt("one.example"), "v=spf1 -all", "v=spf1 -all"), End.SEVERAL_RECORDS),
        (present(txt("one.example"), "v=spf1 foo -all"), End.BAD_RECORD),
        (present(txt("one.example"), "v=spf1 include:example.com"), End.LOOP),
        (present(txt("one.example"), "v=spf1 redirect=one.example"), End.LOOP),
    ],
)
def test_a_target_without_a_usable_record_is_a_permerror(
    term: str, target: Answer, end: End
) -> None:
    look = world({"example.com": "v=spf1 " + term.format("one.example"), "one.example": target})
    spf = read_in(look)
    assert spf.steps[-1].end is end
    assert spf.verdict is Verdict.PERMERROR
    assert spf.errors


@pytest.mark.parametrize("term", ["include:{} -all", "redirect={}"])
@pytest.mark.parametrize(
    "target",
    [
        timeout(txt("one.example")),
        servfail(txt("one.example")),
        raw(txt("one.example"), b"\x40v=spf1 -all"),
    ],
)
def test_a_target_that_did_not_answer_is_neither_right_nor_wrong(term: str, target: Answer) -> None:
    look = world({"example.com": "v=spf1 " + term.format("one.example"), "one.example": target})
    spf = read_in(look)
    assert spf.steps[0].end is End.NOT_MEASURED
    assert spf.verdict is Verdict.UNKNOWN
    assert (spf.lookups, spf.void_lookups) == (None, None)
    assert spf.unmeasured[0].startswith("TXT one.example: ")


def test_a_silent_host_leaves_the_count_of_lookups_known() -> None:
    silent = [timeout(Question("one.example", kind)) for kind in (wire.A, wire.AAAA)]
    spf = read_in(look_of(present(APEX, "v=spf1 a:one.example -all"), *silent))
    assert (spf.lookups, spf.void_lookups, spf.verdict) == (1, None, Verdict.UNKNOWN)


def test_more_than_ten_is_known_even_when_a_part_is_not_measured() -> None:
    look = world({
        "example.com": "v=spf1 include:one.example " + "a " * 10 + "-all",
        "one.example": timeout(txt("one.example")),
    })  # fmt: skip
    spf = read_in(look)
    assert spf.lookups == 11
    assert spf.exceeded_at == "a in example.com"
    assert spf.verdict is Verdict.PERMERROR


@pytest.mark.parametrize(("count", "verdict"), [(10, Verdict.VALID), (11, Verdict.PERMERROR)])
def test_ten_lookups_are_allowed(count: int, verdict: Verdict) -> None:
    spf = read_in(world({"example.com": "v=spf1 " + "mx " * count + "-all"}))
    assert (spf.lookups, spf.verdict) == (count, verdict)


def test_terms_behind_all_cost_nothing() -> None:
    assert read_in(world({"example.com": "v=spf1 -all " + "mx " * 11})).lookups == 0


@pytest.mark.parametrize(("count", "verdict"), [(2, Verdict.VALID), (3, Verdict.PERMERROR)])
def test_two_void_lookups_are_allowed(count: int, verdict: Verdict) -> None:
    terms = " ".join(["a:gone1.example", "mx:gone2.example", "exists:gone3.example"][:count])
    spf = read_in(world({"example.com": f"v=spf1 {terms} -all"}))
    assert (spf.void_lookups, spf.verdict) == (count, verdict)


def test_a_host_with_one_family_is_not_void() -> None:
    look = look_of(
        present(APEX, "v=spf1 a:six.example -all"),
        nodata(Question("six.example", wire.A)),
        present(Question("six.example", wire.AAAA), "2001:db8::1"),
    )
    spf = read_in(look)
    assert (spf.void_lookups, spf.steps[0].end) == (0, End.FOUND)


@pytest.mark.parametrize(("count", "end"), [(10, End.FOUND), (11, End.MANY_EXCHANGES)])
def test_ten_exchanges_are_allowed_in_one_mx(count: int, end: End) -> None:
    exchanges = present(
        Question("example.com", wire.MX), *(f"10 mail{i}.example." for i in range(count))
    )
    look = look_of(present(APEX, "v=spf1 mx -all"), exchanges, otherwise=world({}))
    assert read_in(look).steps[0].end is end


def test_a_null_mx_lets_nobody_pass_and_is_not_void() -> None:
    look = look_of(
        present(APEX, "v=spf1 mx -all"), present(Question("example.com", wire.MX), "0 .")
    )
    spf = read_in(look)
    assert (spf.steps[0].end, spf.void_lookups, spf.ipv4_addresses) == (End.VOID, 0, 0)


def test_macros_that_depend_on_the_mail_are_marked_and_not_asked() -> None:
    look = world({"example.com": "v=spf1 include:%{i}.x.example exists:%{l}.x.example a:%{h} -all"})
    assert run_plan(questions(SITE), look) == [APEX]
    spf = read_in(look)
    assert {step.end for step in spf.steps} == {End.DEPENDS}
    assert (spf.lookups, spf.verdict) == (3, Verdict.VALID)


def test_macros_that_are_known_are_followed() -> None:
    look = world({
        "example.com": "v=spf1 include:%{d}._spf.one.example -all",
        "example.com._spf.one.example": "v=spf1 include:%{o}.two.example ?all",
        "example.com.two.example": "v=spf1 ip4:192.0.2.1 -all",
    })  # fmt: skip
    spf = read_in(look)
    assert (spf.lookups, spf.verdict, spf.ipv4_addresses) == (2, Verdict.VALID, 1)


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 +all",
        "v=spf1 all",
        "v=spf1 redirect=open.example",
        "v=spf1 include:open.example -all",
        "v=spf1 ip4:0.0.0.0/0 -all",
        "v=spf1 ip6:::/0 -all",
        "v=spf1 a/0 -all",
        "v=spf1 mx/0 -all",
    ],
)
def test_everyone_passes(text: str) -> None:
    assert read_in(world({"example.com": text, "open.example": "v=spf1 +all"})).passes_everyone


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 -all",
        "v=spf1 ?include:open.example -all",
        "v=spf1 -ip4:0.0.0.0/0 ~all",
        "v=spf1 -all +all",
        "v=spf1 include:half.example -all",
    ],
)
def test_not_everyone_passes(text: str) -> None:
    texts = {
        "example.com": text,
        "open.example": "v=spf1 +all",
        "half.example": "v=spf1 ?include:open.example -all",
    }
    assert not read_in(world(texts)).passes_everyone


def test_a_chain_without_end_is_cut() -> None:
    def look(question: Question) -> Answer:
        number = question.name.partition(".")[0].removeprefix("n")
        following = int(number) + 1 if number.isdigit() else 0
        return present(question, f"v=spf1 include:n{following}.example -all")

    asked = run_plan(questions(SITE), look)
    assert len(asked) == MAX_STEPS + 1
    spf = read_in(look)
    assert spf.verdict is Verdict.PERMERROR
    assert spf.lookups is not None
    assert spf.lookups >= MAX_STEPS


def test_records_that_include_each_other_twice_do_not_explode() -> None:
    look = world({
        "example.com": "v=spf1 include:a.example include:a.example -all",
        **{f"{one}.example": f"v=spf1 include:{two}.example include:{two}.example -all"
           for one, two in zip("abcdefgh", "bcdefghi", strict=True)},
        "i.example": "v=spf1 ip4:192.0.2.1 -all",
    })  # fmt: skip
    spf = read_in(look)
    assert spf.lookups == MAX_STEPS
    assert len(run_plan(questions(SITE), look)) == 10


def test_three_hundred_mail_exchanges_do_not_explode() -> None:
    def look(question: Question) -> Answer:
        if question.rdtype == wire.MX:
            return present(question, *(f"1 m{i}.{question.name}." for i in range(10)))
        if question.rdtype == wire.TXT:
            return present(question, "v=spf1 " + " ".join(f"mx:m{i}.example" for i in range(30)))
        return nodata(question)

    assert len(run_plan(questions(SITE), look)) <= MAX_QUESTIONS


def test_a_loop_is_asked_once() -> None:
    look = world(
        {"example.com": "v=spf1 include:a.example", "a.example": "v=spf1 redirect=example.com"}
    )
    assert run_plan(questions(SITE), look) == [APEX, txt("a.example")]


def test_an_example_reads_in_its_own_world() -> None:
    spf = parse_example(("v=spf1 include:silent.example -all", "unrelated"))
    assert isinstance(spf, Spf)
    assert spf.unmeasured == ("TXT silent.example: timeout",)
    assert parse_example("no policy") is None


NAMES = st.sampled_from(["example.com", "a.example", "b.example", "c.example", "gone.example"])
PIECES = st.one_of(
    st.sampled_from(["-all", "~all", "a", "mx", "ptr", "ip4:192.0.2.0/24", "?", "a:%{d}", "-a/0"]),
    NAMES.map("include:{}".format),
    NAMES.map("redirect={}".format),
    NAMES.map("mx:{}".format),
    NAMES.map("exists:%{{o}}.{}".format),
)
RECORDS = st.lists(PIECES, max_size=6).map(lambda pieces: " ".join(["v=spf1", *pieces]))


@settings(deadline=None)
@given(st.dictionaries(NAMES, st.one_of(RECORDS, st.just("")), min_size=1))
def test_whatever_read_needs_was_asked_for(texts: dict[str, str]) -> None:
    """Unless the record is far over its limit."""
    texts.setdefault("example.com", "v=spf1 include:a.example include:b.example")
    silent = {n: t if t else timeout(txt(n)) for n, t in texts.items()}
    reading = read_any(world(silent))
    if isinstance(reading, Spf):
        missed = [one for one in reading.unmeasured if "not_asked" in one]
        assert not missed or (reading.lookups or 0) > 10
        assert (reading.verdict is Verdict.PERMERROR) is bool(reading.errors)
        assert reading.verdict is not Verdict.VALID or not reading.unmeasured


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80)), st.lists(st.binary(max_size=40)), RECORDS)
def test_no_bytes_in_any_answer_make_it_raise(
    texts: list[bytes], others: list[bytes], record: str
) -> None:
    def look(question: Question) -> Answer:
        if question.rdtype == wire.TXT:
            mine = [bytes((len(record),)) + record.encode()] if question == APEX else []
            return raw(question, *texts, *mine) if texts or mine else nodata(question)
        return raw(question, *others) if others else nxdomain(question)

    reading = read_any(look)
    assert reading is not None
    msgspec.json.encode(reading)


@given(st.binary(max_size=200))
def test_a_damaged_archive_is_not_measured(message: bytes) -> None:
    damaged = msgspec.structs.replace(present(APEX, "v=spf1 -all"), message=message)
    reading = read(SITE, look_of(damaged))
    assert isinstance(reading, NotMeasured | Spf)
