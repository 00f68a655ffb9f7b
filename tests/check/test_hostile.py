"""Records made to break terminals, markup and JSON: over real sockets into a terminal's bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable

import pytest
from dnstats import wire
from dnstats.check.asking import check_domains
from dnstats.check.checked import Checked
from dnstats.check.showing import as_json, brief, full
from dnstats.scan.settings import ScanSettings
from rich.console import Console

from tests.scan.nameserver import NameServer, Query, Reply, respond

ESCAPES = (
    b"\x1b]0;owned\x07\x1b[2J\x1b[31m", b"\x9b31m", "\u202edesrever\u200b\u2066".encode(),
    b"[bold red]markup[/]", b"[link=https://evil.example]x[/link]", b"\r\n\0\x08\x7f",
    b'"},{"domain":"x"', b"\xff\xfe\xed\xa0\x80", b"=cmd|' /C calc'!A0",
    "\u2028\u2029\x85".encode(),
)  # fmt: skip
NAME = b"\x08" + b"\x1b[2J\n\r\x07\x9b" + b"\x07example\0"


def text(*strings: bytes) -> bytes:
    return b"".join(bytes((len(one),)) + one for one in strings)


def answers(query: Query) -> tuple[bytes, ...]:
    """Every record carries all of it, in as many shapes as there are."""
    evil = b" ".join(ESCAPES)
    if query.rdtype == wire.TXT:
        starts = (b"v=spf1 ", b"v=DMARC1; p=", b"v=BIMI1; l=", b"v=STSv1; id=", b"v=TLSRPTv1; rua=")
        wanted = starts[1] if query.label == "_dmarc" else starts[0]
        wanted = {"default": starts[2], "_mta-sts": starts[3], "_smtp": starts[4]}.get(
            query.label, wanted
        )
        return (text(wanted + evil),)
    if query.rdtype == wire.CAA:
        return tuple(b"\x80" + text(one[:15]) + evil for one in (b"issue", b"iodef", *ESCAPES))
    if query.rdtype == wire.MX:
        return (b"\0\x0a" + NAME,)
    if query.rdtype == wire.NS:
        return (NAME, b"\x03ns1\x07example\0")
    if query.rdtype == wire.SOA:
        return (NAME + NAME + bytes(20),)
    if query.rdtype == wire.A:
        return (b"\x7f\0\0\1",)
    if query.rdtype in (wire.DS, wire.DNSKEY, wire.TLSA, wire.HTTPS):
        return (evil,)
    return ()


def tell(query: Query) -> Iterable[Reply]:
    return [(0, respond(query, answers(query)))]


@pytest.fixture(scope="module")
def checked() -> Checked:
    """What is said of a domain that publishes nothing else."""
    found: list[Checked] = []
    with NameServer(tell) as server:
        settings = ScanSettings(
            resolvers=(f"127.0.0.1:{server.port}",), direct_port=server.port, allow_special=True,
            timeout=0.2, tries=2, server_rate=10_000.0,
        )  # fmt: skip
        check_domains(["evil.example"], settings, found.append)
    (one,) = found
    return one


def test_it_was_read_and_judged(checked: Checked) -> None:
    assert checked.grade is not None
    assert len(checked.remarks) > 15
    assert any("\\x1b" in one.evidence or "\\027" in one.evidence for one in checked.remarks)


@pytest.mark.parametrize("form", [full, brief])
def test_a_terminal_gets_printable_lines_and_nothing_else(checked: Checked, form) -> None:
    file = io.StringIO()
    Console(file=file, force_terminal=True, color_system=None, width=100).print(form(checked))
    lines = file.getvalue().split("\n")
    assert [line for line in lines if not line.isprintable()] == []


def test_markup_stays_text(checked: Checked) -> None:
    file = io.StringIO()
    Console(file=file, force_terminal=True, width=4000).print(full(checked))
    assert "[bold red]markup[/]" in file.getvalue()
    assert "\x1b]8;" not in file.getvalue()  # no hyperlink


def test_the_json_is_one_ascii_line(checked: Checked) -> None:
    line = as_json(checked, with_readings=True)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["domain"] == "evil.example"
