"""MX: which hosts take the site's mail. Says what they are; judges nothing.

A site without MX is read as None; a null MX (RFC 7505) is a record, and says: no mail here.
"""

from __future__ import annotations

import msgspec

from dnstats.records.host import Host
from dnstats.records.record import Reading

MAX_HOSTS = 20  # hosts whose addresses are asked for; more are counted only


class Exchange(msgspec.Struct, frozen=True):
    """One MX record and the addresses of its host."""

    preference: int  # lower is tried first (RFC 5321 section 5.1)
    name: str  # canonical; "." in a null MX
    host: Host | None = None  # None for a name that is no host or is over MAX_HOSTS
    # What stands where a host name should be: "ip_address", "localhost", "single_label",
    # "not_a_host_name" or "" (a proper name).
    oddity: str = ""


class Mx(Reading, frozen=True):
    """The MX records of a site, by preference and name."""

    exchanges: tuple[Exchange, ...]
    is_null: bool  # `0 .` alone: this domain takes no mail (RFC 7505 section 3)
    count: int  # records in the answer, those beyond MAX_HOSTS and broken ones included
    broken: int = 0  # records whose data is cut off
    ttl: int = 0  # seconds
    is_secure: bool = False  # the resolver validated the answer (AD)
    alias: str = ""  # where a CNAME at the site's own name led
