"""The clients that `bench/scan.py` measures. Each is a process of its own, its imports counted.

    python bench/scan_clients.py CLIENT '{"port": 5300, "count": 1000, "folder": "/tmp/x", ...}'

Each prints one JSON object; `answered` is how many questions were answered. What is asked are TXT
records, five names a site: what the real SPF, DMARC, TLS-RPT and BIMI plans ask about it.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

ZONE = "test"
FAMILIES = ("spf", "dmarc", "tls_rpt", "bimi")
PREFIXES = ("", "_spf.", "_dmarc.", "_smtp._tls.", "default._bimi.")
IN_FLIGHT = 200  # of the clients with a task a look-up


def sites(count: int) -> Iterator[str]:
    return (f"site{number:06d}.{ZONE}" for number in range(count))


def names(count: int) -> Iterator[str]:
    """The first `count` names that are asked; the last of a site does not exist."""
    whole, rest = divmod(count, len(PREFIXES))
    for number, site in enumerate(sites(whole + 1)):
        for prefix in PREFIXES[: len(PREFIXES) if number < whole else rest]:
            yield prefix + site


# -- this engine ----------------------------------------------------------------------------------


def transport(port: int, count: int, folder: str, batches: bool = True) -> dict[str, Any]:
    """Core and sockets alone: sent, matched, checked, written to a file; not read any further."""
    import random
    from itertools import islice

    from dnstats import wire
    from dnstats.answer import Answer, Outcome, Question
    from dnstats.scan import lookups
    from dnstats.scan.query import question_section
    from dnstats.scan.server import Lookup
    from dnstats.scan.settings import ScanSettings
    from dnstats.scan.transport import Transport

    came: list[bytes] = []

    def keep(_lookup: Lookup, data: bytes, _now: float, **_: bool) -> Answer:
        came.append(data)
        return unread

    lookups.read_reply = keep  # type: ignore[assignment]
    unread = Answer(Question(".", wire.NS), Outcome.PRESENT)
    settings = ScanSettings(resolvers=(f"127.0.0.1:{port}",), batches=batches)
    clock = time.monotonic
    core = lookups.Lookups(settings, random.Random(os.urandom(16)), clock())
    sockets = Transport(1000, batches=batches)
    waiting = names(count)
    done = 0
    gc.disable()
    with open(Path(folder, "raw"), "wb") as out:
        while done < count:
            wanted = int(core.first.room()) - len(core.first.queue)
            for name in islice(waiting, max(0, wanted)):
                question = Question(name, wire.TXT)
                core.add(Lookup(question, question_section(name, wire.TXT)))
            now = clock()
            sockets.send(core, core.sends(now), now)
            ready = sockets.wait(0.0 if core.finished or core.has_sends() else 0.05)
            now = clock()
            sockets.handle(core, ready, now)
            core.expire(now)
            done += len(core.finished)
            core.finished.clear()
            out.write(b"".join(came))
            came.clear()
    sockets.close()
    return {"answered": done}


def stage(port: int, count: int, folder: str, **settings: Any) -> dict[str, Any]:
    """The whole stage: real plans with their follow-ups, outcomes, the Parquet archive."""
    from dnstats.records import load_records
    from dnstats.records.record import Site

    records = [record for record in load_records() if record.name in FAMILIES]
    plans = (
        (domain, record.questions(Site(rank, domain)))
        for rank, domain in enumerate(sites(count // len(PREFIXES)), 1)
        for record in records
    )
    return _scan(plans, folder, resolvers=(f"127.0.0.1:{port}",), **settings)


def plain(port: int, count: int, folder: str, **settings: Any) -> dict[str, Any]:
    """Every name once, in plans of one question: losses are seen, nothing follows."""
    from dnstats import wire
    from dnstats.answer import Plan, Question

    def plan(name: str) -> Plan:
        yield (Question(name, wire.TXT),)

    plans = ((name, plan(name)) for name in names(count))
    return _scan(plans, folder, resolvers=(f"127.0.0.1:{port}",), **settings)


def chunk(listed: str, folder: str, **settings: Any) -> dict[str, Any]:
    """A chunk as the task scans it: every family's plans for every site of a list."""
    from dnstats.records.record import Site
    from dnstats.tasks.scan_chunk import plan_sites

    domains = Path(listed).read_text().split()
    plans = plan_sites([Site(rank, domain) for rank, domain in enumerate(domains, 1)])
    return _scan(plans, folder, allow_special=True, **settings)


