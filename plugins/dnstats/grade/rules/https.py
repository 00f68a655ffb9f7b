"""Rules about HTTPS records (RFC 9460). Reads https and address; asks nobody.

Having none is no fault: browsers manage without. What is published and wrong, they trip over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import host_of, https_of
from dnstats.records.address import Address
from dnstats.records.host import Addresses
from dnstats.records.https import Https
from dnstats.records.record import NotMeasured
from dnstats.records.svcb import Binding

_RFC = "https://www.rfc-editor.org/rfc/rfc9460"
_PLAIN = Binding(1, ".", alpn=("h2", "h3"))
_SOUND = {"https": https_of(_PLAIN)}
_HINTED = https_of(Binding(1, ".", alpn=("h2",), v4hint=("198.41.0.4",)))
_ADDRESS = Address(host_of("example.com", "198.41.0.4"), host_of("www.example.com"), True)
_MOVED = Address(host_of("example.com", "199.9.14.201"), host_of("www.example.com"), True)


def _sides(https: Https) -> Iterable[tuple[str, tuple[Binding, ...]]]:
    """The measured record sets with the name each stands at."""
    for label, part in (("apex", https.apex), ("www", https.www)):
        if not isinstance(part, NotMeasured):
            yield label, part


def _told(https: Https, found: Iterable[str]) -> str | Abstain | None:
    """What was found; nothing found where a name was not measured is no verdict."""
    if evidence := "; ".join(found):
        return evidence
    unknown = [part for part in (https.apex, https.www) if isinstance(part, NotMeasured)]
    return Abstain(unknown[0].question or unknown[0].reason) if unknown else None


def _those(https: Https, is_wrong: Callable[[Binding], bool]) -> str | Abstain | None:
    found = [
        f"{label}: {one.priority} {one.target}" + (f" ({one.fault})" if one.fault else "")
        for label, bindings in _sides(https)
        for one in bindings
        if is_wrong(one)
    ]
    return _told(https, found)


@rule(
    "HTTPS001",
    Severity.MEDIUM,
    reference=f"{_RFC}#section-2.2",
    passes=[_SOUND],
    fails=[
        {"https": https_of(Binding(1, ".", fault="a parameter is cut off"))},
        {"https": Https((), (), malformed=1)},
    ],
)
def https_record_is_malformed(https: Https) -> str | Abstain | None:
    """An HTTPS record cannot be read.

    Browsers throw the whole set away. Publish it anew with the provider's own tool.
    """
    if https.malformed:
        return f"{https.malformed} without priority and target"
    return _those(https, lambda one: bool(one.fault) and not one.is_alias)


@rule(
    "HTTPS002",
    Severity.MEDIUM,
    reference=f"{_RFC}#section-2.4.1",
    passes=[_SOUND, {"https": https_of(Binding(0, "cdn.example"))}],
    fails=[{"https": https_of(Binding(0, "cdn.example"), _PLAIN)}],
)
def alias_beside_service(https: Https) -> str | Abstain | None:
    """An alias stands beside service records.

    Browsers must ignore the service records then, and some ignore the alias. Keep one kind.
    """
    mixed = [
        label for label, bindings in _sides(https) if len({one.is_alias for one in bindings}) > 1
    ]
    return _told(https, mixed)


@rule(
    "HTTPS003",
    Severity.LOW,
    reference=f"{_RFC}#section-2.4.2",
    passes=[_SOUND, {"https": https_of(Binding(0, "cdn.example"))}],
    fails=[{"https": https_of(Binding(0, "cdn.example"), Binding(0, "other.example"))}],
)
def several_aliases(https: Https) -> str | Abstain | None:
    """There is more than one alias record.

    Browsers pick one at random. Keep one.
    """
    found = [
        f"{label}: {', '.join(one.target for one in bindings if one.is_alias)}"
        for label, bindings in _sides(https)
        if sum(one.is_alias for one in bindings) > 1
    ]
    return _told(https, found)


@rule(
    "HTTPS004",
    Severity.LOW,
    reference=f"{_RFC}#section-2.4.2",
    passes=[_SOUND, {"https": https_of(Binding(0, "cdn.example"))}],
    fails=[{"https": https_of(Binding(0, "cdn.example", alpn=("h2",)))}],
)
def alias_with_parameters(https: Https) -> str | Abstain | None:
    """An alias record has parameters.

    They are ignored. Put them into a service record, at the target or instead of the alias.
    """
    return _those(https, lambda one: one.is_alias and one != Binding(one.priority, one.target))


@rule(
    "HTTPS005",
    Severity.LOW,
    reference=f"{_RFC}#section-2.5.1",
    passes=[_SOUND, {"https": https_of(Binding(0, "cdn.example"))}],
    fails=[{"https": https_of(Binding(0, "."))}],
)
def alias_to_nowhere(https: Https) -> str | Abstain | None:
    """An alias record says that the service does not exist.

    An alias to "." means that there is no such service. If there is a site, remove the record.
    """
    return _those(https, lambda one: one.is_alias and one.target == ".")


@rule(
    "HTTPS006",
    Severity.LOW,
    reference=f"{_RFC}#section-7.3",
    passes=[
        {"https": _HINTED, "address": _ADDRESS},
        {"https": https_of(Binding(1, "cdn.example", v4hint=("8.8.8.8",))), "address": _ADDRESS},
        {"https": _HINTED, "address": None},
    ],
    fails=[{"https": _HINTED, "address": _MOVED}],
)
def hints_differ_from_addresses(https: Https, address: Address | None) -> str | Abstain | None:
    """The address hints are other addresses than those of A and AAAA.

    Browsers may connect to the hint first and reach a server that has moved. Keep hints and
    addresses alike, or leave the hints out.
    """
    if address is None:
        return None
    hosts = {"apex": address.apex, "www": address.www}
    found: list[str] = []
    for label, bindings in _sides(https):
        host = hosts[label]
        for one in bindings:
            if one.target not in (".", host.name):
                continue  # the hints are about a host that was not asked for its addresses
            for hints, known in ((one.v4hint, host.v4), (one.v6hint, host.v6)):
                verdict = _strangers(hints, known)
                if isinstance(verdict, Abstain):
                    return verdict
                found += [f"{label}: {hint}" for hint in verdict]
    return _told(https, found)


def _strangers(hints: tuple[str, ...], known: Addresses) -> list[str] | Abstain:
    """Hints of a set that shares nothing with the addresses.

    Large sites hand out different addresses to every asker, so one in common is agreement enough.
    """
    if not hints:
        return []
    if isinstance(known, NotMeasured):
        return Abstain(known.question or known.reason)
    return [] if set(hints) & set(known) else list(hints)


@rule(
    "HTTPS007",
    Severity.NOTICE,
    reference=f"{_RFC}#section-7.1.1",
    passes=[_SOUND, {"https": https_of(Binding(0, "cdn.example"))}],
    fails=[{"https": https_of(Binding(1, "."))}],
)
def service_without_protocols(https: Https) -> str | Abstain | None:
    """A service record does not say which HTTP versions there are.

    Without alpn browsers assume HTTP/1.1 and learn of HTTP/2 and 3 later. List them: alpn=h2,h3.
    """
    return _those(https, lambda one: not one.is_alias and not one.alpn)


@rule(
    "HTTPS008",
    Severity.NOTICE,
    reference=f"{_RFC}#section-7.2",
    passes=[_SOUND, {"https": https_of(Binding(1, ".", port=443))}],
    fails=[{"https": https_of(Binding(1, ".", alpn=("h2",), port=8443))}],
)
def service_on_another_port(https: Https) -> str | Abstain | None:
    """A service record leads to another port than 443.

    Networks that let only 443 through cut the site off for browsers that follow the record.
    """
    return _those(https, lambda one: one.port not in (None, 443))
