"""Rules about SPF: is there a policy, can receivers use it, and whom does it let pass.

Reads spf, and mx and dmarc where the weight of a fault hangs on them; asks nobody. What breaks the
record for every receiver costs everything; what breaks it for some mail costs less; style is free.
"""

from __future__ import annotations

import functools
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records.dmarc import Dmarc
from dnstats.records.ip_address import special_use
from dnstats.records.misplaced import Misplaced
from dnstats.records.mx import Mx
from dnstats.records.spf import Spf
from dnstats.records.spf_step import MAX_LOOKUPS, MAX_STEPS, MAX_VOID, End, Step
from dnstats.records.spf_term import LOOKUP_TERMS, MECHANISMS, FaultKind, Qualifier, Term

_RFC = "https://www.rfc-editor.org/rfc/rfc"
RFC7208 = f"{_RFC}7208"

_MAIL = "10 mail.example.com"
_REJECT = "v=DMARC1; p=reject"
_SOUND = {"spf": "v=spf1 mx include:_spf.example.net -all"}
_NO_MAIL = {"spf": "v=spf1 -all"}

ANSWER_SIZE = 512
"""Octets of a whole DNS answer that RFC 7208 section 3.4 asks to stay below."""

UDP_SIZE = 1232
"""Octets that fit into one UDP packet everywhere; DNS servers cut off above it (flag day 2020)."""

MANY_ADDRESSES = 100_000
"""IPv4 addresses: a third of the domains with SPF let more pass ("Lazy Gatekeepers", IMC 2023)."""

WIDEST_V4, WIDEST_V6 = 8, 12
"""Prefix lengths of the largest blocks that IANA has handed out: nobody owns a larger network."""


def _takes_mail(mx: Mx | None) -> bool:
    return mx is not None and not mx.is_null


def _is_enforced(dmarc: Dmarc | None) -> bool:
    """Whether forged mail fails by DMARC, which needs no SPF record for that."""
    return dmarc is not None and dmarc.effective_policy in ("quarantine", "reject")


def _unless_open(dmarc: Dmarc | None, evidence: str) -> str | Abstain:
    """The evidence, while it is known that no DMARC policy is enforced."""
    if dmarc is not None and dmarc.unmeasured and not dmarc.effective_policy:
        return Abstain("the DMARC policy was not measured")
    return evidence


def _faults(spf: Spf, kind: FaultKind) -> str | None:
    """The terms with this kind of fault, as evidence."""
    found = [f"{fault.term} ({fault.why})" for fault in spf.record.faults if fault.kind is kind]
    return ", ".join(found) or None


def _entering(spf: Spf) -> Iterable[Step]:
    """The includes and redirects, of the site's own record and of all that follow."""
    return (step for step in spf.steps if step.enters)


def _told(steps: Iterable[Step]) -> str | None:
    """Steps as evidence: the term, whose record it is in, and what is wrong."""
    found = (
        step.term
        + (f" in {step.holder}" if step.depth else "")
        + (f" ({step.why})" if step.why else "")
        for step in steps
    )
    return ", ".join(dict.fromkeys(found)) or None


def _entered(spf: Spf, *ends: End) -> str | Abstain | None:
    """Includes and redirects that ended so; abstains when none did and one was not measured."""
    found = _told(step for step in spf.steps if step.end in ends and step.enters)
    return found or _missed(spf, _entering(spf))


def _missed(spf: Spf, steps: Iterable[Step]) -> Abstain | None:
    """Whether one of these steps was not measured."""
    if not spf.unmeasured:
        return None
    missed = next((step for step in steps if step.end is End.NOT_MEASURED), None)
    return Abstain(f"{missed.term}: {missed.why}") if missed else None


def _terms(spf: Spf) -> tuple[Term, ...]:
    """The sound terms of the site's own record."""
    return tuple(term for term in spf.record.terms if not term.is_faulty)


def _shown(terms: Iterable[Term]) -> str | None:
    return ", ".join(term.show() for term in terms) or None


# --- Is there a record, and only one?


@rule(
    "SPF001",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-2.6.1",
    passes=[
        _SOUND | {"mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": _REJECT},
    ],
    fails=[
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": "v=DMARC1; p=none"},
    ],
)
def no_record(spf: Spf | None, mx: Mx | None, dmarc: Dmarc | None) -> str | Abstain | None:
    """There is no SPF record, and the domain has mail.

    Receivers cannot tell this domain's mail from forged mail. List who sends for the domain in a
    TXT record, such as `v=spf1 mx include:<your mail provider> -all`.
    """
    if spf is not None or not _takes_mail(mx) or _is_enforced(dmarc):
        return None
    return _unless_open(dmarc, "no TXT record starts with v=spf1")


