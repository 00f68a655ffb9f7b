"""Rules about the SOA record. Reads the soa family only; asks nobody.

Syntax and agreement cost points. Timers are notices: most zones are copied by other means than zone
transfers today, and google.com's 900/900/1800/60 serves it well.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import SOUND_SOA, host_of, soa_of, soa_where
from dnstats.records.soa import Soa
from dnstats.records.soa_record import SoaRecord
from dnstats.wire import BadName, split_name

_RFC = "https://www.rfc-editor.org/rfc/rfc"
_SOUND = {"soa": soa_of()}
_GOOGLE = {"soa": soa_of(refresh=900, retry=900, expire=1800, minimum=60)}

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds


def _where(soa: Soa, is_wrong: Callable[[SoaRecord], bool], field: str) -> str | None:
    """The values of one field that are wrong, as evidence."""
    values = [str(getattr(one, field)) for one in soa.records if is_wrong(one)]
    return f"{field} {', '.join(values)}" if values else None


def _differ(soa: Soa, what: Callable[[SoaRecord], object]) -> str | Abstain | None:
    """Whether the servers disagree on a part, with one example server per variant."""
    variants: dict[object, list[str]] = {}
    for server in soa.servers:
        variants.setdefault(what(server.records[0]), []).append(server.address)
    if len(variants) > 1:
        return "; ".join(f"{value} at {', '.join(at)}" for value, at in variants.items())
    if soa.unmeasured:
        return Abstain(f"the SOA at {', '.join(soa.unmeasured)}")
    return None


def _copy(**changes: object) -> SoaRecord:
    """An example: the sound record, changed, as another server has it."""
    return msgspec.structs.replace(SOUND_SOA, **changes)


@rule(
    "SOA001",
    Severity.CRITICAL,
    reference=f"{_RFC}1035#section-5.2",
    passes=[_SOUND, {"soa": None}],
    fails=[{"soa": soa_where(records=(), servers=())}],
)
def no_soa(soa: Soa) -> str | None:
    """The zone has no SOA record.

    Every zone has exactly one at its apex. Without it nothing can be cached as absent, and other
    servers cannot copy the zone. Publish one.
    """
    return f"no SOA at {soa.zone}" if not soa.records and not soa.malformed else None


@rule(
    "SOA002",
    Severity.HIGH,
    reference=f"{_RFC}1035#section-5.2",
    passes=[_SOUND],
    fails=[{"soa": soa_where(records=(SOUND_SOA, _copy(serial=1)))}],
)
def several_soa(soa: Soa) -> str | None:
    """The zone has more than one SOA record.

    There must be exactly one; which of them counts is chance. Remove the others.
    """
    if len(soa.records) < 2:
        return None
    return (
        f"{len(soa.records)} records, serials {', '.join(str(one.serial) for one in soa.records)}"
    )


@rule(
    "SOA003",
    Severity.HIGH,
    reference=f"{_RFC}1035#section-3.3.13",
    passes=[_SOUND],
    fails=[{"soa": soa_where(records=(), malformed=1)}],
)
def soa_is_malformed(soa: Soa) -> str | None:
    """The SOA record cannot be read.

    Its data is cut off or too long, so resolvers drop the whole answer. Renew the record.
    """
    return f"{soa.malformed} with data that is no SOA" if soa.malformed else None


@rule(
    "SOA004",
    Severity.MEDIUM,
    reference=f"{_RFC}1035#section-3.3.13",
    passes=[_SOUND],
    fails=[{"soa": soa_of(mname=".")}, {"soa": soa_of(mname="192.0.2.1")}],
)
def mname_is_no_host(soa: Soa) -> str | None:
    """MNAME does not name a host.

    It should name the primary server; dynamic updates and NOTIFY go there (RFC 2136 section 4.3).
    Write the primary's host name.
    """
    return _where(soa, lambda one: not _is_host(one.mname), "mname")


def _is_host(name: str) -> bool:
    """Letters, digits and hyphens (RFC 1123 section 2.1), underscores let through as resolvers do;
    a last label of digits only would be an IP address."""
    if name == "." or name.rpartition(".")[2].isdigit():
        return False
    return name.replace("-", "").replace("_", "").replace(".", "").isalnum()


@rule(
    "SOA005",
    Severity.LOW,
    reference=f"{_RFC}1035#section-8",
    passes=[_SOUND, {"soa": soa_of(rname="host\\.master.example.com")}],
    fails=[{"soa": soa_of(rname="hostmaster\\@example.com")}],
)
def rname_has_an_at_sign(soa: Soa) -> str | None:
    """RNAME is written with an @ sign.

    The first dot stands for the @ in this record; as it is written, the address belongs to nobody.
    Write hostmaster.example.com for hostmaster@example.com.
    """
    return _where(soa, lambda one: "@" in one.rname, "rname")


@rule(
    "SOA006",
    Severity.LOW,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND],
    fails=[{"soa": soa_of(rname=".")}, {"soa": soa_of(rname="root")}],
)
def rname_is_no_mailbox(soa: Soa) -> str | None:
    """RNAME is not a mailbox.

    It should name the people in charge; without a user part and a domain nobody can be reached
    when the zone causes trouble. Write hostmaster.example.com for hostmaster@example.com.
    """
    return _where(soa, lambda one: len(_labels(one.rname)) < 2, "rname")


def _labels(name: str) -> list[bytes]:
    try:
        return split_name(name)
    except BadName:  # only in readings that were not read from a message
        return []


@rule(
    "SOA007",
    Severity.LOW,
    reference=f"{_RFC}1034#section-4.3.5",
    passes=[_SOUND],
    fails=[{"soa": soa_of(SOUND_SOA, _copy(serial=2026112300))}],
)
def serials_differ(soa: Soa) -> str | Abstain | None:
    """The name servers have different versions of the zone.

    Right after a change that is normal. If it lasts, a server no longer gets its copies, and
    visitors see old data half of the time. Check zone transfers.
    """
    return _differ(soa, lambda one: one.serial)


@rule(
    "SOA008",
    Severity.LOW,
    reference=f"{_RFC}1035#section-3.3.13",
    passes=[_SOUND],
    fails=[{"soa": soa_of(SOUND_SOA, _copy(mname="ns9.example.net"))}],
)
def mnames_differ(soa: Soa) -> str | Abstain | None:
    """The name servers name different primaries (MNAME).

    They do not serve copies of one zone; changes will reach some of them only. With two providers
    at once, give both the same SOA.
    """
    return _differ(soa, lambda one: one.mname)


@rule(
    "SOA009",
    Severity.LOW,
    reference=f"{_RFC}1035#section-3.3.13",
    passes=[_SOUND],
    fails=[{"soa": soa_of(SOUND_SOA, _copy(rname="other.example.net"))}],
)
def rnames_differ(soa: Soa) -> str | Abstain | None:
    """The name servers name different mailboxes (RNAME).

    They do not serve copies of one zone. Give all of them the same SOA.
    """
    return _differ(soa, lambda one: one.rname)


@rule(
    "SOA010",
    Severity.LOW,
    reference=f"{_RFC}1035#section-3.3.13",
    passes=[_SOUND],
    fails=[{"soa": soa_of(SOUND_SOA, _copy(minimum=60))}],
)
def timers_differ(soa: Soa) -> str | Abstain | None:
    """The name servers have different timers in their SOA.

    How long a missing name is remembered depends on who answered. Give all of them the same SOA.
    """
    return _differ(soa, lambda one: f"{one.refresh}/{one.retry}/{one.expire}/{one.minimum}")


@rule(
    "SOA011",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND],
    fails=[_GOOGLE],
)
def refresh_is_short(soa: Soa) -> str | None:
    """Secondary servers ask for changes more often than every 20 minutes.

    RFC 1912 advises 20 minutes to 12 hours. NOTIFY (RFC 1996) tells them at once anyway.
    """
    return _where(soa, lambda one: one.refresh < 20 * MINUTE, "refresh")


@rule(
    "SOA012",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND, {"soa": soa_of(refresh=86400, retry=7200, expire=3600000)}],
    fails=[{"soa": soa_of(refresh=DAY + 1, retry=7200, expire=3600000)}],
)
def refresh_is_long(soa: Soa) -> str | None:
    """Secondary servers ask for changes less than once a day.

    RFC 1912 advises 12 hours at most and RIPE-203 a day. A lost NOTIFY leaves old data that long.
    """
    return _where(soa, lambda one: one.refresh > DAY, "refresh")


@rule(
    "SOA013",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND],
    fails=[{"soa": soa_of(retry=7200)}],
)
def retry_not_below_refresh(soa: Soa) -> str | None:
    """A failed refresh is not tried again sooner than the next refresh.

    RETRY is meant to be a fraction of REFRESH; otherwise it has no effect. Lower it.
    """
    return _where(soa, lambda one: one.retry >= one.refresh, "retry")


@rule(
    "SOA014",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND],
    fails=[{"soa": soa_of(expire=DAY)}],
)
def expire_is_short(soa: Soa) -> str | None:
    """Secondary servers give the zone up within a week without the primary.

    RFC 1912 advises two to four weeks: with less, a weekend's outage of the primary takes the
    secondaries along. No matter for providers that do not use zone transfers.
    """
    return _where(soa, lambda one: one.expire < 7 * DAY, "expire")


@rule(
    "SOA015",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND, {"soa": soa_of(expire=3600000)}],
    fails=[{"soa": soa_of(expire=60 * DAY)}],
)
def expire_is_long(soa: Soa) -> str | None:
    """Secondary servers keep serving a lost zone for more than six weeks.

    RFC 1912 advises two to four weeks and RIPE-203 1000 hours. Nobody notices in time that the
    copies stopped.
    """
    return _where(soa, lambda one: one.expire > 42 * DAY, "expire")


@rule(
    "SOA016",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND, _GOOGLE],
    fails=[{"soa": soa_of(refresh=7200, retry=3600, expire=7200)}],
)
def expire_before_retry(soa: Soa) -> str | None:
    """The zone expires on secondary servers before they have tried twice.

    EXPIRE should be larger than REFRESH and RETRY together, or one missed refresh takes the zone
    away.
    """
    return _where(soa, lambda one: one.expire < one.refresh + one.retry, "expire")


@rule(
    "SOA017",
    Severity.NOTICE,
    reference=f"{_RFC}2308#section-5",
    passes=[_SOUND],
    fails=[_GOOGLE],
)
def negative_ttl_is_short(soa: Soa) -> str | None:
    """A missing name is remembered for less than five minutes.

    Resolvers ask again for names and types that do not exist. RFC 2308 found one to three hours to
    work well.
    """
    return _where(soa, lambda one: one.minimum < 5 * MINUTE, "minimum")


@rule(
    "SOA018",
    Severity.NOTICE,
    reference=f"{_RFC}2308#section-5",
    passes=[_SOUND],
    fails=[{"soa": soa_of(minimum=7 * DAY)}],
)
def negative_ttl_is_long(soa: Soa) -> str | None:
    """A missing name is remembered for more than a day.

    A record that is added, or was gone by mistake, stays missing that long. RFC 2308 calls values
    above a day problematic.
    """
    return _where(soa, lambda one: one.minimum > DAY, "minimum")


@rule(
    "SOA019",
    Severity.NOTICE,
    reference=f"{_RFC}1982#section-7",
    passes=[_SOUND],
    fails=[{"soa": soa_of(serial=0)}],
)
def serial_is_zero(soa: Soa) -> str | None:
    """The serial number is 0.

    Some servers take 0 for "no zone yet" and copy it again and again or never. Count from 1, or by
    date.
    """
    return _where(soa, lambda one: one.serial == 0, "serial")


@rule(
    "SOA020",
    Severity.NOTICE,
    reference=f"{_RFC}2181#section-8",
    passes=[_SOUND],
    fails=[{"soa": soa_of(expire=2**31)}],
)
def timer_beyond_31_bits(soa: Soa) -> str | None:
    """A timer is 2**31 seconds or more.

    Times this large are read as 0, or as negative, by many servers. Use weeks, not lifetimes.
    """
    found = [
        f"{field} {getattr(one, field)}"
        for one in soa.records
        for field in ("refresh", "retry", "expire", "minimum")
        if getattr(one, field) >= 2**31
    ]
    return ", ".join(found) or None


@rule(
    "SOA021",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.4",
    passes=[_SOUND, {"soa": soa_where(primary=host_of("ns1.example.net", "198.41.0.4"))}],
    fails=[
        {"soa": soa_where(primary=host_of("ns1.example.net", "198.41.0.4", alias="a.example.net"))}
    ],
)
def mname_is_an_alias(soa: Soa) -> str | None:
    """MNAME is an alias (CNAME).

    It should be the primary's own name: tools compare it with the NS set, and not every one follows
    an alias. Name the server it leads to.
    """
    host = soa.primary
    return f"{host.name} is an alias of {host.alias}" if host is not None and host.alias else None


@rule(
    "SOA022",
    Severity.NOTICE,
    reference=f"{_RFC}2136#section-4.3",
    passes=[_SOUND, {"soa": soa_where(primary=host_of("ns1.example.net", "198.41.0.4"))}],
    fails=[{"soa": soa_where(primary=host_of("ns1.example.net"))}],
)
def mname_has_no_address(soa: Soa) -> str | Abstain | None:
    """MNAME has no address.

    Dynamic updates and NOTIFY go nowhere. That is sound for a primary that is hidden on purpose,
    and else a name that was forgotten when the server was moved.
    """
    host = soa.primary
    if host is None or host.addresses:
        return None
    if not host.exists or host.is_without_address:
        return f"{host.name} has no address" if host.exists else f"{host.name} does not exist"
    return Abstain(f"addresses of {host.name}")
