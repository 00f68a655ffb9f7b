"""What an operator asks of a run, checked: every fault is one clear sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dns.resolver
import msgspec

from dnstats.scan.settings import read_address
from dnstats.settings import BUNDLED_LIST, DEVELOPMENT_SITES, Settings, place
from dnstats.tasks.chunk_name import Refused

MAX_RANK = 1_000_000_000
MAX_RATE = 1_000_000  # questions a second, as the settings have it


class RunRequest(msgspec.Struct, frozen=True):
    """A run as it will be made. `last_rank` None: to the end of the list.

    `site_list` is a path or URL; empty: the newest that update_sites took, else the bundled one.

    Rates are questions a second of the whole run; 0 (not of `server_rate`) is no ceiling of ours.
    """

    first_rank: int
    last_rank: int | None
    chunk_size: int
    site_list: str
    resolvers: tuple[str, ...]
    direct_port: int
    dns: str
    resolver_rate: float
    server_rate: float
    network_rate: float


def read_request(params: Mapping[str, Any], settings: Settings) -> RunRequest:
    """The request of the trigger form; what it leaves open comes from the settings."""
    first_rank = _whole(params, "first_rank", 1, MAX_RANK) or 1
    last_rank = _whole(params, "last_rank", 1, MAX_RANK)
    if last_rank is not None and last_rank < first_rank:
        raise Refused(f"last_rank {last_rank} is before first_rank {first_rank}: swap them")
    if settings["DNSTATS_ENV"] == "Development":
        limit = first_rank + DEVELOPMENT_SITES - 1
        last_rank = min(last_rank or limit, limit)
    resolvers = _resolvers(params) or settings["DNSTATS_RESOLVERS"]
    for resolver in (*resolvers, *settings["DNSTATS_SECOND_RESOLVERS"]):
        check_resolver(resolver)
    # Resolvers that the form names may be others than those the setting speaks of.
    label = "" if params.get("resolvers") else settings["DNSTATS_DNS"]
    given = params.get("dns")
    dns = str(
        (given if given != "auto" else None) or label or ("custom" if resolvers else "system")
    )
    if dns not in ("system", "custom", "lab"):
        raise Refused(f"dns {dns!r} is none of system, custom, lab")
    # The practice internet knows the bundled sites and none that came since.
    bundled = str(BUNDLED_LIST) if dns == "lab" else ""
    return RunRequest(
        first_rank=first_rank,
        last_rank=last_rank,
        chunk_size=_whole(params, "chunk_size", 1, 100_000) or 10_000,
        site_list=_site_list(params) or settings["DNSTATS_SITE_LIST"] or bundled,
        resolvers=resolvers or system_resolvers(),
        direct_port=_whole(params, "direct_port", 1, 65535) or settings["DNSTATS_DIRECT_PORT"],
        dns=dns,
        resolver_rate=_rate(params, "resolver_rate", 0, settings["DNSTATS_RESOLVER_RATE"]),
        server_rate=_rate(params, "server_rate", 0.1, settings["DNSTATS_SERVER_RATE"]),
        network_rate=_rate(params, "network_rate", 0, settings["DNSTATS_NETWORK_RATE"]),
    )


def _resolvers(params: Mapping[str, Any]) -> tuple[str, ...]:
    given = params.get("resolvers") or ()
    if not isinstance(given, list | tuple):
        raise Refused(f'resolvers {given!r} is no list: write it as ["192.0.2.1"]')
    return tuple(map(str, given))


def _site_list(params: Mapping[str, Any]) -> str:
    try:
        return place(str(params.get("site_list") or ""))
    except ValueError as fault:
        raise Refused(f"site_list {fault}") from None


def refuse_dry_backfill(params: Mapping[str, Any]) -> None:
    """A backfill asks nothing; what it would read, Airflow tells."""
    if params.get("dry_run"):
        raise Refused(
            "dry_run is for scans; what a backfill would do, `airflow backfill create --dry-run` "
            "tells"
        )


def _rate(params: Mapping[str, Any], name: str, lowest: float, default: float) -> float:
    value = params.get(name)
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= MAX_RATE:
        raise Refused(f"{name} {value!r} is not a number from {lowest:g} to {MAX_RATE:,}")
    return float(value)


def _whole(params: Mapping[str, Any], name: str, lowest: int, highest: int) -> int | None:
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise Refused(f"{name} {value!r} is not a whole number from {lowest} to {highest:,}")
    return value


def check_resolver(resolver: object) -> None:
    """`Refused` unless it is `ip`, `ip:port`, `[v6]` or `[v6]:port`."""
    try:
        read_address(str(resolver))
    except ValueError as fault:
        raise Refused(str(fault)) from None


def system_resolvers() -> tuple[str, ...]:
    """The resolvers this machine is configured with; `Refused` when it has none."""
    try:
        servers = dns.resolver.Resolver().nameservers
    except dns.resolver.NoResolverConfiguration:
        servers = []
    found = tuple(str(server) for server in servers)
    if not found:
        raise Refused(
            "this machine has no DNS resolver (/etc/resolv.conf names none): set "
            "DNSTATS_RESOLVERS, or give `resolvers` when triggering"
        )
    return found
