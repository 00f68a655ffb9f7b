"""One site's row: its counts are of what was asked, not of what nobody needed to know."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Question, Reason, not_asked
from dnstats.process.site_run import Status, read_site
from dnstats.records import load_records
from dnstats.records.record import Site

from tests.answers import nodata, nxdomain, present, unmeasured

SITE = Site(1, "example.com")
SOA = "ns1.example.com. hostmaster.example.com. 1 7200 3600 1209600 3600"


def test_what_nobody_needed_to_ask_counts_neither_as_asked_nor_as_unanswered() -> None:
    def look(question: Question) -> Answer:
        return not_asked(question) if question.cd or question.server else nodata(question)

    run = read_site(SITE, look, load_records())
    assert run.questions > 10
    assert run.not_measured == 0


def test_what_was_asked_in_vain_counts() -> None:
    def look(question: Question) -> Answer:
        if question.rdtype == wire.CAA:
            return unmeasured(question, Reason.TIMEOUT)
        return not_asked(question) if question.cd else nodata(question)

    run = read_site(SITE, look, load_records())
    assert run.not_measured >= 1
    assert not run.is_measured
    assert run.status is Status.EXISTS


def test_a_domain_that_does_not_exist_is_measured() -> None:
    run = read_site(SITE, nxdomain, load_records())
    assert run.status is Status.NXDOMAIN
    assert run.is_measured


def test_a_zone_that_fails_validation_exists() -> None:
    def look(question: Question) -> Answer:
        if question.cd and question.rdtype in (wire.SOA, wire.NS):
            return present(question, SOA if question.rdtype == wire.SOA else "ns1.example.com.")
        return unmeasured(question, Reason.SERVFAIL)

    assert read_site(SITE, look, load_records()).status is Status.EXISTS


def test_a_domain_that_nobody_answers_for_is_not_measured() -> None:
    def look(question: Question) -> Answer:
        return unmeasured(question, Reason.TIMEOUT)

    run = read_site(SITE, look, load_records())
    assert run.status is Status.NOT_MEASURED
    assert run.questions == run.not_measured > 0
