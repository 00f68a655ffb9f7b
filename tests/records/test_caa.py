"""The CAA family: the climb, the set that counts, and who may issue."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records import caa
from dnstats.records.caa import Caa, parse_example
from dnstats.records.record import NotMeasured, Site

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

SITE = Site(1, "a.b.example.com")
LEVELS = tuple(
    Question(name, wire.CAA) for name in ("a.b.example.com", "b.example.com", "example.com", "com")
)


BOTH = ("a.example", "b.example")


def _read(*answers: Answer) -> Caa:
    value = caa.read(SITE, look_of(*answers))
    assert isinstance(value, Caa)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Caa) == value
    return value


def test_the_climb_ends_at_the_first_set() -> None:
    answers = [nxdomain(LEVELS[0]), nodata(LEVELS[1]), present(LEVELS[2], '0 issue "ca.example"')]
    assert run_plan(caa.questions(SITE), look_of(*answers)) == list(LEVELS[:3])
    value = _read(*answers)
    assert (value.found_at, value.level) == ("example.com", 2)


def test_the_climb_reaches_the_top_level_domain_and_not_the_root() -> None:
    answers = [nodata(question) for question in LEVELS]
    assert run_plan(caa.questions(SITE), look_of(*answers)) == list(LEVELS)
    assert caa.read(SITE, look_of(*answers)) is None


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("make", [timeout, refused, servfail])
def test_one_level_unmeasured_makes_no_caa_not_measured(make, level: int) -> None:  # type: ignore[no-untyped-def]
    answers = [nodata(question) for question in LEVELS]
    answers[level] = make(LEVELS[level])
    value = caa.read(SITE, look_of(*answers))
    assert isinstance(value, NotMeasured)
    assert value.question == f"CAA {LEVELS[level].name}"
    assert run_plan(caa.questions(SITE), look_of(*answers)) == list(LEVELS[: level + 1])


def test_a_level_above_the_set_does_not_matter() -> None:
    answers = [present(LEVELS[0], '0 issue ";"'), timeout(LEVELS[1])]
    assert _read(*answers).level == 0


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_is_absence(reason: Reason) -> None:
    answers = [unmeasured(LEVELS[0], reason), *(nodata(question) for question in LEVELS[1:])]
    assert caa.read(SITE, look_of(*answers)) == NotMeasured(reason, "CAA a.b.example.com")


def test_an_alias_is_the_resolvers_business_and_the_climb_goes_on_from_the_site() -> None:
    answer = present(LEVELS[0], '0 issue "ca.example"', aliases=("cdn.example.net",))
    value = _read(answer)
    assert (value.found_at, value.alias) == ("a.b.example.com", "cdn.example.net")


def test_the_order_of_the_set_does_not_matter() -> None:
    one, two = '0 issue "b.example"', '0 issue "a.example"'
    assert _read(present(LEVELS[0], one, two)) == _read(present(LEVELS[0], two, one))


def test_data_that_cannot_be_read_is_counted() -> None:
    value = _read(raw(LEVELS[0], b"", b"\0", b"\0\0x", b"\0\x09issue", b"\0\x05issue;"))
    assert (value.malformed, len(value.properties)) == (4, 1)


@pytest.mark.parametrize(
    ("records", "issuers", "wildcard", "mail", "mark"),
    [
        (('0 issue "a.example"',), ("a.example",), ("a.example",), None, None),
        (('0 issue ";"',), (), (), None, None),
        (('0 issue "A.Example."',), (), (), None, None),  # a trailing dot breaks the grammar
        (('0 issue "A.Example"',), ("a.example",), ("a.example",), None, None),
        (('0 issue "b.example"', '0 issue "a.example"'), BOTH, BOTH, None, None),
        (('0 issue "a.example"', '0 issue ";"'), ("a.example",), ("a.example",), None, None),
        (('0 issue "a.example"', '0 issuewild ";"'), ("a.example",), (), None, None),
        (('0 issuewild "a.example"',), None, ("a.example",), None, None),
        (('0 issuemail "a.example"',), None, None, ("a.example",), None),
        (('0 issuevmc "a.example"',), None, None, None, ("a.example",)),
        (('0 iodef "mailto:a@b.example"',), None, None, None, None),
        (('0 issue "a.example"', '128 future "x"'), (), (), (), ()),
        (('0 issue "a.example"', '0 future "x"'), ("a.example",), ("a.example",), None, None),
        (('128 issue "a.example"',), ("a.example",), ("a.example",), None, None),
        (('0 issue "not a domain"',), (), (), None, None),
    ],
)  # fmt: skip
def test_who_may_issue(records, issuers, wildcard, mail, mark) -> None:  # type: ignore[no-untyped-def]
    value = parse_example(records)
    assert value.issuers == issuers
    assert value.wildcard_issuers == wildcard
    assert value.mail_issuers == mail
    assert value.mark_issuers == mark
    if not any("\\" in record for record in records):
        read = _read(present(LEVELS[0], *records))
        assert read.properties == value.properties, "examples and messages read alike"


@pytest.mark.parametrize("text", ["", "issue ca.example", "256 issue x", "0 issue"])
def test_an_example_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no CAA record"):
        parse_example(text)
