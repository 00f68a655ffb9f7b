"""Bad input of `make run` is one sentence and exit status 1."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dnstats.stack import fault
from dnstats.stack.server_user import server_user


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


def test_a_full_disk_is_said_to_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault.room_left(tmp_path / "not there") == ""
    for free, said in ((10**12, ""), (3_000_000, f"; only 3 MB are free in {tmp_path}: make room")):
        usage = shutil._ntuple_diskusage(10**13, 10**13 - free, free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        assert fault.room_left(tmp_path).startswith(said)
        assert bool(fault.room_left(tmp_path)) == bool(said)


def test_a_user_whom_nobody_knows_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_123)
    with pytest.raises(fault.StackFault, match="user of number 4000123 has no entry"):
        server_user()
