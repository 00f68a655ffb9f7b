"""TLS reporting."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.record import NotMeasured, Site
from dnstats.records.tls_rpt import TlsRpt, parse_example, questions, read
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nxdomain, present, raw, run_plan, servfail

SITE = Site(1, "example.com")
TXT = Question("_smtp._tls.example.com", wire.TXT)


def test_one_question_is_asked() -> None:
    assert run_plan(questions(SITE), look_of()) == [TXT]


@pytest.mark.parametrize(
    ("text", "rua"),
    [
        ("v=TLSRPTv1;rua=mailto:a@example.com", ("mailto:a@example.com",)),
        ("v=TLSRPTv1; rua=https://example.com/v1/tlsrpt;", ("https://example.com/v1/tlsrpt",)),
        (
            "v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/",
            ("mailto:a@b.example", "https://c.example/"),
        ),
    ],
)
def test_valid_records(text: str, rua: tuple[str, ...]) -> None:
    value = parse_example(text)
    assert isinstance(value, TlsRpt)
    assert (value.is_valid, value.rua) == (True, rua)


@pytest.mark.parametrize(
    "text",
    [
        "v=TLSRPTv1",
        "v=TLSRPTv1; rua=",
        "v=TLSRPTv1; rua=a@example.com",
        "v=tlsrptv1; rua=mailto:a@example.com",
        "v=TLSRPTv1; rua=ftp://example.com/",
        "v=TLSRPT1; rua=mailto:a@example.com",
    ],
)
def test_invalid_records(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, TlsRpt)
    assert not value.is_valid


def test_several_records_are_as_good_as_none() -> None:
    value = parse_example(("v=TLSRPTv1; rua=mailto:a@example.com",) * 2)
    assert isinstance(value, TlsRpt)
    assert (value.is_valid, value.several) == (False, 2)


def test_silence_is_not_absence() -> None:
    assert read(SITE, look_of(nxdomain(TXT))) is None
    assert read(SITE, look_of(present(TXT, "v=spf1 -all"))) is None
    assert isinstance(read(SITE, look_of(servfail(TXT))), NotMeasured)


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=3))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    msgspec.json.encode(read(SITE, look_of(raw(TXT, *rdata, b"\x0av=TLSRPTv1" + rdata[0]))))
