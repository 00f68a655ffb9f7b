"""The clients that `bench/scan.py` measures: each asks for every name once and keeps the messages.

Run as a process of its own: `python bench/scan_clients.py NAME PORT COUNT FOLDER`; prints how many
were answered. Importing the libraries is part of what it costs.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

ZONE = "bench.test"
IN_FLIGHT = 200  # of the clients with a task a look-up


def names(count: int) -> Iterator[str]:
    return (f"site{number:06d}.{ZONE}" for number in range(count))


class Raw:
    """A message as it came, in the place of an Answer."""

    __slots__ = ("message",)
    reason = None

    def __init__(self, message: bytes) -> None:
        self.message = message


def _transport(port: int, count: int, folder: str, *, batches: bool) -> int:
    """Core and sockets alone: sent, matched, checked, written to a file; not read any further."""
    import random

    from dnstats import wire
    from dnstats.answer import Question
    from dnstats.scan import lookups
    from dnstats.scan.query import question_section
    from dnstats.scan.server import Lookup
    from dnstats.scan.settings import ScanSettings
    from dnstats.scan.transport import Transport

    def keep(_lookup: Lookup, data: bytes, _now: float, **_: bool) -> Raw:
        return Raw(data)

    lookups.read_reply = keep  # type: ignore[assignment]
    settings = ScanSettings(resolvers=(f"127.0.0.1:{port}",), batches=batches)
    clock = time.monotonic
    core = lookups.Lookups(settings, random.Random(os.urandom(16)), clock())
    transport = Transport(1000, batches=batches)
    waiting = names(count)
    done = 0
    gc.disable()
    with open(Path(folder, "raw"), "wb") as out:
        while done < count:
            if len(core.first.queue) < settings.window:
                for _, name in zip(range(settings.window), waiting, strict=False):
                    question = Question(name, wire.TXT)
                    core.add(Lookup(question, question_section(name, wire.TXT)))
            now = clock()
            transport.send(core, core.sends(now), now)
            ready = transport.wait(transport.pause(core, 0.05))
            now = clock()
            transport.handle(core, ready, now)
            core.expire(now)
            finished, core.finished = core.finished, []
            out.write(b"".join([answer.message for _, answer in finished]))
            done += len(finished)
    transport.close()
    return done


def engine(port: int, count: int, folder: str) -> int:
    return _transport(port, count, folder, batches=True)


def engine_plain(port: int, count: int, folder: str) -> int:
    return _transport(port, count, folder, batches=False)


def _scan(port: int, count: int, folder: str, *, batches: bool) -> int:
    """The whole stage: plans, the table of questions, outcomes, the Parquet archive."""
    from dnstats import wire
    from dnstats.answer import Plan, Question
    from dnstats.archive import ChunkArchive, chunk_path
    from dnstats.scan.scanner import scan
    from dnstats.scan.settings import ScanSettings

    def plan(name: str) -> Plan:
        yield (Question(name, wire.TXT),)

    archive = ChunkArchive()
    settings = ScanSettings(resolvers=(f"127.0.0.1:{port}",), batches=batches)
    report = scan(((name, plan(name)) for name in names(count)), settings, archive.add)
    archive.write(folder, chunk_path(dt.date(2026, 1, 1), 1, 1))
    return report.outcomes["present"]


def stage(port: int, count: int, folder: str) -> int:
    return _scan(port, count, folder, batches=True)


def stage_plain(port: int, count: int, folder: str) -> int:
    return _scan(port, count, folder, batches=False)


def dnspython(port: int, count: int, _folder: str) -> int:
    import asyncio

    import dns.asyncquery
    import dns.message

    done = 0

    async def worker(waiting: Iterator[str]) -> None:
        nonlocal done
        for name in waiting:
            query = dns.message.make_query(name, "TXT", want_dnssec=True)
            with suppress(Exception):
                await dns.asyncquery.udp(query, "127.0.0.1", 5, port=port)
                done += 1

    async def run() -> None:
        waiting = names(count)
        await asyncio.gather(*(worker(waiting) for _ in range(IN_FLIGHT)))

    asyncio.run(run())
    return done


def aiodns(port: int, count: int, _folder: str) -> int:
    import asyncio

    import aiodns as library

    done = 0

    async def worker(resolver: library.DNSResolver, waiting: Iterator[str]) -> None:
        nonlocal done
        for name in waiting:
            with suppress(Exception):
                await resolver.query(name, "TXT")
                done += 1

    async def run() -> None:
        resolver = library.DNSResolver(nameservers=["127.0.0.1"], udp_port=port, timeout=5)
        waiting = names(count)
        await asyncio.gather(*(worker(resolver, waiting) for _ in range(IN_FLIGHT)))

    asyncio.run(run())
    return done


CLIENTS: dict[str, Callable[[int, int, str], int]] = {
    "engine": engine,
    "engine_plain": engine_plain,
    "stage": stage,
    "stage_plain": stage_plain,
    "dnspython": dnspython,
    "aiodns": aiodns,
}

if __name__ == "__main__":
    client, port, count, folder = sys.argv[1:]
    print(CLIENTS[client](int(port), int(count), folder))
