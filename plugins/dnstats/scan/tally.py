"""How many questions came to what. Counts; knows nothing of who asked."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Outcome, Reason


class Doubt:
    """What one record type's questions came to that were not all answered at once."""

    __slots__ = ("asked_again", "flips", "not_measured")

    def __init__(self) -> None:
        self.asked_again = self.flips = self.not_measured = 0


class Tally:
    """The final answers of a scan so far."""

    def __init__(self) -> None:
        self.settled = 0
        self.not_measured = 0
        self.unproven = 0  # absent by a server's own word, without an SOA
        self.reasons: dict[Reason, int] = {}
        self.types: dict[int, Doubt] = {}
        self._present = self._nodata = self._referral = 0  # the rest is NXDOMAIN

    def count(self, answer: Answer) -> None:
        """One more question is settled."""
        outcome = answer.outcome
        self.settled += 1
        if outcome is Outcome.PRESENT:
            self._present += 1
            return
        if outcome is Outcome.NODATA:
            self._nodata += 1
        elif outcome is Outcome.REFERRAL:
            self._referral += 1
        if answer.reason is not None:
            self._count_reason(answer, answer.reason, 1)
        elif answer.question.server:
            self._count_proof(answer)  # a resolver's absence would not count without

    def take_back(self, answer: Answer) -> None:
        """What was not measured is asked again after all."""
        self.settled -= 1
        if answer.reason is not None:
            self._count_reason(answer, answer.reason, -1)

    def count_again(self, answer: Answer) -> None:
        """The answer of a second pass."""
        doubt = self._doubt(answer)
        doubt.asked_again += 1
        doubt.flips += answer.is_measured
        if not answer.question.server:
            self._count_proof(answer)  # the zone's own servers were asked in the end

    def _count_proof(self, answer: Answer) -> None:
        if answer.aa and answer.is_absent and not answer.is_proven:
            self.unproven += 1

    def _count_reason(self, answer: Answer, reason: Reason, change: int) -> None:
        self.not_measured += change
        self.reasons[reason] = self.reasons.get(reason, 0) + change
        self._doubt(answer).not_measured += change

    def _doubt(self, answer: Answer) -> Doubt:
        rdtype = answer.question.rdtype
        doubt = self.types.get(rdtype)
        if doubt is None:
            doubt = self.types[rdtype] = Doubt()
        return doubt

    @property
    def asked_again(self) -> int:
        return sum(doubt.asked_again for doubt in self.types.values())

    @property
    def flips(self) -> int:
        return sum(doubt.flips for doubt in self.types.values())

    def outcomes(self) -> dict[str, int]:
        """Questions by outcome."""
        told = self._present + self._nodata + self._referral + self.not_measured
        return {
            Outcome.PRESENT.value: self._present,
            Outcome.NODATA.value: self._nodata,
            Outcome.NXDOMAIN.value: self.settled - told,
            Outcome.REFERRAL.value: self._referral,
            Outcome.NOT_MEASURED.value: self.not_measured,
        }

    def by_type(self) -> dict[str, dict[str, int]]:
        """What was in doubt, by the name of the record type."""
        return {
            wire.TYPE_NAMES.get(rdtype, f"TYPE{rdtype}"): {
                "not_measured": doubt.not_measured,
                "asked_again": doubt.asked_again,
                "flips": doubt.flips,
            }
            for rdtype, doubt in sorted(self.types.items())
        }
