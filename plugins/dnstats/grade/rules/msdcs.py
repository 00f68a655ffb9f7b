"""The rule about Active Directory names in public DNS."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records.msdcs import Msdcs


@rule(
    "MSDCS001",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc1918#section-5",
    passes=[{"msdcs": None}, {"msdcs": Msdcs("_msdcs.example.com", True, False)}],
    fails=[{"msdcs": Msdcs("_msdcs.example.com", False, True)}],
)
def active_directory_in_public(msdcs: Msdcs) -> str | Abstain | None:
    """The zone of an Active Directory is public.

    `_msdcs` holds the names and addresses of domain controllers, which belong to the inside of an
    enterprise. Serve the zone there only.
    """
    if msdcs.is_active_directory is None:
        return Abstain("the control name was not measured")
    return msdcs.zone if msdcs.is_active_directory else None
