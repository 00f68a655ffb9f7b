"""HTTPS records (RFC 9460) at the site and at www. Judges nothing."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.svcb import Binding, read_binding


class Https(Reading, frozen=True):
    """The HTTPS records of the site and of www; () where a server said that there are none."""

    apex: tuple[Binding, ...] | NotMeasured
    www: tuple[Binding, ...] | NotMeasured
    malformed: int = 0  # records without priority and target

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """All that were read, those of the site first."""
        apex = () if isinstance(self.apex, NotMeasured) else self.apex
        www = () if isinstance(self.www, NotMeasured) else self.www
        return apex + www


def _asked(site: Site) -> tuple[Question, Question]:
    return Question(site.domain, wire.HTTPS), Question(f"www.{site.domain}", wire.HTTPS)


def questions(site: Site) -> tuple[Question, ...]:
    """HTTPS at the site and at www."""
    return _asked(site)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None when both names have none; NotMeasured when there is none where anybody could tell."""
    answers = [look(question) for question in _asked(site)]
    if not any(answer.is_present for answer in answers):
        silent = [answer for answer in answers if not answer.is_measured]
        return not_measured(silent[0]) if silent else None
    (apex, broken), (www, broken_www) = (_bindings(answer) for answer in answers)
    return Https(apex, www, broken + broken_www)


def _bindings(answer: Answer) -> tuple[tuple[Binding, ...] | NotMeasured, int]:
    """The records of one name by priority, and how many nobody can read."""
    if not answer.is_measured:
        return not_measured(answer), 0
    found = answer.rrset()
    if found is None:
        return (), 0
    read_ones = [read_binding(answer.message, start, end) for start, end in found.spans]
    readable = [one for one in read_ones if one is not None]
    readable.sort(key=lambda one: (one.priority, one.target))
    return tuple(readable), len(read_ones) - len(readable)


RECORD = Record("https", "HTTPS service binding", Https, questions, read)
