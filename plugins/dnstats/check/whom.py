"""Whom a check asks, and how: the settings of its scan."""

from __future__ import annotations

from pathlib import Path

import msgspec

from dnstats.opt_out import read_opt_out
from dnstats.scan.settings import ScanSettings, read_address
from dnstats.settings import Settings
from dnstats.stack.choose_dns import answering, system_resolvers
from dnstats.stack.lab_process import Lab

RESOLV_CONF = Path("/etc/resolv.conf")
PATIENCE = 15.0  # seconds that a resolver may say nothing at all
PROBE_SECONDS = 2.0  # for each of two tries to find out whether a resolver is there
LAB_RATE = 10_000.0  # politeness is for other people's servers


class BadResolver(ValueError):
    """What should be a resolver's address is none; the message is one sentence."""


class NoResolver(Exception):
    """Nobody can be asked; the message is one sentence."""


def scan_settings(settings: Settings, named: tuple[str, ...]) -> ScanSettings:
    """Ask the named resolvers, else DNSTATS_RESOLVERS, else the system's.

    BadResolver for an address that is none; NoResolver when not one of them answers.
    """
    second: tuple[str, ...] = ()
    if named:
        wanted, source = named, "--resolver"
    elif settings["DNSTATS_RESOLVERS"]:
        wanted, source = settings["DNSTATS_RESOLVERS"], "DNSTATS_RESOLVERS"
        second = settings["DNSTATS_SECOND_RESOLVERS"]
    else:
        wanted, source = system_resolvers(RESOLV_CONF), str(RESOLV_CONF)
    try:
        for resolver in wanted:
            read_address(resolver)
    except ValueError as fault:
        raise BadResolver(f"{source}: {fault}") from None
    usable = answering(wanted, PROBE_SECONDS)
    if not usable:
        tried = ", ".join(wanted) or "none is named"
        raise NoResolver(
            f"no resolver answers ({source}: {tried}), so nothing can be said of any domain; "
            "name one with --resolver, or try the practice internet with --lab"
        )
    return _settings(settings, usable, second)


def lab_settings(settings: Settings, lab: Lab) -> ScanSettings:
    """Ask a practice internet, with its second resolver for the second pass."""
    return msgspec.structs.replace(
        _settings(settings, lab.resolvers[:1], lab.resolvers[1:]),
        direct_port=lab.direct_port,
        allow_special=True,
        server_rate=LAB_RATE,
    )


def _settings(
    settings: Settings, resolvers: tuple[str, ...], second: tuple[str, ...]
) -> ScanSettings:
    timeout = settings["DNSTATS_TIMEOUT"]
    return ScanSettings(
        resolvers=resolvers,
        second_resolvers=second,
        direct_port=settings["DNSTATS_DIRECT_PORT"],
        allow_special=settings["DNSTATS_ALLOW_SPECIAL"],
        timeout=timeout,
        server_patience=8 * timeout,
        patience=PATIENCE,
        tries=settings["DNSTATS_TRIES"],
        window=settings["DNSTATS_WINDOW"],
        resolver_rate=settings["DNSTATS_RESOLVER_RATE"],
        server_rate=settings["DNSTATS_SERVER_RATE"],
        network_rate=settings["DNSTATS_NETWORK_RATE"],
        opted_out=read_opt_out(Path(settings["DNSTATS_OPT_OUT"])),
    )
