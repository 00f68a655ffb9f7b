"""The odd cases of the SPF rules; the usual ones are the examples beside each rule."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec
import pytest
from dnstats.answer import Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain, Readings, Remark, rules_of
from dnstats.records import dmarc, mx, spf
from dnstats.records.record import NotMeasured, Reading
from dnstats.records.spf import Spf
from hypothesis import given
from hypothesis import strategies as st

PARSERS = {"spf": spf.parse_example, "mx": mx.parse_example, "dmarc": dmarc.parse_example}
MAIL = "10 mail.example.com"
REJECT = "v=DMARC1; p=reject"


def readings(**families: str | Reading | None) -> Readings:
    return {"misplaced": None} | {
        family: PARSERS[family](value) if isinstance(value, str) else value
        for family, value in families.items()
    }


def judged(families: Mapping[str, Reading | None]) -> dict[str, Remark | Abstain]:
    verdicts = {rule.code: rule.apply(families) for rule in rules_of("spf")}
    return {code: verdict for code, verdict in verdicts.items() if verdict is not None}


def grade(
    spf: str | Reading | None, mx: str | None = MAIL, dmarc: str | None = REJECT
) -> int | None:
    return grade_family("spf", readings(spf=spf, mx=mx, dmarc=dmarc))[0].grade


@pytest.mark.parametrize(
    ("record", "mail", "points"),
    [
        ("v=spf1 -all", "0 .", 100),
        ("v=spf1 -all", None, 100),
        ("v=spf1 mx -all", MAIL, 100),
        ("v=spf1 mx ~all", MAIL, 100),
        ("v=spf1 include:_spf.example.net ~all", MAIL, 100),
        ("v=spf1 redirect=_spf.example.net", MAIL, 100),
        ("v=spf1 mx ?all", MAIL, 60),
        ("v=spf1 mx", MAIL, 60),
        ("v=spf1 +all", MAIL, 0),
        ("v=spf1 mx -al", MAIL, 0),
        (None, MAIL, 60),
        (None, None, 85),
    ],
)
def test_grade(record: str | None, mail: str | None, points: int) -> None:
    assert grade(record, mail) == points


@pytest.mark.parametrize(("mail", "points"), [(MAIL, 0), (None, 60)])
@pytest.mark.parametrize("dmarc", [None, "v=DMARC1; p=none", "v=DMARC1; p=quarantine; t=y"])
def test_no_record_without_an_enforced_policy(
    mail: str | None, dmarc: str | None, points: int
) -> None:
    assert grade(None, mail, dmarc) == points


def test_a_parked_domain_with_minus_all_gets_no_remark_that_costs() -> None:
    found = judged(readings(spf="v=spf1 -all", mx="0 .", dmarc=REJECT))
    assert found == {}


def test_what_was_not_measured_is_never_judged() -> None:
    silent = NotMeasured(Reason.TIMEOUT, "TXT example.com")
    assert grade(silent) is None
    found = judged({"spf": silent, "mx": None, "dmarc": None, "misplaced": silent})
    assert all(isinstance(verdict, Abstain) for verdict in found.values())
    assert len(found) == len(rules_of("spf"))


@pytest.mark.parametrize(
    ("record", "abstains"),
    [
        (
            "v=spf1 include:silent.example -all",
            {"SPF014", "SPF016", "SPF017", "SPF018", "SPF019", "SPF020", "SPF023", "SPF042"},
        ),
        (
            "v=spf1 redirect=silent.example",
            {
                "SPF014", "SPF015", "SPF016", "SPF017", "SPF018", "SPF019", "SPF020", "SPF022",
                "SPF023", "SPF024", "SPF026", "SPF042",
            },
        ),
        ("v=spf1 a:silent.example -all", {"SPF020", "SPF035"}),
        ("v=spf1 mx:silent.example -all", {"SPF020", "SPF021", "SPF035"}),
    ],
)  # fmt: skip
def test_a_silent_part_makes_the_rules_that_need_it_abstain(
    record: str, abstains: set[str]
) -> None:
    found = judged(readings(spf=record, mx=MAIL, dmarc=None))
    assert {code for code, verdict in found.items() if isinstance(verdict, Abstain)} == abstains
    assert not any(isinstance(verdict, Remark) for verdict in found.values())


def test_a_fault_that_is_certain_is_told_though_another_part_is_silent() -> None:
    record = "v=spf1 include:silent.example include:gone.invalid " + "a " * 9 + "-all"
    found = judged(readings(spf=record, mx=MAIL, dmarc=None))
    assert isinstance(found["SPF014"], Remark)
    assert isinstance(found["SPF019"], Remark)


def test_softfail_waits_for_a_dmarc_that_was_not_measured() -> None:
    silent = NotMeasured(Reason.TIMEOUT, "TXT _dmarc.example.com")
    found = judged(readings(spf="v=spf1 mx ~all", mx=MAIL, dmarc=silent))
    assert isinstance(found["SPF026"], Abstain)


def test_a_testing_dmarc_policy_does_not_make_up_for_softfail() -> None:
    found = judged(readings(spf="v=spf1 mx ~all", mx=MAIL, dmarc="v=DMARC1; p=quarantine; t=y"))
    assert isinstance(found["SPF026"], Remark)


def test_every_fault_of_the_labelled_kind_has_one_rule() -> None:
    record = (
        "v=spf1 foo ip4:1 ip6:1 a/33 ip4 all:x a:1.2.3.4 a:%{x}.example exp=a.example "
        "exp=a.example m\u00fcll -all"
    )
    found = judged(readings(spf=record, mx=MAIL, dmarc=None))
    assert {f"SPF{number:03}" for number in range(4, 14)} <= set(found)


def test_include_within_an_include_names_the_record_it_stands_in() -> None:
    found = judged(readings(spf="v=spf1 redirect=loop.example", mx=MAIL, dmarc=None))
    remark = found["SPF018"]
    assert isinstance(remark, Remark)
    assert remark.evidence == "include:loop.example in loop.example"


def test_addresses_are_not_private_only_because_their_wide_network_starts_so() -> None:
    assert "SPF036" not in judged(readings(spf="v=spf1 ip4:0.0.0.0/1 -all", mx=MAIL, dmarc=None))


def test_evidence_is_printable_whatever_was_published() -> None:
    record = "v=spf1 \u202eall\r\n<script> mx -all"
    for verdict in judged(readings(spf=record, mx=MAIL, dmarc=None)).values():
        text = verdict.evidence if isinstance(verdict, Remark) else verdict.why
        assert text.isprintable()


def test_rules_judge_what_was_stored_as_they_judge_what_was_read() -> None:
    for record in ("v=spf1 a:gone.invalid include:ten.example ip4:10.0.0.0/7 ~all", "v=spf1 foo"):
        fresh = readings(spf=record, mx=MAIL, dmarc=None)
        stored = msgspec.json.decode(msgspec.json.encode(fresh["spf"]), type=Spf)
        assert judged(fresh) == judged({**fresh, "spf": stored})


def test_codes_have_no_gap() -> None:
    codes = sorted(code for code in RULES if code.startswith("SPF"))
    assert codes == [f"SPF{number:03}" for number in range(1, len(codes) + 1)]


PIECES = st.sampled_from(
    ["ip4=foo.bar", "ip6=::1/0", "a=%{d}", "ip4:10.0.0.0/0", "ip6:::/0", "include:gone.invalid",
     "redirect=silent.example", "exp=x.example", "mx:crowd.example", "-all", "ptr",
     "exists:%{p}.x.y", "all=1", "\xff", "a:text.example", "include:ten.example",
     "?include:open.example", "%{"]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=8).map(" ".join))
def test_no_record_makes_a_rule_raise(terms: str) -> None:
    reading = spf.parse_example("v=spf1 " + terms.encode("utf-8", "replace").decode())
    for verdict in judged({"spf": reading, "mx": None, "dmarc": None}).values():
        text = verdict.evidence if isinstance(verdict, Remark) else verdict.why
        assert text.isprintable()


def test_a_mechanism_written_as_modifier_is_no_address() -> None:
    found = judged(readings(spf="v=spf1 ip4=not.an.address -all", mx=MAIL, dmarc=None))
    assert set(found) == {"SPF033"}


@pytest.mark.parametrize(
    "terms",
    [
        "a " * 32_000,
        "%{d}" * 16_000 + ".example",
        "include:" + "%{d}" * 16_000,
        "include:" + "x." * 32_000 + "example",
        "a:" + "a" * 64_000,
        "a" * 64_000,
        "/" * 64_000,
        "a" + "/1" * 32_000,
        "exp=a.example " * 4_500,
        "ip4:198.41.0.4 " * 4_200,
        "\xff" * 32_000,
        "foo " * 16_000,
        "include:" + "%" * 64_000,
        "x=" + "%%" * 32_000,
        "ip6:" + ":" * 64_000,
    ],
    ids=lambda terms: terms[:12].strip(),
)
def test_the_largest_record_there_can_be_is_judged_at_once(terms: str) -> None:
    began = time.process_time()
    reading = spf.parse_example("v=spf1 " + terms)
    judged({"spf": reading, "mx": None, "dmarc": None})
    assert time.process_time() - began < 1
    assert len(msgspec.json.encode(reading)) < 2_500_000
