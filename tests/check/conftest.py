"""A practice internet for the whole folder, and the command as a person runs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dnstats.check.command import main

from tests.lab.worlds import names, serving, subs

Run = Callable[..., int]


@pytest.fixture(scope="session")
def lab_port() -> Iterator[int]:
    """The port of a practice internet."""
    with serving(names(60) + subs(20)) as port:
        yield port


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """No setting of the machine's own; short times."""
    for variable in [name for name in os.environ if name.startswith("DNSTATS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("DNSTATS_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DNSTATS_TIMEOUT", "0.25")
    monkeypatch.setenv("DNSTATS_SERVER_RATE", "4000")
    return dict(os.environ)


@pytest.fixture
def check(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, lab_port: int) -> Run:
    """`check("a.example", "--json")`: the exit status; the practice internet is the resolver."""
    monkeypatch.setenv("DNSTATS_RESOLVERS", f"127.53.0.1:{lab_port}")
    monkeypatch.setenv("DNSTATS_SECOND_RESOLVERS", f"127.53.0.2:{lab_port}")
    monkeypatch.setenv("DNSTATS_DIRECT_PORT", str(lab_port))
    monkeypatch.setenv("DNSTATS_ALLOW_SPECIAL", "true")

    def run(*arguments: str) -> int:
        try:
            return main(list(arguments))
        except SystemExit as end:  # argparse
            return int(end.code or 0)

    return run
