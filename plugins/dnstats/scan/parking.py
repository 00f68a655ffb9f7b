"""Questions that wait for their second pass, and behind what. Asks nothing itself.

Of a zone that may be dead its speakers (NS, SOA and address) go first, and what is below waits
behind them until all are settled: the rest would be asked in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dnstats.answer import Answer, Question
from dnstats.scan.silent_zones import SPEAKERS, speaks_for_a_zone, zones_of
from dnstats.scan.waiting import Entry


class Parking:
    """Entries that failed in the first pass, and those that are about to."""

    def __init__(self, table: Mapping[Question, Answer | Entry]) -> None:
        self._table = table
        self._parked: list[Entry] = []
        self._behind: dict[str, list[Entry]] = {}  # by the zone whose speakers go first
        self._trials: set[str] = set()  # zones whose speakers are in their second pass
        self._overdue: list[Entry] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for a second pass."""
        return not (self._parked or self._behind)

    @property
    def has_news(self) -> bool:
        """Whether something came since the last `take` and `take_overdue`."""
        return bool(self._parked or self._overdue)

    def add(self, entry: Entry) -> None:
        """It failed, and shall be asked again."""
        entry.is_parked = True
        self._parked.append(entry)

    def postpones(self, entry: Entry) -> bool:
        """Keep back what comes up below a zone while its speakers have their second pass."""
        zone = self._trials and self._zone_above(entry.question, self._trials.__contains__)
        if not zone:
            return False
        entry.is_parked = True
        self._behind.setdefault(zone, []).append(entry)
        return True

    def overdue(self, entry: Entry) -> None:
        """Its first try went unanswered; it is asked on."""
        if entry.pass_number == 1 and not entry.once and speaks_for_a_zone(entry.question):
            self._overdue.append(entry)

    def take(self, *, nothing_goes_on: bool) -> list[Entry]:
        """What may be asked again now; without an end in sight, whatever there is."""
        parked, self._parked = self._parked, []
        ready = []
        for entry in parked:
            zone = self._zone_above(entry.question, self._goes_first)
            if zone:
                self._behind.setdefault(zone, []).append(entry)
            else:
                ready.append(entry)
        if not ready and nothing_goes_on:
            ready = [entry for entries in self._behind.values() for entry in entries]
            self._behind.clear()
        for entry in ready:
            entry.is_parked = False
            if speaks_for_a_zone(entry.question) and self.is_in_doubt(entry.question.name):
                self._trials.add(entry.question.name)
        return ready

    def take_overdue(self) -> list[Entry]:
        """Speakers of zones in doubt whose first pass goes on, of which the first try is over."""
        overdue, self._overdue = self._overdue, []
        return [
            entry
            for entry in overdue
            if self._table.get(entry.question) is entry
            and not entry.is_parked
            and self.is_in_doubt(entry.question.name)
        ]

    def release(self, zone: str) -> None:
        """One of the zone's speakers is settled: what waits may go on, when that was enough.

        Where the first pass answered none of them, all of them come first: what failed for all is
        worth the time.
        """
        if zone in self._trials:
            waits = self._is_open(zone)
        else:
            waits = zone in self._behind and self.is_in_doubt(zone)
        if not waits:
            self._trials.discard(zone)
            self._parked += self._behind.pop(zone, ())

    def is_in_doubt(self, zone: str) -> bool:
        """Whether all its speakers were asked, none is answered, and one is still open."""
        known = [self._table.get(Question(zone, rdtype)) for rdtype in SPEAKERS]
        return (
            None not in known
            and any(isinstance(one, Entry) for one in known)
            and not any(isinstance(one, Answer) and one.is_measured for one in known)
        )

    def _goes_first(self, zone: str) -> bool:
        return zone in self._trials or self.is_in_doubt(zone)

    def _is_open(self, zone: str) -> bool:
        return any(isinstance(self._table.get(Question(zone, one)), Entry) for one in SPEAKERS)

    @staticmethod
    def _zone_above(question: Question, is_meant: Callable[[str], bool]) -> str:
        """The nearest such zone that the question may wait for; "" when there is none."""
        own = question.name if speaks_for_a_zone(question) else ""
        names = (name for name in zones_of(question) if name != own)
        return next(filter(is_meant, names), "")
