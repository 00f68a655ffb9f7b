"""Rules about the addresses of the site and its www name. Reads the address family only."""

from __future__ import annotations

from collections.abc import Iterable

from dnstats.answer import Reason
from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import host_of
from dnstats.records.address import Address
from dnstats.records.host import Host
from dnstats.records.ip_address import special_use
from dnstats.records.record import NotMeasured

_RFC = "https://www.rfc-editor.org/rfc/rfc"


def _site(*apex: str, www: tuple[str, ...] = ("8.8.8.8", "2600::1")) -> Address:
    return Address(host_of("example.com", *apex), host_of("www.example.com", *www), exists=True)


_SOUND = {"address": _site("8.8.8.8", "2600::1")}
_UNKNOWN = Host("example.com", ("8.8.8.8",), NotMeasured(Reason.TIMEOUT))


def _told(address: Address, found: Iterable[str]) -> str | Abstain | None:
    """What was found; nothing found among addresses that were not measured is no verdict."""
    if evidence := ", ".join(found):
        return evidence
    for host in (address.apex, address.www):
        for part in (host.v4, host.v6):
            if isinstance(part, NotMeasured):
                return Abstain(part.question or part.reason)
    return None


@rule(
    "ADDRESS001",
    Severity.MEDIUM,
    reference=f"{_RFC}6890#section-2.2.2",
    passes=[_SOUND],
    fails=[{"address": _site("10.0.0.1")}, {"address": _site("8.8.8.8", www=("::1",))}],
)
def address_is_not_public(address: Address) -> str | Abstain | None:
    """The site has an address that is not a public one.

    Visitors reach a machine in their own network, or none; it also helps attacks that rebind names.
    Publish public addresses only.
    """
    return _told(
        address,
        (
            f"{host.name} {one} is {special_use(one)}"
            for host in (address.apex, address.www)
            for one in host.addresses
            if special_use(one)
        ),
    )


@rule(
    "ADDRESS002",
    Severity.NOTICE,
    reference=f"{_RFC}6540#section-2",
    passes=[_SOUND, {"address": _site("2600::1")}],
    fails=[{"address": _site("8.8.8.8", www=("8.8.8.8",))}],
)
def no_ipv6(address: Address) -> str | Abstain | None:
    """The site cannot be reached over IPv6.

    Visitors on networks with IPv6 only come through translators. Publish AAAA.
    """
    hosts = (address.apex, address.www)
    if any(host.v6 for host in hosts if not isinstance(host.v6, NotMeasured)):
        return None
    has_v4 = any(host.v4 for host in hosts if not isinstance(host.v4, NotMeasured))
    return _told(address, []) or ("no AAAA at the site and at www" if has_v4 else None)


@rule(
    "ADDRESS003",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.4",
    passes=[_SOUND, {"address": Address(_UNKNOWN, host_of("www.example.com", "8.8.8.8"), True)}],
    fails=[{"address": _site("8.8.8.8", www=())}, {"address": _site()}],
)
def only_one_of_two_names(address: Address) -> str | Abstain | None:
    """Only one of the site's name and its www name has an address.

    Visitors try both. Publish the other one as well and redirect it.
    """
    hosts = (address.apex, address.www)
    missing = [host.name for host in hosts if host.is_without_address]
    if len(missing) == 1:
        return f"{missing[0]} has no address" if any(host.addresses for host in hosts) else None
    return None if all(host.addresses for host in hosts) else _told(address, [])