def _scan(plans: Any, folder: str, **settings: Any) -> dict[str, Any]:
    import msgspec
    from dnstats.archive import ChunkArchive, chunk_path
    from dnstats.scan.scanner import scan
    from dnstats.scan.settings import ScanSettings

    archive = ChunkArchive()
    report = scan(plans, msgspec.convert(settings, ScanSettings), archive.add)
    size = archive.write(folder, chunk_path(dt.date(2026, 1, 1), 1, 1))
    found: dict[str, Any] = msgspec.to_builtins(report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    answered = report.questions - report.outcomes["not_measured"]
    return {**found, "answered": answered, "archive_bytes": size, "peak_mb": peak}


def bare(port: int, count: int, folder: str) -> dict[str, Any]:
    """The floor of `transport`: nothing that makes a scanner of a loop."""
    from scan_floor import ask_all

    gc.disable()
    came: list[bytes] = []
    answered = ask_all(port, names(count), lambda _name, data: came.append(data))
    Path(folder, "raw").write_bytes(b"".join(came))
    return {"answered": answered}


def bare_stage(port: int, count: int, folder: str) -> dict[str, Any]:
    """The floor of `stage`: an answer for each reply, outcome by the code alone; the archive."""
    from dnstats import wire
    from dnstats.answer import Answer, Outcome, Question
    from dnstats.archive import ChunkArchive, chunk_path
    from scan_floor import ask_all

    gc.disable()
    archive = ChunkArchive()

    def keep(name: str, data: bytes) -> None:
        question = Question(name, wire.TXT)
        outcome = Outcome.NXDOMAIN if data[3] & 0xF else Outcome.PRESENT
        answer = Answer(
            question, outcome, None, data[3] & 0xF, (), False, False, False, 1, 1.0, "127.0.0.1",
            b"\0\0" + data[2:],
        )  # fmt: skip
        archive.add(answer, 1, 1e9)

    answered = ask_all(port, names(count), keep)
    archive.write(folder, chunk_path(dt.date(2026, 1, 1), 1, 2))
    return {"answered": answered}


# -- others ---------------------------------------------------------------------------------------


def _each_by_a_task(count: int, ask: Callable[[str], Awaitable[bool]]) -> dict[str, Any]:
    import asyncio

    done = 0

    async def worker(waiting: Iterator[str]) -> None:
        nonlocal done
        for name in waiting:
            is_answered = await ask(name)
            done += is_answered

    async def run() -> None:
        waiting = names(count)
        await asyncio.gather(*(worker(waiting) for _ in range(IN_FLIGHT)))

    asyncio.run(run())
    return {"answered": done}


def dnspython(port: int, count: int, **_: Any) -> dict[str, Any]:
    import dns.asyncquery
    import dns.message

    async def ask(name: str) -> bool:
        query = dns.message.make_query(name, "TXT", want_dnssec=True)
        with suppress(Exception):
            await dns.asyncquery.udp(query, "127.0.0.1", 5, port=port)
            return True
        return False

    return _each_by_a_task(count, ask)


def aiodns(port: int, count: int, **_: Any) -> dict[str, Any]:
    import aiodns as library
    import pycares

    resolvers: list[library.DNSResolver] = []

    async def ask(name: str) -> bool:
        if not resolvers:  # it wants the running loop
            resolvers.append(
                library.DNSResolver(nameservers=["127.0.0.1"], udp_port=port, timeout=5)
            )
        try:
            await resolvers[0].query_dns(name, "TXT")
        except library.error.DNSError as error:
            return error.args[0] in (pycares.errno.ARES_ENOTFOUND, pycares.errno.ARES_ENODATA)
        return True

    return _each_by_a_task(count, ask)


def blastdns(port: int, count: int, **_: Any) -> NoReturn:
    import asyncio

    import blastdns as library

    config = library.ClientConfig(
        max_inflight_per_resolver=32,  # the most that its persistent socket takes
        max_concurrency=IN_FLIGHT,
        request_timeout_ms=5000,
        persistent_socket=True,
        cache_capacity=0,
    )

    async def run() -> int:
        client = library.Client([f"127.0.0.1:{port}"], config)
        done = 0
        async for _, result in client.resolve_batch_full(names(count), "TXT"):
            done += not isinstance(result, library.DNSError)
        return done

    print(json.dumps({"answered": asyncio.run(run())}), flush=True)
    os._exit(0)  # its threads sometimes abort Python's own end


def nothing(**_: Any) -> dict[str, Any]:
    """What Python and the imports cost by themselves."""
    import dnstats.archive
    import dnstats.records
    import dnstats.scan.scanner  # noqa: F401

    return {"answered": 0}


CLIENTS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function
    for function in (
        transport,
        stage,
        bare,
        bare_stage,
        plain,
        chunk,
        dnspython,
        aiodns,
        blastdns,
        nothing,
    )
}

if __name__ == "__main__":
    print(json.dumps(CLIENTS[sys.argv[1]](**json.loads(sys.argv[2]))))
