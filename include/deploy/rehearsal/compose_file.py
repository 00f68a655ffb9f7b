"""docker-compose.yaml as a container engine reads it: merged, filled in from .env, checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:-|:\?)([^}]*))?\})")


class Unset(Exception):
    """A variable that must have a value has none."""


class Service(NamedTuple):
    """One service. `command` and `health` are argument lists; `waits_for`: service -> condition."""

    name: str
    image: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]
    health: tuple[str, ...]
    waits_for: dict[str, str]
    user: str
    volumes: tuple[tuple[str, str, bool], ...]  # source, path inside, is read-only
    is_read_only: bool
    tmpfs: tuple[str, ...]


def read_env(path: Path) -> dict[str, str]:
    """The variables of a .env file."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def filled(text: str, variables: Mapping[str, str]) -> str:
    """`text` with ${NAME}, ${NAME:-default} and ${NAME:?complaint} replaced, $$ as $."""

    def value(match: re.Match[str]) -> str:
        dollar, name, how, rest = match.groups()
        if dollar:
            return "$"
        found = variables.get(name, "")
        if not found and how == ":?":
            raise Unset(f"{name} {rest}")
        return found or (rest if how == ":-" else "")

    return VARIABLE.sub(value, text)


def read_services(path: Path, variables: Mapping[str, str]) -> dict[str, Service]:
    """All services, those of profiles too; YAML's merge keys are resolved by the parser."""
    document = _fill(yaml.safe_load(path.read_text("utf-8")), variables)
    return {name: _service(name, said) for name, said in document["services"].items()}


def _fill(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, str):
        return filled(node, variables)
    if isinstance(node, dict):
        return {key: _fill(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, variables) for value in node]
    return node


def _service(name: str, said: Mapping[str, Any]) -> Service:
    return Service(
        name=name,
        image=said["image"],
        entrypoint=_words(said.get("entrypoint", ())),
        command=_words(said.get("command", ())),
        environment={key: str(value) for key, value in said.get("environment", {}).items()},
        health=_health(said.get("healthcheck", {}).get("test", ())),
        waits_for={other: how["condition"] for other, how in said.get("depends_on", {}).items()},
        user=str(said["user"]),
        volumes=tuple(_volume(text) for text in said.get("volumes", ())),
        is_read_only=bool(said.get("read_only")),
        tmpfs=tuple(said.get("tmpfs", ())),
    )


def _words(said: Any) -> tuple[str, ...]:
    return tuple(shlex.split(said)) if isinstance(said, str) else tuple(map(str, said))


def _health(test: Any) -> tuple[str, ...]:
    if not test:
        return ()
    kind, *words = test
    return ("sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)


def _volume(text: str) -> tuple[str, str, bool]:
    source, inside, *mode = text.rsplit(":", 2) if text.count(":") > 1 else text.split(":")
    return source, inside, mode == ["ro"]


def in_order(services: Mapping[str, Service]) -> list[Service]:
    """The services, each after those that it waits for."""
    ordered: list[Service] = []
    waiting = dict(services)
    while waiting:
        started = {service.name for service in ordered}
        ready = [s for s in waiting.values() if set(s.waits_for) <= started]
        if not ready:
            raise ValueError(f"{', '.join(waiting)} wait for each other")
        ordered += ready
        for service in ready:
            del waiting[service.name]
    return ordered
