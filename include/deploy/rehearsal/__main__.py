"""`python -m rehearsal [--sites N] [--chunk N]`: the whole of docker-compose.yaml, natively."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from dnstats.settings import ROOT, load
from dnstats.stack.airflow_api import AirflowApi
from dnstats.stack.fault import StackFault
from dnstats.stack.postgres import Cluster
from dnstats.stack.run import PUBLISH, SCAN, await_dag

from rehearsal import drive, record, world
from rehearsal.compose_file import Service, in_order, read_env, read_services
from rehearsal.container import Container

COMPOSE = ROOT / "docker-compose.yaml"
PAGE = ROOT / "include" / "docs" / "rehearsal.md"
KILLED = "airflow-worker-scan"
OUTAGE_SECONDS = 30.0
# Beyond docker-compose.yaml, for the practice internet and because all services share a network.
ALSO = {
    "DNSTATS_SCHEDULE": "never",
    "DNSTATS_ALLOW_SPECIAL": "true",
    "DNSTATS_SERVER_RATE": "10000",
}
ALSO_OF = {"airflow-worker": {"AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": "8795"}}
MAIL = {
    "conn_type": "smtp",
    "host": "mail-catcher",
    "port": 1025,
    "extra": {"disable_ssl": True, "disable_tls": True},
}


def main(argv: list[str]) -> int:
    """Exit status 0: everything was seen to work."""
    parser = argparse.ArgumentParser("python -m rehearsal", description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--chunk", type=int, default=100)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        if not options.inside:
            world.enter(argv)
        return _rehearse(options.sites, options.chunk)
    except StackFault as fault:
        print(f"rehearsal: {fault}", file=sys.stderr)
        return 1


def _rehearse(sites: int, chunk: int) -> int:
    folder = load().var / "rehearsal"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mails").mkdir(parents=True)
    (folder / "mails").chmod(0o777)
    variables, services = _read(folder)
    users = {int(s.user.partition(":")[0]) for s in services.values() if s.user[0].isdigit()}
    world.furnish(folder, _hosts(list(services)), users)
    seen = record.Seen(sites, chunk, _beyond())
    programs = Cluster(folder / "cluster").programs() / "bin"
    path = f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}:/usr/sbin"
    containers = [
        Container(s, folder, ALSO | ALSO_OF.get(s.name, {}), path) for s in in_order(services)
    ]
    lab = world.start_internet(folder)
    try:
        _start(containers, seen)
        _scan(containers, variables, folder, seen)
        for container in containers:
            if container.service.health:
                container.is_healthy()
                seen.health_after[container.name] = container.checked
    finally:
        began = time.monotonic()
        for container in reversed(containers):
            container.stop()
        seen.cpu["the practice internet"] = _ended(lab)
        print(f"stopped after {time.monotonic() - began:.0f} s", flush=True)
    for container in containers:
        seen.cpu[container.name] = container.cpu_seconds
    seen.left = world.everybody()
    seen.secrets_found = record.search_secrets(folder, variables)
    PAGE.write_text(record.page(seen, containers))
    print(f"wrote {PAGE}\n" + "\n".join(seen.faults() or ["all as it should be"]), flush=True)
    return 1 if seen.faults() else 0


def _read(folder: Path) -> tuple[dict[str, str], dict[str, Service]]:
    """Secrets as an operator makes them, then the file."""
    # unbound listens on 0.0.0.0; here its answers come from 127.0.0.1, whatever address was asked.
    (folder / ".env").write_text(
        f"DNSTATS_RESOLVERS=127.0.0.1:5335\nAIRFLOW_CONN_SMTP_DEFAULT={json.dumps(MAIL)}\n"
    )
    maker = ROOT / "include" / "deploy" / "make_secrets.py"
    subprocess.run([sys.executable, maker, folder / ".env"], check=True)
    variables = read_env(folder / ".env")
    return variables, read_services(COMPOSE, variables)


def _hosts(names: list[str]) -> dict[str, str]:
    """A loopback address for each service."""
    return {name: f"127.77.0.{number}" for number, name in enumerate(names, 1)}


def _start(containers: list[Container], seen: record.Seen) -> None:
    for container in containers:
        began = time.monotonic()
        if not container.service.health:
            container.run()
        else:
            container.start()
            container.await_healthy()
        seen.started[container.name] = (time.monotonic() - began, container.checked)
        print(f"{container.name}: up after {time.monotonic() - began:.1f} s", flush=True)


def _scan(
    containers: list[Container], variables: dict[str, str], folder: Path, seen: record.Seen
) -> None:
    api = AirflowApi("http://airflow-apiserver:8080", variables["AIRFLOW_ADMIN_PASSWORD"])
    seen.airflow_health = api.health()
    seen.pools = {p["name"]: p["slots"] for p in api.call("GET", "/pools")["pools"]}
    for dag_id in (SCAN, PUBLISH):
        await_dag(api, dag_id, lambda: None)
        api.set_paused(dag_id, False)
    worker = next(c for c in containers if c.name == KILLED)
    database = next(c for c in containers if c.name == "postgres")
    sent = world.datagrams()
    before = {container.name: container.used() for container in containers}
    undisturbed = drive.scan(api, seen.sites, seen.chunk, lambda: None, "rehearsal")
    seen.datagrams = world.datagrams() - sent
    seen.cpu_of_run = {c.name: c.used() - before[c.name] for c in containers}
    print(f"{undisturbed.run_id}: {undisturbed.seconds:.0f} s", flush=True)

    def kill_a_worker(tasks: list[dict[str, Any]]) -> None:
        done, running = _scans(tasks)
        if seen.killed or not done or not running:
            return
        worker.count_cpu()
        seen.killed = (worker.kill(), done, running)
        print(f"killed {KILLED}: {seen.killed}", flush=True)
        time.sleep(2)
        worker.start()  # restart: always

    def stop_the_database(tasks: list[dict[str, Any]]) -> None:
        done, running = _scans(tasks)
        if seen.outage or not done or not running:
            return
        database.count_cpu()
        seen.outage = (database.halt(), done, running)
        print(f"stopped postgres: {seen.outage}", flush=True)
        began = time.monotonic()
        while time.monotonic() - began < OUTAGE_SECONDS:
            time.sleep(1)
            restart()
        database.start()

    def restart() -> None:
        """`restart: always`."""
        for container in containers:
            if container.has_ended() and container is not database:
                print(f"{container.name} ended by itself; started again", flush=True)
                seen.restarted[container.name] = seen.restarted.get(container.name, 0) + 1
                container.start()

    killed = drive.scan(
        api, seen.sites, seen.chunk, lambda: None, "rehearsal, a worker killed", kill_a_worker
    )
    print(f"{killed.run_id}: {killed.seconds:.0f} s", flush=True)
    without = drive.scan(
        api, seen.sites, seen.chunk, restart, "rehearsal, no database for a while",
        stop_the_database,
    )  # fmt: skip
    print(f"{without.run_id}: {without.seconds:.0f} s", flush=True)
    seen.runs = (undisturbed, killed, without)
    reader = f"postgresql://dnstats_reader:{variables['POSTGRES_READER_PASSWORD']}@postgres/dnstats"
    seen.rows = tuple(drive.rows(reader, run.run_id) for run in seen.runs)
    seen.summary = drive.summary(reader, undisturbed.run_id)
    seen.sizes = drive.sizes(reader) | {
        "archive": sum(p.stat().st_size for p in folder.rglob("archive/**/*.parquet"))
    }
    seen.mails = [record.mail_line(path) for path in sorted((folder / "mails").glob("*.eml"))]
    api.close()


def _scans(tasks: list[dict[str, Any]]) -> tuple[int, int]:
    """How many chunks are scanned, and how many are being scanned."""
    states = [task["state"] for task in tasks if task["task_id"] == "scan_chunk"]
    return states.count("success"), states.count("running")


def _beyond() -> dict[str, str]:
    """The environment beyond the file's, as the page shows it."""
    of_one = {
        f"{variable}": f"{value}  ({name})"
        for name, also in ALSO_OF.items()
        for variable, value in also.items()
    }
    return ALSO | of_one


def _ended(lab: subprocess.Popen[bytes]) -> float:
    lab.terminate()
    _, _, used = os.wait4(lab.pid, 0)
    return used.ru_utime + used.ru_stime


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