@rule(
    "SPF002",
    Severity.HIGH,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[
        _NO_MAIL | {"mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": None, "dmarc": None}, {"spf": None, "mx": "0 .", "dmarc": None}],
)
def no_record_without_mail(
    spf: Spf | None, mx: Mx | None, dmarc: Dmarc | None
) -> str | Abstain | None:
    """There is no SPF record on a domain that takes no mail.

    A domain without mail can still be forged as a sender. Publish `v=spf1 -all`: nobody sends mail
    for this domain.
    """
    if spf is not None or _takes_mail(mx) or _is_enforced(dmarc):
        return None
    return _unless_open(dmarc, "no TXT record starts with v=spf1, and there is no mail host")


@rule(
    "SPF047",
    Severity.HIGH,
    reference="https://www.rfc-editor.org/rfc/rfc9989#section-8",
    passes=[
        _SOUND | {"mx": _MAIL, "dmarc": _REJECT},
        {"spf": None, "mx": _MAIL, "dmarc": None},
        {"spf": None, "mx": None, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": _MAIL, "dmarc": _REJECT}],
)
def only_dmarc(spf: Spf | None, mx: Mx | None, dmarc: Dmarc) -> str | None:
    """There is no SPF record, and DMARC is all that stops forged mail.

    Receivers without DMARC cannot tell forged mail, and this domain's own mail fails wherever its
    DKIM signature is lost. List who sends for the domain in a TXT record.
    """
    if spf is not None or not _takes_mail(mx) or not _is_enforced(dmarc):
        return None
    return f"no TXT record starts with v=spf1; DMARC has p={dmarc.effective_policy}"


@rule(
    "SPF048",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[
        _NO_MAIL | {"mx": None, "dmarc": _REJECT},
        {"spf": None, "mx": None, "dmarc": None},
        {"spf": None, "mx": _MAIL, "dmarc": _REJECT},
    ],
    fails=[{"spf": None, "mx": None, "dmarc": _REJECT}],
)
def only_dmarc_without_mail(spf: Spf | None, mx: Mx | None, dmarc: Dmarc) -> str | None:
    """There is no SPF record on a domain that takes no mail, and DMARC is all that stops forgeries.

    Receivers without DMARC take them. Publish `v=spf1 -all`: nobody sends mail for this domain.
    """
    if spf is not None or _takes_mail(mx) or not _is_enforced(dmarc):
        return None
    return f"no TXT record starts with v=spf1; DMARC has p={dmarc.effective_policy}"


@rule(
    "SPF003",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-4.5",
    passes=[_SOUND],
    fails=[{"spf": ("v=spf1 mx -all", "v=spf1 include:_spf.example.net -all")}],
)
def several_records(spf: Spf) -> str | None:
    """There are several SPF records.

    Receivers answer permerror and use none of them. Put everything into one record.
    """
    if not spf.others:
        return None
    return f"{1 + len(spf.others)} records: " + " | ".join((spf.record.text, *spf.others))


# --- Can a receiver read it? One fault anywhere makes the whole record a permerror (section 4.6).


@rule(
    "SPF004",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-4.6.1",
    passes=[_SOUND, {"spf": "v=spf1 +mx -include:a.example ?all"}, {"spf": "v=spf1  MX  -ALL "}],
    fails=[{"spf": "v=spf1 ipv4:192.0.2.1 -all"}, {"spf": "v=spf1 mx ~allgoogle-site"}],
)
def unknown_mechanism(spf: Spf) -> str | None:
    """The SPF record has a word that is no mechanism.

    Receivers answer permerror: the whole record is useless. Correct the word. The mechanisms are
    all, include, a, mx, ip4, ip6 and exists, with a space between two of them.
    """
    return _faults(spf, FaultKind.UNKNOWN_MECHANISM)


@rule(
    "SPF005",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.6",
    passes=[_SOUND, {"spf": "v=spf1 ip4:192.0.2.1 ip4:192.0.2.7/24 -all"}],
    fails=[{"spf": "v=spf1 ip4:192.0.2 -all"}, {"spf": "v=spf1 ip4:192.0.2.1,192.0.2.2 -all"}],
)
def bad_ip4(spf: Spf) -> str | None:
    """The SPF record has an `ip4:` without an IPv4 address.

    Receivers answer permerror: the whole record is useless. Each `ip4:` takes one address of four
    numbers, or one network such as `ip4:192.0.2.0/24`.
    """
    return _faults(spf, FaultKind.IP4)


@rule(
    "SPF006",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.6",
    passes=[_SOUND, {"spf": "v=spf1 ip6:2001:db8::1 ip6:2001:db8::/32 -all"}],
    fails=[{"spf": "v=spf1 ip6:2001:db8:::1 -all"}, {"spf": "v=spf1 ip6:192.0.2.1 -all"}],
)
def bad_ip6(spf: Spf) -> str | None:
    """The SPF record has an `ip6:` without an IPv6 address.

    Receivers answer permerror: the whole record is useless. Each `ip6:` takes one IPv6 address or
    network; IPv4 addresses go behind `ip4:`.
    """
    return _faults(spf, FaultKind.IP6)


@rule(
    "SPF007",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.3",
    passes=[_SOUND, {"spf": "v=spf1 a/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"}],
    fails=[{"spf": "v=spf1 ip4:192.0.2.0/33 -all"}, {"spf": "v=spf1 a/24/64 -all"}],
)
def bad_prefix_length(spf: Spf) -> str | None:
    """The SPF record has a prefix length that is none.

    Receivers answer permerror: the whole record is useless. `/0` to `/32` go with IPv4, `/0` to
    `/128` with ip6, and `a` and `mx` take `/24//64` for both.
    """
    return _faults(spf, FaultKind.PREFIX)


@rule(
    "SPF008",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 include: _spf.example.net -all"}, {"spf": "v=spf1 ip4 -all"}],
)
def missing_value(spf: Spf) -> str | None:
    """The SPF record has a mechanism whose value is missing.

    Receivers answer permerror: the whole record is useless. Often a space stands behind the colon:
    `include: a.example` must be `include:a.example`.
    """
    return _faults(spf, FaultKind.VALUE_MISSING)


@rule(
    "SPF009",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.1",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 mx -all:example.net"}, {"spf": "v=spf1 mx -all/8"}],
)
def all_with_value(spf: Spf) -> str | None:
    """The SPF record has an `all` with something behind it.

    Receivers answer permerror: the whole record is useless. End the record with `-all` or `~all`.
    """
    return _faults(spf, FaultKind.VALUE_UNEXPECTED)


