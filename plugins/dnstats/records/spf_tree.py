"""What an SPF record leads to: its look-ups in the order a receiver makes them, and their count.

The walk is that of a receiver whose sender matches nothing, which is the longest one: every term up
to `all` is evaluated, includes are entered, and a redirect is followed at the end. Reads answers
that are there; asks nothing and judges nothing.

Counting goes on past the limit of ten so that the true number can be told, up to MAX_STEPS.
"""

from __future__ import annotations

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records.host import host_questions, read_addresses
from dnstats.records.record import Look, NotMeasured
from dnstats.records.spf_macro import target_name
from dnstats.records.spf_ranges import Range, network_range
from dnstats.records.spf_record import SpfRecord, parse
from dnstats.records.spf_select import exchanges_of, spf_texts
from dnstats.records.spf_step import MAX_EXCHANGES, MAX_STEPS, End, Step
from dnstats.records.spf_term import MAX_SHOWN, Qualifier, Term


class Tree(msgspec.Struct, frozen=True):
    """The whole walk."""

    steps: tuple[Step, ...]
    policy: Qualifier | None  # in the end, redirect followed; None when that cannot be told
    passes_everyone: bool
    unmeasured: tuple[str, ...]  # questions nobody could answer, with the reason
    ranges: tuple[Range, ...]  # IPv4 addresses that pass, as far as they can be told
    is_cut: bool  # more look-ups than MAX_STEPS


def walk_tree(domain: str, record: SpfRecord, look: Look) -> Tree:
    """Walk everything the record of `domain` leads to."""
    walk = _Walk(domain, look)
    policy, passes_everyone = walk.record(domain, record, (domain,))
    return Tree(
        tuple(walk.steps),
        policy,
        passes_everyone,
        tuple(dict.fromkeys(walk.unmeasured)),
        tuple(walk.ranges),
        walk.is_cut,
    )


