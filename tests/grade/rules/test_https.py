"""Odd cases of the rules about HTTPS records; the ordinary ones are the rules' own examples."""

from __future__ import annotations

from dnstats.answer import Reason
from dnstats.grade.rule import RULES, Abstain, Remark
from dnstats.grade.zone_examples import host_of
from dnstats.records.address import Address
from dnstats.records.host import Host
from dnstats.records.https import Https
from dnstats.records.record import NotMeasured
from dnstats.records.svcb import Binding

HINTED = (Binding(1, ".", alpn=("h2",), v4hint=("8.8.8.8",)),)
UNKNOWN = NotMeasured(Reason.TIMEOUT)


def _address(**changes: Host) -> Address:
    hosts = {"apex": host_of("example.com", "8.8.8.8"), "www": host_of("www.example.com")}
    return Address(**(hosts | changes), exists=True)


def _hints(https: Https, address: Address) -> object:
    return RULES["HTTPS006"].apply({"https": https, "address": address})


def test_one_hint_in_common_is_agreement() -> None:
    two = (Binding(1, ".", alpn=("h2",), v4hint=("8.8.4.4", "8.8.8.8")),)
    assert _hints(Https(two, ()), _address()) is None


def test_hints_at_www_are_held_against_www() -> None:
    assert isinstance(_hints(Https((), HINTED), _address()), Remark)
    assert _hints(Https((), HINTED), _address(www=host_of("www.example.com", "8.8.8.8"))) is None


def test_addresses_not_measured_leave_the_hints_open() -> None:
    address = _address(apex=Host("example.com", UNKNOWN, ()))
    assert isinstance(_hints(Https(HINTED, ()), address), Abstain)


def test_hints_of_another_host_are_left_alone() -> None:
    other = (Binding(1, "cdn.example", alpn=("h2",), v4hint=("1.1.1.1",)),)
    assert _hints(Https(other, ()), _address()) is None


def test_a_name_not_measured_leaves_every_rule_open_that_found_nothing() -> None:
    readings = {"https": Https(UNKNOWN, (Binding(1, ".", alpn=("h2",)),)), "address": _address()}
    for code, rule in RULES.items():
        if rule.family == "https":
            assert isinstance(rule.apply(readings), Abstain), code
