"""Odd cases of the rules about DNSSEC; the ordinary ones are the rules' own examples."""

from __future__ import annotations

import pytest
from dnstats.answer import Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain
from dnstats.grade.zone_examples import ds, key, signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_rdata import Nsec3Param, Signature
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured

UNKNOWN = NotMeasured(Reason.TIMEOUT, "DNSKEY example.com")


def _codes(value: Dnssec) -> set[str]:
    return {remark.code for remark in grade_family("dnssec", {"dnssec": value})[1]}


def test_a_sound_zone_scores_full_marks_without_a_remark() -> None:
    family, remarks = grade_family("dnssec", {"dnssec": signed()})
    assert (family.grade, family.abstained, remarks) == (100, (), [])


def test_keys_not_measured_cost_nothing() -> None:
    value = signed(
        ds=(ds(matches=None),), dnskeys=UNKNOWN, cds=UNKNOWN, cdnskeys=UNKNOWN, nsec3=UNKNOWN
    )
    family, remarks = grade_family("dnssec", {"dnssec": value})
    assert (family.grade, remarks) == (100, [])
    assert {"DNSSEC004", "DNSSEC006", "DNSSEC012", "DNSSEC015", "DNSSEC022"} <= set(
        family.abstained
    )


def test_a_ds_not_measured_is_never_no_ds() -> None:
    value = signed(ds=UNKNOWN)
    assert not {"DNSSEC001", "DNSSEC002"} & _codes(value)
    assert isinstance(RULES["DNSSEC005"].apply({"dnssec": value}), Abstain)


def test_no_ds_is_certain_even_where_the_keys_are_not() -> None:
    value = signed(state=State.INSECURE, ds=(), dnskeys=UNKNOWN)
    assert "DNSSEC001" in _codes(value)


def test_a_resolver_that_does_not_validate_leaves_the_verdict_open() -> None:
    value = signed(state=State.INDETERMINATE)
    assert isinstance(RULES["DNSSEC003"].apply({"dnssec": value}), Abstain)
    assert _codes(value) == set()


def test_no_ds_fits_even_where_nobody_validates() -> None:
    value = signed(state=State.INDETERMINATE, ds=(ds(matches=False),))
    assert "DNSSEC014" in _codes(value)


def test_a_zone_that_validates_is_believed_over_the_digests() -> None:
    assert "DNSSEC014" not in _codes(signed(ds=(ds(matches=False),)))


@pytest.mark.parametrize("algorithm", [1, 3, 5, 6, 7, 12])
def test_every_forbidden_algorithm(algorithm: int) -> None:
    value = signed(ds=(ds(algorithm=algorithm),), dnskeys=(key(algorithm=algorithm, bits=2048),))
    assert "DNSSEC006" in _codes(value)
    assert "DNSSEC008" not in _codes(value)  # said once
    assert "DNSSEC008" in _codes(signed(ds=(ds(), ds(algorithm=algorithm))))


@pytest.mark.parametrize("algorithm", [8, 13, 14, 15, 16])
def test_every_good_algorithm(algorithm: int) -> None:
    value = signed(ds=(ds(algorithm=algorithm),), dnskeys=(key(algorithm=algorithm, bits=2048),))
    assert _codes(value) == set()


@pytest.mark.parametrize(
    ("bits", "codes"),
    [
        (0, set()),
        (512, {"DNSSEC011"}),
        (1023, {"DNSSEC011"}),
        (1024, {"DNSSEC012"}),
        (2047, {"DNSSEC012"}),
        (2048, set()),
        (4096, set()),
    ],
)
def test_rsa_key_sizes(bits: int, codes: set[str]) -> None:
    value = signed(ds=(ds(algorithm=8),), dnskeys=(key(algorithm=8, bits=bits),))
    assert _codes(value) == codes


@pytest.mark.parametrize(
    ("iterations", "codes"),
    [(0, set()), (1, {"DNSSEC016"}), (100, {"DNSSEC016"}), (101, {"DNSSEC015"})],
)
def test_nsec3_iterations(iterations: int, codes: set[str]) -> None:
    assert _codes(signed(nsec3=(Nsec3Param(1, 0, iterations, ""),))) == codes


@pytest.mark.parametrize(
    ("seconds", "codes"),
    [
        (-1, {"DNSSEC020"}),
        (0, {"DNSSEC020"}),
        (12 * 3600 - 1, {"DNSSEC021"}),
        (12 * 3600, set()),
        (180 * 86400, set()),
        (181 * 86400, {"DNSSEC019"}),
    ],
)
def test_signature_lifetimes(seconds: int, codes: set[str]) -> None:
    start = 1_800_000_000
    signature = Signature("SOA", 13, 2371, "example.com", start, start + seconds)
    assert _codes(signed(signatures=(signature,))) == codes
