"""The record families, in asking order: this list is the whole plan of what a site is asked.

To ask for one more: a file here that exports RECORD, and its name below.
"""

from __future__ import annotations

from dnstats.records.record import Record

FAMILIES = (
    "address",
    "ns",
    "soa",
    "dnssec",
    "caa",
    "https",
    "mx",
    "dane",
    "mta_sts",
    "tls_rpt",
    "spf",
    "misplaced",
    "dmarc",
    "bimi",
    "msdcs",
)


def load_records() -> tuple[Record, ...]:
    """Every family's RECORD, in asking order."""
    import importlib

    modules = (importlib.import_module(f"{__name__}.{family}") for family in FAMILIES)
    return tuple(module.RECORD for module in modules)