@rule(
    "SPF010",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-7.1",
    passes=[_SOUND, {"spf": "v=spf1 exists:%{i}._spf.example.net -all"}],
    fails=[{"spf": "v=spf1 a:192.0.2.1 -all"}, {"spf": "v=spf1 redirect=_spf.example.net~all"}],
)
def bad_domain(spf: Spf) -> str | None:
    """The SPF record names something that is no domain.

    Receivers answer permerror: the whole record is useless. Addresses go behind `ip4:` or `ip6:`;
    domains need a dot and a top-level domain, and a space behind them.
    """
    return _faults(spf, FaultKind.DOMAIN)


@rule(
    "SPF011",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-7.1",
    passes=[{"spf": "v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all"}],
    fails=[{"spf": "v=spf1 exists:%(i).example.net -all"}, {"spf": "v=spf1 a:%{x}.example -all"}],
)
def bad_macro(spf: Spf) -> str | None:
    """The SPF record has a broken macro.

    Receivers answer permerror: the whole record is useless. A macro is `%{` and one of the letters
    s l o d i p h v with an optional number and `r`, then `}`; a percent sign itself is `%%`.
    """
    return _faults(spf, FaultKind.MACRO)


@rule(
    "SPF012",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-6",
    passes=[{"spf": "v=spf1 redirect=_spf.example.net"}],
    fails=[{"spf": "v=spf1 redirect=_spf.example.net redirect=_spf.example.org"}],
)
def repeated_modifier(spf: Spf) -> str | None:
    """The SPF record has `redirect=` or `exp=` more than once.

    Receivers answer permerror: the whole record is useless. Keep one of them; several senders are
    listed with `include:`.
    """
    return _faults(spf, FaultKind.REPEATED)


@rule(
    "SPF013",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-3.1",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 mx –all"}, {"spf": "v=spf1 mx\t-all"}, {"spf": "v=spf1 a\u00a0-all"}],
)
def bad_character(spf: Spf) -> str | None:
    """The SPF record has a character that does not belong there.

    Receivers answer permerror: the whole record is useless. Only plain ASCII with spaces is
    allowed; a long dash, a tab or a no-break space often comes from a word processor or a web page.
    """
    return _faults(spf, FaultKind.CHARACTER)


# --- Does what it leads to exist?


