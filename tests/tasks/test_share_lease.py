"""Scans in several processes ask one server no faster than one scan may."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.models import ScanShare
from dnstats.db.shares import WHOLE
from dnstats.records.record import Site
from dnstats.scan.allowance import Allowance, Part
from dnstats.tasks import share_lease
from dnstats.tasks.chunk_name import ChunkName
from dnstats.tasks.scan_chunk import in_random_order
from dnstats.tasks.share_lease import ShareLease, ShareLost

from tests.scan.asking import quick, txt
from tests.scan.nameserver import NameServer, Query, Reply, respond
from tests.scan.test_lookups import Bench

CHUNK = ChunkName(run_id=1, number=0, label="ranks 1-10")
RATE = 30
PROGRAM = """
import json, sys
sys.path[:0] = {paths!r}
from dnstats.db.connect import open_database
from dnstats.scan.scanner import scan
from dnstats.tasks.share_lease import ShareLease
from tests.scan.asking import ask, quick, txt
name, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chunk = dict(run_id=1, number=ord(name), label=name)
settings = quick("127.0.0.1:1", direct_port=port, server_rate={rate}, timeout=1.0)
questions = [txt(f"{{name}}{{n}}.example", "127.0.0.1") for n in range(count)]
print("ready", flush=True)
with ShareLease(open_database(sys.stdin.readline().strip()), chunk) as allowance:
    report = scan(
        ((q.name, ask(q)) for q in questions), settings, lambda *_: None, allowance=allowance
    )
print(json.dumps([report.outcomes, report.busiest["127.0.0.1"]]))
"""


def always(query: Query) -> Iterable[Reply]:
    return [(0, respond(query))]


def start(name: str, server: NameServer, count: int, url: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    program = PROGRAM.format(paths=[str(root), str(root / "plugins")], rate=RATE)
    process = subprocess.Popen(
        [sys.executable, "-c", program, name, str(server.port), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write(url + "\n")
    process.stdin.flush()
    return process


def wait_until(server: NameServer, letter: str) -> None:
    end = time.monotonic() + 60
    while not any(query.name.startswith(letter) for query in server.queries):
        assert time.monotonic() < end, f"{letter} has asked nothing"
        time.sleep(0.02)


def test_three_scans_together_keep_the_rate_of_one(engine: sa.Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    with NameServer(always) as server:
        first = start("a", server, 110, url)
        wait_until(server, "a")
        others = [start("b", server, 60, url), start("c", server, 60, url)]
        told = [json.loads(process.communicate(timeout=120)[0]) for process in (first, *others)]
        times = server.times
    by_second: Counter[int] = Counter()
    for outcomes, (begin, counts) in told:
        assert outcomes["not_measured"] == 0
        by_second.update({begin + place: count for place, count in enumerate(counts)})
    assert sum(by_second.values()) == len(times) == 230
    assert max(by_second.values()) <= RATE
    assert len(times) <= RATE * (times[-1] - times[0] + 1)
    # Nor did they wait for each other: in the seconds that were not quiet the rate was used.
    assert max(by_second.values()) > 0.3 * RATE


def test_a_killed_scan_leaves_its_part_to_the_others(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_lease, "SECONDS", 3.0)
    url = engine.url.render_as_string(hide_password=False)
    with NameServer(always) as server:
        killed = start("k", server, 10_000, url)
        wait_until(server, "k")
        killed.kill()
        killed.communicate()
        # As if its twenty seconds were nearly over.
        with engine.begin() as connection:
            connection.execute(
                sa.update(ScanShare).values(
                    expires_at=sa.func.clock_timestamp() + sa.cast("1 second", sa.Interval)
                )
            )
        with ShareLease(engine, CHUNK) as allowance:
            assert allowance.use(time.monotonic()).share == 0
            end = time.monotonic() + 60
            while allowance.use(time.monotonic()).share < 1 and time.monotonic() < end:
                time.sleep(0.05)
            assert allowance.use(time.monotonic()).share == 1


def test_without_the_database_a_scan_stops_asking_and_ends_at_last(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share_lease, "SECONDS", 3.0)
    monkeypatch.setattr(share_lease, "RENEW_EVERY", 0.05)
    nowhere = sa.create_engine("postgresql+psycopg://x:y@127.0.0.1:1/z", poolclass=sa.NullPool)
    lease = ShareLease(engine, CHUNK)
    with lease as allowance:
        assert allowance.use(time.monotonic()).share == 1
        lease._database = nowhere
        end = time.monotonic() + 60
        while allowance.use(time.monotonic()).share and time.monotonic() < end:
            time.sleep(0.05)
        assert allowance.use(time.monotonic()).share == 0
        monkeypatch.setattr(share_lease, "GIVE_UP", 0.0)
        while allowance.fault is None and time.monotonic() < end:
            time.sleep(0.02)
        with pytest.raises(ShareLost, match="could not be asked for"):
            allowance.use(time.monotonic())


def test_a_part_that_is_over_is_not_used_any_more() -> None:
    allowance = Allowance(Part(0.5, 1010.0))
    assert allowance.use(1009.9).share == 0.5
    assert allowance.use(1010.0).share == 0.0


def test_what_is_said_to_be_used_is_never_less_than_what_is_used() -> None:
    allowance = Allowance(Part(1.0, 2000.0))
    assert allowance.most == 1.0  # may be taken up at any moment
    allowance.use(1000.0)
    allowance.offer(Part(0.5, 2000.0))
    assert (allowance.most, allowance.is_adopted) == (1.0, False)
    allowance.use(1001.0)
    assert (allowance.most, allowance.is_adopted) == (0.5, True)


def test_a_waiting_question_goes_out_when_the_scan_gets_its_part() -> None:
    settings = quick("192.0.2.53", server_rate=20.0, resolver_rate=100.0)
    bench = Bench(txt("a.example", "192.0.2.1"), txt("b.example"), scan_settings=settings)
    bench.core.allow(Part(0.0, 2000.0), bench.now)
    assert not bench.sends()
    bench.turn(50.0)
    assert not bench.sends()
    bench.core.allow(Part(0.5, 2000.0), bench.now)
    bench.turn(0.99)
    assert not bench.sends()
    bench.turn(0.02)
    assert {query.name for _, query in bench.sends()} == {"a.example", "b.example"}


def test_alone_from_the_beginning_nothing_waits() -> None:
    bench = Bench(
        txt("a.example", "192.0.2.1"), scan_settings=quick("192.0.2.53", server_rate=20.0)
    )
    bench.core.allow(Part(0.0, 2000.0), bench.now)
    bench.core.allow(Part(1.0, 2000.0, is_alone=True), bench.now)
    assert len(bench.sends()) == 1


def test_one_operators_sites_are_not_asked_in_a_row() -> None:
    """A list sorted by operator, the largest with a third of it, as Cloudflare has."""
    sites = [Site(rank, f"site{rank}.example") for rank in range(10_000)]
    for number in range(20):
        chunk = ChunkName(run_id=7, number=number, label="")
        rows = [len(list(row)) for _, row in groupby(
            in_random_order(list(sites), chunk), lambda site: site.rank // 3300
        )]  # fmt: skip
        assert max(rows) < 20
        assert in_random_order(list(sites), chunk) == in_random_order(list(sites), chunk)


def test_a_lease_is_given_back(engine: sa.Engine) -> None:
    with ShareLease(engine, CHUNK), engine.connect() as connection:
        assert connection.scalar(sa.select(ScanShare.part)) == WHOLE
    with engine.connect() as connection:
        assert connection.execute(sa.select(ScanShare.part, ScanShare.is_over)).all() == [(0, True)]
