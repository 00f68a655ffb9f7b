"""How a scan goes, and how it went: values for people and for the run's record."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of a running scan."""

    elapsed: float  # seconds
    sites_done: int
    sites_total: int | None  # None when the caller did not say
    questions_done: int
    questions_open: int
    lookups_per_second: float  # since the last report of progress
    not_measured: int
    window: int  # look-ups that may be in flight at the resolvers now
    slowest: tuple[tuple[str, int], ...]  # servers with most questions waiting, and how many

    def line(self) -> str:
        """One line for a log."""
        total = f"/{self.sites_total:,}" if self.sites_total is not None else ""
        slow = ", ".join(f"{address} ({waiting})" for address, waiting in self.slowest)
        return (
            f"{self.sites_done:,}{total} sites, {self.questions_done:,} questions done, "
            f"{self.questions_open:,} open, {self.lookups_per_second:,.0f}/s, "
            f"{self.not_measured:,} not measured, window {self.window}"
            + (f", slowest: {slow}" if slow else "")
        )


class ScanReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan did. Counts are of distinct questions and their final answers."""

    sites: int
    questions: int
    outcomes: dict[str, int]
    reasons: dict[str, int]
    asked_again: int  # questions of the second pass
    flips: int  # of those, measured after all
    datagrams: int  # sent, with retries and control questions
    stream_queries: int  # sent over TCP
    retries: int
    refunds: int  # datagrams sent to a resolver that was away, which did not count as tries
    ignored: int  # messages that came and answered nothing we asked
    folded: int  # right answers in the wrong case, asked again over TCP
    malformed: int
    truncated: int
    highest_rate: int  # queries within one clock second at any one address asked directly
    highest_rate_server: str
    busiest: dict[str, tuple[int, list[int]]]
    """Addresses asked directly the most: the first second (since 1970), queries in it and in each
    one after. Those of parallel scans are added up to what the address saw."""
    resolver_rate: int  # the same at any one resolver
    servers: int  # addresses asked directly
    elapsed: float
    cpu_seconds: float
    warnings: tuple[str, ...]
