"""A real unbound that is killed, or stopped, in the middle of a chunk: costs time, not answers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from dnstats.answer import Wanted
from dnstats.scan.progress import ScanReport
from dnstats.scan.scanner import scan
from dnstats.scan.settings import ScanSettings

from tests.scan.asking import Recorded, ask, txt

UNBOUND = shutil.which("unbound") or shutil.which("unbound", path="/usr/sbin")
NAMES = 3000
pytestmark = pytest.mark.skipif(UNBOUND is None, reason="unbound is not installed")


class Unbound:
    """One that knows the test's names by itself and asks nobody."""

    def __init__(self, folder: Path) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        own = "".join(f'local-data: "n{number}.example. TXT yes"\n' for number in range(NAMES))
        self.config = folder / "unbound.conf"
        self.config.write_text(
            f"server:\ninterface: 127.0.0.1\nport: {self.port}\ndirectory: {folder}\n"
            'chroot: ""\nusername: ""\npidfile: ""\nuse-syslog: no\ndo-daemonize: no\n'
            "module-config: iterator\nlocal-zone: . static\n"
            f'local-data: ". NS a.root."\nlocal-zone: example. static\n{own}'
            "remote-control:\ncontrol-enable: no\n"
        )
        self.start()

    def start(self) -> None:
        assert UNBOUND is not None
        log = self.config.with_suffix(".log").open("ab")
        self.process = subprocess.Popen([UNBOUND, "-c", str(self.config)], stderr=log)
        log.close()

    def wait(self) -> None:
        query = b"\0\1\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            end = time.monotonic() + 30
            while time.monotonic() < end:
                try:
                    asking.connect(("127.0.0.1", self.port))
                    asking.send(query)
                    asking.recv(512)
                    return
                except OSError:
                    time.sleep(0.05)
        raise AssertionError(f"unbound does not answer: {self.config.with_suffix('.log')}")

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def unbound(tmp_path: Path) -> Iterator[Unbound]:
    started = Unbound(tmp_path)
    try:
        started.wait()
        yield started
    finally:
        started.end()


def scan_while(unbound: Unbound, trouble: threading.Thread) -> tuple[Recorded, ScanReport]:
    """Ask all names as a run does by default, with the trouble beginning after some hundred."""
    recorded = Recorded()

    def plans() -> Iterable[tuple[str, Wanted]]:
        for number in range(NAMES):
            if number == 600:
                trouble.start()
            name = f"n{number}.example"
            yield name, ask(txt(name))

    settings = ScanSettings(
        resolvers=(f"127.0.0.1:{unbound.port}",), timeout=2.5, window=100, allow_special=True
    )
    report = scan(plans(), settings, recorded)
    trouble.join()
    return recorded, report


def check(recorded: Recorded, report: ScanReport, seconds: float) -> None:
    assert report.outcomes == {"present": NAMES, "nodata": 0, "nxdomain": 0, "referral": 0,
                               "not_measured": 0}  # fmt: skip
    assert all(len(calls) == 1 for calls in recorded.calls.values())  # not even a second pass
    assert seconds < report.elapsed < seconds + 30


def test_a_resolver_killed_for_ten_seconds_costs_time_not_answers(unbound: Unbound) -> None:
    def kill() -> None:
        unbound.process.kill()
        unbound.process.wait()
        time.sleep(10)
        unbound.start()

    recorded, report = scan_while(unbound, threading.Thread(target=kill))
    check(recorded, report, 10)
    assert report.refunds > 0


def test_a_resolver_that_is_stopped_and_goes_on_costs_time_not_answers(unbound: Unbound) -> None:
    def stop() -> None:
        os.kill(unbound.process.pid, signal.SIGSTOP)
        time.sleep(7)
        os.kill(unbound.process.pid, signal.SIGCONT)

    recorded, report = scan_while(unbound, threading.Thread(target=stop))
    check(recorded, report, 6)
