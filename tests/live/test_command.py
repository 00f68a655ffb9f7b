"""`make rerun` against a stack that runs."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.live.conftest import Stack


def rerun(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dnstats.stack", "rerun", *arguments],
        env={"PATH": os.defpath, "DNSTATS_VAR": str(stack.owner.places.var)},
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


def test_make_rerun_grades_one_chunk_again_and_leaves_the_same_rows(
    stack: Stack, first_run: str
) -> None:
    before, chunks = stack.rows(first_run), stack.chunks(first_run)
    done = rerun(stack, f"--run={chunks[0].id}", "--chunk=2", "--from=grade")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"cleared 2 tasks of {first_run}: grade_chunk of 1 chunks" in done.stdout
    assert stack.rows(first_run) == before
    after = stack.chunks(first_run)
    assert [old.graded_at != new.graded_at for old, new in zip(chunks, after, strict=True)] == [
        False, False, True,
    ]  # fmt: skip
    assert [c.scanned_at for c in chunks] == [c.scanned_at for c in after]


def test_make_rerun_refuses_what_is_not_there_in_one_sentence(stack: Stack, first_run: str) -> None:
    for arguments, said in (
        (("--run=999999", "--chunk=0"), "there is no run of that number"),
        ((f"--run={first_run}", "--chunk=0,7"), "this run has the chunks 0 to 2, and 7 is none"),
    ):
        done = rerun(stack, *arguments)
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