@rule(
    "SPF014",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.2",
    passes=[_SOUND, {"spf": "v=spf1 include:%{i}.example.net -all"}],
    fails=[
        {"spf": "v=spf1 include:gone.invalid -all"},
        {"spf": "v=spf1 include:text.example -all"},
    ],
)
def include_without_record(spf: Spf) -> str | Abstain | None:
    """SPF includes a domain that has no SPF record.

    Receivers answer permerror as soon as they come to it. Remove the include, or correct its name.
    """
    wrong = (
        step
        for step in spf.steps
        if step.end in (End.VOID, End.NO_RECORD)
        and (step.is_include or (step.is_redirect and step.depth))
    )
    return _told(wrong) or _missed(spf, _entering(spf))


@rule(
    "SPF015",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-6.1",
    passes=[{"spf": "v=spf1 redirect=_spf.example.net"}],
    fails=[{"spf": "v=spf1 redirect=gone.invalid"}, {"spf": "v=spf1 redirect=text.example"}],
)
def redirect_without_record(spf: Spf) -> str | Abstain | None:
    """SPF redirects to a domain that has no SPF record.

    Receivers answer permerror, so there is no policy at all. Correct the name behind `redirect=`.
    """
    own = [step for step in spf.steps if step.is_redirect and not step.depth]
    wrong = (step for step in own if step.end in (End.VOID, End.NO_RECORD))
    return _told(wrong) or _missed(spf, own)


@rule(
    "SPF016",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.2",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 include:broken.example -all"}],
)
def broken_target(spf: Spf) -> str | Abstain | None:
    """SPF leads to a record with a syntax error.

    Receivers answer permerror as soon as they come to it. Tell the owner of that record, or list
    its addresses yourself.
    """
    return _entered(spf, End.BAD_RECORD)


@rule(
    "SPF017",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.5",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 include:two.example -all"}],
)
def target_with_several_records(spf: Spf) -> str | Abstain | None:
    """SPF leads to a domain with several SPF records.

    Receivers answer permerror as soon as they come to it. Tell the owner of that domain.
    """
    return _entered(spf, End.SEVERAL_RECORDS)


@rule(
    "SPF018",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 include:example.com -all"}, {"spf": "v=spf1 redirect=loop.example"}],
)
def loop(spf: Spf) -> str | Abstain | None:
    """SPF leads back to itself.

    Receivers go round until the limit of ten look-ups and answer permerror. Remove the include or
    redirect that closes the circle.
    """
    return _entered(spf, End.LOOP)


# --- Does it stay within the limits?


@rule(
    "SPF019",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND, {"spf": "v=spf1 include:a.example " + "a " * 9 + "-all"}],
    fails=[{"spf": "v=spf1 " + "include:a.example " * 11 + "-all"}],
)
def too_many_lookups(spf: Spf) -> str | Abstain | None:
    """SPF needs more than ten DNS look-ups.

    Receivers stop at ten and answer permerror; which senders that hits depends on the order. Drop
    includes of services that no longer send, and replace `a` and `mx` by `ip4:` and `ip6:`.
    """
    if spf.lookups is None:
        return Abstain("an include or redirect was not measured")
    if spf.lookups <= MAX_LOOKUPS:
        return None
    more = " or more" if spf.lookups >= MAX_STEPS else ""
    return f"{spf.lookups}{more} look-ups; the eleventh is {spf.exceeded_at}"


@rule(
    "SPF020",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND, {"spf": "v=spf1 a:one.invalid a:two.invalid -all"}],
    fails=[{"spf": "v=spf1 a:one.invalid a:two.invalid mx:three.invalid -all"}],
)
def too_many_void_lookups(spf: Spf) -> str | Abstain | None:
    """SPF makes more than two look-ups that find nothing.

    Receivers that keep the recommended limit of two answer permerror. Remove what no longer exists.
    """
    if spf.void_lookups is None:
        return Abstain("a look-up was not measured")
    if spf.void_lookups <= MAX_VOID:
        return None
    return _told(step for step in spf.steps if step.is_void)


@rule(
    "SPF021",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 mx:crowd.example -all"}],
)
def too_many_exchanges(spf: Spf) -> str | Abstain | None:
    """SPF has an `mx` with more than ten mail hosts.

    Receivers answer permerror as soon as they come to it. List the sending addresses with `ip4:`
    and `ip6:` instead: the hosts that take mail need not be those that send it.
    """
    mx = [step for step in spf.steps if step.term.lstrip("+?~-").partition(":")[0][:2] == "mx"]
    return _told(step for step in mx if step.end is End.MANY_EXCHANGES) or _missed(spf, mx)


# --- Whom does it let pass?


