"""Who serves a site's DNS and mail, from its readings: none and not measured are told apart."""

from __future__ import annotations

import msgspec

from dnstats.answer import Reason
from dnstats.process.providers import dns_provider, mail_provider
from dnstats.process.readings import Readings
from dnstats.records.mx import Mx
from dnstats.records.ns import Ns
from dnstats.records.record import NotMeasured

_MISSING = NotMeasured(Reason.NOT_ASKED)  # a family that was not read is none that is absent


class ServedBy(msgspec.Struct, frozen=True):
    """Names from include/providers.csv, or self-hosted, unknown, none, not_measured."""

    dns: str
    mail: str
    gateway: str | None = None


def name_providers(domain: str, readings: Readings) -> ServedBy:
    """The operators of a site's name servers and mail hosts."""
    ns, mx = readings.get("ns", _MISSING), readings.get("mx", _MISSING)
    dns = "not_measured" if isinstance(ns, NotMeasured) else "none"
    if isinstance(ns, Ns):
        dns = dns_provider(ns.names, domain)
    if isinstance(mx, NotMeasured):
        return ServedBy(dns, "not_measured")
    if not isinstance(mx, Mx) or mx.is_null:
        return ServedBy(dns, "none")
    mail, gateway = mail_provider(mx.hosts, domain)
    return ServedBy(dns, mail, gateway)
