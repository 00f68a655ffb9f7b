"""Rules about the text of the record: values, tags, form."""

from __future__ import annotations

from dnstats.grade.rule import rule
from dnstats.grade.rules.dmarc.evidence import GOOD, RFC7489, RFC9989, values
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.dmarc import Dmarc


@rule(
    "DMARC050",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD + "; adkim=S"}],
    fails=[{"dmarc": GOOD + "; adkim=strict"}],
)
def invalid_adkim(dmarc: Dmarc) -> str | None:
    """The value of `adkim` is invalid.

    It is r (relaxed) or s (strict); anything else counts as r.
    """
    return values(dmarc, tag_list.BAD_VALUE, "adkim")


@rule(
    "DMARC051",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD + "; aspf=s"}],
    fails=[{"dmarc": GOOD + "; aspf=n"}],
)
def invalid_aspf(dmarc: Dmarc) -> str | None:
    """The value of `aspf` is invalid.

    It is r (relaxed) or s (strict); anything else counts as r.
    """
    return values(dmarc, tag_list.BAD_VALUE, "aspf")


@rule(
    "DMARC052",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD + "; fo=1:d:s"}, {"dmarc": GOOD + "; fo=D:0"}],
    fails=[{"dmarc": GOOD + "; fo=0:1"}, {"dmarc": GOOD + "; fo=1,d"}],
)
def invalid_fo(dmarc: Dmarc) -> str | None:
    """The value of `fo` is invalid.

    It takes 0 or 1 (not both), d and s, each once, with colons between.
    """
    return values(dmarc, tag_list.BAD_VALUE, "fo")


@rule(
    "DMARC053",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD + "; psd=n"}],
    fails=[{"dmarc": GOOD + "; psd=no"}],
)
def invalid_psd(dmarc: Dmarc) -> str | None:
    """The value of `psd` is invalid.

    It is y, n or u; anything else counts as u. Few domains need it.
    """
    return values(dmarc, tag_list.BAD_VALUE, "psd")


@rule(
    "DMARC054",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD + "; t=n"}],
    fails=[{"dmarc": GOOD + "; t=yes"}],
)
def invalid_t(dmarc: Dmarc) -> str | None:
    """The value of `t` is invalid.

    It is y or n; anything else counts as n, so the policy is applied in full.
    """
    return values(dmarc, tag_list.BAD_VALUE, "t")


@rule(
    "DMARC056",
    Severity.LOW,
    reference=f"{RFC7489}#section-6.3",
    passes=[{"dmarc": GOOD + "; pct=100"}, {"dmarc": GOOD + "; pct=0"}],
    fails=[{"dmarc": GOOD + "; pct=101"}, {"dmarc": GOOD + "; pct=50%"}],
)
def invalid_pct(dmarc: Dmarc) -> str | None:
    """The value of `pct` is invalid.

    It was a whole number from 0 to 100. The tag is obsolete: remove it.
    """
    value = next((tag.value for tag in dmarc.tags if tag.name == "pct"), "100")
    is_number = value.isascii() and value.isdecimal() and len(value) <= 3
    return None if is_number and int(value) <= 100 else f"pct={value}"


@rule(
    "DMARC057",
    Severity.NOTICE,
    reference=f"{RFC9989}#appendix-C.5.2",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + "; pct=100"}, {"dmarc": GOOD + "; rf=afrf; ri=86400"}],
)
def removed_tags(dmarc: Dmarc) -> str | None:
    """The record has tags that DMARC no longer has.

    `pct`, `rf` and `ri` are gone since RFC 9989 and ignored. Remove them.
    """
    return values(dmarc, tag_list.REMOVED)


@rule(
    "DMARC058",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + "; adk=s"}],
)
def unknown_tags(dmarc: Dmarc) -> str | None:
    """The record has unknown tags.

    Receivers ignore them. Look for a slip of the pen.
    """
    return values(dmarc, tag_list.UNKNOWN)


@rule(
    "DMARC059",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc6376#section-3.2",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": "v=DMARC1; p=reject; p=none"}],
)
def repeated_tags(dmarc: Dmarc) -> str | None:
    """A tag stands twice in the record.

    Receivers differ: some take the first, some the last, some drop the record. Keep one.
    """
    return values(dmarc, tag_list.REPEATED)


@rule(
    "DMARC060",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": GOOD + ";"}, {"dmarc": "v=DMARC1; p = reject ; "}],
    fails=[{"dmarc": "v=DMARC1; p=reject; mailto:dmarc@example.com"}],
)
def stray_text(dmarc: Dmarc) -> str | None:
    """The record has text that is no tag.

    Everything between semicolons is `tag=value`. What is not is ignored, perhaps not as intended.
    """
    return values(dmarc, tag_list.NO_EQUALS)


@rule(
    "DMARC061",
    Severity.NOTICE,
    reference=f"{RFC7489}#section-6.3",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; sp=none"}],
    fails=[{"dmarc": "v=DMARC1; rua=mailto:dmarc@example.com; p=reject"}],
)
def policy_not_second(dmarc: Dmarc) -> str | None:
    """`p` does not stand right after the version.

    RFC 7489 wanted it there and strict older receivers still do. RFC 9989 does not care.
    """
    names = [tag.name for tag in dmarc.tags]
    return dmarc.record if "p" in names and names[1] != "p" else None


@rule(
    "DMARC062",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + "; np=“reject”"}, {"dmarc": GOOD + "\n"}],
)
def strange_characters(dmarc: Dmarc) -> str | None:
    """The record has characters other than printable ASCII.

    Typographic quotation marks and line breaks get in by copying and pasting. A value that has them
    does not count.
    """
    if not dmarc.found_at or (dmarc.record.isascii() and "\\" not in dmarc.record):
        return None
    return dmarc.record


@rule(
    "DMARC064",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": GOOD + " ; "}],
    fails=[{"dmarc": "v=DMARC1;; p=reject"}, {"dmarc": GOOD + ","}],
)
def empty_pieces(dmarc: Dmarc) -> str | None:
    """The record has a semicolon or comma too many.

    Between two semicolons stands a tag, between two commas an address. Most receivers skip the gap;
    the grammar does not allow it.
    """
    return values(dmarc, tag_list.EMPTY)
