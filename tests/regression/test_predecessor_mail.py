"""What the predecessor got wrong about mail hosts, BIMI, providers and `_msdcs`."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.grade.grading import grade_family
from dnstats.process.providers import dns_provider, mail_provider
from dnstats.records import bimi, msdcs, mx
from dnstats.records.address import Address
from dnstats.records.dmarc import parse_example as dmarc_of
from dnstats.records.host import Host
from dnstats.records.msdcs import Msdcs
from dnstats.records.mx import Mx
from dnstats.records.record import Site

from tests.answers import look_of, present

WEB = Host("example.com", ("1.1.1.1",), ())
ADDRESS = Address(WEB, WEB, exists=True)


def test_predecessor_bug_23_bimi_is_graded_on_its_text() -> None:
    question = Question("default._bimi.example.com", wire.TXT)
    text = "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem"
    value = bimi.read(Site(1, "example.com"), look_of(present(question, text)))
    readings = {"bimi": value, "dmarc": dmarc_of("v=DMARC1; p=reject")}
    assert grade_family("bimi", readings)[0].grade == 100


def test_predecessor_bug_24_null_mx_is_valid() -> None:
    value = mx.parse_example("0 .")
    assert isinstance(value, Mx)
    assert value.is_null
    grade, remarks = grade_family("mx", {"mx": value, "address": ADDRESS})
    assert (grade.grade, remarks) == (100, [])


@pytest.mark.parametrize("host", ["mail.163.com", "mx1.1and1.com", "1.2.3.4.example.com"])
def test_predecessor_bug_25_labels_may_begin_with_a_digit(host: str) -> None:
    assert mx.oddity(host) == ""


def test_predecessor_bug_29_providers_are_matched_on_label_boundaries() -> None:
    # Its suffix test said that e.com was self-hosted at abce.com.
    assert dns_provider(["ns1.abce.com"], "e.com") == "unknown"
    assert mail_provider(["mail.abce.com"], "e.com") == ("unknown", None)
    assert dns_provider(["ns1.hanovh.net"], "e.com") == "unknown"


def test_predecessor_bug_29_no_hosts_is_not_an_unknown_provider() -> None:
    assert dns_provider([], "e.com") == "none"
    assert mail_provider([], "e.com") == ("none", None)


def test_predecessor_bug_34_a_wildcard_is_no_domain_controller() -> None:
    soa = "ns.example. admin.example. 1 2 3 4 5"
    look = look_of(
        present(msdcs.msdcs_question("example.com"), soa),
        present(msdcs.control_question("example.com"), soa),
    )
    value = msdcs.read(Site(1, "example.com"), look)
    assert isinstance(value, Msdcs)
    assert (value.is_wildcard, value.is_active_directory) == (True, False)
