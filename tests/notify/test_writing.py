"""The mails: what they say, and that nothing in the facts becomes a header or a tag."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from dnstats.db.queries import RemarkCount, Summary
from dnstats.notify.writing import usable_address, write_mail
from hypothesis import given
from hypothesis import strategies as st

NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)
SENDER = "dnstats@example.org"
RECIPIENTS = ("operator@example.org", "second@example.org")

STARTED: dict[str, Any] = {
    "run_id": 12,
    "dag_run_id": "scheduled__2026-11-24",
    "day": dt.date(2026, 11, 24),
    "source": "dns",
    "dns": "custom",
    "resolvers": ["192.0.2.53", "192.0.2.54:5353"],
    "site_list": "tranco_N7V7W",
    "first_rank": 1,
    "last_rank": 1_000_000,
    "chunks": 100,
}


def summary(**changes: Any) -> Summary:
    values: dict[str, Any] = {
        "run_id": 12,
        "dag_run_id": "scheduled__2026-11-24",
        "day": dt.date(2026, 11, 24),
        "source": "dns",
        "dns": "custom",
        "first_rank": 1,
        "last_rank": 1000,
        "sites": 1000,
        "read": 1000,
        "measured": 975,
        "nxdomain": 31,
        "chunks": 10,
        "chunks_graded": 10,
        "questions": 21000,
        "questions_not_measured": 310,
        "rules_version": 1,
        "mean_grades": {"dmarc": 41.5, "overall": 55.2},
        "graded_sites": {"dmarc": 940, "overall": 944},
        "commonest": (RemarkCount("DMARC001", "critical", "dmarc", 512),),
    }
    return Summary(**{**values, **changes})


def done(fault: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "summary": summary(),
        "failed": [],
        "fault": fault,
        "gate": 92.0,
        "dag_run_id": "scheduled__2026-11-24",
        **changes,
    }


def write(name: str, facts: dict[str, Any]) -> EmailMessage:
    return write_mail(name, facts, SENDER, RECIPIENTS, now=NOW)


def text(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_start_mail_names_list_ranks_chunks_and_dns() -> None:
    message = write("run_started", STARTED)
    assert message["Subject"] == "[DNStats] Run 12 begins: ranks 1-1,000,000 of tranco_N7V7W"
    assert message["To"] == "operator@example.org, second@example.org"
    for kind in ("plain", "html"):
        for fact in ("tranco_N7V7W", "1,000,000", "100", "192.0.2.54:5353", "2026-11-24"):
            assert fact in text(message, kind)


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_practice_run_says_so_before_anything_else(kind: str) -> None:
    for name, facts in (
        ("run_started", STARTED | {"dns": "lab"}),
        ("run_done", done(summary=summary(dns="lab"))),
    ):
        message = write(name, facts)
        assert "(practice internet)" in message["Subject"]
        assert "PRACTICE INTERNET" in text(message, kind)
    assert "PRACTICE" not in text(write("run_done", done()), kind)


def test_a_start_mail_of_a_reread_asks_nobody() -> None:
    said = text(write("run_started", STARTED | {"source": "archive"}))
    assert "archived answers are read again" in said
    assert "192.0.2.53" not in said


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_end_mail_tells_measured_and_not_measured(kind: str) -> None:
    message = write("run_done", done())
    assert message["Subject"] == "[DNStats] Run 12 is done: 97.5 % of 1,000 sites measured"
    said = text(message, kind)
    for fact in ("975", "97.5 %", "92 %", "25", "31", "21,000", "310", "41.5", "940", "DMARC001",
                 "512", "10 of 10"):  # fmt: skip
        assert fact in said
    assert "CRITICAL" not in said


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_end_mail_tells_how_fast_one_server_and_one_network_were_asked(kind: str) -> None:
    pace = {"highest_rate": 19, "highest_rate_server": "192.0.2.1",
            "highest_network_rate": 1_170, "highest_rate_network": "192.0.2.0/24"}  # fmt: skip
    said = text(write("run_done", done(summary=summary(**pace))), kind)
    assert "19 questions within one second at one name server (192.0.2.1)" in said
    assert "1,170 questions within one second" in said
    assert "at all name servers of 192.0.2.0/24 together" in said
    assert "At a network" not in text(write("run_done", done()), kind)


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_run_short_of_the_gate_is_critical_and_lists_its_failed_chunks(kind: str) -> None:
    failed = [(f"ranks {n},001-{n + 1},000", f"OSError: disk {n} is full") for n in range(30)]
    message = write("run_done", done("30 of 100 chunks are not graded", failed=failed))
    assert message["Subject"] == (
        "[DNStats] CRITICAL: run 12 not published: 30 of 100 chunks are not graded"
    )
    said = text(message, kind)
    assert "CRITICAL" in said
    assert "ranks 19,001-20,000: OSError: disk 19 is full" in said
    assert "ranks 20,001-21,000" not in said
    assert "and 10 more" in said


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_run_that_was_never_made_is_told_without_figures(kind: str) -> None:
    fault = "create_run made no run: see its log for the reason"
    message = write("run_done", done(fault, summary=None))
    assert message["Subject"] == f"[DNStats] CRITICAL: not published: {fault}"
    assert "scheduled__2026-11-24" in text(message, kind)


def test_a_run_without_any_grade_says_none() -> None:
    empty = summary(mean_grades={}, graded_sites={}, commonest=(), sites=0, measured=0)
    assert "no site has a grade" in text(write("run_done", done(summary=empty)))
    assert "0.0 %" in text(write("run_done", done(summary=empty)), "html")


HOSTILE = "<script>alert(1)</script>\"'&\r\nBcc: victim@example.net\r\n\r\n\u202egnp.exe\x00\ud800"


@pytest.mark.parametrize("field", ["site_list", "dag_run_id", "day"])
def test_hostile_text_stays_text(field: str) -> None:
    message = write("run_started", STARTED | {field: HOSTILE, "resolvers": [HOSTILE]})
    again = message_from_bytes(message.as_bytes(), policy=policy.SMTP)
    assert again["Bcc"] is None
    assert sorted(again.keys()) == sorted(write("run_started", STARTED).keys())
    assert "<script" not in text(message, "html")
    assert "\u202e" not in text(message, "html") + text(message)
    assert "\\u202e" in text(message)


@given(st.text(max_size=300), st.text(max_size=50))
def test_any_text_makes_a_mail_with_the_same_headers(fault: str, sender: str) -> None:
    facts = done(fault, failed=[(fault, fault)], dag_run_id=fault)
    message = write_mail("run_done", facts, sender, [sender], now=NOW)
    again = message_from_bytes(message.as_bytes(policy=policy.SMTPUTF8), policy=policy.default)
    assert set(again.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-DNStats-Mail",
        "MIME-Version", "Content-Type",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("operator@example.org", "operator@example.org"),
        ("DNStats <dnstats@localhost>", "dnstats@localhost"),
        ("o'hara+dns@sub.example.org", "o'hara+dns@sub.example.org"),
        ("operator", ""),
        ("", ""),
        ("a@b@example.org", ""),
        ("a b@example.org", ""),
        ("a@-example.org", ""),
        ("a@example.org\r\nBcc: victim@example.net", ""),
        ("a" * 250 + "@example.org", ""),
    ],
)
def test_an_address_is_used_as_it_is_or_left_out(
    text: str, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert usable_address(text) == address
    assert ("DNSTATS_MAIL_TO" in caplog.text) == (address == "")


def test_a_mail_without_a_usable_address_is_still_a_mail() -> None:
    message = write_mail("run_done", done(), "no address", ["none either"], now=NOW)
    assert message["From"] == "dnstats@localhost"
    assert message["To"].addresses == ()
