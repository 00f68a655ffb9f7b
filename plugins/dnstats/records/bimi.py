"""BIMI: the brand's logo at `default._bimi` (Internet-Draft
draft-brand-indicators-for-message-identification). Fetches neither logo nor certificate.
"""

from __future__ import annotations

from dnstats.records.record import Reading
from dnstats.records.tag_list import Defect, Tag


class Bimi(Reading, frozen=True):
    """What stands at `default._bimi.<site>`. None when nothing there tries to be BIMI."""

    record: str  # the text; the first one when there are several
    is_valid: bool  # the version is right, `l` is there, and there is one record only
    is_declined: bool  # `l=` and `a=` empty: the site takes no part, on purpose
    logo: str  # `l`, "" when missing or empty
    evidence: str  # `a`, "" when missing or empty
    avatar: str  # `avp`: "brand", "personal"; "" when missing
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=BIMI1
