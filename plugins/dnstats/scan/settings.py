"""How a scan asks: whom, how fast, how patiently. Values only; checked when made."""

from __future__ import annotations

import ipaddress
import resource

import msgspec

FILES_KEPT = 64  # descriptors left to everything that is not a socket of the scan
FILES_NEEDED = 128
RECEIVE_BUFFER = 4 << 20  # bytes; 400 answers of 1,232 octets come in one burst and must fit


class ScanSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that steers a scan. Times in seconds, rates in queries a second.

    `tries` counts datagrams for one question in one pass; every try waits half as long again as
    the one before. A name in `opted_out`, and everything below it, is never asked about; an
    address or network in it is never asked directly.
    """

    resolvers: tuple[str, ...]  # "ip", "ip:port" or "[v6]:port"; shared by load, with health
    second_resolvers: tuple[str, ...] = ()  # for what the first pass could not measure
    direct_port: int = 53
    timeout: float = 2.0  # of the first try
    tries: int = 3
    window: int = 800  # the most look-ups in flight at one resolver; the real window adapts
    direct_window: int = 2000  # the most look-ups in flight at all servers asked directly
    resolver_rate: float = 0.0  # ceiling for this process, 0 = none
    server_rate: float = 20.0  # at one address that is asked directly
    network_rate: float = 200.0  # at all such addresses of one /24 or /48; 0 = none
    max_questions_per_site: int = 600
    second_pass: bool = True
    asks_authority: bool = True  # what resolvers could not say twice, of the zone's own servers
    control_share: float = 0.001  # of the answers, asked once more at the end and compared
    patience: float = 60.0  # how long a resolver may say nothing at all before it is given up
    server_patience: float = 20.0  # the same for one address that is asked directly
    allow_special: bool = False  # labs and tests: loopback addresses may be asked, and no others
    opted_out: frozenset[str] = frozenset()
    seed: int | None = None  # fixes every random choice (tests); None = unpredictable
    batches: bool = True  # UDP_SEGMENT and recvmmsg where the kernel has them
    progress_every: float = 5.0

    def __post_init__(self) -> None:
        if not self.resolvers:
            raise ValueError("No resolver is set: name at least one, such as 127.0.0.1:53.")
        for text in self.resolvers + self.second_resolvers:
            read_address(text)
        _at_least("timeout", self.timeout, 0.001)
        _at_least("tries", self.tries, 1)
        _at_least("window", self.window, 1)
        _at_least("direct_window", self.direct_window, 1)
        _at_least("resolver_rate", self.resolver_rate, 0)
        _at_least("server_rate", self.server_rate, 0.01)
        _at_least("network_rate", self.network_rate, 0)
        _at_least("max_questions_per_site", self.max_questions_per_site, 1)
        _at_least("control_share", self.control_share, 0)
        _at_least("patience", self.patience, 0)
        _at_least("server_patience", self.server_patience, 0)
        _at_least("progress_every", self.progress_every, 0.01)
        if not 0 < self.direct_port < 65536:
            raise ValueError(f"direct_port is {self.direct_port}: a port is 1 to 65535.")


def _at_least(name: str, value: float, least: float) -> None:
    if not least <= value < float("inf"):
        raise ValueError(f"{name} is {value}: it must be a number from {least:g} up.")


def read_address(text: str, port: int = 53) -> tuple[str, int]:
    """IP address and port of "ip", "ip:port" or "[v6]:port"; ValueError in one sentence."""
    host, number = text.strip(), ""
    if host.startswith("["):
        host, _, number = host[1:].partition("]")
        number = number.removeprefix(":")
    elif host.count(":") == 1:
        host, _, number = host.partition(":")
    try:
        address = str(ipaddress.ip_address(host))
        chosen = int(number) if number else port
    except ValueError:
        chosen, address = 0, ""
    if not 0 < chosen < 65536:
        raise ValueError(
            f"{text!r} is no resolver address: write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53."
        )
    return address, chosen


def socket_limit() -> int:
    """How many sockets the scan may hold open at once, after raising the soft limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        soft = 1 << 20
    if soft < FILES_NEEDED:
        raise OSError(
            f"Only {soft} open files are allowed and a scan needs {FILES_NEEDED}: "
            f"raise the limit (ulimit -n 4096)."
        )
    return soft - FILES_KEPT


def check_limits(settings: ScanSettings) -> tuple[str, ...]:
    """Sentences on system limits that will slow or harm this scan; OSError when it cannot run."""
    found = []
    sockets = socket_limit()
    wanted = settings.direct_window + 16
    if sockets < wanted:
        found.append(
            f"Only {sockets} sockets may be open at once, so that name servers are asked slower; "
            f"raise the limit of open files to {wanted + FILES_KEPT} (ulimit -n)."
        )
    try:
        with open("/proc/sys/net/core/rmem_max") as file:
            largest = int(file.read())
    except (OSError, ValueError):
        largest = RECEIVE_BUFFER
    if largest < RECEIVE_BUFFER:
        found.append(
            f"net.core.rmem_max is {largest}: bursts of answers may be lost and asked again; "
            f"set it to {RECEIVE_BUFFER} (sysctl -w net.core.rmem_max={RECEIVE_BUFFER})."
        )
    return tuple(found)
