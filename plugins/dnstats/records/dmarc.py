"""DMARC (RFC 9989): the record that applies to mail from the site, and where it was found.

Reads; judges nothing. The verdict of the older standard (RFC 7489, with a Public Suffix List and
`pct`) stands beside it, because receivers change over slowly.
"""

from __future__ import annotations

import msgspec

from dnstats.records.record import Reading
from dnstats.records.tag_list import Defect, Tag


class ReportAddress(msgspec.Struct, frozen=True):
    """One URI of `rua` or `ruf`."""

    uri: str  # as published, without an obsolete "!10m"
    host: str  # the domain of a mailto: URI, canonical; "" for every other URI
    is_valid: bool  # a URI (RFC 3986) and, for mailto:, with a mailbox
    is_external: bool = False  # the host is in another organisational domain than the record
    # RFC 9990: whether the host agreed to get reports about this domain. None: not needed (not
    # external) or not measured (then the host is in Dmarc.unmeasured).
    is_authorised: bool | None = None


class Step(msgspec.Struct, frozen=True):
    """One name of the tree walk (RFC 9989 section 4.10)."""

    domain: str  # without the `_dmarc.` in front
    records: int | None  # texts with v=DMARC1 first; None: not measured
    psd: str = ""  # "y", "n" or "u" of the one record there


class Verdict7489(msgspec.Struct, frozen=True):
    """What a receiver that still follows RFC 7489 makes of it."""

    organisational_domain: str  # by the Public Suffix List
    found_at: str  # "" when it finds no record
    policy: str  # "none", "quarantine", "reject"; "" when DMARC does not apply
    percent: int = 100  # share of failing mail that the policy is for (`pct`)


class Dmarc(Reading, frozen=True):
    """Everything DMARC at a site. None when no name of the walk holds anything like a record.

    `policy` is the field to count adoption by: "" means that receivers apply no DMARC, although
    something is there (several records, a broken one, another text).
    """

    record: str  # the text that applies, or that would if it were whole; "" without one
    found_at: str  # the domain that publishes it; "" without one
    organisational_domain: str  # RFC 9989 section 4.10.2; "" when not measured
    policy: str  # for mail from this site, as published: none, quarantine, reject; "" no DMARC
    effective_policy: str  # the same after `t=y` (one level lower)
    subdomain_policy: str  # published for subdomains that exist (sp, else p)
    nonexistent_policy: str  # published for subdomains that do not (np, else sp, else p)
    p: str | None = None  # tags as published, lower case; None when missing
    sp: str | None = None
    np: str | None = None
    psd: str = "u"  # values that are not valid count as the default, and stand in `defects`
    is_testing: bool = False  # t=y
    adkim: str = "r"
    aspf: str = "r"
    fo: tuple[str, ...] = ()  # as published, valid or not; () when missing
    rua: tuple[ReportAddress, ...] = ()
    ruf: tuple[ReportAddress, ...] = ()
    tags: tuple[Tag, ...] = ()
    defects: tuple[Defect, ...] = ()
    steps: tuple[Step, ...] = ()  # the walk, from the site upwards
    several_at: tuple[str, ...] = ()  # names that hold more than one record: all discarded
    other_texts: tuple[str, ...] = ()  # texts at the site's own `_dmarc` that are no record
    verdict_7489: Verdict7489 | None = None  # None: not measured
    unmeasured: tuple[str, ...] = ()  # names of the walk, hosts of report addresses

    @property
    def is_inherited(self) -> bool:
        """The record stands at a parent, not at the site's own name."""
        return bool(self.found_at) and self.found_at != self.steps[0].domain
