"""What every site wants to know, in one table: equal questions are asked once.

Runs the plans that the record families wrote, and knows nothing of how a question is asked: `ask`
takes an entry of the table and a pass number, and `settle` is called with its answer. A plan that
raises is our fault: the others go on, and `failure` says which it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import cast

from dnstats.answer import Answer, Outcome, Question, Reason, Wanted
from dnstats.scan.control import CONTROL, Control, choose
from dnstats.scan.cuts import TELLING, Cuts
from dnstats.scan.parking import Parking
from dnstats.scan.reply import not_sent
from dnstats.scan.second_pass import DNSSEC_ERRORS, ask_authority, is_worth_asking_again
from dnstats.scan.silent_zones import SPEAKERS, SilentZones, speaks_for_a_zone
from dnstats.scan.tally import Tally
from dnstats.scan.waiting import Asker, Entry, SiteState

LOOKAHEAD = 500  # sites among which the next one is drawn, so that neighbours in the list part
MAX_OPEN = 4000  # sites with questions on their way
ROUNDS = 50  # a plan may go on this many times a question it may ask, before it counts as endless

_PRESENT = Outcome.PRESENT
_TELLING = frozenset(TELLING)


class PlanFailed(RuntimeError):
    """A plan raised, or never ends: a fault of ours, named with its site."""


Record = Callable[[Answer, int, float], None]


class Plans:
    """The table of a chunk's questions and the generators that wait for it."""

    def __init__(
        self,
        plans: Iterable[tuple[str, Wanted]],
        record: Record,
        ask: Callable[[Entry, int], Reason | None],
        rng: random.Random,
        *,
        max_questions_per_site: int,
        second_pass: bool,
        asks_authority: bool,
        wall: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._sites = _shuffled(plans, rng)
        self._rng = rng
        self._record = record
        self._ask = ask  # returns a Reason when the question must not or cannot be asked
        self._limit = max_questions_per_site
        self._second_pass = second_pass
        self._wall = wall  # epoch seconds, for what is never sent
        self._asks_authority = asks_authority  # when a second pass over the same path fails
        self.table: dict[Question, Answer | Entry] = {}
        self._cuts = Cuts(self.table)
        self._held = self._cuts.held
        self._parking = Parking(self.table)
        self._silent = SilentZones()
        self._failed_once: set[Question] = set()
        self._limited: set[Question] = set()
        self._rescue_site = SiteState("")
        self.failure: PlanFailed | None = None
        self.failures = 0
        self.is_fed = False  # every site has been opened
        self.sites_open = self.sites_parked = self.sites_done = 0
        self.in_progress = 0  # entries that are being asked
        self.tally = Tally()
        self.control: Control | None = None

    @property
    def is_open_for_more(self) -> bool:
        """Whether another site may be opened now."""
        return not self.is_fed and self.sites_open - self.sites_parked < MAX_OPEN

    def open_site(self) -> None:
        """Start the plans of one more site."""
        site = next(self._sites, None)
        if site is None:
            self.is_fed = True
            return
        name, plans = site
        state = SiteState(name)
        askers = []
        fixed: tuple[Question, ...] = ()
        for plan in plans:
            if isinstance(plan, tuple):
                fixed += plan
            else:
                askers.append(Asker(plan, state))
        state.running = len(askers) + 1
        self.sites_open += 1
        one_for_all = Asker(None, state)
        if self._wait(one_for_all, fixed) is not None:
            self._end(one_for_all, None)
        for asker in askers:
            self._run(asker, None)

    def _run(self, asker: Asker, answers: tuple[Answer, ...] | None) -> None:
        """Drive one plan until it waits for something, or ends."""
        plan = asker.plan
        while True:
            if plan is None:
                self._end(asker, None)
                return
            try:
                questions = plan.send(answers)
                answers = self._wait(asker, questions)
            except StopIteration as end:
                self._end(asker, end.value)
                return
            except Exception as error:
                self._fail(asker, error)
                return
            if answers is None:
                return
            asker.steps += 1
            if asker.steps > self._limit * ROUNDS:
                plan.close()
                self._fail(asker, RuntimeError("it asks without end"))
                return

    def _wait(self, asker: Asker, questions: tuple[Question, ...]) -> tuple[Answer, ...] | None:
        """Enter what a plan asks into the table; the answers, when all are there already."""
        table = self.table
        failed_once = self._failed_once
        missing = 0
        for question in questions:
            known = table.get(question)
            if known is None:
                known = self._enter(asker, question)
            elif failed_once and asker.entry is None and question in failed_once:
                assert isinstance(known, Answer)
                known = self._park_again(question, known)
            if type(known) is Entry:
                if asker.entry is not None and not known.once:
                    asker.is_cut = True
                    continue  # one second pass never waits for another: that could go round
                known.waiters.append(asker)
                missing += 1
                if known.is_parked:
                    self._park_site(asker.site)
        asker.questions, asker.missing = questions, missing
        return None if missing else self._answers(asker)

    def _enter(self, asker: Asker, question: Question) -> Answer | Entry | None:
        if asker.entry is None:
            site = asker.site
            if site.asked >= self._limit:
                self._limited.add(question)
                asker.is_cut = True
                return None
            site.asked += 1
        entry = Entry(question, once=asker.entry is not None)
        if question.rdtype in _TELLING and not question.server:
            self._cuts.names.add(question.name)
        if asker.entry is None and not question.server and self._parking.postpones(entry):
            self.table[question] = entry
            return entry
        refusal = self._ask_first(entry)
        if refusal is not None:
            answer = not_sent(question, refusal)
            self.table[question] = answer
            self.tally.count(answer)
            self._record(answer, 1, self._wall())
            return answer
        self.table[question] = entry
        return entry

    def _ask_first(self, entry: Entry) -> Reason | None:
        """Ask it in the first pass; the reason when it is not asked."""
        question = entry.question
        if not entry.once and not question.server and self._silent.hold(question):
            return Reason.ZONE_SILENT
        refusal = self._ask(entry, 1)
        if refusal is None:
            self.in_progress += 1
        return refusal

    def _answers(self, asker: Asker) -> tuple[Answer, ...]:
        """The answers to what a plan asked, in its order."""
        table = self.table
        is_plan = asker.entry is None
        if is_plan and not asker.is_cut:
            return cast(
                "tuple[Answer, ...]", tuple([table[question] for question in asker.questions])
            )
        found = []
        for question in asker.questions:
            known = table.get(question)
            if type(known) is not Answer or (is_plan and question in self._failed_once):
                known = self._instead(asker, question, known)
            found.append(known)
        return tuple(found)

    @staticmethod
    def _instead(asker: Asker, question: Question, known: object) -> Answer:
        """Not in the table: over the site's limit. In it and open: somebody else's, too late for
        us, unless it had failed for our second pass before a plan came to want it.
        """
        if asker.entry is not None and isinstance(known, Entry) and known.first is not None:
            return known.first
        return not_sent(question, Reason.LIMIT)

    # -- answers --------------------------------------------------------------------------------

    def settle(self, entry: Entry, answer: Answer, asked_at: float) -> None:
        """The answer to an entry in its pass; `asked_at` in epoch seconds."""
        self.in_progress -= 1
        outcome = answer.outcome
        if outcome is not _PRESENT and answer.reason is None and entry.pass_number != CONTROL:
            if not entry.question.server:
                judged = self._cuts.judge(entry, answer, asked_at)
                if judged is None:
                    return
                answer = judged
            elif outcome is Outcome.REFERRAL:
                self._cuts.referred.add(entry.question.name)
        if entry.pass_number == 1:
            self._record(answer, 1, asked_at)
            if answer.reason is None or not self._second_pass or not is_worth_asking_again(answer):
                self._finish(entry, answer)
            elif entry.once:
                self._fail_once(entry, answer)
            elif self._silent.hold(entry.question):
                self._finish(entry, answer)
            else:
                entry.first = answer
                self._park(entry)
        elif entry.pass_number == CONTROL:
            assert self.control is not None
            assert entry.first is not None
            self.control.compare(entry.first, answer)
        elif answer.is_measured or not is_worth_asking_again(answer):
            self._settle_second(entry, answer, asked_at)
        else:
            entry.second = answer
            self._rescue(entry, answer, asked_at)

    def _fail_once(self, entry: Entry, answer: Answer) -> None:
        """A second pass asked in vain and takes that; plans that want to know too get their own."""
        question = entry.question
        plans = [asker for asker in entry.waiters if asker.entry is None]
        entry.waiters = [asker for asker in entry.waiters if asker.entry is not None]
        self._failed_once.add(question)
        self._finish(entry, answer)
        if plans:
            known = self.table[question]
            again = self._park_again(question, known) if type(known) is Answer else known
            assert isinstance(again, Entry)
            again.waiters += plans
            if again.is_parked:
                for asker in plans:
                    self._park_site(asker.site)

    def _rescue(self, entry: Entry, answer: Answer, asked_at: float) -> None:
        """The same path failed twice: ask the servers of the zone themselves, where that is due."""
        if not self._asks_authority or entry.question.server:
            self._settle_second(entry, answer, asked_at)
            return
        plan = ask_authority(entry.question, answer, checks_first=not entry.is_brisk)
        asker = Asker(plan, self._rescue_site, entry)
        entry.second = answer
        entry.asked_at = asked_at
        self.in_progress += 1  # the entry goes on
        self._run(asker, None)

    def _settle_second(self, entry: Entry, answer: Answer, asked_at: float) -> None:
        self.tally.count_again(answer)
        self._record(answer, 2, asked_at)
        self._silent.learn(entry.question, answer, self._known_beside(entry))
        self._finish(entry, answer)

    def _known_beside(self, entry: Entry) -> Iterator[Answer]:
        """What is known so far of all that is asked together with this."""
        for asker in entry.waiters:
            for question in asker.questions:
                known = self.table.get(question)
                if type(known) is Answer:
                    yield known

    def _finish(self, entry: Entry, answer: Answer) -> None:
        question = entry.question
        self.table[question] = answer
        self.tally.count(answer)
        if self._held:
            self._release(question)
        if question.rdtype in SPEAKERS:
            self._parking.release(question.name)
        for asker in entry.waiters:
            if entry.first is not None and asker.site.is_parked:
                asker.site.is_parked = False
                self.sites_parked -= 1
            missing = asker.missing - 1
            asker.missing = missing
            if missing:
                continue
            if len(asker.questions) == 1 and asker.entry is None and not asker.is_cut:
                self._run(asker, (answer,))
            else:
                self._run(asker, self._answers(asker))

    def _release(self, question: Question) -> None:
        """Denials that were kept back until this question is answered."""
        for entry, answer, asked_at in self._cuts.release(question):
            self.in_progress += 1
            self.settle(entry, answer, asked_at)

    # -- second pass ----------------------------------------------------------------------------

    def _park(self, entry: Entry) -> None:
        self._parking.add(entry)
        for asker in entry.waiters:
            self._park_site(asker.site)

    def _park_again(self, question: Question, answer: Answer) -> Entry:
        """A plan wants what so far only a second pass had asked, in vain: it gets its own."""
        self._failed_once.discard(question)
        self.tally.take_back(answer)
        entry = Entry(question)
        entry.first = answer
        self.table[question] = entry
        self._park(entry)
        return entry

    def _park_site(self, site: SiteState) -> None:
        if not site.is_parked and site is not self._rescue_site:
            site.is_parked = True
            self.sites_parked += 1

    @property
    def has_parked(self) -> bool:
        return not self._parking.is_empty

    @property
    def wants_second_pass(self) -> bool:
        """Whether `begin_second_pass` has something to do."""
        return self._parking.has_news or (not self.in_progress and self.has_parked)

    def overdue(self, entry: Entry) -> None:
        """The first try of its first pass went unanswered."""
        if self._second_pass:
            self._parking.overdue(entry)

    def begin_second_pass(self) -> None:
        """Ask the parked questions again; of what may be a dead zone NS, SOA and address first."""
        for entry in self._parking.take_overdue():
            self._look_ahead(entry)
        for entry in self._parking.take(nothing_goes_on=not self.in_progress):
            if entry.first is None:  # it was kept back
                refusal = self._ask_first(entry)
                if refusal is not None:
                    self._settle_unsent(entry, refusal)
                continue
            if self._silent.hold(entry.question):
                self._finish(entry, entry.first)
                continue
            entry.pass_number = 2
            if speaks_for_a_zone(entry.question) and self._parking.is_in_doubt(entry.question.name):
                self._look_ahead(entry)
            self.in_progress += 1
            self._ask(entry, 2)

    def _settle_unsent(self, entry: Entry, refusal: Reason) -> None:
        answer = not_sent(entry.question, refusal)
        self._record(answer, 1, self._wall())
        self._finish(entry, answer)

    def _look_ahead(self, entry: Entry) -> None:
        """Ask a zone's own servers while its resolver is asked on, not after it.

        One dead zone would keep a chunk waiting for the one, then for the other. What they say
        stands in the table when the second pass of this entry wants to know it.
        """
        failed = entry.first or not_sent(entry.question, Reason.TIMEOUT)
        if not self._asks_authority or not DNSSEC_ERRORS.isdisjoint(failed.ede):
            return
        entry.is_brisk = True
        plan = ask_authority(entry.question, failed, checks_first=False)
        self.in_progress += 1
        self._run(Asker(plan, self._rescue_site, entry, is_ahead=True), None)

    def begin_control(self, share: float) -> bool:
        """Ask a random part of it all once more; False when that was done, or there is nothing."""
        if self.control is not None:
            return False
        self.control = Control()
        chosen = choose(self.table, share, self._rng)
        for answer in chosen:
            entry = Entry(answer.question)
            entry.pass_number = CONTROL
            entry.first = answer
            self.in_progress += 1
            self._ask(entry, CONTROL)
        return bool(chosen)

    # -- ends -----------------------------------------------------------------------------------

    def _end(self, asker: Asker, value: Answer | None) -> None:
        if asker.entry is not None:
            entry = asker.entry
            self.in_progress -= 1
            if asker.is_ahead:
                return
            answer = value or entry.second
            assert answer is not None
            self._settle_second(entry, answer, entry.asked_at)
            return
        site = asker.site
        site.running -= 1
        if not site.running:
            self.sites_open -= 1
            self.sites_done += 1
            if site.is_parked:
                site.is_parked = False
                self.sites_parked -= 1

    def _fail(self, asker: Asker, error: Exception) -> None:
        self.failures += 1
        if self.failure is None:
            name = asker.entry.question.name if asker.entry is not None else asker.site.name
            self.failure = PlanFailed(f"A plan of the site {name} failed: {error!r}.")
            self.failure.__cause__ = error
        self._end(asker, None)

    def close(self) -> None:
        """Record what no site was allowed to ask any more."""
        for question in self._limited:
            if question not in self.table:
                answer = not_sent(question, Reason.LIMIT)
                self.tally.count(answer)
                self._record(answer, 1, self._wall())


def _shuffled(
    plans: Iterable[tuple[str, Wanted]], rng: random.Random
) -> Iterator[tuple[str, list[Wanted]]]:
    """Sites with their plans, in an order that parts neighbours; LOOKAHEAD of them in memory."""
    waiting: list[tuple[str, list[Wanted]]] = []
    of_one: list[Wanted] = []
    last = None
    for name, plan in plans:
        if name == last:
            of_one.append(plan)
            continue
        if len(waiting) > LOOKAHEAD:
            place = int(rng.random() * len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            yield waiting.pop()
        last, of_one = name, [plan]
        waiting.append((name, of_one))
    rng.shuffle(waiting)
    yield from waiting
