"""Asks about domains and hands each over, read and judged, as soon as its last answer is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from dnstats.answer import Answer, Plan, Question, Reason, Wanted, not_asked
from dnstats.check.checked import Checked, judge
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.record import NotMeasured, Record, Site, not_measured
from dnstats.scan.progress import Progress, ScanReport
from dnstats.scan.scanner import scan
from dnstats.scan.settings import ScanSettings

OFTEN = 0.2  # seconds between two looks at what is finished


def check_domains(
    domains: Sequence[str],
    settings: ScanSettings,
    tell: Callable[[Checked], None],
    progress: Callable[[Progress], None] | None = None,
) -> ScanReport:
    """Check canonical names. `tell` gets each once, in the order in which they are finished.

    All are one scan: what two domains share is asked once, and those with questions that nobody
    answered come last, after a second try.
    """
    records = load_records()
    answers: dict[Question, Answer] = {}
    finished: deque[Site] = deque()

    def record(answer: Answer, _pass: int, asked_at: float) -> None:
        answers[answer.question] = msgspec.structs.replace(answer, asked_at=asked_at)

    def hand_over() -> None:
        while finished:
            tell(_read_and_judge(finished.popleft(), answers, records))

    def step(now: Progress) -> None:
        hand_over()
        if progress is not None:
            progress(now)

    sites = [Site(number, domain) for number, domain in enumerate(domains, start=1)]
    report = scan(
        _plans(sites, records, finished.append),
        msgspec.structs.replace(settings, progress_every=OFTEN),
        record,
        step,
        sites=len(sites),
    )
    hand_over()
    return report


def _read_and_judge(
    site: Site, answers: Mapping[Question, Answer], records: Sequence[Record]
) -> Checked:
    unanswered: dict[Question, NotMeasured] = {}

    def look(question: Question) -> Answer:
        answer = answers.get(question) or not_asked(question)
        if not answer.is_measured and answer.reason is not Reason.NOT_ASKED:
            unanswered[question] = not_measured(answer)
        return answer

    run = read_site(site, look, records)
    return judge(run, tuple(unanswered.values()))


def _plans(
    sites: Sequence[Site], records: Sequence[Record], finished: Callable[[Site], None]
) -> Iterator[tuple[str, Wanted]]:
    for site in sites:
        left = Countdown(len(records), site, finished)
        for record in records:
            yield site.domain, _noting(record.questions(site), left)


class Countdown:
    """How many families of a site still wait for answers."""

    def __init__(self, left: int, site: Site, finished: Callable[[Site], None]) -> None:
        self._left, self._site, self._finished = left, site, finished

    def one_less(self) -> None:
        """A family has all its answers."""
        self._left -= 1
        if not self._left:
            self._finished(self._site)


def _noting(plan: Wanted, left: Countdown) -> Plan:
    try:
        if isinstance(plan, tuple):
            yield plan
        else:
            yield from plan
    finally:
        left.one_less()
