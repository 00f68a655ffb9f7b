"""MTA-STS, the DNS half."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.mta_sts import MtaSts, parse_example, questions, read
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nodata, present, raw, run_plan, timeout

SITE = Site(1, "example.com")
TXT = Question("_mta-sts.example.com", wire.TXT)
HOST = (Question("mta-sts.example.com", wire.A), Question("mta-sts.example.com", wire.AAAA))


def test_the_policy_host_is_asked_only_where_there_is_a_record() -> None:
    assert run_plan(questions(SITE), look_of(nodata(TXT))) == [TXT]
    assert run_plan(questions(SITE), look_of(present(TXT, "v=spf1 -all"))) == [TXT]
    assert run_plan(questions(SITE), look_of(present(TXT, "v=STSv1; id=1"))) == [TXT, *HOST]


@pytest.mark.parametrize(
    "text", ["v=STSv1; id=20160831085700Z;", "v=STSv1;id=1", "v=STSv1 ; id=a", "v=STSv1; id=1; x=y"]
)
def test_valid_records(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, MtaSts)
    assert value.is_valid
    assert value.defects == ()


@pytest.mark.parametrize(
    "text",
    ["v=STSv1", "v=STSv1;", "v=STSv1; id=", "v=STSv1; id=2024-01-01", "v=STSv1; id=" + "a" * 33,
     "v=stsv1; id=1", "v=STSv2; id=1", "v =STSv1; id=1", "v=STSv1 id=1", "v=STSv1; ID=1",
     "v=STSv1; id =1", "v=STSv1; id= 1"],
)  # fmt: skip
def test_invalid_records(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, MtaSts)
    assert not value.is_valid


def test_several_records_are_as_good_as_none() -> None:
    value = parse_example(("v=STSv1; id=1", "v=STSv1; id=2"))
    assert isinstance(value, MtaSts)
    assert (value.is_valid, value.several) == (False, 2)


def test_other_texts_do_not_count() -> None:
    value = parse_example(("v=spf1 -all", "v=STSv1; id=1"))
    assert isinstance(value, MtaSts)
    assert value.is_valid
    assert parse_example("v=spf1 -all") is None


def test_silence_is_not_absence() -> None:
    assert read(SITE, look_of(nodata(TXT))) is None
    assert isinstance(read(SITE, look_of(timeout(TXT))), NotMeasured)
    value = read(SITE, look_of(present(TXT, "v=STSv1; id=1"), timeout(HOST[0]), nodata(HOST[1])))
    assert isinstance(value, MtaSts)
    assert isinstance(value.policy_host.v4, NotMeasured)
    assert not value.policy_host.is_without_address


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=3))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    value = read(SITE, look_of(raw(TXT, *rdata), raw(TXT, b"\x0av=STSv1;id" + rdata[0])))
    msgspec.json.encode(value)
