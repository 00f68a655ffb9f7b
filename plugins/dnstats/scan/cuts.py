"""Denials from above a zone cut that the same scan knows of: they are not believed.

A forwarder that fails, or filters, denies with what it has: the SOA of com for a name below
example.com. That proves nothing once example.com has told its own NS or SOA, or has a DS or a
delegation: below the cut only the zone itself can deny (RFC 2308 section 2). Where those questions
are still open the denial is kept back until they are answered. Asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, follow_aliases
from dnstats.scan.waiting import Entry

TELLING = (wire.SOA, wire.NS, wire.DS)
"""Types whose records tell that a zone begins at their name."""

_DS, _NODATA = wire.DS, Outcome.NODATA
_SOA_TYPE = wire.SOA.to_bytes(2)

Held = tuple[Entry, Answer, float]
"""An entry, the denial it got, and when it was asked."""


class Cuts:
    """What the table tells of zone cuts, and the denials that wait for it."""

    def __init__(self, table: Mapping[Question, Answer | Entry]) -> None:
        self._table = table
        self.names: set[str] = set()  # whose NS, SOA or DS is asked: all others tell of no cut
        self.referred: set[str] = set()  # to which a server of the zone above referred
        self.held: dict[Question, list[Held]] = {}  # by the question that they wait for
        self._waiting: set[Question] = set()

    def judge(self, entry: Entry, answer: Answer, asked_at: float) -> Answer | None:
        """A resolver's denial as it is, or not measured; None when it is kept back in `held`.

        Nearly all of them come at the first or second return: so much is done for each, not more.
        """
        question = answer.question
        name = question.name
        message = answer.message
        at = 18 + len(name)  # behind the question, when no character of the name is escaped
        is_usual = message[6:8] == b"\0\0" and message[at + 2 : at + 4] == _SOA_TYPE
        if is_usual and message[at] == 0xC0 and "\\" not in name:  # no aliases, the SOA in front
            # On the wire a label begins as far behind the name's start as it does in the text.
            proof = message[at + 1] - 12
            if not proof:
                return answer
        else:
            proof = -1
        if proof < 0:
            name, proof = _denied_and_proof(answer)
        at = 0
        if question.rdtype == _DS and answer.outcome is _NODATA:
            at = name.find(".") + 1 or proof  # it is in the zone above (RFC 4035 section 3.1.4.1)
        asked = self.names
        while at < proof:
            if name[at:] in asked:
                return self._compare(entry, answer, asked_at, name[at:], proof - at)
            at = name.find(".", at) + 1 or proof
        return answer

    def _compare(
        self, entry: Entry, answer: Answer, asked_at: float, name: str, proof: int
    ) -> Answer | None:
        """Ask the table about the name that is denied, and those above it and below its proof."""
        waits_for: Question | None = None
        while proof > 0:
            if name in self.referred:
                return _disproved(answer)
            for rdtype in TELLING if name in self.names else ():
                question = Question(name, rdtype)
                known = self._table.get(question)
                if type(known) is Answer:
                    if _disproves(known, answer):
                        return _disproved(answer)
                elif known is not None and known is not entry and question not in self._waiting:
                    waits_for = question  # not for one that waits itself: that could go round
            label, _, name = name.partition(".")
            proof -= len(label) + 1 if name else proof
        if waits_for is None:
            return answer
        if entry.once:
            return _disproved(answer)  # of a second pass, which never waits for another
        self._waiting.add(entry.question)
        self.held.setdefault(waits_for, []).append((entry, answer, asked_at))
        return None

    def release(self, question: Question) -> list[Held]:
        """What was kept back for the answer to this question: to be judged again."""
        held = self.held.pop(question, [])
        self._waiting.difference_update(entry.question for entry, _, _ in held)
        return held


def _denied_and_proof(answer: Answer) -> tuple[str, int]:
    """The name that is denied, where the aliases end, and where in it the SOA's owner begins."""
    name = answer.question.name
    if not answer.message:
        return name, 0
    message = answer.walk()
    end = follow_aliases(message, name)
    name = end[0] if end is not None else name
    above = [
        len(rr.name)
        for rr in message.authority
        if rr.rdtype == wire.SOA and (name == rr.name or name.endswith("." + rr.name))
    ]
    return name, len(name) - max(above, default=0)


def _disproves(known: Answer, denial: Answer) -> bool:
    """Whether a zone begins at the known answer's name, or the name that is denied is there.

    A name without DS exists in the zone above, while one that has no such name at all says
    NXDOMAIN whatever the type (RFC 8020).
    """
    if known.is_present:
        found = known.rrset()
        return found is not None and not found.aliases
    is_same = known.question.name == denial.question.name
    return is_same and denial.outcome is Outcome.NXDOMAIN and known.outcome is Outcome.NODATA


def _disproved(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, outcome=Outcome.NOT_MEASURED, reason=Reason.ABOVE_CUT)
