"""A site's own record with one thing in it mended, for rules whose evidence is the record. Pure.

Only where the evidence is the whole record, of the site itself, and safe to stand between quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_POLICY_NONE = re.compile(r"(;\s*p\s*=\s*)none(?=\s*(;|$))", re.IGNORECASE)
_REPORTS = re.compile(r";\s*rua\s*=", re.IGNORECASE)
_PUBLIC = re.compile(r";\s*psd\s*=\s*y", re.IGNORECASE)
_TESTING = re.compile(r";\s*t\s*=\s*y", re.IGNORECASE)
MOST = 255  # characters: one string of a TXT record (RFC 1035 section 3.3)

LATER = "only when the reports show that all of your own mail passes"
MAILBOX = "the mailbox must exist"


def _quarantine(record: str, _domain: str) -> str:
    """RFC 9989 section 4.7. Without reports nobody knows what quarantine would hit."""
    if not _REPORTS.search(record) or _TESTING.search(record):
        return ""
    return _POLICY_NONE.sub(r"\g<1>quarantine", record) if _POLICY_NONE.search(record) else ""


def _with_reports(record: str, domain: str) -> str:
    """RFC 9989 section 5.1.3."""
    if _REPORTS.search(record):
        return ""
    return f"{record.rstrip('; ')}; rua=mailto:dmarc-reports@{domain}"


MENDED: dict[str, tuple[Callable[[str, str], str], str]] = {
    "DMARC007": (_quarantine, LATER),
    "DMARC008": (_with_reports, MAILBOX),
    "DMARC030": (_with_reports, MAILBOX),
}
"""Rule -> what it makes of the record ("": nothing), and what must be known before."""


def mended(code: str, domain: str, evidence: str) -> tuple[str, ...]:
    """The line of a zone file that replaces the site's DMARC record; () where there is none."""
    if code not in MENDED or not _is_whole(evidence) or not _is_own(code, domain, evidence):
        return ()
    mend, note = MENDED[code]
    record = mend(evidence, domain)
    if not record or len(record) > MOST:
        return ()
    return (f'_dmarc.{domain}. TXT "{record}"  ; instead of the record of now: {note}',)


def _is_whole(evidence: str) -> bool:
    """Whether it is a record and nothing else: not cut off, not of a domain above (" at ...")."""
    return (
        evidence.startswith("v=DMARC1")
        and evidence.isascii()
        and evidence.isprintable()
        and not any(one in evidence for one in ('"', "\\", " at ", "..."))
    )


def _is_own(code: str, domain: str, record: str) -> bool:
    """Whether the record can be no other domain's, which only DMARC007 would tell (" at ...").

    Of example.com nothing but com is above, and that has a record only as a public suffix.
    """
    return code == "DMARC007" or (domain.count(".") == 1 and not _PUBLIC.search(record))