@rule(
    "SPF022",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.1",
    passes=[_SOUND, {"spf": "v=spf1 include:foo-all.example ~all"}],
    fails=[
        {"spf": "v=spf1 +all"},
        {"spf": "v=spf1 mx all"},
        {"spf": "v=spf1 redirect=open.example"},
    ],
)
def pass_all(spf: Spf) -> str | Abstain | None:
    """SPF lets everybody send.

    `+all`, or `all` without a sign, authorises every address on the internet. End the record with
    `-all` or `~all`.
    """
    if spf.policy is Qualifier.PASS:
        return spf.record.text
    return _unknown_policy(spf)


@rule(
    "SPF023",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.2",
    passes=[_SOUND, {"spf": "v=spf1 ?include:open.example -all"}],
    fails=[{"spf": "v=spf1 include:open.example -all"}, {"spf": "v=spf1 ip4:192.0.2.1/0 -all"}],
)
def passes_everyone(spf: Spf) -> str | Abstain | None:
    """SPF lets everybody send before it comes to `all`.

    An included record ends in `+all`, or a network is so wide that it holds every address. Remove
    that part.
    """
    if spf.passes_everyone and spf.policy is not Qualifier.PASS:
        wide = [step for step in spf.steps if step.passes_everyone]
        return _told(wide) or f"a network of /0 in {spf.record.text}"
    return _missed(spf, _entering(spf))


@rule(
    "SPF024",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.1",
    passes=[_SOUND, {"spf": "v=spf1 mx"}],
    fails=[{"spf": "v=spf1 mx ?all"}],
)
def neutral_all(spf: Spf) -> str | Abstain | None:
    """SPF says nothing about mail from anybody else.

    `?all` asks receivers to treat forged mail as if there were no SPF. End the record with `-all`
    or `~all`.
    """
    if spf.policy is Qualifier.NEUTRAL and not _is_default(spf):
        return spf.record.text
    return _unknown_policy(spf)


@rule(
    "SPF025",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.7",
    passes=[
        _SOUND,
        {"spf": "v=spf1 redirect=_spf.example.net"},
        {"spf": "v=spf1 ?all"},
        {"spf": "v=spf1 mx ~allgoogle-site-verification=x"},
    ],
    fails=[{"spf": "v=spf1 mx"}, {"spf": "v=spf1"}],
)
def no_all(spf: Spf) -> str | None:
    """The SPF record does not say how to treat everybody else.

    Without `all` or `redirect=` the result for a forged sender is neutral, as if there were no SPF.
    End the record with `-all` or `~all`.
    """
    if spf.record.faults:
        return None  # a word that cannot be read may be the `all`; the fault is told
    return f"no all and no redirect in {spf.record.text}" if _is_default(spf) else None


@rule(
    "SPF026",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-5.1",
    passes=[
        _SOUND | {"dmarc": None},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=reject"},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=quarantine"},
    ],
    fails=[
        {"spf": "v=spf1 mx ~all", "dmarc": None},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=none"},
    ],
)
def softfail_alone(spf: Spf, dmarc: Dmarc | None) -> str | Abstain | None:
    """SPF only softly fails forged mail, and no DMARC policy makes up for it.

    `~all` asks receivers to accept and mark. With DMARC at quarantine or reject that is good
    practice, because it leaves the decision to DMARC; without it forged mail is delivered. Publish
    such a policy, or end the record with `-all`.
    """
    if spf.policy is not Qualifier.SOFTFAIL:
        return _unknown_policy(spf)
    if _is_enforced(dmarc):
        return None
    policy = f"p={dmarc.effective_policy}" if dmarc and dmarc.effective_policy else "no policy"
    return _unless_open(dmarc, f"~all, and DMARC has {policy}")


def _is_default(spf: Spf) -> bool:
    return spf.record.all is None and not any(t.name == "redirect" for t in spf.record.terms)


def _unknown_policy(spf: Spf) -> Abstain | None:
    """Abstains when a redirect that nobody could ask for hides the policy."""
    if spf.policy is not None:
        return None
    return _missed(spf, (step for step in spf.steps if step.is_redirect))


@rule(
    "SPF027",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.6",
    passes=[_SOUND, {"spf": "v=spf1 ip4:192.0.0.0/8 ip6:2001:db8::/32 -all"}],
    fails=[{"spf": "v=spf1 ip4:128.0.0.0/1 -all"}, {"spf": "v=spf1 ip6:2000::/3 -all"}],
)
def too_wide_network(spf: Spf) -> str | None:
    """SPF authorises a network that is larger than anybody owns.

    IANA's largest blocks are a /8 of IPv4 and a /12 of IPv6. A shorter prefix takes in the mail
    servers of many others; often a digit is missing.
    """
    wide = (
        term
        for term in _terms(spf)
        if (term.prefix4 is not None and term.prefix4 < WIDEST_V4)
        or (term.prefix6 is not None and term.prefix6 < WIDEST_V6)
    )
    return _shown(wide)


