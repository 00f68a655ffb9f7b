"""The control sample: a random part of a scan's answers, asked once more when all is quiet.

Under load a scan may take for absent what is there; nobody sees that from the answers alone. So a
few of them are asked again at the end, slowly and by the second resolver where there is one, and
only compared: what stands in the archive stays as it was.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from dnstats.answer import Answer, Question

CONTROL = 3  # the number of this pass
MOST = 2000  # questions of one scan
NAMED = 20  # differences that are told with their question


class Control:
    """What was asked again, and how it compares."""

    def __init__(self) -> None:
        self.asked = self.same = self.unknown = 0
        self.differences: list[str] = []

    @property
    def differing(self) -> int:
        """Questions of which a server said the opposite: there and not there."""
        return self.asked - self.same - self.unknown

    def compare(self, before: Answer, now: Answer) -> None:
        """NXDOMAIN and NODATA are both absence; which records there are may change."""
        self.asked += 1
        if not now.is_measured:
            self.unknown += 1
        elif before.is_present == now.is_present:
            self.same += 1
        elif len(self.differences) < NAMED:
            question = before.question
            self.differences.append(
                f"{question.name} {question.rdtype}: {before.outcome}, then {now.outcome}"
            )


def choose(table: Mapping[Question, object], share: float, rng: random.Random) -> list[Answer]:
    """A random part of what resolvers answered."""
    measured = [
        answer
        for question, answer in table.items()
        if not question.server and isinstance(answer, Answer) and answer.is_measured
    ]
    return rng.sample(measured, min(MOST, round(share * len(measured))))
