"""Alerts: what the mails say, that every kind tells what to do, and what a webhook is sent."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from dnstats.notify.alert import KINDS, Alert, send_alert, write_alert
from dnstats.notify.delivery import SmtpServer
from dnstats.notify.webhook import Webhook, post, webhook
from dnstats.settings import Settings

from tests.notify.test_delivery import HOST, Postbox, serving
from tests.notify.test_writing import HOSTILE, text

LOG_LINK = "http://127.0.0.1:8080/dags/daily_scan/runs/r/tasks/scan_chunk/mapped/3"


def alert(kind: str = "chunk_failed", **changes: Any) -> Alert:
    values: dict[str, Any] = {
        "kind": kind,
        "dag_id": "daily_scan",
        "dag_run_id": "scheduled__2026-11-25",
        "why": "OSError: disk full",
        "what": "scan_chunk, ranks 30,001-40,000, map index 3",
        "links": (("the log", LOG_LINK),),
    }
    return Alert(**{**values, **changes})


def write(one: Alert) -> EmailMessage:
    return write_alert(one, Settings({"DNSTATS_MAIL_TO": "operator@example.org"}))


@pytest.mark.parametrize("part", ["plain", "html"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_says_what_why_where_to_click_and_what_to_do(kind: str, part: str) -> None:
    said = text(write(alert(kind)), part)
    for fact in ("daily_scan", "scheduled__2026-11-25", "OSError: disk full", "ranks 30,001-40,000",
                 LOG_LINK, *KINDS[kind].steps):  # fmt: skip
        assert fact in said
    assert KINDS[kind].headline[1:] in said


def test_the_subject_is_the_incident() -> None:
    assert write(alert())["Subject"] == (
        "[DNStats] ALERT: a chunk failed; the run goes on without it "
        "(scan_chunk, ranks 30,001-40,000, map index 3)"
    )


def test_an_alert_without_task_or_links_has_no_empty_lines_for_them() -> None:
    said = text(write(alert("run_late", what="", links=())))
    assert "What:" not in said
    assert "click" not in said


def test_hostile_words_of_a_fault_stay_words() -> None:
    message = write(alert(why=HOSTILE, what=HOSTILE))
    assert message["Bcc"] is None
    assert "<script" not in text(message, "html")
    assert "\u202e" not in text(message) + text(message, "html")


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted, and answers as its server is told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.posts.append((self.path, dict(self.headers), json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(b"no \xff<b>\xe2\x80\xae")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def listening(status: int = 200) -> Iterator[HTTPServer]:
    server = HTTPServer((HOST, 0), Hook)
    server.posts, server.status = [], status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_webhook_gets_subject_and_text_in_its_field() -> None:
    message = write(alert())
    with listening() as server:
        url = f"http://{HOST}:{server.server_port}/hook"
        said = post(message, Webhook(url, field="content", user="me", password="pw"))
    assert said == f"posted to {HOST}"
    ((path, headers, body),) = server.posts  # type: ignore[attr-defined]
    assert path == "/hook"
    assert headers["Authorization"].startswith("Basic ")
    assert list(body) == ["content"]
    assert body["content"].startswith(f"{message['Subject']}\n\nALERT: a chunk failed")
    assert LOG_LINK in body["content"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_says_no_is_told_and_not_followed(status: int) -> None:
    with listening(status) as server:
        said = post(write(alert()), Webhook(f"http://{HOST}:{server.server_port}/secret"))
    assert said.startswith(f"refused by {HOST}: {status} ")
    assert said.isprintable()
    assert len(server.posts) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/secret", "nonsense", "http://[::bad/secret"])
def test_a_webhook_that_cannot_be_reached_never_raises_nor_tells_its_address(url: str) -> None:
    said = post(write(alert()), Webhook(url))
    assert said.startswith("could not be posted to")
    assert "secret" not in said


@pytest.mark.parametrize(
    ("kind", "host", "port", "schema", "password", "extra", "url"),
    [
        ("generic", "https://hooks.slack.com/services", None, None, "T0/B0/XX", {},
         "https://hooks.slack.com/services/T0/B0/XX"),
        ("generic", "hooks.example", None, "https", "XX", {"endpoint": "/a"},
         "https://hooks.example/a/XX"),
        ("http", "127.0.0.1", 8090, None, None, {}, "http://127.0.0.1:8090"),
        ("http", "hooks.example", None, "https", None, {"endpoint": "/a/b?c=d"},
         "https://hooks.example/a/b?c=d"),
        ("http", "https://hooks.example/x", None, None, None, {}, "https://hooks.example/x"),
        ("slackwebhook", "https://hooks.slack.com/services", None, None, "T0/B0/XX", {},
         "https://hooks.slack.com/services/T0/B0/XX"),
        ("slackwebhook", "hooks.slack.com/services", None, None, "/T0/B0/XX", {},
         "https://hooks.slack.com/services/T0/B0/XX"),
    ],
)  # fmt: skip
def test_a_connection_is_read_as_the_providers_of_airflow_read_it(
    kind: str, host: str, port: int, schema: str, password: str, extra: dict[str, Any], url: str
) -> None:
    found = webhook(kind, host, port, schema, None, password, extra)
    assert found is not None
    assert (found.user, found.password) == ("", "")
    assert found.url == url
    assert "XX" not in repr(found) + str(found)
    assert webhook(kind, "", port, schema, None, password, extra) is None


def test_a_login_with_a_password_is_https_own() -> None:
    found = webhook("http", "hooks.example", None, "https", "me", "XX", {"endpoint": "a"})
    assert found == Webhook("https://hooks.example/a", user="me", password="XX")


def test_an_alert_is_mailed_and_posted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    postbox = Postbox()
    settings = Settings({"DNSTATS_VAR": str(tmp_path), "DNSTATS_MAIL_TO": "operator@example.org"})
    with serving(postbox) as port, listening() as server, caplog.at_level(logging.INFO):
        hook = Webhook(f"http://{HOST}:{server.server_port}/secret")
        send_alert(alert(), settings, SmtpServer(HOST, port), hook)
    (mail,) = postbox.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert len(server.posts) == 1  # type: ignore[attr-defined]
    assert f"webhook posted to {HOST}" in caplog.text
    assert "secret" not in caplog.text
