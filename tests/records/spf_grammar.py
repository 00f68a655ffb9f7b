"""RFC 7208 section 12 written out as regular expressions: a second opinion on our parser.

Nothing of it is shared with `dnstats.records.spf_*`, and it explains nothing.
"""

from __future__ import annotations

import ipaddress
import re

ALNUM = "[A-Za-z0-9]"
# Section 7.2: c, r and t in the text of exp= only; section 7.3: the number of labels is not zero.
MACRO = r"(?:%\{[slodiphv](?:0*[1-9][0-9]*)?r?[-.+,/_=]*\}|%%|%_|%-)"
LITERAL = r"[\x21-\x24\x26-\x7e]"
STRING = rf"(?:{MACRO}|{LITERAL})*"
TOP = rf"(?:{ALNUM}*[A-Za-z]{ALNUM}*|{ALNUM}+-(?:{ALNUM}|-)*{ALNUM})"
DOMAIN = rf"{STRING}(?:\.{TOP}\.?|{MACRO})"
CIDR4 = r"(?:/(?:[0-9]|[12][0-9]|3[0-2]))"
CIDR6 = r"(?:/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))"
DUAL = rf"{CIDR4}?(?:/{CIDR6})?"
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

DIRECTIVE = re.compile(
    rf"[-+?~]?(?:all|include:{DOMAIN}|exists:{DOMAIN}|ptr(?::{DOMAIN})?"
    rf"|ip4:{OCTET}(?:\.{OCTET}){{3}}{CIDR4}?|ip6:(?P<ip6>[0-9a-f:.]+){CIDR6}?)",
    re.IGNORECASE,
)
ADDRESS = re.compile(rf"[-+?~]?(?:a|mx)(?::(?P<domain>.+?))??(?P<dual>{DUAL})", re.IGNORECASE)
ONCE = re.compile(rf"(redirect|exp)={DOMAIN}", re.IGNORECASE)
UNKNOWN = re.compile(rf"(?!(?:redirect|exp)=)[a-z][a-z0-9_.-]*={STRING}", re.IGNORECASE)


def ruling(text: str) -> str:
    """none, valid or permerror."""
    if not re.fullmatch(r"(?i:v=spf1)(?: .*)?", text, re.DOTALL):
        return "none"
    once: list[str] = []
    for term in filter(None, text[6:].split(" ")):
        if found := ONCE.fullmatch(term):
            once.append(found[1].lower())
        if not _is_term(term):
            return "permerror"
    return "valid" if len(once) == len(set(once)) else "permerror"


def _is_term(term: str) -> bool:
    if found := DIRECTIVE.fullmatch(term):
        return found["ip6"] is None or _is_ip6(found["ip6"])
    if found := ADDRESS.fullmatch(term):
        domain = found["domain"]
        return domain is None or re.fullmatch(DOMAIN, domain, re.IGNORECASE) is not None
    return any(one.fullmatch(term) for one in (ONCE, UNKNOWN))


def _is_ip6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