@rule(
    "SPF028",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-11.4",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 ip4:10.0.0.0/15 -all"}],
)
def many_addresses(spf: Spf) -> str | None:
    """SPF lets more than 100,000 IPv4 addresses send.

    Everybody who can send from one of them passes SPF as this domain. That is usual with large mail
    providers; DKIM and DMARC protect better there. Drop providers that no longer send for you.
    """
    if spf.ipv4_addresses <= MANY_ADDRESSES:
        return None
    return f"{spf.ipv4_addresses:,} IPv4 addresses"


# --- Does it say what was meant?


@rule(
    "SPF029",
    Severity.LOW,
    reference=f"{RFC7208}#section-5.5",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 ptr -all"}, {"spf": "v=spf1 ptr:example.com -all"}],
)
def ptr(spf: Spf) -> str | None:
    """SPF uses `ptr`.

    It is slow and unreliable, and loads the name servers of others; some receivers skip it. The RFC
    says not to publish it. Name the hosts with `a:` or their addresses with `ip4:` and `ip6:`.
    """
    return _shown(term for term in spf.record.evaluated if term.name == "ptr")


@rule(
    "SPF030",
    Severity.LOW,
    reference=f"{RFC7208}#section-7.2",
    passes=[{"spf": "v=spf1 exists:%{i}.example.net -all"}],
    fails=[{"spf": "v=spf1 exists:%{p}.example.net -all"}],
)
def ptr_macro(spf: Spf) -> str | None:
    """SPF uses the macro `%{p}`.

    It costs the same slow and unreliable look-ups as `ptr`, and the RFC says not to use it. `%{i}`
    gives the address of the sender.
    """
    return _shown(t for t in _terms(spf) if t.has_macro and "%{p" in t.value.lower())


@rule(
    "SPF031",
    Severity.LOW,
    reference=f"{RFC7208}#section-5.1",
    passes=[_SOUND, {"spf": "v=spf1 mx -all exp=why.example.com"}],
    fails=[{"spf": "v=spf1 mx -all include:_spf.example.net"}, {"spf": "v=spf1 all -all"}],
)
def terms_after_all(spf: Spf) -> str | None:
    """The SPF record has mechanisms behind `all`.

    `all` matches everything, so that nothing behind it is ever looked at. Move it to the end.
    """
    at = spf.record.all_at
    if at is None:
        return None
    return _shown(t for t in spf.record.terms[at + 1 :] if t.is_mechanism and not t.is_faulty)


@rule(
    "SPF032",
    Severity.LOW,
    reference=f"{RFC7208}#section-6.1",
    passes=[{"spf": "v=spf1 mx redirect=_spf.example.net"}],
    fails=[{"spf": "v=spf1 mx redirect=_spf.example.net ~all"}],
)
def redirect_beside_all(spf: Spf) -> str | None:
    """The SPF record has a `redirect=` that is ignored.

    `redirect=` has no effect beside `all`. Keep one of the two; to add somebody's senders to your
    own, use `include:`.
    """
    if spf.record.all is None:
        return None
    return _shown(term for term in _terms(spf) if term.name == "redirect" and not term.is_mechanism)


@rule(
    "SPF033",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-4.6.1",
    passes=[_SOUND, {"spf": "v=spf1 mx -all exp=why.example.com"}],
    fails=[{"spf": "v=spf1 ip4=198.41.0.4 -all"}, {"spf": "v=spf1 include=_spf.example.net -all"}],
)
def mechanism_as_modifier(spf: Spf) -> str | None:
    """The SPF record has a mechanism written with `=`.

    Receivers take it for a modifier that they do not know and skip it: these senders are not
    authorised. Write a colon, as in `ip4:192.0.2.1`.
    """
    return _shown(t for t in _terms(spf) if not t.is_mechanism and t.name in MECHANISMS)


@rule(
    "SPF034",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND],
    fails=[
        {"spf": "v=spf1 mx include:a.example mx -all"},
        {"spf": "v=spf1 ip4:192.0.2.1 +ip4:192.0.2.1 -all"},
    ],
)
def repeated_term(spf: Spf) -> str | None:
    """The SPF record says the same thing twice.

    The second time changes nothing, and costs one of the ten look-ups. Remove it.
    """
    counts = Counter(term.show().lower() for term in spf.record.evaluated)
    found = (f"{shown} ({count} times)" for shown, count in counts.items() if count > 1)
    return ", ".join(found) or None


