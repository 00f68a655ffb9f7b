"""Rules about the limits of SPF: look-ups, and the size of the answer."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.spf.evidence import RFC, RFC7208, SOUND, missed, told
from dnstats.grade.scale import Severity
from dnstats.records.spf import Spf
from dnstats.records.spf_step import MAX_LOOKUPS, MAX_STEPS, MAX_VOID, End


@rule(
    "SPF019",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND, {"spf": "v=spf1 include:a.example " + "a " * 9 + "-all"}],
    fails=[{"spf": "v=spf1 " + "include:a.example " * 11 + "-all"}],
)
def too_many_lookups(spf: Spf) -> str | Abstain | None:
    """SPF needs more than ten DNS look-ups.

    Receivers stop at ten and answer permerror; which senders that hits depends on the order. Drop
    includes of services that no longer send, and replace `a` and `mx` by `ip4:` and `ip6:`.
    """
    if spf.lookups is None:
        return Abstain("an include or redirect was not measured")
    if spf.lookups <= MAX_LOOKUPS:
        return None
    more = " or more" if spf.lookups >= MAX_STEPS else ""
    return f"{spf.lookups}{more} look-ups; the eleventh is {spf.exceeded_at}"


@rule(
    "SPF020",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND, {"spf": "v=spf1 a:one.invalid a:two.invalid -all"}],
    fails=[{"spf": "v=spf1 a:one.invalid a:two.invalid mx:three.invalid -all"}],
)
def too_many_void_lookups(spf: Spf) -> str | Abstain | None:
    """SPF makes more than two look-ups that find nothing.

    Receivers that keep the recommended limit of two answer permerror. Remove what no longer exists.
    """
    if spf.void_lookups is None:
        return Abstain("a look-up was not measured")
    if spf.void_lookups <= MAX_VOID:
        return None
    return told(step for step in spf.steps if step.is_void)


@rule(
    "SPF021",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 mx:crowd.example -all"}],
)
def too_many_exchanges(spf: Spf) -> str | Abstain | None:
    """SPF has an `mx` with more than ten mail hosts.

    Receivers answer permerror as soon as they come to it. List the sending addresses with `ip4:`
    and `ip6:` instead: the hosts that take mail need not be those that send it.
    """
    mx = [step for step in spf.steps if step.term.lstrip("+?~-").partition(":")[0][:2] == "mx"]
    return told(step for step in mx if step.end is End.MANY_EXCHANGES) or missed(spf, mx)


@rule(
    "SPF042",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-4.6.4",
    passes=[SOUND, {"spf": "v=spf1 " + "include:a.example " * 11 + "-all"}],
    fails=[{"spf": "v=spf1 " + "include:a.example " * 10 + "-all"}],
)
def no_lookups_left(spf: Spf) -> str | Abstain | None:
    """SPF uses all ten DNS look-ups.

    It works today; one more look-up in any included record, which others may add, breaks it. Drop
    what no longer sends.
    """
    if spf.lookups is None:
        return Abstain("an include or redirect was not measured")
    return f"{spf.lookups} look-ups" if spf.lookups == MAX_LOOKUPS else None


UDP_SIZE = 1232
"""Octets that fit into one UDP packet everywhere; DNS servers cut off above it (flag day 2020)."""


@rule(
    "SPF040",
    Severity.LOW,
    reference=f"{RFC}9715#appendix-A",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 " + "ip4:198.41.0.4 " * 90 + "-all"}],
)
def large_answer(spf: Spf) -> str | None:
    """The answer with the SPF record does not fit into one packet.

    Receivers have to ask a second time over TCP, and some networks block that. Shorten the record,
    or remove TXT records that are no longer needed from the name.
    """
    if spf.txt_size <= UDP_SIZE:
        return None
    return f"{spf.txt_size} octets of TXT, {spf.record.size} of them SPF"


ANSWER_SIZE = 512
"""Octets of a whole DNS answer that RFC 7208 section 3.4 asks to stay below."""


@rule(
    "SPF041",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-3.4",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 " + "ip4:198.41.0.4 " * 40 + "-all"}],
)
def answer_above_512(spf: Spf) -> str | None:
    """The answer with the SPF record is larger than 512 octets.

    Old DNS software cannot take it over UDP, and RFC 7208 asks to stay below. Most receivers cope.
    """
    if not ANSWER_SIZE < spf.txt_size <= UDP_SIZE:
        return None
    return f"{spf.txt_size} octets of TXT, {spf.record.size} of them SPF"
