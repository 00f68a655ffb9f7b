"""Who goes first in the second pass, and what waits behind it."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.scan.parking import Parking
from dnstats.scan.silent_zones import SPEAKERS
from dnstats.scan.waiting import Entry

from tests.scan.asking import txt

NS, SOA, A = (Question("dead.example", rdtype) for rdtype in SPEAKERS)
MAIL, OTHER = txt("_dmarc.dead.example"), txt("live.example")


def _failed(question: Question) -> Answer:
    return Answer(question, Outcome.NOT_MEASURED, Reason.TIMEOUT)


class Lot:
    """A table in which all of a dead zone is open, and what of it is parked."""

    def __init__(self, *others: Question) -> None:
        self.table: dict[Question, Answer | Entry] = {}
        for question in (NS, SOA, A, MAIL, OTHER, *others):
            self.table[question] = Entry(question)
        self.parking = Parking(self.table)

    def add(self, *questions: Question) -> None:
        for question in questions:
            entry = self.table[question]
            assert isinstance(entry, Entry)
            self.parking.add(entry)

    def settle(self, answer: Answer) -> None:
        self.table[answer.question] = answer
        self.parking.release(answer.question.name)

    def take(self, *, nothing_goes_on: bool = False) -> list[Question]:
        return [entry.question for entry in self.parking.take(nothing_goes_on=nothing_goes_on)]


def test_what_is_below_a_zone_in_doubt_waits_behind_its_speakers() -> None:
    lot = Lot()
    lot.add(MAIL, OTHER, NS, SOA, A)
    assert lot.take() == [OTHER, NS, SOA, A]
    assert not lot.parking.is_empty
    assert not lot.parking.has_news


def test_speakers_that_have_not_failed_yet_are_waited_for_too() -> None:
    lot = Lot()
    lot.add(MAIL)
    assert lot.take() == []
    assert lot.take() == []
    lot.settle(Answer(SOA, Outcome.PRESENT))
    assert lot.take() == [MAIL]
    assert lot.parking.is_empty


def test_what_the_first_pass_answers_late_lets_the_rest_go_on() -> None:
    lot = Lot()
    lot.add(MAIL)
    assert lot.take() == []
    lot.settle(_failed(SOA))
    assert lot.take() == []
    lot.settle(Answer(A, Outcome.NODATA))
    assert lot.take() == [MAIL]


@pytest.mark.parametrize("outcome", [Outcome.NODATA, Outcome.NOT_MEASURED])
def test_once_asked_again_all_speakers_come_before_the_rest(outcome: Outcome) -> None:
    lot = Lot()
    lot.add(MAIL, NS, SOA, A)
    lot.take()
    for question in (NS, SOA):
        lot.settle(Answer(question, outcome, None if outcome is Outcome.NODATA else Reason.TIMEOUT))
        assert lot.take() == []
    lot.add(OTHER)
    lot.settle(_failed(A))
    assert lot.take() == [OTHER, MAIL]


def test_what_comes_up_while_the_speakers_are_asked_again_is_kept_back() -> None:
    late = Question("ns1.dead.example", wire.AAAA)
    lot = Lot(late)
    entry = lot.table[late]
    assert isinstance(entry, Entry)
    assert not lot.parking.postpones(entry)  # their second pass has not begun
    lot.add(NS, SOA, A)
    lot.take()
    assert lot.parking.postpones(entry)
    assert not lot.parking.postpones(Entry(OTHER))
    for question in (NS, SOA, A):
        lot.settle(Answer(question, Outcome.PRESENT))
    assert lot.take() == [late]
    assert not lot.parking.postpones(Entry(late))


def test_overdue_speakers_are_told_while_their_zone_is_in_doubt() -> None:
    lot = Lot()
    for question in (NS, MAIL):
        entry = lot.table[question]
        assert isinstance(entry, Entry)
        lot.parking.overdue(entry)
    assert lot.parking.is_empty  # they are asked on
    assert [entry.question for entry in lot.parking.take_overdue()] == [NS]
    lot.parking.overdue(Entry(NS))  # no longer the one that is asked
    assert lot.parking.take_overdue() == []


def test_nothing_waits_for_ever() -> None:
    lot = Lot()
    lot.add(MAIL)
    assert lot.take(nothing_goes_on=True) == [MAIL]
