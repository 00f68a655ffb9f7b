"""What a scan counts while it asks. Numbers only; `progress` makes them readable."""

from __future__ import annotations


class Counters:
    """Running totals of the core."""

    __slots__ = (
        "datagrams",
        "folded",
        "ignored",
        "malformed",
        "probes",
        "refunds",
        "retries",
        "stream_queries",
        "timeouts",
        "truncated",
        "without_edns",
    )

    def __init__(self) -> None:
        self.datagrams = 0  # sent, retries and control questions included
        self.stream_queries = 0  # sent over TCP
        self.retries = 0
        self.refunds = 0  # tries that do not count because the resolver was away
        self.probes = 0  # control questions to a resolver that had gone silent
        self.timeouts = 0
        self.ignored = 0  # messages that answer nothing we asked
        self.folded = 0  # right answers in the wrong case, not taken as they came
        self.malformed = 0
        self.truncated = 0
        self.without_edns = 0
