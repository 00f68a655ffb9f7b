"""Odd cases of the rules about mail hosts, DANE, MTA-STS and BIMI."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain, Remark
from dnstats.records import load_records
from dnstats.records.address import Address
from dnstats.records.bimi import parse_example as bimi_of
from dnstats.records.dmarc import parse_example as dmarc_of
from dnstats.records.host import Host
from dnstats.records.mx import Exchange, Mx, parse_example, read_zone
from dnstats.records.record import NotMeasured, Reading, Site
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import present, raw

SILENT = NotMeasured(Reason.TIMEOUT)
WEB = Host("example.com", ("1.1.1.1",), ())
ADDRESS = Address(WEB, WEB, exists=True)


def _mx(*hosts: Host) -> Mx:
    exchanges = tuple(Exchange(10, host.name, host) for host in hosts)
    return Mx(exchanges, is_null=False, count=len(hosts))


def _codes(mx: Reading | None, address: Reading | None = ADDRESS) -> set[str]:
    return {one.code for one in grade_family("mx", {"mx": mx, "address": address})[1]}


def test_full_marks() -> None:
    for text in ("10 a.example.com, 20 b.example.net", "0 ."):
        grade, _ = grade_family("mx", {"mx": parse_example(text), "address": ADDRESS})
        assert grade.grade == 100


def test_a_site_without_mail_and_without_address_has_no_mx_grade() -> None:
    grade, remarks = grade_family("mx", {"mx": None, "address": None})
    assert (grade.grade, grade.why_none, remarks) == (None, "does not apply", [])


def test_a_site_without_mx_and_null_mx_is_not_broken() -> None:
    assert grade_family("mx", {"mx": None, "address": ADDRESS})[0].grade == 95


def test_silent_hosts_are_never_held_against_the_site() -> None:
    mx = _mx(Host("a.example", SILENT, SILENT), Host("b.example", SILENT, ()))
    assert _codes(mx) == set()
    abstained = set(grade_family("mx", {"mx": mx, "address": ADDRESS})[0].abstained)
    assert {"MX002", "MX003", "MX004", "MX011", "MX016", "MX017"} <= abstained


def test_one_silent_host_does_not_hide_the_fault_of_another() -> None:
    mx = _mx(Host("a.example", ("1.1.1.1",), ()), Host("b.example", SILENT, SILENT),
             Host("c.example", (), ()))  # fmt: skip
    assert "MX003" in _codes(mx)
    assert "MX002" not in _codes(mx)


def test_a_silent_ipv4_is_no_missing_ipv4() -> None:
    assert "MX017" not in _codes(_mx(Host("a.example", SILENT, ("2620:fe::9",))))


def test_a_mail_site_whose_hosts_all_fail_scores_nothing() -> None:
    mx = read_zone(["10 a.example.com"], {"a.example.com": []})
    assert grade_family("mx", {"mx": mx, "address": ADDRESS})[0].grade == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10 192.0.2.1", "MX005"),
        ("0 localhost", "MX006"),
        ("5 mail", "MX007"),
        ("5 a.lan", "MX008"),
    ],
)
def test_an_mx_set_of_impossible_names_is_also_undeliverable(text: str, code: str) -> None:
    assert {code, "MX002"} <= _codes(parse_example(text))


def test_bimi_is_not_judged_where_there_is_none() -> None:
    grade, _ = grade_family("bimi", {"bimi": None, "dmarc": None})
    assert grade.grade is None


def test_bimi_without_measured_dmarc_abstains() -> None:
    bimi = bimi_of("v=BIMI1; l=https://example.com/logo.svg")
    assert isinstance(RULES["BIMI007"].apply({"bimi": bimi, "dmarc": SILENT}), Abstain)


def test_bimi_with_quarantine_in_test_mode_shows_nothing() -> None:
    bimi = bimi_of("v=BIMI1; l=https://example.com/logo.svg")
    dmarc = dmarc_of("v=DMARC1; p=quarantine; t=y")
    assert isinstance(RULES["BIMI007"].apply({"bimi": bimi, "dmarc": dmarc}), Remark)


def test_hostile_logo_addresses_do_not_raise() -> None:
    bimi = bimi_of("v=BIMI1; l=https://[::1/logo.svg; a=https://]")
    dmarc = dmarc_of("v=DMARC1; p=reject")
    _, remarks = grade_family("bimi", {"bimi": bimi, "dmarc": dmarc})
    assert {"BIMI006", "BIMI011"} <= {one.code for one in remarks}
    msgspec.json.encode(remarks)


_ALPHABET = "v=DMARC1BIST2TLSRPvlapsprejctnouqdfmailto:@.,!;/ h\"'\\\x00\t\xff(<\u201c"


@given(text=st.text(alphabet=_ALPHABET, max_size=80), rdata=st.binary(max_size=60))
@settings(max_examples=60)
def test_whatever_is_published_no_rule_raises(text: str, rdata: bytes) -> None:
    versions = ("v=DMARC1;", "v=BIMI1;", "v=STSv1;", "v=TLSRPTv1;", "v=spf1 ", "")
    site = Site(1, "example.com")

    def look(question: Question) -> Answer:
        if question.rdtype != wire.TXT:
            return raw(question, rdata)
        return present(question, *(version + text for version in versions))

    readings = {record.name: record.read(site, look) for record in load_records()}
    for rule in RULES.values():
        verdict = rule.apply(readings)
        assert not isinstance(verdict, Remark) or verdict.evidence.isprintable(), rule.code