@rule(
    "SPF035",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 a:gone.invalid -all"}, {"spf": "v=spf1 mx:gone.invalid -all"}],
)
def dead_mechanism(spf: Spf) -> str | Abstain | None:
    """The SPF record has a mechanism that authorises nobody.

    The name behind an `a`, `mx` or `exists` has no address, no mail host, or does not exist. Each
    costs a look-up, and somebody else may register the name one day. Remove it.
    """
    if spf.void_lookups is not None and spf.void_lookups > MAX_VOID:
        return None  # SPF020 says it
    own = [step for step in spf.steps if not step.depth and not step.enters]
    return _told(step for step in own if step.end is End.VOID) or _missed(spf, own)


@rule(
    "SPF036",
    Severity.LOW,
    reference=f"{_RFC}6890#section-2.2",
    passes=[{"spf": "v=spf1 ip4:198.41.0.4 ip6:2001:503:ba3e::2:30 -all"}],
    fails=[{"spf": "v=spf1 ip4:10.0.0.1 -all"}, {"spf": "v=spf1 ip4:127.0.0.1 ip6:fe80::1 -all"}],
)
def private_address(spf: Spf) -> str | None:
    """SPF authorises an address that is not on the public internet.

    No receiver ever sees mail from it, or only from inside its own network. Remove it.
    """
    return _networks(spf, _private)


@functools.lru_cache(maxsize=16384)
def _private(address: str, length: int | None) -> str:
    # A shorter prefix can reach beyond the special block that its first address lies in.
    if length is not None and length < WIDEST_V4:
        return ""
    return special_use(str(ipaddress.ip_address(address)))


def _networks(spf: Spf, wrong: Callable[[str, int | None], str]) -> str | None:
    """The `ip4` and `ip6` terms in which something is wrong, as evidence."""
    found = []
    for term in _terms(spf):
        if term.name in ("ip4", "ip6") and term.is_mechanism:
            why = wrong(term.value, term.prefix4 if term.name == "ip4" else term.prefix6)
            if why:
                found.append(f"{term.show()} ({why})")
    return ", ".join(found) or None


@rule(
    "SPF037",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-5.6",
    passes=[{"spf": "v=spf1 ip4:198.41.0.0/24 ip6:2001:503:ba3e::/48 ip4:198.41.0.4 -all"}],
    fails=[{"spf": "v=spf1 ip4:198.41.0.4/24 -all"}, {"spf": "v=spf1 ip6:2001:503::1/32 -all"}],
)
def host_bits(spf: Spf) -> str | None:
    """SPF has a network with a host's address.

    Receivers use the whole network and ignore the rest of the address. If one host was meant,
    remove the prefix length.
    """
    return _networks(spf, _beside_network)


@functools.lru_cache(maxsize=16384)
def _beside_network(address: str, length: int | None) -> str:
    if length is None:
        return ""
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    return "" if network.network_address == ipaddress.ip_address(address) else f"is {network}"


@rule(
    "SPF038",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-6",
    passes=[{"spf": "v=spf1 mx -all exp=why.example.com"}, {"spf": "v=spf1 ip4=192.0.2.1 -all"}],
    fails=[{"spf": "v=spf1 mx default=pass -all"}],
)
def unknown_modifier(spf: Spf) -> str | None:
    """The SPF record has a modifier that means nothing.

    Receivers skip it. The modifiers are `redirect=` and `exp=`; remove others.
    """
    known = {"redirect", "exp", *MECHANISMS}
    return _shown(t for t in _terms(spf) if not t.is_mechanism and t.name not in known)


@rule(
    "SPF039",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-5.2",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 mx -include:_spf.example.net ~all"}],
)
def qualified_include(spf: Spf) -> str | None:
    """SPF includes somebody in order not to let them pass.

    An include with `-`, `~` or `?` gives that result to senders that the other record authorises.
    That is allowed and seldom meant. Write `include:` to authorise them.
    """
    return _shown(
        term
        for term in spf.record.evaluated
        if term.name == "include" and term.qualifier is not Qualifier.PASS
    )


# --- Does it fit?


