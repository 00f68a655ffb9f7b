"""Examples, and evidence from a reading, that several files of DNSSEC rules use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dnstats.grade.rule import Abstain
from dnstats.grade.zone_examples import signed
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_algorithms import (
    algorithm_name,
    can_validate,
)
from dnstats.records.dnssec_rdata import Dnskey, Ds, Signature
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured

RFC = "https://www.rfc-editor.org/rfc/rfc"
SOUND = {"dnssec": signed()}
UNSIGNED = {"dnssec": signed(state=State.INSECURE, ds=(), dnskeys=())}
T = TypeVar("T")


def some(part: tuple[T, ...] | NotMeasured) -> tuple[T, ...]:
    """The records of a part; rules that need it measured check that themselves."""
    return () if isinstance(part, NotMeasured) else part


def told(found: Iterable[str], *parts: object) -> str | Abstain | None:
    """What was found; nothing found in parts that were not measured is no verdict."""
    if evidence := ", ".join(dict.fromkeys(found)):
        return evidence
    unknown = [part for part in parts if isinstance(part, NotMeasured)]
    return Abstain(unknown[0].question or unknown[0].reason) if unknown else None


def show_ds(one: Ds) -> str:
    return f"DS {one.key_tag} {one.algorithm} {one.digest_type}"


def show_key(one: Dnskey) -> str:
    return f"key {one.key_tag}, algorithm {algorithm_name(one.algorithm)}"


def is_unusable(dnssec: Dnssec) -> bool:
    """No DS by the book's algorithms, and the resolver that was asked keeps to the book."""
    known = some(dnssec.ds)
    is_usable = any(can_validate(one.algorithm, one.digest_type) for one in known)
    return bool(known) and not is_usable and dnssec.state is not State.SECURE


DAY = 86400  # seconds


def signed_with(*left: int | None, lifetime: int = 14 * DAY) -> Dnssec:
    """An example: signatures over the SOA that have so many seconds left."""
    return signed(
        signatures=tuple(
            Signature("SOA", 13, 2371, "example.com", 0, lifetime, one) for one in left
        )
    )
