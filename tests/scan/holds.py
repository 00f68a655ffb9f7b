"""What must hold of every scan, whatever its servers did: used by the simulation and by sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dnstats.answer import Answer, Question, Reason
from dnstats.scan.progress import ScanReport

from tests.scan.asking import Recorded
from tests.scan.simulated_internet import Zones

# Of one look-up beside its tries: refunds, one without EDNS, a last one in lower case, and over TCP
# two tries, refunds and one more without EDNS.
EXTRA_SENDS = 3 + 1 + 1 + 2 + 3 + 1


def check_answers(recorded: Recorded, report: ScanReport, zones: Zones, tries: int) -> None:
    """Each question has one last word, in one pass or two, and none against the truth."""
    calls = recorded.calls
    assert report.questions == len(calls)
    assert sum(report.outcomes.values()) == report.questions
    for question, told in calls.items():
        passes = recorded.passes(question)
        assert passes in ([1], [1, 2]), (question, passes)
        for _, answer, _ in told:
            assert answer.question == question
            assert 0 <= answer.attempts <= tries + EXTRA_SENDS, (question, answer.attempts)
            check_truth(zones, question, answer)
        if len(told) == 2:
            assert not told[0][1].is_measured
    finals = [recorded.final(question) for question in calls]
    reasons = Counter(answer.reason.value for answer in finals if answer.reason)
    assert reasons == {name: count for name, count in report.reasons.items() if count}


def check_truth(zones: Zones, question: Question, answer: Answer) -> None:
    """What was measured is what the zones hold."""
    if not answer.is_measured or answer.is_referral:
        return
    truth = zones.truth(question.name, question.rdtype)
    found = answer.rrset()
    data = found.rdata if found is not None else ()
    assert answer.is_present == bool(truth.rdata), (question, answer, truth)
    assert data == tuple(sorted(truth.rdata)), (question, answer, truth)
    if answer.is_absent:
        assert (answer.outcome.value == "nodata") == truth.exists, (question, answer, truth)


def check_plans(got: Iterable[tuple[Question, Answer]], recorded: Recorded) -> None:
    """What plans were told is the last word on each question, or that they asked too much."""
    for question, answer in got:
        assert answer.question == question
        limited = answer.reason is Reason.LIMIT
        assert limited or answer == recorded.final(question), question
