"""Writes the mails of a run from include/mail. Sends nothing and asks no database.

A mail is three templates: `<name>.subject.j2`, `<name>.txt.j2` and `<name>.html.j2`.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import re
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
NOBODY = "dnstats@localhost"
MAX_ADDRESS = 254  # RFC 5321 section 4.5.3.1, less the angle brackets

# RFC 5321 section 4.1.2 without quoted local parts and address literals. The strictness is also
# what keeps a folding fault of Python's headers, and other headers, out of the mail.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")

log = logging.getLogger(__name__)


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
    origin = usable_address(sender) or NOBODY
    message["From"] = origin
    usable = [address for one in recipients if (address := usable_address(one))]
    message["To"] = ", ".join(usable) or "undisclosed-recipients:;"  # RFC 5322 appendix A.1.3
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{name}.{now:%Y%m%dT%H%M%S.%f}@{message['From'].addresses[0].domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: nobody is to answer
    message[NAME_HEADER] = name
    message.set_content(render("txt"))
    message.add_alternative(render("html"), subtype="html")
    return message


def text_lines(message: EmailMessage) -> list[str]:
    """The lines of a mail's text, for a log: who reads there is told the same."""
    body = message.get_body(("plain",))
    return [line.rstrip() for line in body.get_content().splitlines()] if body else []


def usable_address(text: str) -> str:
    """The address in a setting, without its display name; "" and a warning when there is none.

    A wrong one is left out, since a mended one might be somebody else's.
    """
    address = parseaddr(text)[1]
    if text.isprintable() and len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address):
        return address
    log.warning(
        "%s is no mail address and gets no mail: correct DNSTATS_MAIL_FROM or DNSTATS_MAIL_TO",
        visible(repr(text), 100),
    )
    return ""


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
