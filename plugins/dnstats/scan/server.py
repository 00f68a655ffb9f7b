"""One address that is asked, a lane to it, and a look-up on its way: the state of the core.

State only: what happens to it is in `lookups`, `trying` and `health`.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import NamedTuple

from dnstats.answer import Question, Reason
from dnstats.scan.network import Network
from dnstats.scan.pacing import NEVER, Pace, Sent
from dnstats.scan.window import Window

RESOLVER_LANES = 4  # sockets, and so source ports, at one resolver
DIRECT_IN_FLIGHT = 3  # at one address that is asked directly
FOLDED_OFTEN = 3  # after that many, a server is asked in lower case
QUESTION_AT = 12  # where a message's question section begins
PROBE = object()  # owner of control questions
LINGERING = 2000  # look-ups at one resolver that wait beside its window
STREAM_IN_FLIGHT = 16  # queries pipelined on one TCP connection (RFC 7766 section 6.2.1.1)


class State(IntEnum):
    """What is known of a server's health."""

    LIVE = 0
    SUSPECT = 1  # a resolver said nothing for a whole timeout: a control question is on its way
    SILENT = 2  # the control question was lost too: only control questions go out
    DEAD = 3  # silent for longer than the patience: nothing waits for it any more


class Lane:
    """One connected socket seen from the core: which IDs are out on it."""

    __slots__ = ("answered", "channel", "idle_since", "is_tcp", "pending", "server")

    def __init__(self, server: Server, *, is_tcp: bool) -> None:
        self.server = server
        self.is_tcp = is_tcp
        self.pending: dict[bytes, Lookup] = {}
        self.answered = 0
        self.idle_since = 0.0
        self.channel: object | None = None  # the transport's socket, opened at the first send

    def lookups(self) -> list[Lookup]:
        """All that are out on it, each on its own from here on."""
        for ident, lookup in self.pending.items():
            lookup.leave_burst(ident)
        return list(self.pending.values())


Sends = list[tuple[Lane, bytes, int]]
"""Lane by lane, messages of one length, one behind another, and that length."""


class Burst(NamedTuple):
    """What look-ups have in common that went out together: their only send so far."""

    lane: Lane
    server: Server
    at: float
    deadline: float


class Lookup:
    """One question on its way, from being queued to its one outcome in this pass.

    Made a million times a run: what every one of them changes has a slot, what most of them never
    change stands in the class and goes into `__dict__` when it does. Nine of ten are answered at
    once: while `burst` is set, it says what `lane` to `tries` would, and only `leave_burst` writes
    those.
    """

    __slots__ = (
        "__dict__",
        "burst",
        "is_done",
        "is_fresh",
        "owner",
        "question",
        "section",
        "server",
        "wire",
    )

    lane: Lane | None = None  # where its ID is out, in flight or not
    ident = b""
    deadline = sent_at = 0.0  # of the send in flight; 0 when none is
    asked_at = 0.0  # when it was sent first
    sends = tries = 0  # all of them, and the datagrams that count
    is_slow = False  # second pass: waits longer
    is_queued = False  # waits in a queue for datagrams, for the first time or again
    tcp_tries = 0
    refunds = 0  # datagrams that do not count: the resolver was away
    tcp = False
    edns = True
    mixed_case = True
    folded = False  # a reply came with the right question in another case
    truncated = False
    lingers = False  # in flight at a resolver without a place in its window
    avoid: Server | None = None  # another path is wanted
    reason = Reason.TIMEOUT  # what to say when no answer can be accepted
    evidence = b""  # the message behind that reason, if any

    def __init__(self, question: Question, section: bytes, owner: object = None) -> None:
        self.question = question  # with the canonical name
        self.section = section  # the question section in lower case
        self.owner = owner
        self.server: Server | None = None
        self.wire = section  # the question section as it is sent
        self.burst: Burst | None = None  # what it went out with, while nothing else befell it
        self.is_fresh = not question.cd  # of the form that nearly all have, and not yet repeated
        self.is_done = False

    def leave_burst(self, ident: bytes) -> None:
        """It is no longer like the others: from here on it has its own times and counts."""
        burst = self.burst
        if burst is not None:
            self.burst = None
            self.ident = ident
            self.lane, self.server, self.sent_at, self.deadline = burst
            self.asked_at = self.sent_at
            self.sends = self.tries = 1

    @property
    def first_sent(self) -> float:
        """When it was sent first; 0 when it was not."""
        return self.asked_at if self.burst is None else self.burst.at


