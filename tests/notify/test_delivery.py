"""Delivery to real SMTP servers on loopback: good, picky, silent, dying and absent ones."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from dnstats.notify.delivery import SmtpServer, deliver, smtp_server
from dnstats.notify.writing import write_mail

from tests.lists.servers import write_certificate
from tests.notify.test_writing import NOW, STARTED, write

HOST = "127.0.0.1"


class Postbox:
    """Keeps the mails that come, and answers RCPT and DATA as it is told; `is_slow`: not yet."""

    def __init__(self, *, refuse: tuple[str, ...] = (), data_answer: str = "250 OK") -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self._refuse = refuse
        self._data_answer = data_answer
        self.is_slow = False

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refuse:
            return "550 no such <b>user</b> \u202ehere"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        while self.is_slow:
            await asyncio.sleep(0.1)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append(envelope.rcpt_tos)
        return self._data_answer


@contextlib.contextmanager
def serving(postbox: Postbox, **options: Any) -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    controller = Controller(postbox, hostname=HOST, port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextlib.contextmanager
def with_login(postbox: Postbox, certificate: Path, user: str, password: str) -> Iterator[int]:
    """A server that takes mail only after STARTTLS and this login."""

    def knows(_server: Any, _session: Any, _envelope: Any, _how: str, said: Any) -> AuthResult:
        is_right = (said.login, said.password) == (user.encode(), password.encode())
        return AuthResult(success=is_right, handled=False)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    options = {"tls_context": context, "require_starttls": True, "auth_required": True}
    with serving(postbox, authenticator=knows, **options) as port:
        yield port


@contextlib.contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A listener that hands each connection to `talk`."""
    with socket.create_server((HOST, 0)) as listener:

        def loop() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        talk(connection)

        threading.Thread(target=loop, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def message() -> EmailMessage:
    return write("run_started", STARTED)


def kept(folder: Path) -> EmailMessage:
    """The one mail in the folder."""
    (path,) = folder.iterdir()
    assert path.name == "20261124T080000Z-run_started.eml"
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def test_a_mail_goes_to_a_server_and_no_file_is_kept(message: EmailMessage, tmp_path: Path) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        said = deliver(message, SmtpServer(HOST, port), tmp_path / "mail")
    assert said == f"sent to operator@example.org, second@example.org through {HOST}:{port}"
    assert postbox.recipients == [["operator@example.org", "second@example.org"]]
    assert postbox.mails[0]["Subject"] == message["Subject"]
    assert not (tmp_path / "mail").exists()


def test_without_a_connection_the_mail_is_a_file(message: EmailMessage, tmp_path: Path) -> None:
    said = deliver(message, None, tmp_path / "mail")
    assert said.endswith("run_started.eml because there is no connection smtp_default")
    assert kept(tmp_path / "mail")["Subject"] == message["Subject"]


def test_two_mails_of_one_second_are_two_files(message: EmailMessage, tmp_path: Path) -> None:
    other = write("run_started", STARTED | {"run_id": 99})
    for mail in (message, other, message, other):
        deliver(mail, None, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["20261124T080000Z-run_started.2.eml", "20261124T080000Z-run_started.eml"]


def test_one_refused_recipient_is_named(message: EmailMessage, tmp_path: Path) -> None:
    postbox = Postbox(refuse=("second@example.org",))
    with serving(postbox) as port:
        said = deliver(message, SmtpServer(HOST, port), tmp_path)
    assert "refused for second@example.org (550 no such" in said
    assert postbox.recipients == [["operator@example.org"]]


def test_a_server_that_refuses_everybody_leaves_a_file(
    message: EmailMessage, tmp_path: Path
) -> None:
    with serving(Postbox(refuse=("operator@example.org", "second@example.org"))) as port:
        said = deliver(message, SmtpServer(HOST, port), tmp_path)
    assert said.startswith(f"could not be sent through {HOST}:{port} (every recipient was refused")
    assert "\u202e" not in said
    assert kept(tmp_path)["To"] == message["To"]


def test_a_server_that_refuses_the_mail_leaves_a_file(
    message: EmailMessage, tmp_path: Path
) -> None:
    with serving(Postbox(data_answer="554 we do not want it")) as port:
        said = deliver(message, SmtpServer(HOST, port), tmp_path)
    assert "554 we do not want it" in said
    assert kept(tmp_path)


def test_a_server_that_is_down_leaves_a_file(message: EmailMessage, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    said = deliver(message, SmtpServer(HOST, port), tmp_path)
    assert said.startswith(f"could not be sent through {HOST}:{port} (ConnectionRefusedError")
    assert kept(tmp_path)


def test_a_host_that_does_not_exist_leaves_a_file(message: EmailMessage, tmp_path: Path) -> None:
    assert "could not be sent" in deliver(message, SmtpServer("a..b", 25, timeout=3), tmp_path)
    assert kept(tmp_path)


def _silent(connection: socket.socket) -> None:
    connection.recv(1)


def _dripping(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"2")
        time.sleep(0.1)


def _dying(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(1000)
    connection.sendall(b"250 fine\r\n")
    connection.recv(1000)


def _babbling(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff" * 40000 + b"\r\n")
    connection.recv(1000)


@pytest.mark.parametrize("talk", [_silent, _dripping])
def test_a_server_that_hangs_is_given_up_in_time(
    talk: Callable[[socket.socket], None], message: EmailMessage, tmp_path: Path
) -> None:
    with raw_server(talk) as port:
        begun = time.monotonic()
        said = deliver(message, SmtpServer(HOST, port, timeout=0.6), tmp_path)
        took = time.monotonic() - begun
    assert took < 3
    assert said.startswith(f"could not be sent through {HOST}:{port} (")
    assert kept(tmp_path)


@pytest.mark.parametrize("talk", [_dying, _babbling])
def test_a_server_that_breaks_off_leaves_a_file(
    talk: Callable[[socket.socket], None], message: EmailMessage, tmp_path: Path
) -> None:
    with raw_server(talk) as port:
        said = deliver(message, SmtpServer(HOST, port, timeout=5), tmp_path)
    assert said.startswith(f"could not be sent through {HOST}:{port} (SMTP")
    assert said.isprintable()
    assert kept(tmp_path)


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # of the test server
def test_a_login_that_is_refused_does_not_tell_the_password(
    message: EmailMessage, tmp_path: Path
) -> None:
    def nobody(*_: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    server = {"authenticator": nobody, "auth_require_tls": False, "auth_required": True}
    with serving(Postbox(), **server) as port:
        smtp = SmtpServer(HOST, port, user="me", password="hunter2")
        said = deliver(message, smtp, tmp_path)
    assert "535" in said
    assert "hunter2" not in said + repr(smtp) + str(smtp)
    assert kept(tmp_path)


@pytest.fixture
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificate") / "mail.pem"
    write_certificate(path)
    return path


def test_a_mail_goes_by_starttls_and_login(
    message: EmailMessage, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postbox = Postbox()
    with with_login(postbox, certificate, "me", "hunter2") as port:
        extra = {"disable_ssl": True}
        smtp = smtp_server(HOST, port, "me", "hunter2", extra)
        assert deliver(message, smtp, tmp_path).startswith("sent to operator@example.org")
        wrong = deliver(message, smtp_server(HOST, port, "me", "hunter3", extra), tmp_path)
        nobody = deliver(message, smtp_server(HOST, port, "", "", extra), tmp_path)
        plain = deliver(message, SmtpServer(HOST, port, "me", "hunter2"), tmp_path)
    assert len(postbox.mails) == 1
    assert "535" in wrong
    assert "hunter" not in wrong
    assert "530" in nobody
    assert "could not be sent" in plain


def test_a_mail_goes_by_tls_from_the_first_byte(
    message: EmailMessage, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    postbox = Postbox()
    with serving(postbox, ssl_context=context) as port:
        assert deliver(message, smtp_server(HOST, port, "", "", {}), tmp_path).startswith("sent to")
    assert len(postbox.mails) == 1


@pytest.mark.parametrize("extra", [{}, {"disable_ssl": True}])
def test_a_certificate_of_nobody_known_gets_no_mail_unless_told(
    message: EmailMessage, tmp_path: Path, certificate: Path, extra: dict[str, Any]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    kind = "tls_context" if extra else "ssl_context"
    postbox = Postbox()
    with serving(postbox, **{kind: context}) as port:
        said = deliver(message, smtp_server(HOST, port, "", "", extra), tmp_path)
        assert "CERTIFICATE_VERIFY_FAILED" in said
        assert postbox.mails == []
        trusting = smtp_server(HOST, port, "", "", {**extra, "ssl_context": "none"})
        assert deliver(message, trusting, tmp_path).startswith("sent to")


def test_starttls_that_the_server_does_not_offer_is_not_gone_without(
    message: EmailMessage, tmp_path: Path
) -> None:
    postbox = Postbox()
    with serving(postbox) as port:
        said = deliver(message, SmtpServer(HOST, port, use_starttls=True), tmp_path)
    assert "STARTTLS" in said
    assert postbox.mails == []


def test_a_mail_to_nobody_is_a_file(tmp_path: Path) -> None:
    message = write_mail("run_started", STARTED, "a@example.org", ["nobody"], now=NOW)
    said = deliver(message, SmtpServer(HOST, 1), tmp_path)
    assert said.startswith("not sent, DNSTATS_MAIL_TO names nobody; written to")
    assert kept(tmp_path)


def test_a_folder_that_cannot_be_written_is_told_and_does_not_raise(
    message: EmailMessage, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = deliver(message, None, tmp_path / "file" / "mail")
    assert "not written to" in said


@pytest.mark.parametrize(
    ("extra", "port", "use_ssl", "use_starttls"),
    [
        ({}, 465, True, False),
        ({"disable_ssl": True}, 25, False, True),
        ({"disable_ssl": True, "disable_tls": True}, 25, False, False),
        ({"disable_ssl": True, "ssl_context": "none", "timeout": 5}, 25, False, True),
    ],
)
def test_an_airflow_connection_is_read_by_its_providers_habits(
    extra: dict[str, Any], port: int, use_ssl: bool, use_starttls: bool
) -> None:
    smtp = smtp_server("mail.example.org", None, None, None, extra)
    assert smtp is not None
    assert (smtp.port, smtp.use_ssl, smtp.use_starttls) == (port, use_ssl, use_starttls)
    assert smtp.is_verified == ("ssl_context" not in extra)
    assert smtp.timeout == extra.get("timeout", 10)


def test_an_airflow_connection_without_host_is_no_server() -> None:
    assert smtp_server("", 25, "", "", {}) is None
