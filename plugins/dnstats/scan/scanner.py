"""`scan`: runs plans against the network until every question has its answer.

The loop between the core, the transport and the plans; it judges nothing and stores nothing.
"""

from __future__ import annotations

import gc
import heapq
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Reason, Wanted
from dnstats.scan import health, query
from dnstats.scan.allowance import Allowance
from dnstats.scan.lookups import Lookups
from dnstats.scan.pacing import Sent
from dnstats.scan.plans import Plans
from dnstats.scan.progress import Progress, ScanReport
from dnstats.scan.server import PROBE, Lookup, Pool
from dnstats.scan.settings import FILES_KEPT, ScanSettings, check_limits, socket_limit
from dnstats.scan.transport import Transport
from dnstats.scan.waiting import Entry

LONGEST_WAIT = 0.5  # seconds; the clock is read at least this often, whatever does not come
BUSIEST = 5  # addresses whose load is reported second by second: 9 kB of a chunk's ten minutes
CONTROL_WINDOW = 4  # look-ups under way at one resolver while the control sample is asked
MANY_BARE = 0.01  # of the answers; the few that really come bare are less
FED = 1.0  # windows of questions that wait while another window is in flight


def scan(
    plans: Iterable[tuple[str, Wanted]],
    settings: ScanSettings,
    record: Callable[[Answer, int, float], None],
    progress: Callable[[Progress], None] | None = None,
    *,
    sites: int | None = None,
    allowance: Allowance | None = None,
) -> ScanReport:
    """Ask everything that the plans want to know, and say how it went.

    `plans` are pairs of a site's name and a generator, all of a site's in a row; they are taken
    lazily. `record(answer, pass_number, asked_at)` is called once a question and pass, the last
    one is final; `asked_at` is in epoch seconds, also for what was never sent. `sites` is how many
    there are, for the progress only; `allowance` is the part of the rates in `settings` that this
    scan may use (all, without one). Raises `PlanFailed` at the end when a plan raised.
    """
    return Scan(settings, record, progress, sites, allowance).run(plans)


class Stuck(RuntimeError):
    """No event will ever come: a fault of ours. Better a task that fails than one that hangs."""


