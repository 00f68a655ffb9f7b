"""MTA-STS, its DNS half (RFC 8461): the `_mta-sts` record and whether the policy host exists.

The policy itself is fetched by HTTPS, which DNStats does not do: a record is no proof of a policy.
"""

from __future__ import annotations

from dnstats.records.host import Host
from dnstats.records.record import Reading
from dnstats.records.tag_list import Defect, Tag


class MtaSts(Reading, frozen=True):
    """What stands at `_mta-sts.<site>`. None when nothing there tries to be an MTA-STS record."""

    record: str  # the text; the first one when there are several
    is_valid: bool  # a sender would go on to fetch the policy (section 3.1)
    id: str  # "" when missing or malformed
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=STSv1; more than one is the same as none
    policy_host: Host  # `mta-sts.<site>` (section 3.3)
