"""Why DNStats and checkdmarc see a check differently: every reason that is known, with its test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dnstats.check.checked import Checked
from dnstats.lab.world import unanswered_question

SEED = 1
UNMEASURED = "not measured"


class Difference(NamedTuple):
    """One check at one site that the two see differently; `row` is all that checkdmarc said."""

    check: str
    ours: Any
    theirs: Any
    site: Checked
    row: Mapping[str, Any]

    @property
    def is_bogus(self) -> bool:
        """Whether the site's zone fails validation, by our reading."""
        return getattr(self.site.readings.get("dnssec"), "state", "") == "bogus"

    @property
    def spf_text(self) -> str:
        """The SPF record, control characters escaped."""
        return getattr(getattr(self.site.readings.get("spf"), "record", None), "text", "")

    @property
    def ends_in_number(self) -> bool:
        """Whether an SPF term has such a domain."""
        record = getattr(self.site.readings.get("spf"), "record", None)
        return any("ends in a number" in fault.why for fault in getattr(record, "faults", ()))

    @property
    def is_silent_at_resolver(self) -> bool:
        """Whether the practice internet's resolver never answers what this check asks."""
        silent = unanswered_question(SEED, self.site.domain)
        if silent is None:
            return False
        name, rdtype = silent
        kind = "DMARC" if name.startswith("_dmarc.") else rdtype
        return kind == {"spf": "TXT"}.get(self.check, self.check.partition("_")[0].upper())

    def lacks(self, question: str) -> bool:
        """Whether a question that begins like this was not answered."""
        return any(one.question.startswith(question) for one in self.site.unanswered)


class Reason(NamedTuple):
    """The first whose test holds explains a difference."""

    text: str
    holds: Callable[[Difference], bool]


REASONS = (
    Reason(
        text="Nobody answered within the time, here also not at a second try. DNStats says that it "
        "was not measured. checkdmarc raises the same RecordNotFound as for an absent record (SPF, "
        "MTA-STS, TLS-RPT, BIMI), says False (DNSSEC), or gives an error (MX, NS, SOA, DMARC).",
        holds=lambda one: one.ours == UNMEASURED,
    ),
    Reason(
        text="The resolver never answers this question. DNStats asks the zone's own servers in its "
        "second pass and has their answer; checkdmarc asks resolvers only, and gives an error, or "
        "raises the same RecordNotFound as for an absent record.",
        holds=lambda one: one.is_silent_at_resolver,
    ),
    Reason(
        text="The resolver fails at the whole zone. DNStats reads the name servers as the zone "
        "above has them, and marks the reading so; checkdmarc ends with an error.",
        holds=lambda one: (
            one.check == "ns" and getattr(one.site.readings["ns"], "is_delegation", False) is True
        ),
    ),
    Reason(
        text="The zone fails validation, so the resolver answers SERVFAIL. DNStats asks the apex "
        "again with checking disabled (RFC 4035 section 3.2.2) and reads what is there; checkdmarc "
        "ends with an error.",
        holds=lambda one: one.is_bogus and str(one.theirs).startswith("failed"),
    ),
    Reason(
        text="A null MX (RFC 7505). DNStats keeps the record, checkdmarc gives no hosts.",
        holds=lambda one: one.check == "mx" and one.ours == [[0, "."]] and one.theirs == [],
    ),
    Reason(
        text="The record has control characters (carriage return, line feed). RFC 7208 sections "
        "4.6.1 and 12 make that a permerror; checkdmarc drops them before it reads the record.",
        holds=lambda one: one.check == "spf" and one.ours == "permerror" and "\\0" in one.spf_text,
    ),
    Reason(
        text="A term breaks the grammar of RFC 7208 (section 7.1: a domain's last label is not all "
        "digits, so `a:192.0.2.1` is none). checkdmarc's grammar lets it pass.",
        holds=lambda one: one.check == "spf" and one.ours == "permerror" and one.ends_in_number,
    ),
    Reason(
        text="A look-up inside the evaluation was not answered. DNStats says unknown, because the "
        "number of void look-ups is; checkdmarc goes on as if the name had no records.",
        holds=lambda one: (
            one.check.startswith("spf")
            and getattr(one.site.readings["spf"], "verdict", "") == "unknown"
        ),
    ),
    Reason(
        text="The resolver says that the zone is secure (AD), but the DS look-up was not answered: "
        "checkdmarc validates by itself, cannot without it, and says False.",
        holds=lambda one: one.check == "dnssec" and one.ours is True and one.lacks("DS "),
    ),
    Reason(
        text="A wildcard TXT record answers at the policy record's name. DNStats ignores texts "
        "that are no such record (RFC 8461 section 3.1); checkdmarc reports an error.",
        holds=lambda one: one.ours is None and "RecordFoundWhere" in str(one.theirs),
    ),
)
