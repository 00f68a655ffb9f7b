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
    unproven: int  # absent by the word of a server with authority, without the SOA that proves it
    asked_again: int  # questions of the second pass
    flips: int  # of those, measured after all
    types: dict[str, dict[str, int]]  # not_measured, asked_again and flips by record type
    control: tuple[int, int, int]
    """The control sample: asked once more at the end, of these the opposite said, not measured."""
    control_differences: tuple[str, ...]
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
    highest_network_rate: int  # the same at all addresses of one network (/24, /48)
    highest_rate_network: str
    busiest_networks: dict[str, tuple[int, list[int]]]
    resolver_rate: int  # the same at any one resolver
    servers: int  # addresses asked directly
    elapsed: float
    cpu_seconds: float
    warnings: tuple[str, ...]

    def table(self) -> list[str]:
        """The closing table of a task's log, line by line."""
        outcomes = {name: self.outcomes.get(name, 0) for name in _OUTCOMES}
        pace = self.questions / self.elapsed if self.elapsed else 0.0
        rows = [
            ("sites", self.sites, ""),
            ("questions", self.questions, "distinct ones, with their last answer:"),
            *((f"  {_OUTCOMES[name]}", count, "") for name, count in outcomes.items()),
            ("asked again", self.asked_again, f"in the second pass; {self.flips:,} then answered"),
            ("without an SOA", self.unproven, "absent by the bare word of a server with authority"),
            ("control sample", self.control[0],
             f"asked once more; {self.control[1]:,} the opposite, {self.control[2]:,} unknown"),
            ("datagrams", self.datagrams, f"{self.retries:,} of them tries after silence"),
            ("over TCP", self.stream_queries, f"after {self.truncated:,} answers that were cut"),
            ("malformed", self.malformed, f"{self.ignored:,} that answered nothing we asked"),
            ("name servers", self.servers, self._busiest()),
            ("seconds", round(self.elapsed),
             f"{pace:,.0f} questions a second, processor {self.cpu_seconds:,.1f} s"),
        ]  # fmt: skip
        wide = max(len(name) for name, _, _ in rows) + 1
        lines = [f"{name:<{wide}}{count:>12,}  {note}".rstrip() for name, count, note in rows]
        why = {
            "not measured because of": self.reasons,
            "not measured by type": {name: own["not_measured"] for name, own in self.types.items()},
            "answered in the second pass": {name: own["flips"] for name, own in self.types.items()},
        }
        return lines + [f"{title}: {_counts(own)}" for title, own in why.items() if _counts(own)]

    def _busiest(self) -> str:
        if not self.highest_rate_server:
            return ""
        return (
            f"asked directly; at most {self.highest_rate:,} questions in a second, at "
            f"{self.highest_rate_server}"
        )


_OUTCOMES = {
    "present": "present",
    "nodata": "no such record",
    "nxdomain": "no such name",
    "referral": "referral to the zone",
    "not_measured": "not measured",
}


def _counts(counts: dict[str, int]) -> str:
    """The most frequent first; empty for none."""
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count:,}" for name, count in most if count)
