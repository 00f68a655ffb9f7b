"""The state from three answers: every combination, and no failure ever insecure."""

from __future__ import annotations

import itertools

import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records.dnssec_state import State, is_blamed, state_of
from dnstats.records.record import NotMeasured
from msgspec.structs import replace

from tests.answers import nodata, present, servfail, unmeasured

SOA, DS = Question("example.com", wire.SOA), Question("example.com", wire.DS)
CD = replace(SOA, cd=True)
DATA = "ns1.example. a.example. 1 2 3 4 5"
GOOD_DS, DEAD_DS = "1 13 2 " + "00" * 32, "1 5 1 " + "00" * 20


def _soa(*, ad: bool = False) -> Answer:
    return present(SOA, DATA, ad=ad)


NEVER_ASKED = unmeasured(CD, Reason.NOT_ASKED)


@pytest.mark.parametrize(
    ("soa", "ds", "state"),
    [
        (_soa(ad=True), present(DS, GOOD_DS), State.SECURE),
        (_soa(), nodata(DS), State.INSECURE),
        (_soa(ad=True), nodata(DS), State.INSECURE),
        (_soa(), present(DS, DEAD_DS), State.INSECURE),
        (_soa(), present(DS, DEAD_DS, GOOD_DS), State.INDETERMINATE),
        (nodata(SOA, ad=True), present(DS, GOOD_DS), State.SECURE),
    ],
)
def test_answers_with_checking(soa: Answer, ds: Answer, state: State) -> None:
    assert state_of(soa, NEVER_ASKED, ds) is state


def test_what_was_fetched_around_the_resolver_tells_of_no_missing_validation() -> None:
    soa = present(SOA, DATA, aa=True)
    assert isinstance(state_of(soa, NEVER_ASKED, present(DS, GOOD_DS)), NotMeasured)
    assert state_of(soa, NEVER_ASKED, nodata(DS)) is State.INSECURE


REASONS = [reason for reason in Reason if reason is not Reason.SERVFAIL]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("ds", [present(DS, GOOD_DS), nodata(DS), unmeasured(DS, Reason.TIMEOUT)])
def test_any_other_failure_is_not_measured(reason: Reason, ds: Answer) -> None:
    for unchecked in (NEVER_ASKED, present(CD, DATA)):
        assert isinstance(state_of(unmeasured(SOA, reason), unchecked, ds), NotMeasured)


def test_servfail_is_bogus_only_where_signatures_are_to_blame() -> None:
    soas = [servfail(SOA), servfail(SOA, 6), servfail(SOA, 22)]
    uncheckeds = [present(CD, DATA), servfail(CD), unmeasured(CD, Reason.TIMEOUT)]
    dss = [present(DS, GOOD_DS), nodata(DS), unmeasured(DS, Reason.TIMEOUT)]
    for soa, unchecked, ds in itertools.product(soas, uncheckeds, dss):
        state = state_of(soa, unchecked, ds)
        is_clear = is_blamed(soa) or (unchecked.is_measured and ds.is_present)
        may_be = not ds.is_absent and unchecked.reason is not Reason.SERVFAIL
        assert (state is State.BOGUS) == (is_clear and may_be)
        assert state is State.BOGUS or isinstance(state, NotMeasured)


@pytest.mark.parametrize("code", range(30))
def test_which_codes_blame_dnssec(code: int) -> None:
    assert is_blamed(servfail(SOA, code)) == (6 <= code <= 12)
    assert not is_blamed(unmeasured(SOA, Reason.TIMEOUT))
