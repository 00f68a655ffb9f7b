"""Odd cases of the rules about name servers; the ordinary ones are the rules' own examples."""

from __future__ import annotations

import pytest
from dnstats.answer import Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain, Remark
from dnstats.grade.zone_examples import host_of, ns_of, ns_where, server_at
from dnstats.records.host import Host
from dnstats.records.name_server import UNMEASURED, Service
from dnstats.records.ns import NameServer, Ns
from dnstats.records.record import NotMeasured

FIRST, FIRST_V6, SECOND = "198.41.0.4", "2001:503:ba3e::2:30", "199.9.14.201"
UNKNOWN = NotMeasured(Reason.TIMEOUT, "A ns1.example.net")


def _codes(value: Ns) -> set[str]:
    return {remark.code for remark in grade_family("ns", {"ns": value})[1]}


def _verdict(code: str, value: Ns) -> object:
    return RULES[code].apply({"ns": value})


def test_a_sound_zone_scores_full_marks_without_a_remark() -> None:
    family, remarks = grade_family("ns", {"ns": ns_of()})
    assert (family.grade, family.abstained, remarks) == (100, (), [])


@pytest.mark.parametrize("service", sorted(UNMEASURED))
def test_what_was_not_measured_costs_nothing(service: Service) -> None:
    value = ns_where(*(server_at(address, service) for address in (FIRST, FIRST_V6, SECOND)))
    family, _ = grade_family("ns", {"ns": value})
    assert family.grade == 100


@pytest.mark.parametrize("service", sorted(UNMEASURED))
def test_all_servers_silent_is_no_verdict_on_any_of_them(service: Service) -> None:
    sound = ns_of()
    value = ns_of(addresses=tuple(server_at(one.address, service) for one in sound.addresses))
    assert grade_family("ns", {"ns": value})[0].grade == 100
    for code in ("NS006", "NS007", "NS008", "NS009", "NS011", "NS021"):
        assert isinstance(_verdict(code, value), Abstain), code


def test_no_route_over_ipv6_from_here_is_not_even_a_notice() -> None:
    value = ns_where(server_at(FIRST_V6, Service.UNREACHABLE))
    family, remarks = grade_family("ns", {"ns": value})
    assert (family.grade, family.abstained, remarks) == (100, (), [])


def test_a_silent_host_makes_the_rest_unclear_and_a_fault_elsewhere_clear() -> None:
    silent = [server_at(address, Service.SILENT) for address in (FIRST, FIRST_V6)]
    assert isinstance(_verdict("NS006", ns_where(*silent)), Abstain)
    value = ns_where(*silent, server_at(SECOND, Service.LAME))
    assert isinstance(_verdict("NS006", value), Remark)


def test_the_five_faults_are_five_remarks() -> None:
    services = {
        Service.LAME: "NS006",
        Service.REFUSED: "NS007",
        Service.FAILS: "NS008",
        Service.DENIES: "NS009",
        Service.SILENT: "NS010",
    }
    for service, code in services.items():
        assert _codes(ns_where(server_at(FIRST, service))) == {code}


def test_addresses_not_measured_are_never_no_address() -> None:
    lost = NameServer(Host("ns1.example.net", UNKNOWN, ()))
    value = ns_of(servers=(lost, ns_of().servers[1]))
    assert isinstance(_verdict("NS004", value), Abstain)
    for code in ("NS013", "NS014"):
        assert isinstance(_verdict(code, value), Abstain), code


def test_ipv6_not_measured_is_never_no_ipv6() -> None:
    hosts = tuple(
        NameServer(Host(name, (address,), UNKNOWN))
        for name, address in (("a.example", FIRST), ("b.example", SECOND))
    )
    assert isinstance(_verdict("NS016", ns_of(servers=hosts)), Abstain)
    assert _verdict("NS015", ns_of(servers=hosts)) is None


def test_one_measured_ipv6_address_settles_it() -> None:
    hosts = (
        NameServer(Host("a.example", (FIRST,), UNKNOWN)),
        NameServer(host_of("b.example", SECOND, FIRST_V6)),
    )
    assert _verdict("NS016", ns_of(servers=hosts)) is None


def test_servers_at_private_addresses_that_answer_are_no_fault() -> None:
    lab = {"ns1.example.net": ("127.1.0.1",), "ns2.example.net": ("127.2.0.1",)}
    assert "NS005" not in _codes(ns_of(lab))


def test_one_name_server_with_one_address_is_one_fault() -> None:
    assert _codes(ns_of({"a.example": (FIRST, FIRST_V6)})) == {"NS002"}


def test_two_names_for_one_machine_are_one_fault() -> None:
    both = (FIRST, FIRST_V6)
    assert _codes(ns_of({"a.example": both, "b.example": both})) == {"NS018"}
    assert _codes(ns_of({"a.example": (FIRST,), "b.example": (FIRST,)})) == {"NS013", "NS016"}


def test_a_set_with_only_faults_still_has_a_grade() -> None:
    value = ns_of({".": ()})
    family, remarks = grade_family("ns", {"ns": value})
    assert family.grade is not None
    assert {"NS002", "NS012"} <= {remark.code for remark in remarks}
