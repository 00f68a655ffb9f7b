"""Rules about whether receivers can read an SPF record.

One fault anywhere makes the whole record a permerror (RFC 7208 section 4.6).
"""

from __future__ import annotations

from dnstats.grade.rule import rule
from dnstats.grade.rules.spf.evidence import RFC7208, SOUND
from dnstats.grade.scale import Severity
from dnstats.records.spf import Spf
from dnstats.records.spf_term import FaultKind


@rule(
    "SPF004",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-4.6.1",
    passes=[SOUND, {"spf": "v=spf1 +mx -include:a.example ?all"}, {"spf": "v=spf1  MX  -ALL "}],
    fails=[{"spf": "v=spf1 ipv4:192.0.2.1 -all"}, {"spf": "v=spf1 mx ~allgoogle-site"}],
)
def unknown_mechanism(spf: Spf) -> str | None:
    """The SPF record has a word that is no mechanism.

    Receivers answer permerror: the whole record is useless. Correct the word. The mechanisms are
    all, include, a, mx, ip4, ip6 and exists, with a space between two of them.
    """
    return _faults(spf, FaultKind.UNKNOWN_MECHANISM)


def _faults(spf: Spf, kind: FaultKind) -> str | None:
    """The terms with this kind of fault, as evidence."""
    found = [f"{fault.term} ({fault.why})" for fault in spf.record.faults if fault.kind is kind]
    return ", ".join(found) or None


@rule(
    "SPF005",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.6",
    passes=[SOUND, {"spf": "v=spf1 ip4:192.0.2.1 ip4:192.0.2.7/24 -all"}],
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
    passes=[SOUND, {"spf": "v=spf1 ip6:2001:db8::1 ip6:2001:db8::/32 -all"}],
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
    passes=[SOUND, {"spf": "v=spf1 a/24//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"}],
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
    passes=[SOUND],
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
    passes=[SOUND],
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
    passes=[SOUND, {"spf": "v=spf1 exists:%{i}._spf.example.net -all"}],
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
    passes=[SOUND],
    fails=[{"spf": "v=spf1 mx –all"}, {"spf": "v=spf1 mx\t-all"}, {"spf": "v=spf1 a\u00a0-all"}],
)
def bad_character(spf: Spf) -> str | None:
    """The SPF record has a character that does not belong there.

    Receivers answer permerror: the whole record is useless. Only plain ASCII with spaces is
    allowed; a long dash, a tab or a no-break space often comes from a word processor or a web page.
    """
    return _faults(spf, FaultKind.CHARACTER)