class Server:
    """One address and port, its queues, its pace and its health."""

    __slots__ = (
        "address",
        "answered_to",
        "edns",
        "folded",
        "heard_at",
        "in_flight",
        "is_ready",
        "is_resolver",
        "is_unroutable",
        "lanes",
        "limbo",
        "limit",
        "lingering",
        "missed_at",
        "network",
        "next_lane",
        "pace",
        "pipelines",
        "pool",
        "port",
        "probe",
        "probe_at",
        "probe_gap",
        "queue",
        "refusal_at",
        "refusals",
        "refused",
        "resume_at",
        "sent",
        "silent_since",
        "state",
        "streak",
        "stream",
        "stream_queue",
        "takes_all",
        "tcp_failures",
        "timeouts",
        "wake_at",
        "window",
    )  # fmt: skip

    def __init__(
        self, address: str, port: int, pace: Pace, window: Window | None, pool: Pool | None
    ) -> None:
        self.address = address
        self.port = port
        self.pace = pace
        self.window = window
        self.pool = pool
        self.is_resolver = window is not None
        self.limit = DIRECT_IN_FLIGHT
        self.queue: deque[Lookup] = deque()
        self.stream_queue: deque[Lookup] = deque()
        self.network: Network | None = None  # of an address that is asked directly
        self.in_flight = 0
        self.lingering = 0  # of these, without a place in the window
        self.answered_to = 0.0  # when the latest was sent that is answered
        self.lanes: list[Lane] = []
        self.next_lane = 0
        self.stream: Lane | None = None
        self.is_ready = False
        self.wake_at = NEVER
        self.sent = Sent()
        # what was learnt about it
        self.takes_all = True  # EDNS, and any case
        self.edns = True
        self.folded = 0  # questions that came back in another case, and were answered after that
        self.pipelines = True
        self.tcp_failures = 0  # connections in a row that brought no answer
        self.is_unroutable = False
        # health
        self.state = State.LIVE
        self.heard_at = -1.0
        self.silent_since = 0.0
        self.resume_at = 0.0
        self.refused = False  # the last we heard was "port unreachable"
        self.streak = 0  # times in a row that it was silent, for servers asked directly
        self.missed_at = 0.0  # when the last of them was noticed
        self.refusals = 0  # REFUSED in a row
        self.refusal_at = 0.0
        self.timeouts = 0
        self.probe: Lookup | None = None
        self.probe_gap = 0.0
        self.probe_at = 0.0  # no control question before this time
        self.limbo: list[Lookup] = []

    @property
    def reason_when_dead(self) -> Reason:
        """Why a question to a server that was given up is not measured."""
        return Reason.UNREACHABLE if self.refused else Reason.TIMEOUT

    @property
    def folds_case(self) -> bool:
        """Whether it was seen to answer in its own case, whatever case was asked."""
        return self.folded >= FOLDED_OFTEN

    def count_sent(self, count: int, at: float) -> None:
        """So many queries went out, at this time in seconds since 1970."""
        self.sent.count(count, at)
        if self.network is not None:
            self.network.sent.count(count, at)

    def room(self) -> int:
        """How many more look-ups may be in flight here now.

        Who asks again what a resolver is busy with gives it no more work: a name that nobody
        answers for takes its place in the window for one try, not for all of them.
        """
        if self.window is None:
            return self.limit - self.in_flight
        return self.window.size + min(self.lingering, LINGERING) - self.in_flight

    def datagram_lane(self) -> Lane:
        """The lane of the next burst; several in turn at a resolver."""
        wanted = RESOLVER_LANES if self.is_resolver else 1
        if len(self.lanes) < wanted:
            self.lanes.append(Lane(self, is_tcp=False))
        self.next_lane = (self.next_lane + 1) % len(self.lanes)
        return self.lanes[self.next_lane]


class Pool:
    """Resolvers that share one queue: each takes from it what it has room for."""

    __slots__ = ("dead", "is_ready", "queue", "servers", "takers")

    def __init__(self) -> None:
        self.is_ready = False  # each of its servers is
        self.takers = 0  # servers that have yet to take their share, while bursts are put together
        self.dead = 0  # of its servers
        self.servers: list[Server] = []
        self.queue: deque[Lookup] = deque()

    @property
    def live(self) -> list[Server]:
        return [server for server in self.servers if server.state <= State.SUSPECT]

    @property
    def is_dead(self) -> bool:
        return self.dead == len(self.servers)

    def busy(self) -> int:
        """How many look-ups its resolvers have to do with; those that linger are none of them."""
        return len(self.queue) + sum(each.in_flight - each.lingering for each in self.servers)

    def room(self) -> int:
        """How many look-ups its resolvers could have in flight together."""
        return sum(server.window.size for server in self.live if server.window)
