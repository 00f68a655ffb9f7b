"""Zones of which nothing could be had twice: the rest of their names is not asked for in vain.

Every site asks for its NS, its SOA and its address. When all failed in the second pass too, at
every resolver and at the zone's own servers, the same silence awaits whatever else is below: a
chunk with hundreds of dead sites would spend ten times its time on it. Some servers drop NS and SOA
alone: who said anything of the zone is not silent. What is passed over is not measured, for the
reason it had or as `zone_silent` where it was never sent, and never absent. Asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.scan.second_pass import DNSSEC_ERRORS

SPEAKERS = (wire.NS, wire.SOA, wire.A)
_SILENCE = frozenset(
    (
        Reason.TIMEOUT,
        Reason.SERVER_SILENT,
        Reason.SERVFAIL,
        Reason.UNREACHABLE,
        Reason.MISMATCH,  # a resolver's late reply to an earlier question, whose ID came up again
    )
)


def speaks_for_a_zone(question: Question) -> bool:
    """Whether its second pass tells of all names below."""
    return question.rdtype in SPEAKERS and not question.server and not question.cd


class SilentZones:
    """What the second pass learnt of whole zones."""

    def __init__(self) -> None:
        self._failed: set[tuple[str, int]] = set()
        self._heard: set[str] = set()  # of which something is known all the same
        self.names: set[str] = set()

    def learn(self, question: Question, answer: Answer, beside: Iterable[Answer]) -> None:
        """The last answer to a question of the second pass, and what is known of its site."""
        if not speaks_for_a_zone(question) or answer.reason not in _SILENCE:
            return
        if not DNSSEC_ERRORS.isdisjoint(answer.ede):
            return  # the resolver's verdict on signatures; other names may do
        zone = question.name
        self._failed.add((zone, question.rdtype))
        if any(tells_of(zone, one) for one in beside):
            self._heard.add(zone)
        is_mute = all((zone, rdtype) in self._failed for rdtype in SPEAKERS)
        if is_mute and zone not in self._heard:
            self.names.add(zone)

    def hold(self, question: Question) -> bool:
        """Whether it would be asked in vain."""
        return bool(self.names) and any(name in self.names for name in zones_of(question))


def tells_of(zone: str, answer: Answer) -> bool:
    """Whether somebody said what is in the zone. Its DS is in the zone above."""
    question = answer.question
    if not answer.is_measured or question.server:
        return False
    if question.name == zone:
        return question.rdtype != wire.DS
    return question.name.endswith("." + zone)


def zones_of(question: Question) -> Iterable[str]:
    """Names of zones that it may be in. A DS is in the zone above (RFC 4035 section 3.1.4.1)."""
    try:
        above = wire.parents(question.name)
    except wire.BadName:
        return ()
    return above if question.rdtype == wire.DS else (question.name, *above)
