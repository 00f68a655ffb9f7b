"""What was found at one site, a short line for each record family, out of its row of `site_facts`.

A fact that nobody could tell, or that does not apply, has no line: the grade says why.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from dnstats.report.chart import DOES_NOT_APPLY, NOT_MEASURED
from dnstats.visible import visible

COLUMNS = (
    "ipv6", "ns_count", "ns_service", "soa_serials", "dnssec_state", "caa", "caa_issuers", "https",
    "mail", "mx_count", "dane", "mta_sts", "tls_rpt", "spf_policy", "spf_lookups", "dmarc_policy",
    "dmarc_subdomain_policy", "dmarc_reports", "bimi_state",
)  # fmt: skip
"""The columns of site_facts that it takes, in this order."""

MAX_LINE = 300
MOST_ISSUERS = 8  # named; a site may name any number
_UNTOLD = (NOT_MEASURED, DOES_NOT_APPLY, None, "")
_THERE = {
    "ipv6": ("address", "an IPv6 address", "no IPv6 address"),
    "https": ("https", "an HTTPS record", "no HTTPS record"),
    "dane": ("dane", "TLSA records for mail hosts", "no TLSA records for mail hosts"),
    "mta_sts": ("mta_sts", "an MTA-STS record", "no MTA-STS record"),
    "tls_rpt": ("tls_rpt", "a TLS-RPT record", "no TLS-RPT record"),
}


def found_at(values: Sequence[Any]) -> Mapping[str, str]:
    """Family -> what was found, made visible. `values` are those of `COLUMNS`."""
    return _found(tuple(tuple(one) if isinstance(one, list) else one for one in values))


@functools.lru_cache(maxsize=1 << 14)  # most sites of a million are like many others
def _found(values: tuple[Any, ...]) -> Mapping[str, str]:
    facts = dict(zip(COLUMNS, values, strict=True))
    lines = {
        "ns": _joined(_many(facts["ns_count"], "name server"), facts["ns_service"]),
        "soa": _joined(facts["soa_serials"]),
        "dnssec": _joined(facts["dnssec_state"]),
        "caa": _caa(facts),
        "mx": _joined(facts["mail"], _many(facts["mx_count"], "MX record")),
        "spf": _joined(facts["spf_policy"], _many(facts["spf_lookups"], "DNS look-up")),
        "dmarc": _joined(
            facts["dmarc_policy"],
            *((facts["dmarc_subdomain_policy"], facts["dmarc_reports"])
              if str(facts["dmarc_policy"]).startswith("p=") else ()),
        ),
        "bimi": _joined(facts["bimi_state"]),
    }  # fmt: skip
    for column, (family, there, not_there) in _THERE.items():
        lines[family] = {"published": there, "none": not_there}.get(facts[column], "")
    return {family: visible(line, MAX_LINE) for family, line in lines.items() if line}


def _joined(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part is not None and part not in _UNTOLD)


def _many(number: int | None, noun: str) -> str:
    return "" if number is None else f"{number} {noun}{'' if number == 1 else 's'}"


def _caa(facts: Mapping[str, Any]) -> str:
    if facts["caa"] == "none":
        return "no CAA record"
    if facts["caa"] != "published":
        return ""
    issuers = facts["caa_issuers"]
    if not issuers:
        return "nobody at all may issue"
    more = f" and {len(issuers) - MOST_ISSUERS} more" if len(issuers) > MOST_ISSUERS else ""
    return ", ".join(issuers[:MOST_ISSUERS]) + more
