"""One SPF record, read from its text (RFC 7208 sections 4.5, 4.6 and 12). Asks nobody.

`parse` is the only reader of SPF text in the project: scan, process, examples and tests use it.
"""

from __future__ import annotations

import functools

import msgspec

from dnstats.records.spf_term import (
    LEADING_TERMS,
    MAX_SHOWN,
    Fault,
    FaultKind,
    Qualifier,
    Term,
    read_term,
)
from dnstats.wire import show

VERSION = b"v=spf1"
MAX_TEXT = 4096  # characters kept of a record; TXT data can be 64 kB

MAX_FAULTS = 50  # kept of one record; the first is enough for a permerror


class SpfRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A record as published. Faults make receivers answer permerror, whoever sends the mail."""

    text: str  # joined, printable, at most MAX_TEXT characters
    size: int  # octets, joined
    terms: tuple[Term, ...] = ()  # in the order of the record, faulty ones included
    faults: tuple[Fault, ...] = ()

    @property
    def all_at(self) -> int | None:
        """The index of the first `all` among the terms: what follows it is never looked at."""
        for index, term in enumerate(self.terms):
            if term.name == "all" and term.qualifier is not None and not term.is_faulty:
                return index
        return None

    @property
    def all(self) -> Qualifier | None:
        """The qualifier of `all`; None without one."""
        at = self.all_at
        return None if at is None else self.terms[at].qualifier

    @property
    def redirect(self) -> Term | None:
        """The `redirect=` modifier, if it has an effect: it has none beside `all` (section 6.1)."""
        if self.all_at is not None:
            return None
        return next((t for t in self.terms if t.name == "redirect" and _is_modifier(t)), None)

    @property
    def evaluated(self) -> tuple[Term, ...]:
        """The mechanisms that a receiver may come to, in order: those before `all`, sound ones."""
        return tuple(
            term
            for term in self.terms[: self.all_at]
            if term.qualifier is not None and not term.is_faulty
        )

    @property
    def is_mailless(self) -> bool:
        """Says that nobody sends mail for this domain: `v=spf1 -all` and nothing else."""
        return (
            not self.faults
            and len(self.terms) == 1
            and self.terms[0].name == "all"
            and self.terms[0].qualifier is Qualifier.FAIL
        )


def is_spf(text: bytes) -> bool:
    """Whether a TXT record is selected as SPF: the version and then a space or the end (4.5)."""
    return text[:6].lower() == VERSION and (len(text) == 6 or text[6] == 0x20)


def parse(text: bytes | str) -> SpfRecord:
    """Read a record. Text is taken as UTF-8. Never raises, whatever the text."""
    return _parse(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text)


@functools.lru_cache(maxsize=8192)
def _parse(text: bytes) -> SpfRecord:
    terms: list[Term] = []
    faults: list[Fault] = []
    once: set[str] = set()
    # Only a space separates terms (section 4.6.1): a tab or line end is part of one, and a fault.
    for raw in text[len(VERSION) :].split(b" "):
        if not raw:
            continue
        term, fault = read_term(raw)
        if term.name in ("redirect", "exp") and _is_modifier(term):
            if term.name in once:
                fault = fault or Fault(
                    FaultKind.REPEATED,
                    show(raw)[:MAX_SHOWN],
                    f"`{term.name}=` stands in the record twice",
                )
                term = msgspec.structs.replace(term, is_faulty=True, text=show(raw)[:MAX_SHOWN])
            once.add(term.name)
        terms.append(term)
        if fault and len(faults) < MAX_FAULTS:
            faults.append(fault)
    return SpfRecord(show(text)[:MAX_TEXT], len(text), tuple(terms), tuple(faults))


def leading_terms(text: bytes) -> tuple[Term, ...]:
    """The terms of `parse(text)` that lead to other names, in the order they are evaluated.

    What a scan needs to know of a record, at a fraction of the cost of all of it: most terms are
    addresses, different in every record, and lead nowhere, sound or not.
    """
    found: list[Term] = []
    redirect: Term | None = None
    for raw in text[len(VERSION) :].split(b" "):
        if not raw or raw.startswith((b"ip4:", b"ip6:")):
            continue
        term, _ = read_term(raw)
        if term.is_faulty:
            continue
        if term.qualifier is None:
            if term.name == "redirect" and redirect is None:
                redirect = term
        elif term.name == "all":
            return tuple(found)  # nothing behind it is looked at, and no redirect beside it
        elif term.name in LEADING_TERMS:
            found.append(term)
    return (*found, redirect) if redirect is not None else tuple(found)


def _is_modifier(term: Term) -> bool:
    return term.qualifier is None and not term.is_faulty
