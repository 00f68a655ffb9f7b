"""The bench of the engine runs, on little: that it measures, not what the figures ought to be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "scan.py"

pytestmark = pytest.mark.skipif(
    shutil.which("knotd") is None or shutil.which("unbound") is None,
    reason="knotd and unbound are not installed (apt install knot unbound)",
)


def bench(*arguments: str) -> str:
    environment = {**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    command = [sys.executable, str(SCRIPT), "--quick", "--rounds", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(printed: str) -> dict[str, list[str]]:
    """First cell of a table's row -> the others."""
    lines = [line.split("|")[1:-1] for line in printed.splitlines() if line.startswith("| ")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_every_question_of_the_engine_is_answered_and_costs_something() -> None:
    found = rows(bench("--names", "500", "--parts", "clients", "--peers", "none"))
    for title in ("core and transport", "whole scan stage", "whole scan stage, plain sockets"):
        cost, _ratio, _goal, unanswered = found[title]
        assert float(cost.split()[0]) > 0
        assert unanswered == "0"


@pytest.mark.long
def test_lost_answers_are_counted_at_a_resolver_and_on_a_lossy_way() -> None:
    printed = bench("--names", "300", "--parts", "window", "loss")
    assert re.search(r"^\| round 1 \| 300 \| \d+ \|", printed, re.MULTILINE)
    assert re.search(r"^\| 5% \| 300 \| \d+ \|", printed, re.MULTILINE)


def test_a_chunk_is_scanned_in_a_network_of_its_own() -> None:
    printed = bench("--sites", "12", "--parts", "chunk")
    if "left out" in printed:
        pytest.skip(printed.strip())
    assert rows(printed)["not measured"][0].isdigit()
    assert "scan / unbound" in rows(printed)
