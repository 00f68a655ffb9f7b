"""TLS reporting (RFC 8460): the record at `_smtp._tls`. Judges nothing."""

from __future__ import annotations

from dnstats.records.record import Reading
from dnstats.records.tag_list import Defect, Tag


class TlsRpt(Reading, frozen=True):
    """What stands at `_smtp._tls.<site>`. None when nothing there tries to be a TLS-RPT record."""

    record: str  # the text; the first one when there are several
    is_valid: bool  # a sender would report (section 3)
    rua: tuple[str, ...]  # usable mailto: and https: addresses
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=TLSRPTv1; more than one is the same as none
