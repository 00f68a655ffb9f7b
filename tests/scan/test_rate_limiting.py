"""A real knot that limits its responses (RRL): what it cuts or drops ends answered, over TCP."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dnstats.answer import Outcome, Question

from tests.scan.asking import ask_one, quick, run, txt
from tests.scan.nameserver import NameServer, respond

KNOTD = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin")
NAMES = 150
ZONE = "$ORIGIN example.\n@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 127.0.0.1\n" + "".join(
    f'n{number} 60 TXT "yes"\n' for number in range(0, NAMES, 2)
)
pytestmark = pytest.mark.skipif(KNOTD is None, reason="knotd is not installed")


def _free_port() -> int:
    with NameServer(lambda query: [(0, respond(query))]) as server:
        return server.port  # free for both UDP and TCP


@pytest.fixture(params=[1, 2, 0], ids=["all cut", "half cut", "all dropped"])
def knot(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """One that answers each asker ten times a second over UDP; its port."""
    port = _free_port()
    (tmp_path / "zone").write_text(ZONE)
    (tmp_path / "knot.conf").write_text(
        f"server:\n  rundir: {tmp_path}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n"
        f"  tcp-workers: 1\ndatabase:\n  storage: {tmp_path}\n"
        f"mod-rrl:\n  - id: strict\n    rate-limit: 10\n    slip: {request.param}\n"
        "template:\n  - id: default\n    global-module: mod-rrl/strict\n"
        f"zone:\n  - domain: example.\n    file: {tmp_path}/zone\n"
    )
    assert KNOTD is not None
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen([KNOTD, "-c", str(tmp_path / "knot.conf")], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and process.poll() is None:
            settings = quick(f"127.0.0.1:{port}", patience=0.0)
            if ask_one(settings, "n0.example").is_present:
                break
        if process.poll() is not None:
            pytest.skip(f"this knotd has no RRL: {(tmp_path / 'log').read_text()[-300:]}")
        yield port
    finally:
        process.kill()
        process.wait()
        log.close()


@pytest.mark.parametrize("server", ["", "127.0.0.1"], ids=["as a resolver", "directly"])
def test_what_a_rate_limiter_cuts_or_drops_ends_right_and_directly_answered(
    knot: int, server: str, request: pytest.FixtureRequest
) -> None:
    questions = [txt(f"n{number}.example", server) for number in range(NAMES)]
    settings = quick(
        f"127.0.0.1:{knot}",
        direct_port=knot,
        timeout=0.4,
        server_patience=10.0,
        second_pass=True,
        asks_authority=False,
    )
    recorded, report = run(settings, *questions)
    outcomes: dict[Outcome, list[Question]] = {outcome: [] for outcome in Outcome}
    for question in questions:
        outcomes[recorded.final(question).outcome].append(question)
    assert set(outcomes[Outcome.PRESENT]) <= set(questions[0::2])
    assert set(outcomes[Outcome.NXDOMAIN]) <= set(questions[1::2])
    assert not outcomes[Outcome.NODATA]
    is_cut = "dropped" not in request.node.callspec.id
    if is_cut or server:
        # Who drops everything as a resolver is asked slower, not over TCP: it may be the names.
        assert not outcomes[Outcome.NOT_MEASURED]
    if is_cut:
        assert report.truncated > 0
        assert report.stream_queries > 0
