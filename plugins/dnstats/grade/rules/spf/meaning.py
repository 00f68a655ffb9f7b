"""Rules about terms of an SPF record that do not do what was meant, or nothing."""

from __future__ import annotations

import functools
import ipaddress
from collections import Counter
from collections.abc import Callable

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.spf.evidence import (
    RFC,
    RFC7208,
    SOUND,
    WIDEST_V4,
    missed,
    shown,
    terms,
    told,
)
from dnstats.grade.scale import Severity
from dnstats.records.ip_address import special_use
from dnstats.records.spf import Spf
from dnstats.records.spf_step import MAX_VOID, End
from dnstats.records.spf_term import MECHANISMS, Qualifier


@rule(
    "SPF029",
    Severity.LOW,
    reference=f"{RFC7208}#section-5.5",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 ptr -all"}, {"spf": "v=spf1 ptr:example.com -all"}],
)
def ptr(spf: Spf) -> str | None:
    """SPF uses `ptr`.

    It is slow and unreliable, and loads the name servers of others; some receivers skip it. The RFC
    says not to publish it. Name the hosts with `a:` or their addresses with `ip4:` and `ip6:`.
    """
    return shown(term for term in spf.record.evaluated if term.name == "ptr")


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
    return shown(t for t in terms(spf) if t.has_macro and "%{p" in t.value.lower())


@rule(
    "SPF031",
    Severity.LOW,
    reference=f"{RFC7208}#section-5.1",
    passes=[SOUND, {"spf": "v=spf1 mx -all exp=why.example.com"}],
    fails=[{"spf": "v=spf1 mx -all include:_spf.example.net"}, {"spf": "v=spf1 all -all"}],
)
def terms_after_all(spf: Spf) -> str | None:
    """The SPF record has mechanisms behind `all`.

    `all` matches everything, so that nothing behind it is ever looked at. Move it to the end.
    """
    at = spf.record.all_at
    if at is None:
        return None
    return shown(t for t in spf.record.terms[at + 1 :] if t.is_mechanism and not t.is_faulty)


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
    return shown(term for term in terms(spf) if term.name == "redirect" and not term.is_mechanism)


@rule(
    "SPF033",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-4.6.1",
    passes=[SOUND, {"spf": "v=spf1 mx -all exp=why.example.com"}],
    fails=[{"spf": "v=spf1 ip4=198.41.0.4 -all"}, {"spf": "v=spf1 include=_spf.example.net -all"}],
)
def mechanism_as_modifier(spf: Spf) -> str | None:
    """The SPF record has a mechanism written with `=`.

    Receivers take it for a modifier that they do not know and skip it: these senders are not
    authorised. Write a colon, as in `ip4:192.0.2.1`.
    """
    return shown(t for t in terms(spf) if not t.is_mechanism and t.name in MECHANISMS)


@rule(
    "SPF034",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND],
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
    found = (f"{term} ({count} times)" for term, count in counts.items() if count > 1)
    return ", ".join(found) or None


@rule(
    "SPF035",
    Severity.LOW,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND],
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
    return told(step for step in own if step.end is End.VOID) or missed(spf, own)


@functools.lru_cache(maxsize=16384)
def _private(address: str, length: int | None) -> str:
    # A shorter prefix can reach beyond the special block that its first address lies in.
    if length is not None and length < WIDEST_V4:
        return ""
    return special_use(str(ipaddress.ip_address(address)))


@rule(
    "SPF036",
    Severity.LOW,
    reference=f"{RFC}6890#section-2.2",
    passes=[{"spf": "v=spf1 ip4:198.41.0.4 ip6:2001:503:ba3e::2:30 -all"}],
    fails=[{"spf": "v=spf1 ip4:10.0.0.1 -all"}, {"spf": "v=spf1 ip4:127.0.0.1 ip6:fe80::1 -all"}],
)
def private_address(spf: Spf) -> str | None:
    """SPF authorises an address that is not on the public internet.

    No receiver ever sees mail from it, or only from inside its own network. Remove it.
    """
    return _networks(spf, _private)


def _networks(spf: Spf, wrong: Callable[[str, int | None], str]) -> str | None:
    """The `ip4` and `ip6` terms in which something is wrong, as evidence."""
    found = []
    for term in terms(spf):
        if term.name in ("ip4", "ip6") and term.is_mechanism:
            why = wrong(term.value, term.prefix4 if term.name == "ip4" else term.prefix6)
            if why:
                found.append(f"{term.show()} ({why})")
    return ", ".join(found) or None


@functools.lru_cache(maxsize=16384)
def _beside_network(address: str, length: int | None) -> str:
    if length is None:
        return ""
    network = ipaddress.ip_network(f"{address}/{length}", strict=False)
    return "" if network.network_address == ipaddress.ip_address(address) else f"is {network}"


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
    return shown(t for t in terms(spf) if not t.is_mechanism and t.name not in known)


@rule(
    "SPF039",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-5.2",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 mx -include:_spf.example.net ~all"}],
)
def qualified_include(spf: Spf) -> str | None:
    """SPF includes somebody in order not to let them pass.

    An include with `-`, `~` or `?` gives that result to senders that the other record authorises.
    That is allowed and seldom meant. Write `include:` to authorise them.
    """
    return shown(
        term
        for term in spf.record.evaluated
        if term.name == "include" and term.qualifier is not Qualifier.PASS
    )
