"""SPF (RFC 7208): who may send mail for the site. What is asked, and how it is read; no judging.

Everything an SPF evaluation needs beyond the record itself (includes, redirects, `a`, `mx`,
`exists`) is asked in the scan, so that limits and dead ends can be told without the network.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec.structs import replace

from dnstats import wire
from dnstats.answer import Answer, Outcome, Plan, Question, Reason
from dnstats.records.host import host_questions
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.spf_macro import target_name
from dnstats.records.spf_ranges import count_addresses
from dnstats.records.spf_record import SpfRecord, leading_terms, parse
from dnstats.records.spf_select import exchanges_of, spf_texts, texts_once
from dnstats.records.spf_step import (
    MAX_EXCHANGES,
    MAX_LOOKUPS,
    MAX_STEPS,
    MAX_VOID,
    End,
    Step,
)
from dnstats.records.spf_term import Qualifier, Term
from dnstats.records.spf_tree import Tree, walk_tree
from dnstats.wire import show

MAX_QUESTIONS = 250  # asked about one site; ten `mx` with ten exchanges each come to 210
MAX_SHOWN = 500  # characters kept of each record when there are several


class Verdict(StrEnum):
    """What a receiver makes of the record as such, before it looks at any sender."""

    VALID = "valid"
    PERMERROR = "permerror"  # for every sender, or for all that match nothing earlier
    UNKNOWN = "unknown"  # no error found, and a part was not measured


class Spf(Reading, frozen=True):
    """The SPF policy of a site.

    None instead of this: no TXT record of the site is selected as SPF. Parts that nobody could ask
    for stand in `unmeasured`; numbers that depend on them are None.
    """

    record: SpfRecord  # the first one when there are several
    verdict: Verdict
    policy: Qualifier | None = None  # in the end, redirect followed; None when it cannot be told
    # Terms that need look-ups, the ten of section 4.6.4; None when an include or redirect was not
    # measured and the number is not over ten without it. Capped at MAX_STEPS.
    lookups: int | None = 0
    void_lookups: int | None = 0  # the two of section 4.6.4; None likewise
    exceeded_at: str = ""  # the eleventh: "include:a.example in b.example"
    steps: tuple[Step, ...] = ()  # every look-up in the order of evaluation
    passes_everyone: bool = False  # +all, directly or through includes; or a /0
    ipv4_addresses: int = 0  # different IPv4 addresses that pass, as far as can be told
    others: tuple[str, ...] = ()  # further SPF records at the name: more than one is an error
    txt_size: int = 0  # octets of the whole TXT answer (section 3.4)
    ttl: int = 0  # seconds
    unmeasured: tuple[str, ...] = ()  # "TXT a.example: timeout"

    @property
    def is_mailless(self) -> bool:
        """`v=spf1 -all` and nothing else: this domain sends no mail."""
        return self.record.is_mailless and not self.others

    @property
    def errors(self) -> tuple[str, ...]:
        """Why receivers answer permerror, in words; () when they do not."""
        return tuple(_errors(self))


def questions(site: Site) -> Plan:
    """The site's TXT, then round by round what the records found lead to.

    Each name is entered once, which also ends loops. No more is followed after MAX_STEPS terms:
    by then the record is far over its limit.
    """
    own = Question(site.domain, wire.TXT)
    answers = yield (own,)
    leads = _own_leads(answers[0], site.domain)
    asked = {own}
    steps = 0
    while True:
        batch = []
        for question, is_step in leads:
            steps += is_step
            if question not in asked and steps <= MAX_STEPS and len(asked) < MAX_QUESTIONS:
                asked.add(question)
                batch.append(question)
        if not batch:
            return
        answers = yield tuple(batch)
        leads = [lead for answer in answers for lead in _leads_to(answer, site.domain)]


Lead = tuple[Question, bool]
"""A question that a record raises; True for those of terms that cost a look-up."""


def _own_leads(answer: Answer, site: str) -> Sequence[Lead]:
    """Receivers give up on a broken record; we go on with the site's own, to say more about it."""
    texts = texts_once(answer)
    return _leads_of(site, leading_terms(texts[0]), site) if texts else ()


def _leads_to(answer: Answer, site: str) -> Sequence[Lead]:
    """The questions raised by an answer that is not the site's own TXT."""
    question = answer.question
    if question.rdtype not in (wire.TXT, wire.MX) or not answer.is_present:
        return ()
    leads = _shared_leads(answer.message, question)
    return _leads_of(question.name, _included_terms(answer), site) if leads is None else leads


