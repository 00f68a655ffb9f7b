"""A real signed zone behind a real unbound that validates, and one that does not."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dnstats.answer import Answer, Plan, Question
from dnstats.records.dane import ROOT, Dane, questions, read
from dnstats.records.host import host_questions
from dnstats.records.record import Site

from tests.answers import look_of
from tests.scan.asking import quick, run
from tests.scan.nameserver import NameServer, respond


def _program(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin") or ""


pytestmark = pytest.mark.skipif(
    not all(map(_program, ("knotd", "keymgr", "unbound"))), reason="knot and unbound are not there"
)
SITE = Site(1, "site.example")
ZONE = (
    "$ORIGIN .\n@ 60 SOA ns.example. host.example. 1 2 3 4 5\n@ 60 NS ns.example.\n"
    "ns.example. 60 A 127.0.0.1\nsite.example. 60 MX 10 mx.example.\nmx.example. 60 A 192.0.2.1\n"
    f"_25._tcp.mx.example. 60 TLSA 3 1 1 {'ab' * 32}\n"
)


def _free_port() -> int:
    with NameServer(lambda query: [(0, respond(query))]) as server:
        port: int = server.port
    return port


@contextmanager
def _running(*command: str, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _until_present(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        recorded, _ = run(quick(f"127.0.0.1:{port}", patience=0.0), ROOT)
        if recorded.final(ROOT).is_present:
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody answers at {port}")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A signed root with everything in it: its port, and the DS of its key."""
    port = _free_port()
    (tmp_path / "zone").write_text(ZONE)
    config = tmp_path / "knot.conf"
    config.write_text(
        f"server:\n  rundir: {tmp_path}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n"
        f"  tcp-workers: 1\ndatabase:\n  storage: {tmp_path}\n"
        f"zone:\n  - domain: .\n    file: {tmp_path}/zone\n    storage: {tmp_path}\n"
        "    dnssec-signing: on\n    zonefile-load: difference\n    zonefile-sync: -1\n"
        "    journal-content: all\n"
    )
    with _running(_program("knotd"), "-c", str(config), log=tmp_path / "knot.log"):
        _until_present(port)
        keys = subprocess.run(
            [_program("keymgr"), "-c", str(config), ".", "ds"], capture_output=True, check=True
        )
        yield port, keys.stdout.decode().splitlines()[0]


@contextmanager
def _unbound(folder: Path, root: tuple[int, str], modules: str) -> Iterator[str]:
    """A resolver of that root; its address and port."""
    port, ds = root
    own = _free_port()
    config = folder / f"{modules.replace(' ', '-')}.conf"
    config.write_text(
        f'server:\ninterface: 127.0.0.1\nport: {own}\ndirectory: {folder}\nchroot: ""\n'
        'username: ""\npidfile: ""\nuse-syslog: no\ndo-daemonize: no\n'
        f'do-not-query-localhost: no\nmodule-config: "{modules}"\ntrust-anchor: "{ds}"\n'
        "local-zone: example. transparent\nlocal-zone: invalid. transparent\n"
        f'stub-zone:\nname: "."\nstub-addr: 127.0.0.1@{port}\n'
        "remote-control:\ncontrol-enable: no\n"
    )
    with _running(_program("unbound"), "-c", str(config), log=folder / "unbound.log"):
        _until_present(own)
        yield f"127.0.0.1:{own}"


def _reading(resolver: str) -> Dane:
    asked: list[Answer] = []

    def plan() -> Plan:
        asked.extend((yield host_questions("mx.example")))
        inner = questions(SITE)
        assert not isinstance(inner, tuple)
        wanted: tuple[Question, ...] = next(inner)
        while True:
            answers = yield wanted
            asked.extend(answers)
            try:
                wanted = inner.send(answers)
            except StopIteration:
                return

    run(quick(resolver, timeout=2.0), plans=[(SITE.domain, plan())])
    value = read(SITE, look_of(*asked))
    assert isinstance(value, Dane)
    return value


@pytest.mark.parametrize(
    ("modules", "is_secure"), [("validator iterator", True), ("iterator", None)]
)
def test_what_a_resolver_does_not_validate_is_unknown(
    tmp_path: Path, root: tuple[int, str], modules: str, is_secure: bool | None
) -> None:
    with _unbound(tmp_path, root, modules) as resolver:
        value = _reading(resolver)
    [host] = value.hosts
    assert len(host.records) == 1
    assert (value.mx_is_secure, host.is_secure, host.address_is_secure) == (is_secure,) * 3
