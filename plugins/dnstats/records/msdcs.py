"""Whether `_msdcs.` exists below the site: a trace of a Microsoft Active Directory in public DNS.

A wildcard answers for any name, so a label that nobody uses is asked too, as a control.
"""

from __future__ import annotations

from dnstats.records.record import Reading


class Msdcs(Reading, frozen=True):
    """`_msdcs.<site>` is a zone. None when a server said that it is not."""

    zone: str  # owner of the SOA that answered
    mname: str
    is_wildcard: bool  # the control label answered as well: proves nothing
    is_domain_controller: bool  # answered, and no wildcard


CONTROL_LABEL = "dnstats-wildcard-control"
