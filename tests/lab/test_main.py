"""The command: ready file, signals, its parent's end, refusals in one sentence."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dnstats.lab.__main__ import CannotStart, main, read_sites
from dnstats.lab.providers import addresses
from dnstats.lab.serve import bind_anywhere

from tests.lab.worlds import ask

PLUGINS = str(Path(__file__).parents[2] / "plugins")
LAB = [sys.executable, "-m", "dnstats.lab"]


def start(folder: Path, *options: str) -> tuple[subprocess.Popen[str], dict]:
    """Start the lab as a process and wait until it serves."""
    ready = folder / "ready.json"
    sites = folder / "sites.csv"
    sites.write_text("1,example.com\n2,example.net\n")
    process = subprocess.Popen(
        [*LAB, "--ready-file", str(ready), "--sites", str(sites), *options],
        env={**os.environ, "PYTHONPATH": PLUGINS}, stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        line = process.stdout.readline()
        assert "2 sites" in line
        return process, json.loads(ready.read_text())
    except BaseException:
        process.kill()
        process.wait()
        process.stdout.close()
        raise


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_serves_and_ends_on_a_signal(tmp_path, number) -> None:
    process, ready = start(tmp_path)
    try:
        assert ready["pid"] == process.pid
        assert ready["direct_port"] == ready["port"]
        assert ready["resolvers"] == [f"127.53.0.{n}:{ready['port']}" for n in (1, 2)]
        assert ask(ready["port"], "com", "NS").answer
    finally:
        process.send_signal(number)
        assert process.wait(10) == 0
        process.stdout.close()
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def test_it_ends_with_its_parent(tmp_path) -> None:
    command = [*LAB, "--with-parent", "--ready-file", str(tmp_path / "r")]
    code = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": PLUGINS}, stdout=subprocess.DEVNULL)  # fmt: skip
    ready = tmp_path / "r"
    try:
        wait_until(ready.exists)
        pid = json.loads(ready.read_text())["pid"]
    finally:
        parent.kill()
        parent.wait()
    try:
        wait_until(lambda: not running(pid))
    finally:
        if running(pid):
            os.kill(pid, signal.SIGKILL)


def wait_until(says, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not says():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_taken_port_is_one_sentence_and_exit_2(capsys) -> None:
    port, held = bind_anywhere([addresses()[-1]], range(23001, 23400))
    try:
        assert main(["--port", str(port)]) == 2
    finally:
        for each in held:
            each.close()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(port) in said


@pytest.mark.parametrize("options", [["--loss", "1.5"], ["--port", "65536"], ["--port", "x"]])
def test_bad_options_are_refused(options, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert options[0] in capsys.readouterr().err


def test_a_list_is_read_plain_or_packed_without_its_junk(tmp_path) -> None:
    text = (
        "1,example.com\r\n2,B\xfccher.de\n3,WWW.Example.Org.\n\nrank,domain\n4,"
        + "x" * 70
        + ".de\n"
    )
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_sites(plain) == read_sites(packed) == ["example.com", "www.example.org"]


def test_a_list_that_is_none_is_refused(tmp_path) -> None:
    (tmp_path / "empty").write_text("<html>\n")
    for name in ("empty", "missing"):
        with pytest.raises(CannotStart, match=name):
            read_sites(tmp_path / name)
        assert main(["--sites", str(tmp_path / name)]) == 2
