"""`python -m dnstats.stack run|rerun|up|down|status|serve|destroy`: what the Makefile calls.

Options come from the command line or, as `make run SITES=100` gives them, from the environment.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import psycopg
import sqlalchemy as sa
from rich.console import Console

from dnstats.settings import BadSetting
from dnstats.stack import background
from dnstats.stack.airflow_api import Refused, Unreachable
from dnstats.stack.airflow_command import airflow
from dnstats.stack.backup import backup, restore
from dnstats.stack.fault import StackFault, sentence_of
from dnstats.stack.owner import Order
from dnstats.stack.places import Places, places
from dnstats.stack.postgres import Cluster
from dnstats.stack.rerun import Again, rerun
from dnstats.stack.run import Wanted, run

# And `airflow ...`, whose arguments are Airflow's own.
COMMANDS = (
    "run", "rerun", "up", "down", "status", "serve", "backup", "restore", "destroy",
)  # fmt: skip
MOST_SITES = 1_000_000_000


def main(argv: list[str]) -> int:
    """Do the command; its exit status. 130: interrupted."""
    is_airflow = argv[:1] == ["airflow"]
    options = _arguments(["status"] if is_airflow else argv)
    console = Console(highlight=False, soft_wrap=True)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        if is_airflow:
            return airflow(places(), argv[1:])
        return _command(options, places(options.dags), console)
    except (StackFault, BadSetting, Refused, Unreachable) as fault:
        _say(str(fault))
        return 1
    except OSError as fault:
        _say(sentence_of(fault))
        return 1
    except (psycopg.Error, sa.exc.SQLAlchemyError) as fault:
        said = " ".join(str(getattr(fault, "orig", None) or fault).split())[:300]
        _say(
            f"the database broke off ({said}); nothing that was written is lost: "
            "`make down`, then again"
        )
        return 1
    except KeyboardInterrupt:
        left = "the run goes on" if options.command == "rerun" else "what was started is stopped"
        _say(f"interrupted; {left}")
        return 130


def _say(sentence: str) -> None:
    print(f"dnstats: {sentence}", file=sys.stderr, flush=True)


def _command(options: argparse.Namespace, where: Places, console: Console) -> int:
    if options.command == "down":
        return background.down(where, console)
    if options.command == "status":
        return background.status(where, console)
    if options.command == "destroy":
        Cluster(where.postgres).destroy()
        return 0
    if options.command == "backup":
        return backup(where, console)
    if options.command == "restore":
        return restore(where, _path("DUMP", options.dump), console)
    if options.command == "rerun":
        again = Again(options.run.strip(), options.chunk.strip(), options.stage.strip())
        return rerun(where, again, console)
    wanted = _wanted(options)
    if options.command == "run":
        return run(where, wanted, console)
    given = [f"--dns={wanted.dns}", f"--seed={wanted.seed}"]
    given += [f"--dags={options.dags}"] if options.dags else []
    given += [f"--direct-port={wanted.direct_port}"] if wanted.direct_port else []
    if options.command == "up":
        return background.up(where, given, console)
    order = Order(wanted.dns, True, None, wanted.direct_port, wanted.seed)
    return background.serve(where, order, console)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m dnstats.stack", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    for option, variable, default in (
        ("--sites", "SITES", "500"),
        ("--list", "LIST", ""),
        ("--dns", "DNS", "auto"),
        ("--chunk", "CHUNK", ""),
        ("--direct-port", "DIRECT_PORT", ""),
        ("--seed", "LAB_SEED", "1"),
        ("--run", "RUN", ""),
        ("--from", "FROM", "scan"),
        ("--dump", "DUMP", ""),
    ):
        parser.add_argument(
            option,
            default=os.environ.get(variable) or default,
            help=variable,
            dest="stage" if option == "--from" else None,
        )
    parser.add_argument("--dags", help="another DAGs folder")
    return parser.parse_args(argv)


def _wanted(options: argparse.Namespace) -> Wanted:
    """The options, checked."""
    site_list = options.list.strip() or None
    if site_list and not site_list.startswith(("http://", "https://")):
        site_list = str(_path("LIST", site_list))
    return Wanted(
        sites=_whole("SITES", options.sites, 1, MOST_SITES) or 500,
        site_list=site_list,
        dns=options.dns.strip() or "auto",
        chunk=_whole("CHUNK", options.chunk, 1, 100_000),
        direct_port=_whole("DIRECT_PORT", options.direct_port, 1, 65535),
        seed=str(_whole("LAB_SEED", options.seed, 0, 2**63) or 0),
    )


def _path(name: str, text: str) -> Path:
    if not text.strip():
        raise StackFault(f"say which file: {name}=path")
    try:
        return Path(text.strip()).expanduser().absolute()
    except RuntimeError as fault:  # ~ of nobody
        raise StackFault(f"{name}={text}: {fault}") from None


def _whole(name: str, text: str, lowest: int, highest: int) -> int | None:
    if not text.strip():
        return None
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise StackFault(f"{name}={text} is not a whole number from {lowest:,} to {highest:,}")
    return number


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first asks for an orderly end; those after it must not break that off."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
