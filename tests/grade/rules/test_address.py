"""Odd cases of the rules about addresses; the ordinary ones are the rules' own examples."""

from __future__ import annotations

import pytest
from dnstats.answer import Reason
from dnstats.grade.rule import RULES, Abstain, Remark
from dnstats.grade.zone_examples import host_of
from dnstats.records.address import Address
from dnstats.records.host import Host
from dnstats.records.record import NotMeasured

UNKNOWN = NotMeasured(Reason.TIMEOUT, "AAAA example.com")
WWW = host_of("www.example.com", "8.8.8.8")


@pytest.mark.parametrize("code", ["ADDRESS001", "ADDRESS002", "ADDRESS003"])
def test_addresses_not_measured_are_never_missing(code: str) -> None:
    address = Address(Host("example.com", (), UNKNOWN), WWW, exists=True)
    assert isinstance(RULES[code].apply({"address": address}), Abstain)


def test_a_private_address_is_told_whatever_else_was_not_measured() -> None:
    address = Address(Host("example.com", ("10.0.0.1",), UNKNOWN), WWW, exists=True)
    assert isinstance(RULES["ADDRESS001"].apply({"address": address}), Remark)


def test_a_site_without_any_address_is_not_half_missing() -> None:
    gone = Address(host_of("example.com", exists=False), host_of("www.example.com"), exists=False)
    assert RULES["ADDRESS003"].apply({"address": gone}) is None
    assert RULES["ADDRESS002"].apply({"address": gone}) is None
