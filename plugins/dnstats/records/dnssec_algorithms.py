"""DNSSEC algorithm and digest numbers and what may be done with them: a table, not code.

The table is `include/dnssec_algorithms.csv`; RFC 9904 made the IANA registries the canon.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).parents[3] / "include" / "dnssec_algorithms.csv"


class Algorithm(NamedTuple):
    """One number of a registry."""

    number: int
    mnemonic: str
    use: str  # for signing, or for delegation: MUST NOT, NOT RECOMMENDED, MAY, RECOMMENDED
    validation: str

    @property
    def is_forbidden(self) -> bool:
        """Nobody may sign or delegate with it any more."""
        return self.use == "MUST NOT"

    @property
    def is_discouraged(self) -> bool:
        """Still allowed, and better left."""
        return self.use == "NOT RECOMMENDED"


def _load(kind: str) -> dict[int, Algorithm]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {
            int(row["number"]): Algorithm(
                int(row["number"]), row["mnemonic"], row["use"], row["validation"]
            )
            for row in rows
            if row["kind"] == kind
        }


ALGORITHMS = _load("algorithm")
DIGESTS = _load("digest")


def algorithm_name(number: int) -> str:
    """ "8 (RSASHA256)", or the bare number when nobody assigned it."""
    known = ALGORITHMS.get(number)
    return f"{number} ({known.mnemonic})" if known else f"{number} (unassigned)"


def digest_name(number: int) -> str:
    """ "2 (SHA-256)", or the bare number when nobody assigned it."""
    known = DIGESTS.get(number)
    return f"{number} ({known.mnemonic})" if known else f"{number} (unassigned)"


def can_validate(algorithm: int, digest_type: int) -> bool:
    """Whether a resolver by the book can use a DS with these numbers.

    One without any such DS makes its zone insecure, not bogus (RFC 4035 section 5.2). RSASHA1 and
    RSASHA1-NSEC3-SHA1 count as unsupported (RFC 9905 section 2).
    """
    signing, digest = ALGORITHMS.get(algorithm), DIGESTS.get(digest_type)
    if signing is None or digest is None:
        return False
    return not signing.is_forbidden and digest.validation != "MUST NOT"
