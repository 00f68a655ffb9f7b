"""What checkdmarc says of domains, in a few words each: run by bench/checkdmarc.py in checkdmarc's
own virtual environment. Not part of DNStats; imports nothing of it.

    python bench/checkdmarc_words.py RESOLVER PORT < domains    one line of JSON a domain
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import checkdmarc.bimi as bimi
import checkdmarc.dmarc as dmarc
import checkdmarc.dnssec as dnssec
import checkdmarc.mta_sts as mta_sts
import checkdmarc.smtp as smtp
import checkdmarc.smtp_tls_reporting as tls_rpt
import checkdmarc.soa as soa
import checkdmarc.spf as spf
import checkdmarc.utils as utils
import dns.nameserver

SECONDS = 1.0
AT_ONCE = 16


class Asker:
    """checkdmarc's functions with one resolver, each answer as words."""

    def __init__(self, address: str, port: int) -> None:
        # As name server and not as a resolver object: without one, the DNSSEC checks of mail hosts
        # would ask the system's resolver.
        self._server = dns.nameserver.Do53Nameserver(address, port)
        self._how: dict[str, Any] = {
            "nameservers": [self._server], "timeout": SECONDS, "retries": 1
        }  # fmt: skip

    def words(self, domain: str) -> dict[str, Any]:
        """Check -> what is said."""
        return {
            "domain": domain,
            **self._spf(domain),
            **self._dmarc(domain),
            "mx": self._mx(domain),
            "ns": self._ns(domain),
            "soa": self._soa(domain),
            "dnssec": self._dnssec(domain),
            "mta_sts": self._record(mta_sts.query_mta_sts_record, domain),
            "tls_rpt": self._record(tls_rpt.query_smtp_tls_reporting_record, domain),
            "bimi": self._record(bimi.query_bimi_record, domain),
        }

    def _spf(self, domain: str) -> dict[str, Any]:
        record = lookups = None
        word, why = "valid", ""
        try:
            record = spf.query_spf_record(domain, **self._how)["record"]
            parsed = spf.parse_spf_record(record, domain, **self._how)
            lookups = parsed["dns_lookups"]
            if "error" in parsed:
                word, why = "permerror", str(parsed["error"])
        except spf.SPFError as fault:
            is_absent = record is None and isinstance(fault, spf.SPFRecordNotFound)
            word, why = "none" if is_absent else "permerror", str(fault)
        except Exception as fault:
            word, why = "failed", f"{type(fault).__name__}: {fault}"
        return {"spf": word, "spf_why": why[:200], "spf_lookups": lookups}

    def _dmarc(self, domain: str) -> dict[str, Any]:
        place = None
        try:
            found = dmarc.query_dmarc_record(domain, **self._how)
            place = found["location"]
            parsed = dmarc.parse_dmarc_record(found["record"], place, **self._how)
            word, why = parsed["tags"]["p"]["value"], ""
        except dmarc.DMARCRecordNotFound as fault:
            word, why = "no record", str(fault)
        except dmarc.DMARCError as fault:
            # The class itself is for look-ups that failed, its subclasses are for records.
            word, why = "failed" if type(fault) is dmarc.DMARCError else "invalid", str(fault)
        except Exception as fault:
            word, why = "failed", f"{type(fault).__name__}: {fault}"
        return {"dmarc": word, "dmarc_why": why[:200], "dmarc_at": place}

    def _mx(self, domain: str) -> Any:
        found = smtp.check_mx(domain, check_mx_tls=False, **self._how)
        if found.get("error"):
            return f"failed: {found['error']}"[:200]
        return sorted([one["preference"], one["hostname"] or "."] for one in found["hosts"])

    def _ns(self, domain: str) -> Any:
        try:
            return sorted(utils.get_nameservers(domain, **self._how)["hostnames"])
        except Exception as fault:
            return f"failed: {type(fault).__name__}: {fault}"[:200]

    def _soa(self, domain: str) -> Any:
        found = soa.check_soa(domain, **self._how)
        values = found.get("values")
        return values["serial"] if values else f"failed: {found.get('error')}"[:200]

    def _dnssec(self, domain: str) -> Any:
        try:
            return dnssec.check_dnssec(domain, nameservers=[self._server], timeout=SECONDS)
        except Exception as fault:
            return f"failed: {type(fault).__name__}: {fault}"[:200]

    def _record(self, query: Any, domain: str) -> Any:
        try:
            return query(domain, **self._how)["record"]
        except Exception as fault:
            absent = type(fault).__name__.endswith("RecordNotFound")
            return None if absent else f"failed: {type(fault).__name__}: {fault}"[:200]


def main() -> None:
    """Domains on standard input, JSON lines on standard output."""
    asker = Asker(sys.argv[1], int(sys.argv[2]))
    domains = sys.stdin.read().split()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for said in threads.map(asker.words, domains):
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
