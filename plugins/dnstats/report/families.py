"""The record families by the names that readers know, each in one line."""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """How a family is called, and what its records are for."""

    name: str
    about: str


FAMILIES: dict[str, Family] = {
    "overall": Family("Overall", "the weighted mean of the families"),
    "dmarc": Family("DMARC", "what receivers do with mail that only pretends to be the domain's"),
    "spf": Family("SPF", "Sender Policy Framework: which servers send the domain's mail"),
    "dnssec": Family("DNSSEC", "signatures by which resolvers know forged answers"),
    "ns": Family("NS", "name servers: who answers for the domain"),
    "caa": Family("CAA", "which certification authorities may issue certificates"),
    "mx": Family("MX", "mail exchangers: the hosts that take the domain's mail"),
    "soa": Family("SOA", "start of authority: the edition of the zone and its timers"),
    "dane": Family("DANE", "TLSA records: which certificates the mail hosts have"),
    "mta_sts": Family("MTA-STS", "asks senders to insist on TLS on the way to the mail hosts"),
    "tls_rpt": Family("TLS-RPT", "where senders report TLS that failed"),
    "bimi": Family("BIMI", "a logo beside the domain's mail"),
    "https": Family("HTTPS", "records that tell browsers how to connect before they do"),
    "address": Family("ADDRESS", "A and AAAA: the addresses of the web site"),
    "msdcs": Family("MSDCS", "_msdcs: a trace of Microsoft Active Directory in public DNS"),
}
"""In the order of all listings."""


def family_name(family: str) -> str:
    """The name of a family, of one that is not known too."""
    known = FAMILIES.get(family)
    return known.name if known else family.replace("_", "-").upper()


def family_about(family: str) -> str:
    """What a family is for; "" when it is not known."""
    known = FAMILIES.get(family)
    return known.about if known else ""
