"""The bugs in SPF of the grader before this one: each must stay dead."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.grade.grading import grade_family
from dnstats.records import dmarc, mx
from dnstats.records.record import NotMeasured, Reading, Site
from dnstats.records.spf import Spf, Verdict, questions, read
from dnstats.records.spf_term import Qualifier

from tests.answers import look_of, nodata, nxdomain, present, run_plan, servfail, timeout

SITE = Site(1, "example.com")
APEX = Question("example.com", wire.TXT)


def published(apex: str | tuple[str, ...], **others: str) -> Spf:
    """Read `apex` at the site; `others` are TXT records at <name>.example, hosts exist."""

    def otherwise(question: Question) -> Answer:
        text = others.get(question.name.removesuffix(".example"))
        if question.rdtype == wire.TXT:
            return present(question, text) if text else nodata(question)
        if question.rdtype == wire.MX:
            return present(question, "10 mail.example.net.")
        return present(question, "192.0.2.1" if question.rdtype == wire.A else "2001:db8::1")

    reading = read(SITE, look_of(present(APEX, apex), otherwise=otherwise))
    assert isinstance(reading, Spf)
    return reading


def grade(
    spf: Reading | None, mail: str | None = "10 mail.example.com", policy: str = "reject"
) -> int | None:
    families = {
        "spf": spf,
        "mx": mx.parse_example(mail) if mail else None,
        "dmarc": dmarc.parse_example(f"v=DMARC1; p={policy}"),
    }
    return grade_family("spf", families)[0].grade


@pytest.mark.parametrize("ask", [timeout, servfail])
def test_predecessor_bug_01_failure_is_not_no_record(ask: object) -> None:
    answer = ask(APEX)  # type: ignore[operator]
    reading = read(SITE, look_of(answer))
    assert isinstance(reading, NotMeasured)
    assert grade(reading) is None
    for absent in (nodata(APEX), nxdomain(APEX)):
        assert read(SITE, look_of(absent)) is None


def test_predecessor_bug_06_redirect_record_is_found() -> None:
    spf = published(
        "v=spf1 redirect=_spf.example", _spf="v=spf1 include:a.example -all", a="v=spf1"
    )
    assert spf.verdict is Verdict.VALID
    assert grade(spf) == 100


def test_predecessor_bug_07_redirect_is_graded_on_its_target() -> None:
    spf = published("v=spf1 redirect=_spf.example", _spf="v=spf1 mx -all")
    assert spf.policy is Qualifier.FAIL
    assert spf.others == ()
    assert grade(spf) == 100
    assert grade(published("v=spf1 redirect=_spf.example", _spf="v=spf1 ?all")) == 60


def test_predecessor_bug_08_redirect_in_another_text_is_no_redirect() -> None:
    answer = present(APEX, "see redirect=elsewhere.example", "v=spf1 -all")
    assert run_plan(questions(SITE), look_of(answer)) == [APEX]
    reading = read(SITE, look_of(answer))
    assert isinstance(reading, Spf)
    assert reading.is_mailless
    assert read(SITE, look_of(present(APEX, "see redirect=elsewhere.example"))) is None


def test_predecessor_bug_09_strings_are_joined_without_a_space() -> None:
    spf = published(("v=spf1 include:_s", "pf.example -all"), _spf="v=spf1 -all")
    assert spf.record.text == "v=spf1 include:_spf.example -all"
    assert spf.verdict is Verdict.VALID
    assert read(SITE, look_of(present(APEX, ("v=spf1", "-all")))) is None


def test_predecessor_bug_10_qualified_mechanisms_are_known() -> None:
    spf = published("v=spf1 +mx ?a -include:x.example ~ip4:198.41.0.4 -all", x="v=spf1 -all")
    assert spf.record.faults == ()
    assert [term.qualifier for term in spf.record.terms] == ["+", "?", "-", "~", "-"]
    assert grade(spf) == 100


def test_predecessor_bug_11_includes_are_entered_and_counted_to_ten() -> None:
    nine = published("v=spf1 " + "a " * 9 + "-all")
    assert nine.lookups == 9
    assert nine.verdict is Verdict.VALID
    nested = published("v=spf1 include:x.example mx -all", x="v=spf1 " + "a " * 9 + "-all")
    assert nested.lookups == 11
    assert nested.verdict is Verdict.PERMERROR


def test_predecessor_bug_12_a_and_mx_ask_for_the_host_they_name() -> None:
    answer = present(APEX, "v=spf1 a:host.example mx:mail.example -all")
    asked = run_plan(questions(SITE), look_of(answer))
    assert Question("host.example", wire.A) in asked
    assert Question("mail.example", wire.MX) in asked
    assert not [q for q in asked if q.name == "example.com" and q.rdtype != wire.TXT]


@pytest.mark.parametrize(
    "term", ["ip6:2001:db8::1", "ip6:2001:db8::/32", "ip4:192.0.2.77/24", "ip4:192.0.2.1"]
)
def test_predecessor_bug_13_addresses_without_prefix_or_with_host_bits_are_valid(
    term: str,
) -> None:
    spf = published(f"v=spf1 {term} -all")
    assert spf.record.faults == ()
    assert spf.verdict is Verdict.VALID


def test_predecessor_bug_14_all_inside_a_name_is_not_the_policy() -> None:
    spf = published("v=spf1 include:foo-all.example ~all", **{"foo-all": "v=spf1 +mx -all"})
    assert spf.policy is Qualifier.SOFTFAIL


def test_predecessor_bug_15_bare_all_is_plus_all_and_double_spaces_are_fine() -> None:
    assert published("v=spf1 all").policy is Qualifier.PASS
    assert grade(published("v=spf1 all")) == grade(published("v=spf1 +all")) == 0
    spaced = published("v=spf1  mx   -all  ")
    assert spaced.policy is Qualifier.FAIL
    assert grade(spaced) == 100


def test_predecessor_bug_16_no_record_is_weighed_by_whether_there_is_mail() -> None:
    assert grade(None, "10 mail.example.com", "none") == 0
    without_mail = grade(None, None, "none")
    assert without_mail is not None
    assert 0 < without_mail < 100
    assert grade(None, "0 .", "none") == without_mail


def test_grading_asks_nobody() -> None:
    """The predecessor asked for A, MX and redirect targets while it graded."""
    asked: list[Question] = []

    def look(question: Question) -> Answer:
        asked.append(question)
        return Answer(question=question, outcome=Outcome.NOT_MEASURED, reason=Reason.NOT_ASKED)

    record = present(APEX, "v=spf1 a mx redirect=x.example")
    reading = read(SITE, look_of(record, otherwise=look))
    asked.clear()
    grade(reading)
    assert asked == []


def test_predecessor_bug_31_absent_record_has_a_remark() -> None:
    _, remarks = grade_family("spf", {"spf": None, "mx": None, "dmarc": None})
    assert [remark.code for remark in remarks] == ["SPF002"]
