"""Rules about BIMI records. A site without BIMI lacks nothing, so absence is never judged.

The draft is cited by the names of its sections: their numbers still move.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from dnstats.grade.rule import rule
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.bimi import Bimi
from dnstats.records.dmarc import Dmarc

_DRAFT = "https://datatracker.ietf.org/doc/html/draft-brand-indicators-for-message-identification"
_RECORD = f"{_DRAFT}#name-assertion-record-definition"
_DMARC = f"{_DRAFT}#name-authentication-requirements"

_GOOD = "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem"
_DECLINED = "v=BIMI1; l=; a=;"
_ENFORCED = "v=DMARC1; p=reject"


@rule(
    "BIMI001",
    Severity.CRITICAL,
    reference=f"{_DRAFT}#name-assertion-record-discovery",
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": (_GOOD, _DECLINED)}],
)
def several_records(bimi: Bimi) -> str | None:
    """There are several BIMI records, so no logo is shown.

    Receivers cannot tell which one is meant. Delete all but one.
    """
    return f"{bimi.several} records; the first: {bimi.record}" if bimi.several > 1 else None


@rule(
    "BIMI002",
    Severity.CRITICAL,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": "v=bimi1; l=https://example.com/logo.svg"}, {"bimi": '"v=BIMI1; l="'}],
)
def broken_version(bimi: Bimi) -> str | None:
    """The record does not begin with v=BIMI1, so it is ignored.

    The version must be the first tag and match exactly. Look for quotation marks, lower case and a
    missing semicolon.
    """
    return bimi.record if bimi.several == 0 else None


@rule(
    "BIMI003",
    Severity.CRITICAL,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}, {"bimi": _DECLINED}],
    fails=[{"bimi": "v=BIMI1; a=https://example.com/vmc.pem"}],
)
def logo_missing(bimi: Bimi) -> str | None:
    """The logo's address (`l`) is missing.

    The tag is required, if only empty, to say that no logo is wanted. Add `l=https://...svg`.
    """
    return bimi.record if bimi.several == 1 and not bimi.is_valid else None


@rule(
    "BIMI004",
    Severity.CRITICAL,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}, {"bimi": _DECLINED}],
    fails=[
        {"bimi": "v=BIMI1; l=http://example.com/logo.svg"},
        {"bimi": "v=BIMI1; l=example.com/logo.svg"},
    ],
)
def logo_not_https(bimi: Bimi) -> str | None:
    """The logo's address is not HTTPS.

    Receivers fetch the logo by HTTPS only. Put it there, and write the address in full.
    """
    return bimi.logo if bimi.logo and not bimi.logo.lower().startswith("https://") else None


@rule(
    "BIMI005",
    Severity.HIGH,
    reference=f"{_DRAFT}#name-supported-image-formats-for",
    passes=[{"bimi": _GOOD}, {"bimi": "v=BIMI1; l=https://example.com/logo.SVG?v=2"}],
    fails=[{"bimi": "v=BIMI1; l=https://example.com/logo.png"}],
)
def logo_not_svg(bimi: Bimi) -> str | None:
    """The logo is not an SVG file, by its name.

    Only SVG (Tiny PS) and SVGZ are allowed; a name that ends in another format is an error.
    """
    path = _path(bimi.logo)
    return bimi.logo if path is not None and not path.lower().endswith((".svg", ".svgz")) else None


def _path(uri: str) -> str | None:
    """The path of an HTTPS address; None for everything else."""
    if not uri.lower().startswith("https://"):
        return None
    try:
        return urlsplit(uri).path
    except ValueError:
        return ""


_ADDRESS = re.compile(r"https://[a-z0-9.-]+\.[a-z0-9-]+(:\d+)?/[^\s,\"<>\\]*", re.IGNORECASE)


@rule(
    "BIMI006",
    Severity.HIGH,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}],
    fails=[
        {"bimi": "v=BIMI1; l=https://example.com/a.svg,https://example.com/b.svg"},
        {"bimi": "v=BIMI1; l=https://logo/a.svg"},
    ],
)
def logo_not_one_address(bimi: Bimi) -> str | None:
    """The logo's address is not one complete URI.

    It takes a single address with a full host name; commas and spaces in it must be encoded.
    """
    if not bimi.logo.lower().startswith("https://") or _ADDRESS.fullmatch(bimi.logo):
        return None
    return bimi.logo


@rule(
    "BIMI007",
    Severity.CRITICAL,
    reference=_DMARC,
    passes=[
        {"bimi": _GOOD, "dmarc": _ENFORCED},
        {"bimi": _DECLINED, "dmarc": None},
        {"bimi": _GOOD, "dmarc": "v=DMARC1; p=quarantine"},
    ],
    fails=[{"bimi": _GOOD, "dmarc": None}, {"bimi": _GOOD, "dmarc": "v=DMARC1; p=none"}],
)
def dmarc_not_enforced(bimi: Bimi, dmarc: Dmarc | None) -> str | None:
    """DMARC is not enforced, so no logo is shown.

    BIMI is for domains whose DMARC policy is quarantine or reject. Raise the policy first.
    """
    if bimi.is_declined or (dmarc and dmarc.effective_policy in ("quarantine", "reject")):
        return None
    return f"DMARC policy {(dmarc and dmarc.effective_policy) or 'missing'}"


@rule(
    "BIMI008",
    Severity.CRITICAL,
    reference=_DMARC,
    passes=[{"bimi": _GOOD, "dmarc": _ENFORCED}, {"bimi": _GOOD, "dmarc": "v=DMARC1; p=none"}],
    fails=[{"bimi": _GOOD, "dmarc": "v=DMARC1; p=reject; sp=none"}],
)
def dmarc_spares_subdomains(bimi: Bimi, dmarc: Dmarc) -> str | None:
    """The DMARC policy for subdomains is none, so no logo is shown.

    BIMI is not processed when the DMARC record says sp=none. Drop `sp` or raise it.
    """
    if bimi.is_declined or dmarc.sp != "none" or dmarc.effective_policy in ("", "none"):
        return None
    return "sp=none"


@rule(
    "BIMI009",
    Severity.HIGH,
    reference=_DMARC,
    passes=[
        {"bimi": _GOOD, "dmarc": "v=DMARC1; p=quarantine; pct=100"},
        {"bimi": _GOOD, "dmarc": "v=DMARC1; p=reject; pct=50"},
    ],
    fails=[{"bimi": _GOOD, "dmarc": "v=DMARC1; p=quarantine; pct=50"}],
)
def dmarc_partly_enforced(bimi: Bimi, dmarc: Dmarc) -> str | None:
    """DMARC quarantines only part of the mail, so no logo is shown.

    With p=quarantine BIMI wants pct=100. Remove `pct`, which DMARC has dropped anyway.
    """
    old = dmarc.verdict_7489
    if bimi.is_declined or old is None or old.percent == 100 or dmarc.policy != "quarantine":
        return None
    return f"p=quarantine; pct={old.percent}"


@rule(
    "BIMI010",
    Severity.LOW,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}, {"bimi": _DECLINED}],
    fails=[{"bimi": "v=BIMI1; l=https://example.com/logo.svg"}],
)
def no_evidence(bimi: Bimi) -> str | None:
    """There is no certificate for the logo (`a`).

    It is optional, but the largest mailbox providers show no logo without a mark certificate (VMC
    or CMC).
    """
    return bimi.record if bimi.is_valid and bimi.logo and not bimi.evidence else None


@rule(
    "BIMI011",
    Severity.HIGH,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": "v=BIMI1; l=https://example.com/logo.svg; a=http://example.com/vmc.pem"}],
)
def evidence_not_https(bimi: Bimi) -> str | None:
    """The certificate's address is not one complete HTTPS address.

    Receivers fetch it by HTTPS only, and it must name a full host. Correct `a`.
    """
    return bimi.evidence if bimi.evidence and not _ADDRESS.fullmatch(bimi.evidence) else None


@rule(
    "BIMI012",
    Severity.LOW,
    reference=_RECORD,
    passes=[{"bimi": _GOOD + "; avp=personal"}, {"bimi": _GOOD + "; lps=true"}],
    fails=[{"bimi": _GOOD + "; avp=logo"}, {"bimi": _GOOD + "; lps=yes"}],
)
def invalid_preference(bimi: Bimi) -> str | None:
    """The value of `avp` or `lps` is invalid.

    `avp` is brand or personal, `lps` is true or false; anything else is ignored, or fails the
    record.
    """
    return _values(bimi, tag_list.BAD_VALUE)


def _values(bimi: Bimi, kind: str) -> str | None:
    found = (one for one in bimi.defects if one.kind == kind)
    return ", ".join(f"{one.tag}={one.text}" if one.tag else one.text for one in found) or None


@rule(
    "BIMI013",
    Severity.HIGH,
    reference="https://www.rfc-editor.org/rfc/rfc6376#section-3.2",
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": _GOOD + "; l=https://example.com/other.svg"}],
)
def repeated_tags(bimi: Bimi) -> str | None:
    """A tag stands twice in the record.

    A tag list must not repeat a tag; receivers may drop the record. Keep one.
    """
    return _values(bimi, tag_list.REPEATED)


@rule(
    "BIMI014",
    Severity.NOTICE,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": _GOOD + "; s=default"}],
)
def unknown_tags(bimi: Bimi) -> str | None:
    """The record has unknown tags.

    Receivers ignore them. (The selector is part of the record's name, not of its text.)
    """
    return _values(bimi, tag_list.UNKNOWN)


@rule(
    "BIMI015",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc6376#section-3.2",
    passes=[{"bimi": _GOOD + ";"}],
    fails=[{"bimi": _GOOD + "; https://example.com/logo.svg"}],
)
def stray_text(bimi: Bimi) -> str | None:
    """The record has text that is no tag.

    Everything between semicolons is `tag=value`; receivers must not guess what else is meant.
    """
    return _values(bimi, tag_list.NO_EQUALS)


@rule(
    "BIMI016",
    Severity.NOTICE,
    reference=f"{_DRAFT}#name-declination-to-publish",
    passes=[{"bimi": _GOOD}],
    fails=[{"bimi": _DECLINED}],
)
def declined(bimi: Bimi) -> str | None:
    """The domain declines BIMI.

    Empty `l` and `a` say so on purpose. That is no fault.
    """
    return bimi.record if bimi.is_declined else None


@rule(
    "BIMI017",
    Severity.HIGH,
    reference=_RECORD,
    passes=[{"bimi": _GOOD}, {"bimi": _DECLINED}],
    fails=[{"bimi": "v=BIMI1; l=; a=https://example.com/vmc.pem"}],
)
def certificate_without_logo(bimi: Bimi) -> str | None:
    """There is a certificate and no logo.

    An empty `l` with evidence in `a` is neither taking part nor declining. Add the logo's address.
    """
    return bimi.record if bimi.is_valid and bimi.evidence and not bimi.logo else None
