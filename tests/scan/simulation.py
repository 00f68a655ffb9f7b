"""A whole scan against the simulated internet, from one seed, and what must hold of it.

The scan's own loop, core and table of questions; only the sockets and the clock are simulated.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any
from unittest import mock

from dnstats import wire
from dnstats.answer import Answer, Plan, Question, Wanted
from dnstats.scan import scanner
from dnstats.scan.allowance import Part
from dnstats.scan.lookups import Lookups
from dnstats.scan.pacing import QUIET
from dnstats.scan.plans import Plans
from dnstats.scan.progress import ScanReport
from dnstats.scan.server import DIRECT_IN_FLIGHT, Lane, Server
from dnstats.scan.settings import ScanSettings
from dnstats.scan.waiting import Entry

from tests.scan.asking import Recorded
from tests.scan.holds import EXTRA_SENDS, check_answers, check_plans
from tests.scan.simulated_internet import TYPES, Zones
from tests.scan.simulated_servers import SimulatedServer, SimulatedTransport

START = 1000.0
LONGEST = 40_000.0  # seconds of virtual time; the tightest rates need most of it


class Offers:
    """The parts of the rates that the scan may use, as `Allowance` would tell them."""

    def __init__(self, rng: random.Random) -> None:
        self.parts = [(START, 1.0)]
        at = START
        for _ in range(rng.choice((0, 0, 1, 3, 8))):
            at += rng.choice((0.2, 1.5, 10.0)) * rng.random()
            self.parts.append((at, rng.choice((0.0, 0.1, 0.25, 0.5, 1.0))))
        self.parts.append((at + 20.0 * rng.random(), rng.choice((0.1, 0.5, 1.0))))
        if rng.random() < 0.5:
            self.parts[1:] = []
        self.seen: list[tuple[float, float]] = []

    def use(self, now: float) -> Part:
        share = [share for at, share in self.parts if at <= now][-1]
        alone = bool(self.seen) and self.seen[-1][1] == 0.0 and now - self.seen[-1][0] >= QUIET
        if not self.seen or self.seen[-1][1] != share:
            self.seen.append((now, share))
        return Part(share, float("inf"), is_alone=alone)

    def most(self, begins: float, ends: float) -> float:
        """The largest part that was used in that time."""
        seen = self.seen or [(START, 1.0)]
        inside = [share for at, share in seen if begins <= at <= ends]
        before = [share for at, share in seen if at <= begins]
        return max([*inside, *before[-1:], *(() if before else (1.0,))])


class Simulation:
    """One scan, drawn from its seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        rng = self.rng = random.Random(seed)
        nets = [f"20.{rng.randrange(256)}.{rng.randrange(256)}." for _ in range(3)]
        self.addresses = [rng.choice(nets) + str(number) for number in range(1, 9)]
        self.addresses += [f"2600:{number // 2 + 1:x}::{number + 1:x}" for number in range(4)]
        self.zones = Zones(seed, [*self.addresses, "10.0.0.1"])
        resolvers = tuple(f"192.0.2.{number}" for number in range(1, rng.choice((2, 2, 3, 5))))
        second = tuple(f"192.0.2.{100 + n}" for n in range(rng.choice((0, 0, 1, 2))))
        self.opted_out = frozenset(
            rng.sample([self.addresses[0], "20.0.0.0/8", "s1.com", "ns1.s2.com", "2600::/32"], 2)
            if rng.random() < 0.3 else ()
        )  # fmt: skip
        self.settings = ScanSettings(
            resolvers=resolvers,
            second_resolvers=second,
            timeout=rng.choice((0.1, 0.5, 2.0)),
            tries=rng.choice((1, 2, 3)),
            window=rng.choice((1, 3, 20, 800)),
            direct_window=rng.choice((1, 5, 2000)),
            resolver_rate=rng.choice((0.0, 0.0, 0.0, 10.0, 100.0)),
            server_rate=rng.choice((0.5, 2.0, 20.0, 10_000.0)),
            network_rate=rng.choice((0.0, 1.0, 30.0, 200.0)),
            max_questions_per_site=rng.choice((4, 30, 600)),
            second_pass=rng.random() < 0.8,
            asks_authority=rng.random() < 0.7,
            control_share=rng.choice((0.0, 0.1, 1.0)),
            patience=rng.choice((0.0, 0.5, 5.0, 60.0)),
            server_patience=rng.choice((0.0, 0.5, 5.0, 20.0)),
            opted_out=self.opted_out,
            seed=seed,
            progress_every=rng.choice((1.0, 5.0)),
        )
        self.servers = {
            address: SimulatedServer(random.Random(f"{seed} {address}"), START, is_resolver=is_one)
            for addresses, is_one in ((resolvers + second, True), (self.addresses, False))
            for address in addresses
        }
        self.sites = rng.choice((1, 3, 10, 40))
        self.pool = [f"s{number}.com" for number in range(self.sites)]
        self.got: list[tuple[Question, Answer]] = []
        self.recorded = Recorded()
        self.told: dict[int, Entry] = {}  # kept, so that no other gets its number
        self.offers = Offers(rng)

    # -- what is asked ----------------------------------------------------------------------------

    def plans(self) -> Iterable[tuple[str, Wanted]]:
        rng = self.rng
        for domain in self.pool:
            names = [
                domain,
                f"_dmarc.{domain}",
                f"www.{domain}",
                rng.choice(self.pool),
                "bad..name",
            ]
            names = names[: rng.choice((1, 3, 4, 5))]
            for _ in range(rng.choice((1, 2, 3))):
                wanted = tuple(
                    Question(rng.choice(names), rng.choice(TYPES), "", rng.random() < 0.1)
                    for _ in range(rng.choice((1, 4, 12)))
                )
                yield domain, wanted
            if rng.random() < 0.7:
                yield domain, self.follow(domain)
            if rng.random() < 0.3:
                yield domain, self.wander(domain, rng.randrange(1, 12))

    def ask(self, *questions: Question) -> Plan:
        answers = yield questions
        self.got += zip(questions, answers, strict=True)
        return answers

    def follow(self, domain: str) -> Plan:
        """Name servers, their addresses, and each of them directly: as the family `ns` does."""
        yield from self.ask(Question(domain, wire.NS), Question(domain, wire.SOA))
        hosts = ["ns1." + domain, "ns2." + domain]
        rdtypes = (wire.A, wire.AAAA)
        asked = [Question(host, rdtype) for host in hosts for rdtype in rdtypes]
        answers = yield tuple(asked)
        addresses = []
        for question, answer in zip(asked, answers, strict=True):
            self.got.append((question, answer))
            found = answer.rrset()
            for data in found.rdata if found is not None else ():
                address = self.zones.address_of(data)
                addresses += [address] if address else []
        for rdtype in (wire.NS, wire.SOA, wire.TXT):
            yield from self.ask(*(Question(domain, rdtype, address) for address in addresses))

    def wander(self, domain: str, steps: int) -> Plan:
        """Names and servers anyhow, one after the other."""
        rng = random.Random(f"{self.seed} {domain}")
        for step in range(steps):
            name = rng.choice((f"h{step}.{domain}", rng.choice(self.pool), "com"))
            server = rng.choice(("", "", *self.addresses, "127.0.0.1"))
            yield from self.ask(Question(name, rng.choice(TYPES), server))

    # -- running ----------------------------------------------------------------------------------

    def run(self) -> ScanReport:
        transport = self.transport = SimulatedTransport(
            self.servers, self.zones, random.Random(f"{self.seed} way"), START
        )
        transport.check = self.holds
        with mock.patch.object(scanner, "Transport", return_value=transport):
            scan = scanner.Scan(
                self.settings, self.recorded, lambda _: None, self.sites, self.offers
            )
            scan._clock = lambda: transport.now
            scan._started = scan._reported_at = START
            scan._epoch = 0.0
            self.core = scan._core = Lookups(scan._settings, scan._rng, START)
            with mock.patch.object(scanner, "Plans", self._keep_plans):
                report = scan.run(self.plans())
        self.check_end(report)
        return report

    def settle(self, entry: Entry, answer: Answer, asked_at: float) -> None:
        """What the core says of a first pass comes within the time that all its tries may take.

        A denial that the table kept back comes here again, later, and was told in time.
        """
        settings = self.settings
        at_resolvers = not (settings.resolver_rate or answer.question.server)
        if entry.pass_number == 1 and at_resolvers and id(entry) not in self.told:
            self.told[id(entry)] = entry
            longest = max(2 * settings.timeout, settings.timeout * 1.5**settings.tries)
            away = settings.patience + 10.0
            taken = self.transport.now - asked_at - self.transport.stalled
            assert taken <= (settings.tries + EXTRA_SENDS) * (longest + away), (answer, taken)
        Plans.settle(self.table, entry, answer, asked_at)

    def _keep_plans(self, *given: Any, **more: Any) -> Plans:
        self.table = Plans(*given, **more)
        self.table.settle = self.settle
        return self.table

    def all_servers(self) -> list[Server]:
        core = self.core
        return [*core.first.servers, *core.second.servers, *core.servers.values()]

    # -- what must hold ---------------------------------------------------------------------------

    def holds(self) -> None:
        """At any time: no counter is wrong, no window or ceiling of look-ups under way exceeded."""
        core, table = self.core, self.table
        assert self.transport.now < START + LONGEST, "it goes on for ever"
        assert table.in_progress >= 0
        assert 0 <= table.sites_parked <= table.sites_open
        direct = streams = 0
        for server in self.all_servers():
            flying = [look for lane in server.lanes for look in lane.pending.values()]
            flying = [look for look in flying if look.burst or look.deadline]
            assert server.in_flight == len(flying), (server.address, server.in_flight, len(flying))
            lingering = sum(look.lingers for look in flying)
            assert server.lingering == lingering, (server.address, server.lingering, lingering)
            streams += server.stream is not None
            if not server.is_resolver:
                direct += server.in_flight
                assert server.in_flight <= DIRECT_IN_FLIGHT
        assert core.direct_in_flight == direct <= self.settings.direct_window
        assert core.streams == streams

    def check_end(self, report: ScanReport) -> None:
        table, core = self.table, self.core
        assert table.failure is None
        assert table.in_progress == table.sites_open == table.sites_parked == 0
        assert not table.has_parked
        assert table.sites_done == self.sites
        check_answers(self.recorded, report, self.zones, self.settings.tries)
        for told in self.recorded.calls.values():
            assert all(START <= asked_at <= self.transport.now for _, _, asked_at in told)
        check_plans(self.got, self.recorded)
        self.check_sends(report)
        later = self.transport.now + 100.0  # nobody sends any more
        core.expire(later)
        for server in self.all_servers():
            assert all(look.is_done for look in server.queue), server.address
            assert all(look.is_done for look in server.stream_queue), server.address
            assert not server.limbo, server.address
            assert server.in_flight == server.lingering == 0, server.address
            assert not [look for lane in self.lanes(server) for look in lane.pending.values()]
        assert all(look.is_done for look in [*core.first.queue, *core.second.queue])
        assert core.direct_in_flight == core.streams == 0
        assert not any(core._sendings.values())
        assert all(not look.owner or look.is_done for look, _ in core.finished)

    @staticmethod
    def lanes(server: Server) -> list[Lane]:
        return [*server.lanes, *([server.stream] if server.stream is not None else [])]

    def check_sends(self, report: ScanReport) -> None:
        """No more than the rates allow, to nobody who opted out, and all of it counted."""
        transport, settings = self.transport, self.settings
        assert report.datagrams == transport.datagrams
        assert report.stream_queries == transport.stream_queries
        networks: dict[str, list[float]] = {}
        share = settings.resolver_rate / len(settings.resolvers)
        second = settings.resolver_rate / max(1, len(settings.second_resolvers))
        for address, server in self.servers.items():
            if address in settings.resolvers or address in settings.second_resolvers:
                self.check_rate(
                    address, server.sent_at, share if address in settings.resolvers else second
                )
                continue
            self.check_rate(address, server.sent_at, settings.server_rate)
            network = self.core.networks.of(address)
            assert network is not None
            networks.setdefault(network.name, []).extend(server.sent_at)
        for name, times in networks.items():
            self.check_rate(name, sorted(times), settings.network_rate)
        for name, _, server_asked, _ in transport.sent:
            for entry in self.opted_out:
                assert entry not in (name, server_asked)
                assert not name.endswith("." + entry)
                if server_asked and entry.endswith(("/8", "/32")):
                    assert not server_asked.startswith(entry.split("0.")[0].split("::")[0] + ".")

    def check_rate(self, where: str, times: list[float], rate: float) -> None:
        """In no second, wherever it begins, more than the part of the rate that was in use then."""
        if not rate:
            return
        first = 0
        for last, at in enumerate(times):
            while times[first] <= at - 1.0 + 1e-6:
                first += 1
            part = self.offers.most(times[first], at)
            allowed = max(1, int(rate * part + 1e-6))
            assert last - first + 1 <= allowed, (where, rate, part, times[first : last + 1])
