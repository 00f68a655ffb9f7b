"""The rule about Active Directory names in public DNS."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records.msdcs import Msdcs


@rule(
    "MSDCS001",
    Severity.NOTICE,
    reference="https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-adts/",
    passes=[{"msdcs": None}, {"msdcs": Msdcs("_msdcs.example.com", True, False)}],
    fails=[{"msdcs": Msdcs("_msdcs.example.com", False, True)}],
)
def active_directory_in_public(msdcs: Msdcs) -> str | Abstain | None:
    """The zone of an Active Directory is public.

    `_msdcs` holds the names of domain controllers, which nobody outside needs. Serve it inside
    only.
    """
    if msdcs.is_active_directory is None:
        return Abstain("the control name was not measured")
    return msdcs.zone if msdcs.is_active_directory else None
