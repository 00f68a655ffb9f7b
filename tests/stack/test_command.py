"""Bad input of `make run` is one sentence and exit status 1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def stack(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dnstats.stack", *arguments],
        env={"PATH": os.defpath, "DNSTATS_VAR": str(tmp_path / "var"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SITES": "many"}, "SITES=many"),
        ({"SITES": "0"}, "SITES=0"),
        ({"SITES": "-5"}, "SITES=-5"),
        ({"CHUNK": "1e9"}, "CHUNK=1e9"),
        ({"DIRECT_PORT": "70000"}, "DIRECT_PORT=70000"),
        ({"LIST": "/no/such/list.csv"}, "LIST=/no/such/list.csv"),
        ({"DNSTATS_GATE": "lots"}, "DNSTATS_GATE"),
        ({"LIST": "~no-such-user-here/list.csv"}, "LIST=~no-such-user-here/list.csv"),
        ({"DNSTATS_VAR": "/dev/null/var"}, "Not a directory (/dev/null"),
        ({"DNSTATS_VAR": "/sys/dnstats"}, "(/sys/dnstats): it must be yours and writable"),
    ],
)
def test_a_bad_option_is_one_sentence(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    done = stack(tmp_path, "run", **environ)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_down_and_status_with_nothing_running(tmp_path: Path) -> None:
    assert "nothing runs here" in stack(tmp_path, "down").stdout
    assert stack(tmp_path, "status").returncode == 3


def test_a_restore_of_nothing_says_what_to_name(tmp_path: Path) -> None:
    done = stack(tmp_path, "restore")
    assert (done.returncode, done.stderr) == (1, "dnstats: say which file: DUMP=path\n")