class Scan:
    """One scan: its core, its sockets, its table."""

    def __init__(
        self,
        settings: ScanSettings,
        record: Callable[[Answer, int, float], None],
        progress: Callable[[Progress], None] | None,
        sites: int | None,
        allowance: Allowance | None,
    ) -> None:
        self._warnings = check_limits(settings)
        sockets = socket_limit()
        if settings.direct_window > sockets // 2:
            settings = msgspec.structs.replace(settings, direct_window=max(1, sockets // 2))
        self._settings = settings
        self._record = record
        self._progress = progress
        self._sites = sites
        seed = settings.seed
        self._rng = random.Random(seed if seed is not None else os.urandom(32))
        self._clock = time.monotonic
        self._started = self._clock()
        self._epoch = time.time() - self._started
        self._cpu = time.process_time()
        self._core = Lookups(settings, self._rng, self._started)
        self._core.epoch = self._epoch
        self._allowance = allowance
        self._sockets = max(FILES_KEPT, sockets)
        self._reported_at = self._started
        self._reported_done = 0
        self._is_second = False
        self._idle = 0  # waits in a row with nothing to wait for
        self._quiet = settings.window // 16  # so few on their way leave room for a second pass
        self._opted_out = query.opted_out_networks(settings.opted_out)
        self._refusals: dict[str, Reason | None] = {}  # by address

    def run(self, plans: Iterable[tuple[str, Wanted]]) -> ScanReport:
        settings = self._settings
        table = Plans(
            plans,
            self._record,
            self._ask,
            self._rng,
            max_questions_per_site=settings.max_questions_per_site,
            second_pass=settings.second_pass,
            wall=self._wall,
            asks_authority=settings.asks_authority,
        )
        transport = Transport(self._sockets, batches=settings.batches)
        # Millions of objects that die by their counts: cycle searches would cost a fifth.
        collects = gc.isenabled()
        gc.disable()
        try:
            self._loop(table, transport)
            table.close()
        finally:
            transport.close()
            if collects:
                # What this scan made counts as old from now on: looking through all of it for
                # cycles, once more, would cost a fifth of the scan.
                gc.freeze()
                gc.unfreeze()
                gc.enable()
        if table.failure is not None:
            raise table.failure
        return self._report(table)

    def _loop(self, table: Plans, transport: Transport) -> None:
        core = self._core
        clock = self._clock
        while True:
            now = clock()
            if self._allowance is not None:
                core.allow(self._allowance.use(now), now)
            self._settle(table)
            self._feed(table)
            if not core.finished and core.first.busy() <= self._quiet:
                self._begin_second_pass(table)
                is_over = not table.in_progress and table.is_fed and not core.finished
                if is_over and not table.has_parked and not self._begin_control(table):
                    return
            transport.send(core, core.sends(now), now)
            wait = 0.0 if core.finished or core.has_sends() else self._pause(now, table)
            ready = transport.wait(wait)
            now = clock()
            transport.handle(core, ready, now)
            core.expire(now)
            if now - self._reported_at >= self._settings.progress_every:
                self._say(table, now)

    def _settle(self, table: Plans) -> None:
        core = self._core
        epoch = self._epoch
        if core.overdue:
            overdue, core.overdue = core.overdue, []
            for lookup in overdue:
                if isinstance(lookup.owner, Entry):
                    table.overdue(lookup.owner)
        while core.finished:
            finished, core.finished = core.finished, []
            for lookup, answer in finished:
                entry = lookup.owner
                if entry is PROBE:
                    continue
                assert isinstance(entry, Entry)
                if answer.question is not entry.question and answer.question != entry.question:
                    answer = msgspec.structs.replace(answer, question=entry.question)
                asked_at = lookup.first_sent or self._clock()
                table.settle(entry, answer, asked_at + epoch)

    def _feed(self, table: Plans) -> None:
        """Open sites while the resolvers could do with more questions."""
        pool = self._core.first
        wanted = max(32, int(pool.room() * FED))
        while len(pool.queue) < wanted and table.is_open_for_more:
            table.open_site()

    def _begin_second_pass(self, table: Plans) -> None:
        """Nothing else goes on, or next to nothing: ask again what was not measured, slower."""
        if not table.is_fed:
            if not table.in_progress:
                table.open_site()
            return
        if not table.wants_second_pass:
            return
        if not self._is_second:
            self._is_second = True
            core = self._core
            for server in core.first.servers + core.second.servers:
                if server.window is not None:
                    server.window.confine(max(1, self._settings.window // 4))
            health.forgive(core)
        table.begin_second_pass()

    def _begin_control(self, table: Plans) -> bool:
        """All is answered: ask a few once more, at a pace that burdens nobody."""
        core = self._core
        for server in core.first.servers + core.second.servers:
            if server.window is not None:
                server.window.confine(CONTROL_WINDOW)
        return table.begin_control(self._settings.control_share)

    def _pause(self, now: float, table: Plans) -> float:
        event = self._core.next_event()
        if event is None:
            if table.in_progress and self._core.direct_ceiling.part:
                self._idle += 1
                if self._idle > 3:
                    raise Stuck(f"{table.in_progress} questions are open, and nothing ends them.")
            return LONGEST_WAIT
        self._idle = 0
        return min(max(event - now, 0.0), LONGEST_WAIT)

    # -- one question ---------------------------------------------------------------------------

    def _ask(self, entry: Entry, pass_number: int) -> Reason | None:
        """Put a question on its way; the reason when it must not or cannot be asked."""
        asked = entry.question
        settings = self._settings
        try:
            section, name = query.read_question(asked.name, asked.rdtype)
        except (wire.BadName, OverflowError):
            return Reason.BAD_NAME
        if settings.opted_out and query.is_opted_out(name, settings.opted_out):
            return Reason.OPTED_OUT
        refusal = self._why_not(asked.server) if asked.server else None
        if refusal is not None:
            return refusal
        question = asked if name == asked.name else msgspec.structs.replace(asked, name=name)
        lookup = Lookup(question, section, entry)
        core = self._core
        pool: Pool | None = None
        if pass_number > 1:
            lookup.is_slow = not entry.is_brisk
            if core.second.servers:
                pool = core.second
            elif entry.first is not None:
                lookup.avoid = next(
                    (s for s in core.first.servers if s.address == entry.first.server), None
                )
        core.add(lookup, pool=pool)
        return None

    def _wall(self) -> float:
        return self._clock() + self._epoch

    def _why_not(self, address: str) -> Reason | None:
        """Why this address must not be asked directly."""
        if address not in self._refusals:
            special = self._settings.allow_special
            refusal = None
            if not query.is_askable(address, allow_special=special):
                refusal = Reason.BAD_SERVER
            elif query.is_in(address, self._opted_out):
                refusal = Reason.OPTED_OUT
            elif special and not query.is_loopback(address):
                # A practice internet ends at this machine: nothing of it may leave it.
                refusal = Reason.UNREACHABLE
            self._refusals[address] = refusal
        return self._refusals[address]

    # -- saying how it goes ---------------------------------------------------------------------

    def _say(self, table: Plans, now: float) -> None:
        core = self._core
        done = table.tally.settled
        since = now - self._reported_at
        rate = (done - self._reported_done) / since if since > 0 else 0.0
        self._reported_at, self._reported_done = now, done
        if self._progress is None:
            return
        slowest = heapq.nlargest(
            3,
            ((len(server.queue), address) for address, server in core.servers.items()),
        )
        self._progress(
            Progress(
                elapsed=now - self._started,
                sites_done=table.sites_done,
                sites_total=self._sites,
                questions_done=done,
                questions_open=table.in_progress,
                lookups_per_second=rate,
                not_measured=table.tally.not_measured,
                window=core.first.room(),
                slowest=tuple((address, waiting) for waiting, address in slowest if waiting),
            )
        )

    def _report(self, table: Plans) -> ScanReport:
        core = self._core
        counters = core.counters
        servers = {address: server.sent for address, server in core.servers.items()}
        networks = {name: network.sent for name, network in core.networks.all.items()}
        rate, fastest = _highest(servers)
        network_rate, fastest_network = _highest(networks)
        resolvers = core.first.servers + core.second.servers
        control = table.control
        tally = table.tally
        return ScanReport(
            sites=table.sites_done,
            questions=tally.settled,
            outcomes=tally.outcomes(),
            reasons={reason.value: count for reason, count in tally.reasons.items()},
            unproven=tally.unproven,
            asked_again=tally.asked_again,
            flips=tally.flips,
            control=(control.asked, control.differing, control.unknown) if control else (0, 0, 0),
            control_differences=tuple(control.differences) if control else (),
            types=tally.by_type(),
            datagrams=counters.datagrams,
            stream_queries=counters.stream_queries,
            retries=counters.retries,
            refunds=counters.refunds,
            ignored=counters.ignored,
            folded=counters.folded,
            malformed=counters.malformed,
            truncated=counters.truncated,
            highest_rate=rate,
            highest_rate_server=fastest,
            busiest=_busiest(servers),
            highest_network_rate=network_rate,
            highest_rate_network=fastest_network,
            busiest_networks=_busiest(networks),
            resolver_rate=max(server.sent.highest for server in resolvers),
            servers=len(core.servers),
            elapsed=self._clock() - self._started,
            cpu_seconds=time.process_time() - self._cpu,
            warnings=self._warnings + _unfit(table),
        )


def _unfit(table: Plans) -> tuple[str, ...]:
    """What to say of resolvers that deny without proof, as forwarders do."""
    bare = table.tally.reasons.get(Reason.NO_PROOF, 0)
    answered = table.tally.settled - table.tally.not_measured
    if not bare or bare < MANY_BARE * (answered + bare):
        return ()
    sentence = (
        f"{bare:,} answers say that there is nothing and bring no SOA that proves it: the resolver "
        "is a forwarder that leaves it out, or filters; name one that resolves by itself."
    )
    return (sentence,)


def _highest(sent: Mapping[str, Sent]) -> tuple[int, str]:
    return max(((one.highest, where) for where, one in sent.items()), default=(0, ""))


def _busiest(sent: Mapping[str, Sent]) -> dict[str, tuple[int, list[int]]]:
    most = heapq.nlargest(BUSIEST, ((one.total, where) for where, one in sent.items()))
    found = {}
    for total, where in most:
        if total:
            seconds = sent[where].seconds
            first, last = min(seconds), max(seconds)
            found[where] = first, [seconds.get(at, 0) for at in range(first, last + 1)]
    return found
