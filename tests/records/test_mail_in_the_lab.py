"""The mail families against the practice internet: what is read is what is known to be true.

The lab answers in this process, as its resolver would; no socket is opened.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import dns.message
import dns.rdatatype
import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.lab.answering import Answerer
from dnstats.lab.lookup import World
from dnstats.lab.providers import RESOLVERS
from dnstats.lab.truth import Truth
from dnstats.records import bimi, dane, dmarc, msdcs, mta_sts, mx, tls_rpt
from dnstats.records.bimi import Bimi
from dnstats.records.dane import Dane
from dnstats.records.dmarc import Dmarc
from dnstats.records.msdcs import Msdcs
from dnstats.records.mta_sts import MtaSts
from dnstats.records.mx import Mx
from dnstats.records.public_suffix import organisational_domain
from dnstats.records.record import NotMeasured, Reading, Record, Site
from dnstats.records.tls_rpt import TlsRpt
from dnstats.wire import show

from tests.answers import run_plan, unmeasured

SEED, NOW = 7, 1_795_000_000
TLDS = ("com", "net", "de", "co.uk", "org")
NAMES = tuple(f"site{n}.{TLDS[n % len(TLDS)]}" for n in range(700))
FAMILIES = (mx, dane, mta_sts, tls_rpt, dmarc, bimi, msdcs)


class Lab:
    """The world, and a look into it."""

    def __init__(self) -> None:
        self.answerer = Answerer(World(SEED, NAMES, NOW))
        self.look = functools.cache(self._look)

    def truth(self, domain: str) -> Truth:
        return self.answerer.world.truth(domain)

    def _look(self, question: Question) -> Answer:
        rdtype = dns.rdatatype.RdataType.make(question.rdtype)
        query = dns.message.make_query(question.name, rdtype, want_dnssec=True)
        data = self.answerer.answer(next(iter(RESOLVERS)), query.to_wire(), tcp=True)
        if data is None:
            return unmeasured(question, Reason.TIMEOUT)
        message = wire.parse(data)
        outcome, reason = classify(message, question)
        return Answer(question, outcome, reason, message.rcode, message.ede, ad=message.ad,
                      message=data)  # fmt: skip


@pytest.fixture(scope="module")
def lab() -> Lab:
    return Lab()


def _measured(lab: Lab, family: Record) -> Iterator[tuple[Truth, Reading | None]]:
    """Sites that answer everything, with what is read. The scan's plan must be enough for that."""
    for domain in NAMES:
        truth = lab.truth(domain)
        if truth.fate != "ok" or truth.unanswered or truth.dnssec == "bogus":
            continue
        site = Site(1, domain)
        asked = set(run_plan(family.questions(site), lab.look))

        def only_asked(question: Question, asked: set[Question] = asked) -> Answer:
            return (
                lab.look(question) if question in asked else unmeasured(question, Reason.NOT_ASKED)
            )

        yield truth, family.read(site, only_asked)


def test_mx(lab: Lab) -> None:
    seen = 0
    for truth, value in _measured(lab, mx.RECORD):
        found = () if value is None else value.exchanges  # type: ignore[attr-defined]
        pairs = {(one.preference, one.name) for one in found}
        assert pairs == {(number, host or ".") for number, host in truth.mx}, truth.domain
        assert (isinstance(value, Mx) and value.is_null) is truth.null_mx, truth.domain
        seen += bool(found)
    assert seen > 200


def _fails(lab: Lab, host: str) -> bool:
    truth = lab.truth(organisational_domain(host))
    return truth.fate != "ok" or truth.dnssec == "bogus"


def test_dmarc(lab: Lab) -> None:
    seen = 0
    for truth, value in _measured(lab, dmarc.RECORD):
        own = value if isinstance(value, Dmarc) and value.found_at == truth.domain else None
        if truth.dmarc_policy is not None:
            assert own is not None, truth.domain
            assert own.p == truth.dmarc_policy, truth.domain
            external = {one.host: one.is_authorised for one in own.rua + own.ruf if one.is_external}
            # Nobody can ask a host whose own domain fails.
            known = {
                host: None if host in own.unmeasured else is_given
                for host, is_given in truth.report_hosts
            }
            assert external == known, truth.domain
            assert all(_fails(lab, host) for host in own.unmeasured), truth.domain
            seen += 1
        if len(truth.dmarc) > 1:
            assert isinstance(value, Dmarc)
            assert truth.domain in value.several_at
        if not truth.dmarc:
            assert own is None
    assert seen > 100


@pytest.mark.parametrize(
    ("family", "published", "kind"),
    [
        (bimi.RECORD, lambda truth: truth.bimi, Bimi),
        (mta_sts.RECORD, lambda truth: truth.mta_sts, MtaSts),
        (tls_rpt.RECORD, lambda truth: truth.tls_rpt, TlsRpt),
    ],
    ids=["bimi", "mta_sts", "tls_rpt"],
)
def test_texts(
    lab: Lab,
    family: Record,
    published: Callable[[Truth], bytes | None],
    kind: type[Bimi | MtaSts | TlsRpt],
) -> None:
    seen = 0
    for truth, value in _measured(lab, family):
        text = published(truth)
        found = value.record if isinstance(value, kind) else None
        assert found == (None if text is None else show(text)), truth.domain
        seen += text is not None
    assert seen > 0


def test_dane(lab: Lab) -> None:
    for truth, value in _measured(lab, dane.RECORD):
        hosts = value.hosts if isinstance(value, Dane) else ()
        assert {host.name for host in hosts if host.records} == set(truth.tlsa_hosts), truth.domain


def test_msdcs(lab: Lab) -> None:
    for truth, value in _measured(lab, msdcs.RECORD):
        is_one = isinstance(value, Msdcs) and value.is_active_directory is True
        assert is_one is truth.msdcs, truth.domain


@pytest.mark.parametrize("fate", ["servfail", "nxdomain"])
def test_sites_that_fail(lab: Lab, fate: str) -> None:
    seen = 0
    for domain in NAMES:
        if lab.truth(domain).fate != fate:
            continue
        seen += 1
        for module in FAMILIES:
            value = module.RECORD.read(Site(1, domain), lab.look)
            if fate == "servfail":
                assert isinstance(value, NotMeasured), (domain, module.RECORD.name)
            else:
                assert value is None, (domain, module.RECORD.name)
    assert seen > 0


def test_what_is_never_answered_is_not_measured(lab: Lab) -> None:
    outcomes = set()
    for domain in NAMES:
        truth = lab.truth(domain)
        if truth.fate != "ok" or (domain, "MX") not in truth.unanswered:
            continue
        assert isinstance(mx.RECORD.read(Site(1, domain), lab.look), NotMeasured)
        outcomes.add(lab.look(Question(domain, wire.MX)).outcome)
    assert outcomes <= {Outcome.NOT_MEASURED}
