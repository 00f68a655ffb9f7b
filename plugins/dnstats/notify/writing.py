"""Writes the mails of a run from include/mail. Sends nothing and asks no database.

A mail is three templates: `<name>.subject.j2`, `<name>.txt.j2` and `<name>.html.j2`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dnstats.settings import ROOT
from dnstats.visible import visible

TEMPLATES = ROOT / "include" / "mail"
MAX_SUBJECT = 180  # characters
NAME_HEADER = "X-DNStats-Mail"


def write_mail(
    name: str,
    facts: Mapping[str, Any],
    sender: str,
    recipients: Iterable[str],
    *,
    now: dt.datetime | None = None,
    templates: Path = TEMPLATES,
) -> EmailMessage:
    """The mail `name` about these facts, as text and as HTML.

    Whatever stands in the facts stays text: it can neither begin a header nor a tag.
    """
    now = now or dt.datetime.now(dt.UTC)
    environment = _environment(templates)

    def render(part: str) -> str:
        return environment.get_template(f"{name}.{part}.j2").render(facts)

    message = EmailMessage(policy=SMTP)
    message["Subject"] = visible(" ".join(render("subject").split()), MAX_SUBJECT)
    message["From"] = _one_line(sender)
    message["To"] = ", ".join(map(_one_line, recipients))
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{name}.{now:%Y%m%dT%H%M%S.%f}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: nobody is to answer
    message[NAME_HEADER] = name
    message.set_content(render("txt"))
    message.add_alternative(render("html"), subtype="html")
    return message


def _one_line(address: str) -> str:
    """An address out of the settings without anything that could begin another header."""
    return visible(" ".join(address.split()))


def _domain(sender: str) -> str:
    domain = parseaddr(sender)[1].rpartition("@")[2]
    is_plain = domain.isascii() and all(one.isalnum() or one in ".-" for one in domain)
    return domain if domain and is_plain else "localhost"


@functools.cache
def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=jinja2.select_autoescape(("html.j2",)),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = "{:,}".format
    return environment


def _finalize(value: Any) -> Any:
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return visible(value) if is_text else value
