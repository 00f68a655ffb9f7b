"""Zones of which nothing could be had twice: the rest of their names is not asked for in vain.

Every site asks for its NS and its SOA. When both failed in the second pass too, at every resolver
and at the zone's own servers, the same silence awaits whatever else is below: a chunk with hundreds
of dead sites would spend ten times its time on it. What is passed over is not measured, for the
reason it had, and never absent. Asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.scan.second_pass import DNSSEC_ERRORS

_SPEAKERS = (wire.NS, wire.SOA)
_SILENCE = frozenset((Reason.TIMEOUT, Reason.SERVFAIL, Reason.UNREACHABLE))


def speaks_for_a_zone(question: Question) -> bool:
    """Whether its second pass tells of all names below."""
    return question.rdtype in _SPEAKERS and not question.server and not question.cd


class SilentZones:
    """What the second pass learnt of whole zones."""

    def __init__(self) -> None:
        self._failed: set[tuple[str, int]] = set()
        self.names: set[str] = set()

    def learn(self, question: Question, answer: Answer) -> None:
        """The last answer to a question of the second pass."""
        if not speaks_for_a_zone(question) or answer.reason not in _SILENCE:
            return
        if not DNSSEC_ERRORS.isdisjoint(answer.ede):
            return  # the resolver's verdict on signatures; other names may do
        self._failed.add((question.name, question.rdtype))
        if all((question.name, rdtype) in self._failed for rdtype in _SPEAKERS):
            self.names.add(question.name)

    def hold(self, question: Question) -> bool:
        """Whether it would be asked in vain."""
        return bool(self.names) and any(name in self.names for name in _upwards(question.name))


def doubtful(questions: Iterable[Question]) -> set[str]:
    """Names whose NS and SOA are both to be asked again."""
    seen = {(one.name, one.rdtype) for one in questions if speaks_for_a_zone(one)}
    return {name for name, rdtype in seen if all((name, other) in seen for other in _SPEAKERS)}


def waits(question: Question, zones: set[str]) -> bool:
    """Whether its second pass waits for what the NS and SOA of one of the zones come to."""
    own = question.name in zones and speaks_for_a_zone(question)
    return not own and any(name in zones for name in _upwards(question.name))


def _upwards(name: str) -> Iterable[str]:
    try:
        return (name, *wire.parents(name))
    except wire.BadName:
        return ()
