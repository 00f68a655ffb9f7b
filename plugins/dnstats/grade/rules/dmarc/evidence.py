"""Examples, and evidence from a reading, that several files of DMARC rules use."""

from __future__ import annotations

from dnstats.records.dmarc import Dmarc

RFC9989 = "https://www.rfc-editor.org/rfc/rfc9989"
RFC7489 = "https://www.rfc-editor.org/rfc/rfc7489"
GOOD = "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
MAIL = "10 mail.example.com"


def values(dmarc: Dmarc, kind: str, *tags: str) -> str | None:
    """Defects of a kind, about these tags (any when none is named), as evidence."""
    found = [one for one in dmarc.defects if one.kind == kind and (not tags or one.tag in tags)]
    return ", ".join(f"{one.tag}={one.text}" if one.tag else one.text for one in found) or None
