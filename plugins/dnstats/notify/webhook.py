"""Posts a mail's text to a webhook: Slack, Mattermost, or anything that takes JSON. Never raises.

The address of a webhook is its password, so no log line holds more of it than the host.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from dnstats.visible import visible

MAX_TEXT = 8000  # characters; Slack cuts at 40,000, others earlier
SECONDS = 10.0


class Webhook(msgspec.Struct, frozen=True):
    """Where to post, and the JSON field that holds the text (`text`; Discord wants `content`)."""

    url: str
    field: str = "text"
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Webhook({self})"  # neither path nor password may come into a log

    def __str__(self) -> str:
        try:
            return urlsplit(self.url).hostname or "nowhere"
        except ValueError:
            return "no address"


def webhook(
    kind: str,
    host: str | None,
    port: int | None,
    schema: str | None,
    login: str | None,
    password: str | None,
    extra: Mapping[str, Any],
) -> Webhook | None:
    """The webhook that an Airflow connection names; None without a host.

    The host may be a whole URL. A password without a login is the secret end of the address
    (T000/B000/XXX), as the type slackwebhook of Airflow's Slack provider has it; of any other type
    `endpoint` in the extra is added too, and a login with a password is HTTP's own. Airflow's form
    knows the types slackwebhook and http only with their providers; it always has `generic`.
    """
    if not host:
        return None
    base = host if "://" in host else f"{schema or ('https' if port == 443 else 'http')}://{host}"
    if kind == "slackwebhook" and "://" not in host and not schema:
        base = f"https://{host}"
    if port and urlsplit(base).port is None:
        parts = urlsplit(base)
        base = parts._replace(netloc=f"{parts.netloc}:{port}").geturl()
    is_http = kind != "slackwebhook" and bool(login)
    tails = (
        extra.get("endpoint") if kind != "slackwebhook" else None,
        None if is_http else password,
    )
    for tail in tails:
        if isinstance(tail, str) and tail.strip("/"):
            base = f"{base.rstrip('/')}/{quote(tail.strip('/'), safe='/?=&%')}"
    field = extra.get("field")
    return Webhook(
        url=base,
        field=field if isinstance(field, str) and field else "text",
        user=(login or "") if is_http else "",
        password=(password or "") if is_http else "",
    )


def post(message: EmailMessage, to: Webhook) -> str:
    """Post the mail's subject and text; says what happened."""
    body = message.get_body(("plain",))
    text = f"{message['Subject']}\n\n{body.get_content() if body is not None else ''}"
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses
    auth = httpx.BasicAuth(to.user, to.password) if to.user else None
    try:
        # Redirects are not followed: the address is a secret and goes to nobody else.
        answer = httpx.post(
            to.url, json={to.field: text[:MAX_TEXT]}, auth=auth, timeout=SECONDS, trust_env=True
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        return f"could not be posted to {to} ({type(fault).__name__})"
    if not answer.is_success:
        return f"refused by {to}: {answer.status_code} {visible(answer.text, 100)}"
    return f"posted to {to}"