@rule(
    "SPF040",
    Severity.LOW,
    reference=f"{_RFC}9715#appendix-A",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 " + "ip4:198.41.0.4 " * 90 + "-all"}],
)
def large_answer(spf: Spf) -> str | None:
    """The answer with the SPF record does not fit into one packet.

    Receivers have to ask a second time over TCP, and some networks block that. Shorten the record,
    or remove TXT records that are no longer needed from the name.
    """
    if spf.txt_size <= UDP_SIZE:
        return None
    return f"{spf.txt_size} octets of TXT, {spf.record.size} of them SPF"


@rule(
    "SPF041",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-3.4",
    passes=[_SOUND],
    fails=[{"spf": "v=spf1 " + "ip4:198.41.0.4 " * 40 + "-all"}],
)
def answer_above_512(spf: Spf) -> str | None:
    """The answer with the SPF record is larger than 512 octets.

    Old DNS software cannot take it over UDP, and RFC 7208 asks to stay below. Most receivers cope.
    """
    if not ANSWER_SIZE < spf.txt_size <= UDP_SIZE:
        return None
    return f"{spf.txt_size} octets of TXT, {spf.record.size} of them SPF"


@rule(
    "SPF042",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[_SOUND, {"spf": "v=spf1 " + "include:a.example " * 11 + "-all"}],
    fails=[{"spf": "v=spf1 " + "include:a.example " * 10 + "-all"}],
)
def no_lookups_left(spf: Spf) -> str | Abstain | None:
    """SPF uses all ten DNS look-ups.

    It works today; one more look-up in any included record, which others may add, breaks it. Drop
    what no longer sends.
    """
    if spf.lookups is None:
        return Abstain("an include or redirect was not measured")
    return f"{spf.lookups} look-ups" if spf.lookups == MAX_LOOKUPS else None


# --- Does it fit the rest of the domain?


@rule(
    "SPF043",
    Severity.LOW,
    reference=f"{_RFC}7505#section-4.2",
    passes=[_NO_MAIL | {"mx": "0 ."}, _SOUND | {"mx": "10 mail.example.com"}],
    fails=[{"spf": "v=spf1 mx -all", "mx": "0 ."}],
)
def senders_beside_null_mx(spf: Spf, mx: Mx) -> str | None:
    """SPF authorises senders on a domain that takes no mail.

    A null MX says that the domain has no mail, and receivers may refuse mail that cannot be
    answered. Publish `v=spf1 -all`, or a mail host.
    """
    if not mx.is_null or not (spf.ipv4_addresses or _authorising(spf)):
        return None
    return f"null MX, and SPF {spf.record.text}"


def _authorising(spf: Spf) -> bool:
    named = LOOKUP_TERMS | {"ip4", "ip6"}
    return any(t.name in named and t.qualifier is Qualifier.PASS for t in spf.record.evaluated)


@rule(
    "SPF044",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[_NO_MAIL | {"mx": "0 ."}, _SOUND | {"mx": "10 mail.example.com"}],
    fails=[_NO_MAIL | {"mx": "10 mail.example.com"}],
)
def mail_host_beside_no_senders(spf: Spf, mx: Mx) -> str | None:
    """The domain takes mail, and SPF says that it never sends any.

    That is right for a domain that only receives. If people answer from it, receivers refuse their
    mail: list the senders.
    """
    if spf.is_mailless and _takes_mail(mx):
        return f"v=spf1 -all, and {mx.count} MX"
    return None


@rule(
    "SPF045",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.5",
    passes=[
        {"misplaced": "v=spf1 mx -all"},
        {"misplaced": "google-site-verification=spf1"},
        {"misplaced": "V=SPF1 -all"},
    ],
    fails=[
        {"misplaced": " v=spf1 mx -all"},
        {"misplaced": '"v=spf1 mx -all"'},
        {"misplaced": "v=spf1; mx -all"},
        {"misplaced": "v=spf2 mx -all"},
    ],
)
def nearly_a_record(misplaced: Misplaced) -> str | None:
    """A TXT record looks like SPF and is not read as SPF.

    A record is SPF only when it begins with exactly `v=spf1` and a space. Common causes: quotation
    marks copied along, a space in front, a semicolon behind the version. Correct it, or remove it
    when there is a good one beside it.
    """
    return " | ".join(misplaced.like_spf) or None


@rule(
    "SPF046",
    Severity.NOTICE,
    reference=f"{_RFC}6686#section-6",
    passes=[{"misplaced": "v=spf1 mx -all"}],
    fails=[{"misplaced": "spf2.0/pra mx -all"}],
)
def sender_id(misplaced: Misplaced) -> str | None:
    """There is a Sender ID record.

    Sender ID (`spf2.0`) was an experiment and has ended; nobody reads it. Remove the record.
    """
    return " | ".join(misplaced.sender_id) or None
