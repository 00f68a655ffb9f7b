"""Brings a mail to its SMTP server, or into a file when that is not to be had. Never raises.

A mail server that is down, slow, or says no must never fail a run: what happened is a sentence.
"""

from __future__ import annotations

import datetime as dt
import os
import smtplib
import ssl
import tempfile
import threading
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec

from dnstats.notify.writing import NAME_HEADER
from dnstats.visible import visible


class SmtpServer(msgspec.Struct, frozen=True):
    """How to reach the mail server. `timeout` is the seconds that a whole delivery may take."""

    host: str
    port: int = 25
    user: str = ""
    password: str = ""
    use_ssl: bool = False
    use_starttls: bool = False
    is_verified: bool = True  # the certificate, with either of them
    timeout: float = 10.0

    def __repr__(self) -> str:
        return f"SmtpServer({self})"  # a password must not come into a log

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def smtp_server(
    host: str | None,
    port: int | None,
    user: str | None,
    password: str | None,
    extra: Mapping[str, Any],
) -> SmtpServer | None:
    """The server that an Airflow connection of type smtp names; None without a host.

    By the habits of Airflow's SMTP provider: TLS from the first byte unless `disable_ssl`, else
    STARTTLS unless `disable_tls`; `ssl_context` "none" leaves the certificate unchecked.
    """
    if not host:
        return None
    use_ssl = not extra.get("disable_ssl", False)
    timeout = extra.get("timeout")
    return SmtpServer(
        host=host,
        port=port or (465 if use_ssl else 25),
        user=user or "",
        password=password or "",
        use_ssl=use_ssl,
        use_starttls=not use_ssl and not extra.get("disable_tls", False),
        is_verified=extra.get("ssl_context") != "none",
        timeout=min(float(timeout), 60.0) if isinstance(timeout, int | float) else 10.0,
    )


def deliver(message: EmailMessage, smtp: SmtpServer | None, folder: Path) -> str:
    """Send the mail, or keep it as a file in `folder`; says what happened. Never raises."""
    if smtp is None:
        return f"{_keep(message, folder)} because there is no connection smtp_default"
    if not message["To"].addresses:
        return f"not sent, DNSTATS_MAIL_TO names nobody; {_keep(message, folder)}"
    attempt = _Attempt(message, smtp)
    attempt.start()
    attempt.join(smtp.timeout)
    if attempt.is_alive():
        attempt.abandon()
        fault: str | None = f"it was not done within {smtp.timeout:g} s"
    else:
        fault = attempt.fault
    if fault is None:
        refused = f"; refused for {attempt.refused}" if attempt.refused else ""
        return f"sent to {visible(str(message['To']))} through {smtp}{refused}"
    return f"could not be sent through {smtp} ({fault}); {_keep(message, folder)}"


class _Attempt(threading.Thread):
    """One delivery. A thread, since a server that drips bytes outlasts every socket timeout."""

    def __init__(self, message: EmailMessage, smtp: SmtpServer) -> None:
        super().__init__(name="mail", daemon=True)
        self.fault: str | None = "it was not tried"
        self.refused = ""
        self._message = message
        self._smtp = smtp
        self._client: smtplib.SMTP | None = None

    def run(self) -> None:
        try:
            self._client = client = self._connect()
            try:
                if self._smtp.user:
                    client.login(self._smtp.user, self._smtp.password)
                self.refused = _show_refused(client.send_message(self._message))
                self.fault = None
            finally:
                client.close()
        except Exception as fault:
            self.fault = _describe(fault)

    def abandon(self) -> None:
        """Let the thread end: it reads from a socket that is closed now."""
        if self._client is not None:
            self._client.close()

    def _connect(self) -> smtplib.SMTP:
        smtp = self._smtp
        context = ssl.create_default_context()
        if not smtp.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if smtp.use_ssl:
            return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=smtp.timeout, context=context)
        client = smtplib.SMTP(smtp.host, smtp.port, timeout=smtp.timeout)
        if smtp.use_starttls:
            client.starttls(context=context)
        return client


def _describe(fault: Exception) -> str:
    """Why a delivery failed, in one line; servers can answer anything."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return f"every recipient was refused: {_show_refused(fault.recipients)}"
    if isinstance(fault, smtplib.SMTPResponseException):
        said = fault.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return visible(f"{type(fault).__name__}: {fault.smtp_code} {text}", 300)
    return visible(f"{type(fault).__name__}: {fault}", 300)


def _show_refused(refused: Mapping[str, tuple[int, bytes]]) -> str:
    shown = (f"{name} ({code} {said.decode('utf-8', 'replace')})"
             for name, (code, said) in refused.items())  # fmt: skip
    return visible(", ".join(shown), 300)


def _keep(message: EmailMessage, folder: Path) -> str:
    """Write the mail as a file, whole or not at all; says where, or why not."""
    try:
        content = message.as_bytes(policy=SMTPUTF8)
        folder.mkdir(parents=True, exist_ok=True)
        path = _free(folder / _file_name(message), content)
        handle, temporary = tempfile.mkstemp(prefix=".mail-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as fault:
        return f"not written to {folder} either ({_describe(fault)})"
    return f"written to {path}"


def _free(path: Path, content: bytes) -> Path:
    """The path, with a number where another mail of that second stands already."""
    for number in range(2, 1000):
        if not path.exists() or path.read_bytes() == content:
            break
        path = path.with_name(f"{path.stem.partition('.')[0]}.{number}.eml")
    return path


def _file_name(message: EmailMessage) -> str:
    """`20261124T080000Z-run_done.eml`: sorted by time, the same for the same mail."""
    name = "".join(one for one in message.get(NAME_HEADER, "mail") if one.isalnum() or one in "_-")
    when = parsedate_to_datetime(message["Date"]).astimezone(dt.UTC)
    return f"{when:%Y%m%dT%H%M%SZ}-{name or 'mail'}.eml"
