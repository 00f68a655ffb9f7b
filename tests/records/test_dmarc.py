"""DMARC as a family: what is asked, which record applies, and what is not measured."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.records import dmarc
from dnstats.records.dmarc import Dmarc, Step, parse_example, questions, read, read_zone
from dnstats.records.dmarc_7489 import Verdict7489
from dnstats.records.dmarc_record import is_record, parse_record
from dnstats.records.dmarc_report import MAX_REPORT_HOSTS, consent_questions, external_hosts
from dnstats.records.dmarc_walk import walk_domains
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nodata, nxdomain, present, raw, run_plan, servfail, timeout

SITE = Site(1, "example.com")
OWN = Question("_dmarc.example.com", wire.TXT)
TLD = Question("_dmarc.com", wire.TXT)
NO_TLD = nodata(TLD)


def _value(*answers: object, site: Site = SITE) -> Dmarc:
    value = read(site, look_of(*answers))  # type: ignore[arg-type]
    assert isinstance(value, Dmarc)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Dmarc) == value
    return value


def _zone(domain: str, **published: str) -> Dmarc:
    zone = {name.replace("_", "."): [text] for name, text in published.items()}
    value = read_zone(domain, zone)
    assert isinstance(value, Dmarc)
    return value


# What is asked


def test_an_apex_asks_itself_and_its_parent() -> None:
    assert run_plan(questions(SITE), look_of(nodata(OWN), NO_TLD)) == [OWN, TLD]


def test_a_long_name_is_asked_at_most_eight_times() -> None:
    # The example of RFC 9989 section 4.10.
    domain = "a.b.c.d.e.f.g.h.i.j.mail.example.com"
    assert walk_domains(domain) == (
        domain,
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


@pytest.mark.parametrize(("labels", "asked"), [(1, 1), (2, 2), (7, 7), (8, 8), (9, 8), (30, 8)])
def test_number_of_names_asked(labels: int, asked: int) -> None:
    assert len(walk_domains(".".join(["a"] * labels))) == asked


def test_consent_of_external_report_hosts_is_asked_once_each() -> None:
    own = present(
        OWN,
        "v=DMARC1; p=none; rua=mailto:a@reports.example,mailto:b@reports.example,"
        "mailto:c@example.com,mailto:d@mail.example.com; ruf=mailto:e@other.example,mailto:f",
    )
    asked = run_plan(questions(SITE), look_of(own, NO_TLD))
    assert asked[2:] == [
        Question("example.com._report._dmarc.reports.example", wire.TXT),
        Question("example.com._report._dmarc.other.example", wire.TXT),
    ]


def test_consent_questions_are_bounded() -> None:
    hosts = ",".join(f"mailto:a@h{i}.example" for i in range(40))
    own = present(OWN, f"v=DMARC1; p=none; rua={hosts}; ruf={hosts}")
    assert len(run_plan(questions(SITE), look_of(own, NO_TLD))) == 2 + 10


def test_an_inherited_record_asks_consent_for_the_publishing_domain() -> None:
    parent = present(OWN, "v=DMARC1; p=none; rua=mailto:a@reports.example")
    own = nxdomain(Question("_dmarc.www.example.com", wire.TXT))
    asked = run_plan(questions(Site(1, "www.example.com")), look_of(own, parent, NO_TLD))
    assert asked[-1].name == "example.com._report._dmarc.reports.example"


@pytest.mark.parametrize("length", [240, 246, 247, 250, 253])
def test_a_name_too_long_for_the_prefix_is_not_measured(length: int) -> None:
    labels = ["a" * 63, "b" * 63, "c" * 63]
    domain = ".".join(["x" * (length - 63 * 3 - 3), *labels])
    asked = run_plan(questions(Site(1, domain)), look_of())
    for question in asked:
        wire.write_name(question.name)
    assert isinstance(read(Site(1, domain), look_of()), NotMeasured)


# Which record applies


def test_no_record_anywhere_is_none() -> None:
    assert read(SITE, look_of(nxdomain(OWN), NO_TLD)) is None


def test_own_record_applies_with_p() -> None:
    value = _value(present(OWN, "v=DMARC1; p=quarantine; sp=reject; np=none"), NO_TLD)
    assert (value.policy, value.subdomain_policy, value.nonexistent_policy) == (
        "quarantine",
        "reject",
        "none",
    )
    assert (value.found_at, value.organisational_domain) == ("example.com", "example.com")
    assert not value.is_inherited
    assert value.steps == (Step("example.com", 1, "u"), Step("com", 0))


def test_strings_of_a_record_are_joined() -> None:
    value = _value(present(OWN, ("v=DMARC1; p=rej", "ect")), NO_TLD)
    assert value.policy == "reject"


def test_a_subdomain_inherits_sp_from_the_organisational_domain() -> None:
    value = _zone("a.b.example.com", example_com="v=DMARC1; p=reject; sp=quarantine")
    assert (value.policy, value.found_at, value.is_inherited) == ("quarantine", "example.com", True)


def test_records_between_are_passed_over() -> None:
    # 4.10.1: the author domain's, else the organisational domain's: the one with fewest labels.
    value = _zone(
        "a.b.example.com", b_example_com="v=DMARC1; p=none", example_com="v=DMARC1; p=reject"
    )
    assert (value.found_at, value.policy) == ("example.com", "reject")


def test_psd_n_makes_a_subdomain_its_own_organisation() -> None:
    value = _zone(
        "a.b.example.com",
        b_example_com="v=DMARC1; p=none; psd=n",
        example_com="v=DMARC1; p=reject",
    )
    assert (value.found_at, value.organisational_domain) == ("b.example.com", "b.example.com")
    assert [step.domain for step in value.steps] == ["a.b.example.com", "b.example.com"]


def test_below_a_public_suffix_the_next_label_is_the_organisation() -> None:
    value = _zone("www.example.bank", bank="v=DMARC1; p=reject; sp=quarantine; psd=y")
    assert value.organisational_domain == "example.bank"
    assert (value.found_at, value.policy) == ("bank", "quarantine")


def test_an_organisation_below_a_public_suffix_goes_before_the_suffix() -> None:
    value = _zone(
        "www.example.bank", example_bank="v=DMARC1; p=none", bank="v=DMARC1; p=reject; psd=y"
    )
    assert (value.found_at, value.policy) == ("example.bank", "none")


def test_a_public_suffix_of_its_own_applies_its_p() -> None:
    value = _zone("bank", bank="v=DMARC1; p=reject; sp=none; psd=y")
    assert (value.policy, value.organisational_domain) == ("reject", "bank")


def test_a_public_suffix_of_several_labels_is_its_own_organisation() -> None:
    value = _zone("gov.uk", gov_uk="v=DMARC1; p=reject; psd=y")
    assert (value.organisational_domain, value.found_at) == ("gov.uk", "gov.uk")


def test_sp_of_a_record_below_the_organisational_domain_is_ignored() -> None:
    value = _zone(
        "www.example.com",
        www_example_com="v=DMARC1; p=reject; sp=reject",
        example_com="v=DMARC1; p=reject; sp=none",
    )
    assert (value.policy, value.subdomain_policy) == ("reject", "none")
    assert value.organisational_domain == "example.com"


def test_several_records_at_a_name_are_all_discarded() -> None:
    value = parse_example(("v=DMARC1; p=none", "v=DMARC1; p=reject"))
    assert isinstance(value, Dmarc)
    assert (value.policy, value.found_at, value.several_at) == ("", "", ("example.com",))


def test_several_records_fall_through_to_the_parent() -> None:
    value = read_zone(
        "www.example.com",
        {
            "www.example.com": ["v=DMARC1; p=none", "v=DMARC1; p=none"],
            "example.com": ["v=DMARC1; p=reject"],
        },
    )
    assert isinstance(value, Dmarc)
    assert (value.policy, value.found_at) == ("reject", "example.com")


def test_other_texts_do_not_disturb_a_record() -> None:
    value = parse_example(("v=spf1 -all", "v=DMARC1; p=reject"))
    assert isinstance(value, Dmarc)
    assert (value.policy, value.other_texts) == ("reject", ("v=spf1 -all",))


def test_test_mode_lowers_the_effective_policy_only() -> None:
    value = parse_example("v=DMARC1; p=reject; t=y")
    assert isinstance(value, Dmarc)
    assert (value.policy, value.effective_policy, value.is_testing) == (
        "reject",
        "quarantine",
        True,
    )


# Reports


@pytest.mark.parametrize(
    ("texts", "authorised"),
    [
        (("v=DMARC1",), True),
        (("v=DMARC1;",), True),
        (("v=DMARC1; rua=mailto:b@reports.example",), True),
        (("v=DMARC1; rua=mailto:b@other.example",), False),
        (("v=DMARC1; rua=mailto:b@reports.example,mailto:b@other.example",), False),
        (("other", "v=DMARC1;"), True),
        (("v=dmarc1",), False),
        (("v=spf1 -all",), False),
    ],
)
def test_consent_is_a_text_with_the_version(texts: tuple[str, ...], authorised: bool) -> None:
    consent = Question("example.com._report._dmarc.reports.example", wire.TXT)
    own = present(OWN, "v=DMARC1; p=none; rua=mailto:a@reports.example")
    value = _value(own, NO_TLD, present(consent, *texts))
    assert [one.is_authorised for one in value.rua] == [authorised]


def test_unmeasured_consent_is_neither_yes_nor_no() -> None:
    consent = Question("example.com._report._dmarc.reports.example", wire.TXT)
    own = present(OWN, "v=DMARC1; p=none; rua=mailto:a@reports.example")
    value = _value(own, NO_TLD, servfail(consent))
    assert value.rua[0].is_authorised is None
    assert value.unmeasured == ("reports.example",)


def test_a_consent_name_too_long_is_no_consent() -> None:
    host = ".".join(["a" * 60] * 3 + ["b" * 50, "example"])
    own = present(OWN, f"v=DMARC1; p=none; rua=mailto:a@{host}")
    assert len(run_plan(questions(SITE), look_of(own, NO_TLD))) == 2
    assert _value(own, NO_TLD).rua[0].is_authorised is False


# Not measured


def test_own_timeout_is_not_measured() -> None:
    value = read(SITE, look_of(timeout(OWN), NO_TLD))
    assert isinstance(value, NotMeasured)
    assert (value.reason, value.question) == (Reason.TIMEOUT, "TXT _dmarc.example.com")


def test_without_own_record_an_unmeasured_parent_is_not_measured() -> None:
    value = read(SITE, look_of(nodata(OWN), servfail(TLD, ede=22)))
    assert isinstance(value, NotMeasured)
    assert (value.reason, value.ede) == (Reason.SERVFAIL, (22,))


def test_with_own_record_an_unmeasured_parent_leaves_the_organisation_open() -> None:
    value = _value(present(OWN, "v=DMARC1; p=reject"), timeout(TLD))
    assert (value.policy, value.organisational_domain, value.unmeasured) == ("reject", "", ("com",))
    assert value.steps[1] == Step("com", None)


def test_names_above_a_psd_n_need_not_be_measured() -> None:
    value = _value(present(OWN, "v=DMARC1; p=reject; psd=n"), timeout(TLD))
    assert (value.organisational_domain, value.unmeasured) == ("example.com", ())


# RFC 7489 beside it


def test_older_receivers_go_by_the_public_suffix_list() -> None:
    value = _zone("a.b.example.co.uk", example_co_uk="v=DMARC1; p=reject; pct=50")
    assert value.verdict_7489 == Verdict7489("example.co.uk", "example.co.uk", "reject", 50)


def test_older_receivers_do_not_know_public_suffix_policies() -> None:
    value = _zone("example.bank", bank="v=DMARC1; p=reject; psd=y")
    assert value.verdict_7489 == Verdict7489("example.bank", "", "")


def test_older_receivers_stop_at_several_records() -> None:
    value = read_zone(
        "www.example.com",
        {"www.example.com": ["v=DMARC1; p=none"] * 2, "example.com": ["v=DMARC1; p=reject"]},
    )
    assert isinstance(value, Dmarc)
    assert value.verdict_7489 == Verdict7489("example.com", "", "")


# Hostile bytes


def test_consent_is_asked_of_every_external_host_of_every_published_record() -> None:
    path = Path(__file__).parent.parent / "data" / "dmarc_labelled.jsonl"
    texts = [json.loads(line)["record"] for line in path.read_text("utf-8").splitlines()]
    with_hosts = 0
    for text in (line for line in texts if is_record(line)):
        asked = [question.name for question in consent_questions("example.com", text)]
        hosts = external_hosts("example.com", parse_record(text))
        assert asked == [f"example.com._report._dmarc.{host}" for host in hosts[:MAX_REPORT_HOSTS]]
        with_hosts += bool(hosts)
    assert with_hosts > 10


@given(st.lists(st.binary(max_size=120), min_size=1, max_size=4))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    look = look_of(raw(OWN, *rdata), NO_TLD)
    value = read(SITE, look)
    assert value is None or isinstance(value, Dmarc)
    assert all(len(question.name) < 256 for question in run_plan(questions(SITE), look))
    msgspec.json.encode(value)


@given(
    st.text(
        alphabet=st.sampled_from('v=DMARC1;psnretjcq uafo:01dsmailto@x.,!\x00\xff\t"<'), max_size=80
    )
)
def test_any_text_is_some_value(text: str) -> None:
    value = parse_example("v=DMARC1;" + text)
    assert isinstance(value, Dmarc)
    assert value.record.isprintable()


def test_family() -> None:
    assert dmarc.RECORD.name == "dmarc"
    assert dmarc.RECORD.value is Dmarc
