"""`python -m dnstats check` over real sockets: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dnstats.grade.grading import grade_site
from dnstats.grade.rule import RULES
from dnstats.process.readings import read_readings
from dnstats.settings import ROOT

from tests.check.conftest import Run
from tests.lab.worlds import find, names, plain

Capture = pytest.CaptureFixture[str]
SOUND = find(plain, names(60)).domain
GONE = "site1.invalid"


def rows(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_domain_is_reported_with_grades_remarks_cure_and_reference(
    check: Run, capsys: Capture
) -> None:
    assert check(SOUND) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(SOUND)
    for word in ("of 100", "DMARC", "DNSSEC", "found", "cure", "see https://"):
        assert word in out
    assert all(len(line) <= 100 and line == line.rstrip() for line in out.splitlines())


def test_the_json_says_what_grading_the_same_readings_says(check: Run, capsys: Capture) -> None:
    assert check(SOUND, "--json", "--readings") == 0
    (row,) = rows(capsys)
    grades = grade_site(read_readings(json.dumps(row["readings"])))
    assert row["grade"] == grades.overall
    assert [part["grade"] for part in row["families"]] == [one.grade for one in grades.families]
    said = {(one["code"], one["evidence"]) for one in row["remarks"]}
    assert said == {(one.code, one.evidence) for one in grades.remarks}
    for one in row["remarks"]:
        assert one["help"]
        assert one["title"] == RULES[one["code"]].title
        assert one["reference"].startswith("https://")


def test_every_domain_comes_once_whatever_happens_to_the_others(
    check: Run, capsys: Capture, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("".join(f"{n},{name}\n" for n, name in enumerate(names(60), 1)) + "what?\n")
    assert check(SOUND, "--file", str(path), "--json") == 2
    out, err = capsys.readouterr()
    domains = [json.loads(line)["domain"] for line in out.splitlines()]
    assert sorted(domains) == sorted(names(60))
    assert err.count("\n") == 1
    assert "'what?' is no domain name" in err


def test_several_domains_are_a_line_each_unless_asked_for_more(check: Run, capsys: Capture) -> None:
    check(*names(3))
    assert len(capsys.readouterr().out.splitlines()) == 3
    check(*names(3), "--full")
    assert len(capsys.readouterr().out.splitlines()) > 30
    check(SOUND, "--brief")
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_grade_below_the_wanted_one_is_exit_1(check: Run, capsys: Capture) -> None:
    check(SOUND, "--json")
    grade = rows(capsys)[0]["grade"]
    assert check(SOUND, "--min-grade", str(grade)) == 0
    assert check(SOUND, "--min-grade", str(grade + 1)) == 1
    assert check(SOUND, "--min-letter", "f") == 0


def test_a_domain_that_does_not_exist_is_exit_1_and_has_no_grade(
    check: Run, capsys: Capture
) -> None:
    assert check(GONE, "--json") == 1
    (row,) = rows(capsys)
    assert (row["status"], row["grade"], row["remarks"]) == ("nxdomain", None, [])
    assert check(GONE) == 1
    assert "this domain does not exist" in capsys.readouterr().out


def test_a_domain_that_nobody_answers_for_is_exit_3_and_has_no_grade(
    check: Run, capsys: Capture
) -> None:
    silent = find(lambda known: known.fate == "servfail", names(4000)).domain
    assert check(silent, "--json", "--min-grade", "0") == 3
    (row,) = rows(capsys)
    assert (row["status"], row["grade"]) == ("not_measured", None)
    assert {remark["family"] for remark in row["remarks"]} == {"ns"}, "what its servers said"
    assert row["not_measured"]["spf"]["reason"] == "servfail"
    assert check(silent) == 3
    assert "nothing is known of this domain" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a domain"),
        (("--min-grade", "101", SOUND), "'101' is no grade"),
        (("--min-letter", "Z", SOUND), "'Z' is no letter"),
        (("--min-letter", "A", "--min-grade", "3", SOUND), "not allowed with"),
        (("--timeout", "soon", SOUND), "'soon' is no time"),
        (("--file", "/no/such/file"), "cannot be read"),
        (("--lab", "--resolver", "127.0.0.1", SOUND), "leave out --resolver"),
        (("--resolver", "one.example", SOUND), "'one.example' is no resolver address"),
        (("nothing",), "it has no dot"),
        (("--file", "/dev/null"), "there is no domain to check"),
    ],
)
def test_bad_usage_is_exit_2_and_a_sentence(
    check: Run, capsys: Capture, arguments: tuple[str, ...], said: str
) -> None:
    assert check(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_a_resolver_that_does_not_answer_is_exit_3_and_no_finding(
    check: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dnstats.check.whom.PROBE_SECONDS", 0.05)
    assert check(SOUND, "--resolver", "127.53.0.1:9") == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "no resolver answers (--resolver: 127.53.0.1:9)" in err


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dnstats", "check", *arguments],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "plugins"), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def test_an_interrupt_ends_it_and_the_practice_internet_with_it(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("\n".join(names(4000)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = started(scratch, "--lab", "--json", "--file", str(path))
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    assert first["domain"] in names(4000)
    assert process.poll() is None  # results come as they are found, not at the end
    (lab,) = children(process.pid)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not Path(f"/proc/{lab}").exists()
    assert list(scratch.iterdir()) == []


def test_a_killed_check_takes_the_practice_internet_with_it(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("\n".join(names(4000)))
    process = started(tmp_path, "--lab", "--json", "--file", str(path))
    assert process.stdout is not None
    process.stdout.readline()
    (lab,) = children(process.pid)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{lab}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{lab}").exists()


def test_a_reader_that_leaves_ends_it_in_peace(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("\n".join(names(300)))
    process = started(tmp_path, "--lab", "--json", "--file", str(path))
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize(("arguments", "status"), [(("--help",), 0), ((), 2), (("chek",), 2)])
def test_the_command_without_a_command_says_which_there_are(
    arguments: tuple[str, ...], status: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dnstats", *arguments], capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT / "plugins")}, check=False,
    )  # fmt: skip
    assert done.returncode == status
    assert "check" in done.stdout + done.stderr


def test_a_terminal_of_ascii_gets_a_report_too() -> None:
    """Without: a traceback, and exit status 1, which means that the domain is below par."""
    done = subprocess.run(
        [sys.executable, "-m", "dnstats", "check", "--lab", SOUND],
        env={"PATH": os.defpath, "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "???" in done.stdout  # the bars


def test_a_file_of_garbage_is_not_told_line_by_line(
    check: Run, capsys: Capture, tmp_path: Path
) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(b"\xff\x01\n" * 5000)
    assert check("--file", str(path)) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21
    assert "and 4,980 more" in said[-1]
