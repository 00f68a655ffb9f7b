"""Odd cases of the rules about the SOA; the ordinary ones are the rules' own examples."""

from __future__ import annotations

import msgspec
import pytest
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain, Remark
from dnstats.grade.zone_examples import SOUND_SOA, soa_of, soa_where
from dnstats.records.soa import Soa
from hypothesis import given
from hypothesis import strategies as st


def _codes(value: Soa) -> set[str]:
    return {remark.code for remark in grade_family("soa", {"soa": value})[1]}


def test_a_sound_soa_scores_full_marks_without_a_remark() -> None:
    family, remarks = grade_family("soa", {"soa": soa_of()})
    assert (family.grade, family.abstained, remarks) == (100, (), [])


@given(
    refresh=st.integers(0, 2**32 - 1),
    retry=st.integers(0, 2**32 - 1),
    expire=st.integers(0, 2**32 - 1),
    minimum=st.integers(0, 2**32 - 1),
)
def test_timers_never_cost_points(refresh: int, retry: int, expire: int, minimum: int) -> None:
    value = soa_of(refresh=refresh, retry=retry, expire=expire, minimum=minimum)
    assert grade_family("soa", {"soa": value})[0].grade == 100


@pytest.mark.parametrize(
    "timers",
    [
        {"refresh": 86400, "retry": 7200, "expire": 3600000, "minimum": 3600},  # RIPE-203
        {"refresh": 10000, "retry": 2400, "expire": 604800, "minimum": 1800},  # Cloudflare
        {"refresh": 7200, "retry": 900, "expire": 1209600, "minimum": 86400},  # Route 53
    ],
)
def test_the_usual_timers_get_no_notice(timers: dict[str, int]) -> None:
    assert _codes(soa_of(**timers)) == set()


@pytest.mark.parametrize(
    "mname", ["ns1.example.net", "a", "ns-1.example", "1.example", "_x.example", "xn--a.example"]
)
def test_host_names_as_mname(mname: str) -> None:
    assert "SOA004" not in _codes(soa_of(mname=mname))


@pytest.mark.parametrize("mname", [".", "192.0.2.1", "a b.example", "\\000.example", "a\\@b.c"])
def test_what_is_no_host_as_mname(mname: str) -> None:
    assert "SOA004" in _codes(soa_of(mname=mname))


@pytest.mark.parametrize(
    ("rname", "code"),
    [
        ("hostmaster.example.com", None),
        ("host\\.master.example.com", None),
        ("hostmaster\\@example.com", "SOA005"),
        ("hostmaster", "SOA006"),
        (".", "SOA006"),
        ("host\\.master", "SOA006"),
    ],
)
def test_mailboxes(rname: str, code: str | None) -> None:
    assert _codes(soa_of(rname=rname)) & {"SOA005", "SOA006"} == ({code} if code else set())


def test_servers_that_did_not_tell_leave_agreement_open() -> None:
    value = soa_where(unmeasured=("ns3.example.net",))
    for code in ("SOA007", "SOA008", "SOA009", "SOA010"):
        assert isinstance(RULES[code].apply({"soa": value}), Abstain)
    assert grade_family("soa", {"soa": value})[0].grade == 100


def test_a_difference_among_those_that_told_is_clear() -> None:
    old = msgspec.structs.replace(SOUND_SOA, serial=1)
    value = msgspec.structs.replace(soa_of(SOUND_SOA, old), unmeasured=("ns3.example.net",))
    assert isinstance(RULES["SOA007"].apply({"soa": value}), Remark)


def test_a_malformed_soa_is_one_fault() -> None:
    assert _codes(soa_where(records=(), malformed=1, servers=())) == {"SOA003"}