class _Walk:
    """The state of one walk."""

    def __init__(self, sender_domain: str, look: Look) -> None:
        self.sender_domain = sender_domain
        self.look = look
        self.steps: list[Step] = []
        self.unmeasured: list[str] = []
        self.ranges: list[Range] = []
        self.is_cut = False

    def record(
        self, domain: str, record: SpfRecord, path: tuple[str, ...], *, adds: bool = True
    ) -> tuple[Qualifier | None, bool]:
        """Evaluate a record: its policy in the end, and whether it lets everyone pass.

        `adds`: what passes here passes for the site (false below `-include:` and the like).
        """
        everyone = False
        for term in record.evaluated:
            passes = term.qualifier is Qualifier.PASS
            if term.name in ("ip4", "ip6"):
                everyone |= passes and self._network(term, adds=adds)
            elif len(self.steps) == MAX_STEPS:
                self.is_cut = True
                break
            else:
                everyone |= self._mechanism(domain, term, path, adds=adds) and passes
        policy, rest_passes = self._end(domain, record, path, adds=adds)
        return policy, everyone or rest_passes

    def _end(
        self, domain: str, record: SpfRecord, path: tuple[str, ...], *, adds: bool
    ) -> tuple[Qualifier | None, bool]:
        """`all`, a redirect, or the default (section 4.7)."""
        qualifier = record.all
        if qualifier is not None:
            return qualifier, qualifier is Qualifier.PASS
        redirect = record.redirect
        if redirect is None:
            return Qualifier.NEUTRAL, False
        if len(self.steps) == MAX_STEPS:
            self.is_cut = True
            return None, False
        return self._enter(domain, redirect, path, adds=adds)

    def _network(self, term: Term, *, adds: bool) -> bool:
        """Note the addresses of ip4; whether the term takes in all addresses of its family."""
        if term.name == "ip4" and adds:
            self.ranges.append(network_range(term.value, term.prefix4))
        return (term.prefix4 if term.name == "ip4" else term.prefix6) == 0

    def _mechanism(self, domain: str, term: Term, path: tuple[str, ...], *, adds: bool) -> bool:
        """One mechanism that costs a look-up; whether it takes in everyone."""
        adds = adds and term.qualifier is Qualifier.PASS
        if term.name == "include":
            return self._enter(domain, term, path, adds=adds)[1]
        if term.name == "ptr":
            self._note(domain, term, path, End.DEPENDS)
            return False
        spec = term.value
        target = target_name(spec, domain, self.sender_domain) if spec else domain
        if target is None:
            self._note(domain, term, path, End.DEPENDS)
        elif not target:
            self._note(domain, term, path, End.VOID, why="no name can be asked for")
        elif term.name == "exists":
            self._exists(domain, term, path, target)
        elif term.name == "a":
            found = self._hosts(domain, term, path, target, (target,))
            return adds and self._add(found, term)
        else:
            return self._mx(domain, term, path, target, adds=adds)
        return False

    def _exists(self, domain: str, term: Term, path: tuple[str, ...], target: str) -> None:
        answer = self.look(Question(target, wire.A))
        if not answer.is_measured:
            self._note(domain, term, path, End.NOT_MEASURED, target, why=self._missed(answer))
        else:
            end = End.FOUND if answer.is_present else End.VOID
            self._note(domain, term, path, end, target, is_void=answer.is_absent)

    def _mx(
        self, domain: str, term: Term, path: tuple[str, ...], target: str, *, adds: bool
    ) -> bool:
        answer = self.look(Question(target, wire.MX))
        if not answer.is_measured:
            self._note(domain, term, path, End.NOT_MEASURED, target, why=self._missed(answer))
            return False
        names = exchanges_of(answer)
        if len(names) > MAX_EXCHANGES:
            why = f"{len(names)} exchanges"
            self._note(domain, term, path, End.MANY_EXCHANGES, target, why=why)
            return False
        if answer.is_absent:
            self._note(domain, term, path, End.VOID, target, is_void=True)
            return False
        found = self._hosts(domain, term, path, target, tuple(n for n in names if n != "."))
        return adds and self._add(found, term)

    def _hosts(
        self, domain: str, term: Term, path: tuple[str, ...], target: str, names: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The addresses of `a` or `mx`; void when a server said that there are none at all.

        A sender comes over IPv4 or IPv6 and only that family is looked up, but a host with one
        family is no mistake: only a host without any counts as void here.
        """
        found: list[str] = []
        missed = ""
        for name in names:
            for question in host_questions(name):
                answer = self.look(question)
                addresses = read_addresses(answer)
                if isinstance(addresses, NotMeasured):
                    missed = self._missed(answer)
                else:
                    found.extend(addresses)
        if missed and not found:
            self._note(domain, term, path, End.NOT_MEASURED, target, why=missed)
        elif not found:
            self._note(domain, term, path, End.VOID, target, is_void=bool(names))
        else:
            self._note(domain, term, path, End.FOUND, target)
        return tuple(found)

    def _add(self, addresses: tuple[str, ...], term: Term) -> bool:
        """Note the IPv4 addresses of `a` and `mx`; whether that is the whole internet (/0)."""
        v4 = [address for address in addresses if ":" not in address]
        self.ranges.extend(network_range(address, term.prefix4) for address in v4)
        return bool(v4) and term.prefix4 == 0

    def _enter(
        self, domain: str, term: Term, path: tuple[str, ...], *, adds: bool
    ) -> tuple[Qualifier | None, bool]:
        """An include or redirect: the target's policy in the end, whether it passes everyone."""
        target = target_name(term.value, domain, self.sender_domain)
        if target is None:
            self._note(domain, term, path, End.DEPENDS)
            return None, False
        if target in path:
            self._note(domain, term, path, End.LOOP, target)
            return None, False
        record = self._target(domain, term, path, target)
        if record is None:
            return None, False
        at = len(self.steps)
        self._note(domain, term, path, End.FOUND, target)
        policy, everyone = self.record(target, record, (*path, target), adds=adds)
        self.steps[at] = msgspec.structs.replace(
            self.steps[at], policy=policy or "", passes_everyone=everyone
        )
        return policy, everyone

    def _target(
        self, domain: str, term: Term, path: tuple[str, ...], target: str
    ) -> SpfRecord | None:
        """The one sound record at a target; otherwise None, and the step is noted."""
        if not target:
            # Section 4.3: a malformed name is the same as no record.
            self._note(domain, term, path, End.NO_RECORD, why="no name can be asked for")
            return None
        answer = self.look(Question(target, wire.TXT))
        texts, is_readable, _ = spf_texts(answer)
        if not texts and not is_readable:
            self._note(domain, term, path, End.NOT_MEASURED, target, why=self._missed(answer))
        elif answer.is_absent:
            self._note(domain, term, path, End.VOID, target, is_void=True)
        elif not texts:
            self._note(domain, term, path, End.NO_RECORD, target)
        elif len(texts) > 1:
            self._note(domain, term, path, End.SEVERAL_RECORDS, target)
        else:
            record = parse(texts[0])
            if not record.faults:
                return record
            fault = record.faults[0]
            self._note(domain, term, path, End.BAD_RECORD, target, why=f"{fault.term}: {fault.why}")
        return None

    def _missed(self, answer: Answer) -> str:
        question = answer.question
        reason = str(answer.reason or "malformed")
        rdtype = wire.TYPE_NAMES[question.rdtype]
        self.unmeasured.append(f"{rdtype} {question.name}: {reason}")
        return reason

    def _note(
        self,
        domain: str,
        term: Term,
        path: tuple[str, ...],
        end: End,
        target: str = "",
        *,
        is_void: bool = False,
        why: str = "",
    ) -> None:
        depth = len(path) - 1
        self.steps.append(
            Step(
                domain,
                term.show()[:MAX_SHOWN],
                end,
                target,
                depth,
                is_void=is_void,
                why=why[:MAX_SHOWN],
            )
        )
