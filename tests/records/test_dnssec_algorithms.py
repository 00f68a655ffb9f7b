"""The table of algorithms and digests."""

from __future__ import annotations

import dns.dnssectypes
import pytest
from dnstats.records.dnssec_algorithms import (
    ALGORITHMS,
    DIGESTS,
    algorithm_name,
    can_validate,
    digest_name,
)

WORDS = {"MUST NOT", "NOT RECOMMENDED", "MAY", "RECOMMENDED"}


def test_the_table_is_complete_and_uses_the_registry_words() -> None:
    assert set(ALGORITHMS) == {1, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 17, 23}
    assert set(DIGESTS) == {0, 1, 2, 3, 4, 5, 6}
    for one in (*ALGORITHMS.values(), *DIGESTS.values()):
        assert {one.use, one.validation} <= WORDS


def test_the_mnemonics_agree_with_dnspython() -> None:
    theirs = {int(one): one.name for one in dns.dnssectypes.Algorithm}
    for number, one in ALGORITHMS.items():
        name = (
            theirs.get(number, "").replace("NSEC3SHA1", "NSEC3-SHA1").replace("ECCGOST", "ECC-GOST")
        )
        if name and number not in (6, 7):
            assert one.mnemonic.replace("-", "") == name.replace("-", "")


@pytest.mark.parametrize("number", [1, 3, 5, 6, 7, 12])
def test_sha1_md5_dsa_and_gost_may_not_sign(number: int) -> None:
    assert ALGORITHMS[number].is_forbidden
    assert not can_validate(number, 2)


@pytest.mark.parametrize("number", [8, 10, 13, 14, 15, 16])
def test_what_resolvers_validate(number: int) -> None:
    assert can_validate(number, 2)
    assert can_validate(number, 1), "a SHA-1 digest is discouraged and still checked"
    assert not can_validate(number, 3)
    assert not can_validate(number, 200)


def test_unknown_numbers_have_a_name_and_validate_nothing() -> None:
    assert algorithm_name(8) == "8 (RSASHA256)"
    assert algorithm_name(99) == "99 (unassigned)"
    assert digest_name(2) == "2 (SHA-256)"
    assert digest_name(99) == "99 (unassigned)"
    assert not can_validate(99, 2)
