"""Readings of practice zones, for the examples of rules: a sound one, changed in one place.

Only values; nothing here is read from the network or judged.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dnstats.records.delegation import Delegation, Glue, Source
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_rdata import Dnskey, Ds
from dnstats.records.dnssec_state import State
from dnstats.records.host import Host
from dnstats.records.https import Https
from dnstats.records.ip_address import is_v6, special_use
from dnstats.records.name_server import ServerAddress, Service
from dnstats.records.ns import NameServer, Ns
from dnstats.records.ns_record import name_fault
from dnstats.records.soa import ServerSoa, Soa
from dnstats.records.soa_record import SoaRecord
from dnstats.records.svcb import Binding

ZONE = "example.com"
SOUND_HOSTS: dict[str, tuple[str, ...]] = {
    "ns1.example.net": ("198.41.0.4", "2001:503:ba3e::2:30"),
    "ns2.example.net": ("199.9.14.201", "2801:1b8:10::b"),
}


def ns_of(hosts: dict[str, tuple[str, ...]] | None = None, **changes: Any) -> Ns:
    """An NS set whose servers all agree; `changes` are fields of Ns."""
    hosts = SOUND_HOSTS if hosts is None else hosts
    names = tuple(sorted(hosts))
    addresses = dict.fromkeys(address for name in names for address in hosts[name])
    value = Ns(
        ZONE,
        names,
        86400,
        0,
        tuple(NameServer(host_of(name, *hosts[name]), name_fault(name)) for name in names),
        tuple(server_at(address, names=names, of=hosts) for address in addresses),
    )
    return msgspec.structs.replace(value, **changes)


def delegated(*names: str, of: Ns | None = None, **changes: Any) -> Ns:
    """The sound zone, or another, delegated to these servers; `changes` are of the Delegation."""
    zone = of or ns_of()
    value = Delegation("com", "192.5.6.30", Source.REFERRAL, names or zone.names, 172800)
    return msgspec.structs.replace(zone, parent=msgspec.structs.replace(value, **changes))


def inside(*glue: str, own: tuple[str, ...] = ("198.41.0.4",)) -> Ns:
    """A zone one of whose servers stands in it, at `own`, and has this glue at the parent."""
    name = f"ns1.{ZONE}"
    zone = ns_of({name: own, "ns2.example.net": ("199.9.14.201",)})
    return delegated(of=zone, glue=(Glue(name, glue),) if glue else ())


def host_of(name: str, *addresses: str, **changes: Any) -> Host:
    """A host with these addresses and no others."""
    v4 = tuple(one for one in addresses if not is_v6(one))
    v6 = tuple(one for one in addresses if is_v6(one))
    return msgspec.structs.replace(Host(name, v4, v6), **changes)


def server_at(
    address: str,
    service: Service = Service.AUTHORITATIVE,
    *,
    names: tuple[str, ...] | None = tuple(SOUND_HOSTS),
    of: dict[str, tuple[str, ...]] | None = None,
    **changes: Any,
) -> ServerAddress:
    """What the server at one address said."""
    hosts = tuple(name for name, own in (of or SOUND_HOSTS).items() if address in own)
    is_telling = service is Service.AUTHORITATIVE
    value = ServerAddress(
        address,
        hosts,
        service,
        names=names if is_telling else None,
        serial=2026112400 if is_telling else None,
        special=special_use(address),
    )
    return msgspec.structs.replace(value, **changes)


def ns_where(*changed: ServerAddress) -> Ns:
    """The sound set, with what these addresses said instead."""
    sound = ns_of()
    by_address = {one.address: one for one in changed}
    return msgspec.structs.replace(
        sound, addresses=tuple(by_address.get(one.address, one) for one in sound.addresses)
    )


SOUND_SOA = SoaRecord(
    "ns1.example.net", "hostmaster.example.net", 2026112400, 7200, 3600, 1209600, 3600
)


def soa_of(*servers: SoaRecord, **fields: Any) -> Soa:
    """One SOA with these fields changed; `servers` are what each server has instead."""
    record = msgspec.structs.replace(SOUND_SOA, **fields)
    said = tuple(
        ServerSoa(f"198.41.0.{number}", (one,))
        for number, one in enumerate(servers or (record, record), start=1)
    )
    return Soa(ZONE, 3600, (record,), 0, said, ())


def soa_where(**changes: Any) -> Soa:
    """The sound SOA reading with other fields of Soa."""
    return msgspec.structs.replace(soa_of(), **changes)


SOUND_KEY = Dnskey(2371, 13, 257, 3, 256)
SOUND_DS = Ds(2371, 13, 2, "ab" * 32, matches=True)


def signed(**changes: Any) -> Dnssec:
    """A zone that validates; `changes` are fields of Dnssec."""
    value = Dnssec(ZONE, State.SECURE, (), (SOUND_DS,), (SOUND_KEY,))
    return msgspec.structs.replace(value, **changes)


def key(**changes: Any) -> Dnskey:
    """The sound zone's key, changed."""
    return msgspec.structs.replace(SOUND_KEY, **changes)


def ds(**changes: Any) -> Ds:
    """The sound zone's DS, changed."""
    return msgspec.structs.replace(SOUND_DS, **changes)


def https_of(*bindings: Binding) -> Https:
    """HTTPS records at the site and none at www."""
    return Https(bindings, ())