@functools.lru_cache(maxsize=8192)  # many sites include the same records
def _shared_leads(message: bytes, question: Question) -> Sequence[Lead] | None:
    """What an included record or an MX asks, whoever includes it; None when that depends on who."""
    answer = Answer(question, Outcome.PRESENT, message=message)
    if question.rdtype == wire.MX:
        names = exchanges_of(answer)
        if len(names) > MAX_EXCHANGES:
            return ()
        return [(asked, False) for name in names if name != "." for asked in host_questions(name)]
    terms = _included_terms(answer)
    if any(term.has_macro for term in terms):
        return None
    return _leads_of(question.name, terms, question.name)


def _included_terms(answer: Answer) -> tuple[Term, ...]:
    """Those of an included record that receivers follow: the only one, and without a fault."""
    texts = texts_once(answer)
    terms = leading_terms(texts[0]) if len(texts) == 1 else ()
    return terms if terms and not parse(texts[0]).faults else ()


def _leads_of(domain: str, terms: Iterable[Term], site: str) -> list[Lead]:
    """What the terms of the record of `domain` ask on behalf of the site."""
    leads: list[Lead] = []
    for term in terms:
        target = target_name(term.value, domain, site) if term.value else domain
        if not target:
            continue
        if term.name in ("include", "redirect"):
            leads.append((Question(target, wire.TXT), True))
        elif term.name == "mx":
            leads.append((Question(target, wire.MX), True))
        else:
            leads.append((Question(target, wire.A), True))
            if term.name == "a":
                leads.append((Question(target, wire.AAAA), False))
    return leads


def read(site: Site, look: Look) -> Reading | None:
    """The policy of a site; None when its TXT was asked for and holds no SPF record."""
    answer = look(Question(site.domain, wire.TXT))
    if not answer.is_measured:
        return not_measured(answer)
    found = spf_texts(answer)
    if not found.texts:
        return None if found.is_readable else NotMeasured(Reason.MALFORMED, f"TXT {site.domain}")
    record = parse(found.texts[0])
    spf = Spf(
        record,
        Verdict.VALID,
        others=tuple(show(text)[:MAX_SHOWN] for text in found.texts[1:]),
        txt_size=len(answer.message),
        ttl=found.ttl,
    )
    return _with_verdict(_with_tree(spf, walk_tree(site.domain, record, look)))


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with these TXT records, in the world of `spf_example`."""
    from dnstats.records.spf_example import EXAMPLE_SITE, example_look

    return read(EXAMPLE_SITE, example_look(*((text,) if isinstance(text, str) else text)))


def _with_tree(spf: Spf, tree: Tree) -> Spf:
    steps = tree.steps
    over = steps[MAX_LOOKUPS] if len(steps) > MAX_LOOKUPS else None
    void = sum(step.is_void for step in steps)
    missed = [step for step in steps if step.end is End.NOT_MEASURED]
    return replace(
        spf,
        policy=tree.policy,
        # An include or redirect that was not measured hides an unknown number of look-ups.
        lookups=None if not over and any(step.enters for step in missed) else len(steps),
        void_lookups=None if missed and void <= MAX_VOID else void,
        exceeded_at=f"{over.term} in {over.holder}" if over else "",
        steps=steps,
        passes_everyone=tree.passes_everyone,
        ipv4_addresses=count_addresses(tree.ranges),
        unmeasured=tree.unmeasured,
    )


def _with_verdict(spf: Spf) -> Spf:
    if next(_errors(spf), None) is not None:
        return replace(spf, verdict=Verdict.PERMERROR)
    return replace(spf, verdict=Verdict.UNKNOWN) if spf.unmeasured else spf


def _errors(spf: Spf) -> Iterator[str]:
    if spf.others:
        yield f"{1 + len(spf.others)} SPF records"
    for fault in spf.record.faults:
        yield f"{fault.term}: {fault.why}"
    for step in spf.steps:
        if step.is_permerror:
            yield f"{step.term} in {step.holder}: {step.end}"
    if spf.exceeded_at:
        yield f"more than {MAX_LOOKUPS} look-ups"
    if (spf.void_lookups or 0) > MAX_VOID:
        yield f"more than {MAX_VOID} void look-ups"


RECORD = Record("spf", "SPF", Spf, questions, read)
