"""Rules about whom an SPF record lets pass, and whether that fits the domain's mail."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.spf.evidence import (
    NO_MAIL,
    RFC,
    RFC7208,
    SOUND,
    WIDEST_V4,
    WIDEST_V6,
    entering,
    is_enforced,
    missed,
    shown,
    takes_mail,
    terms,
    told,
    unless_open,
)
from dnstats.grade.scale import Severity
from dnstats.records.dmarc import Dmarc
from dnstats.records.mx import Mx
from dnstats.records.spf import Spf
from dnstats.records.spf_term import LOOKUP_TERMS, Qualifier


@rule(
    "SPF022",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.1",
    passes=[SOUND, {"spf": "v=spf1 include:foo-all.example ~all"}],
    fails=[
        {"spf": "v=spf1 +all"},
        {"spf": "v=spf1 mx all"},
        {"spf": "v=spf1 redirect=open.example"},
    ],
)
def pass_all(spf: Spf) -> str | Abstain | None:
    """SPF lets everybody send.

    `+all`, or `all` without a sign, authorises every address on the internet. End the record with
    `-all` or `~all`.
    """
    if spf.policy is Qualifier.PASS:
        return spf.record.text
    return _unknown_policy(spf)


def _unknown_policy(spf: Spf) -> Abstain | None:
    """Abstains when a redirect that nobody could ask for hides the policy."""
    if spf.policy is not None:
        return None
    return missed(spf, (step for step in spf.steps if step.is_redirect))


@rule(
    "SPF023",
    Severity.CRITICAL,
    reference=f"{RFC7208}#section-5.2",
    passes=[SOUND, {"spf": "v=spf1 ?include:open.example -all"}],
    fails=[{"spf": "v=spf1 include:open.example -all"}, {"spf": "v=spf1 ip4:192.0.2.1/0 -all"}],
)
def passes_everyone(spf: Spf) -> str | Abstain | None:
    """SPF lets everybody send before it comes to `all`.

    An included record ends in `+all`, or a network is so wide that it holds every address. Remove
    that part.
    """
    if spf.passes_everyone and spf.policy is not Qualifier.PASS:
        wide = [step for step in spf.steps if step.passes_everyone]
        return told(wide) or f"a network of /0 in {spf.record.text}"
    return missed(spf, entering(spf))


@rule(
    "SPF024",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.1",
    passes=[SOUND, {"spf": "v=spf1 mx"}],
    fails=[{"spf": "v=spf1 mx ?all"}],
)
def neutral_all(spf: Spf) -> str | Abstain | None:
    """SPF says nothing about mail from anybody else.

    `?all` asks receivers to treat forged mail as if there were no SPF. End the record with `-all`
    or `~all`.
    """
    if spf.policy is Qualifier.NEUTRAL and not _is_default(spf):
        return spf.record.text
    return _unknown_policy(spf)


def _is_default(spf: Spf) -> bool:
    return spf.record.all is None and not any(t.name == "redirect" for t in spf.record.terms)


@rule(
    "SPF025",
    Severity.HIGH,
    reference=f"{RFC7208}#section-4.7",
    passes=[
        SOUND,
        {"spf": "v=spf1 redirect=_spf.example.net"},
        {"spf": "v=spf1 ?all"},
        {"spf": "v=spf1 mx ~allgoogle-site-verification=x"},
    ],
    fails=[{"spf": "v=spf1 mx"}, {"spf": "v=spf1"}],
)
def no_all(spf: Spf) -> str | None:
    """The SPF record does not say how to treat everybody else.

    Without `all` or `redirect=` the result for a forged sender is neutral, as if there were no SPF.
    End the record with `-all` or `~all`.
    """
    if spf.record.faults:
        return None  # a word that cannot be read may be the `all`; the fault is told
    return f"no all and no redirect in {spf.record.text}" if _is_default(spf) else None


@rule(
    "SPF026",
    Severity.MEDIUM,
    reference=f"{RFC7208}#section-5.1",
    passes=[
        SOUND | {"dmarc": None},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=reject"},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=quarantine"},
    ],
    fails=[
        {"spf": "v=spf1 mx ~all", "dmarc": None},
        {"spf": "v=spf1 mx ~all", "dmarc": "v=DMARC1; p=none"},
    ],
)
def softfail_alone(spf: Spf, dmarc: Dmarc | None) -> str | Abstain | None:
    """SPF only softly fails forged mail, and no DMARC policy makes up for it.

    `~all` asks receivers to accept and mark. With DMARC at quarantine or reject that is good
    practice, because it leaves the decision to DMARC; without it forged mail is delivered. Publish
    such a policy, or end the record with `-all`.
    """
    if spf.policy is not Qualifier.SOFTFAIL:
        return _unknown_policy(spf)
    if is_enforced(dmarc):
        return None
    policy = f"p={dmarc.effective_policy}" if dmarc and dmarc.effective_policy else "no policy"
    return unless_open(dmarc, f"~all, and DMARC has {policy}")


@rule(
    "SPF027",
    Severity.HIGH,
    reference=f"{RFC7208}#section-5.6",
    passes=[SOUND, {"spf": "v=spf1 ip4:192.0.0.0/8 ip6:2001:db8::/32 -all"}],
    fails=[{"spf": "v=spf1 ip4:128.0.0.0/1 -all"}, {"spf": "v=spf1 ip6:2000::/3 -all"}],
)
def too_wide_network(spf: Spf) -> str | None:
    """SPF authorises a network that is larger than anybody owns.

    IANA's largest blocks are a /8 of IPv4 and a /12 of IPv6. A shorter prefix takes in the mail
    servers of many others; often a digit is missing.
    """
    wide = (
        term
        for term in terms(spf)
        if (term.prefix4 is not None and term.prefix4 < WIDEST_V4)
        or (term.prefix6 is not None and term.prefix6 < WIDEST_V6)
    )
    return shown(wide)


MANY_ADDRESSES = 100_000
"""IPv4 addresses: a third of the domains with SPF let more pass ("Lazy Gatekeepers", IMC 2023)."""


@rule(
    "SPF028",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-11.4",
    passes=[SOUND],
    fails=[{"spf": "v=spf1 ip4:10.0.0.0/15 -all"}],
)
def many_addresses(spf: Spf) -> str | None:
    """SPF lets more than 100,000 IPv4 addresses send.

    Everybody who can send from one of them passes SPF as this domain. That is usual with large mail
    providers; DKIM and DMARC protect better there. Drop providers that no longer send for you.
    """
    if spf.ipv4_addresses <= MANY_ADDRESSES:
        return None
    return f"{spf.ipv4_addresses:,} IPv4 addresses"


@rule(
    "SPF043",
    Severity.LOW,
    reference=f"{RFC}7505#section-4.2",
    passes=[NO_MAIL | {"mx": "0 ."}, SOUND | {"mx": "10 mail.example.com"}],
    fails=[{"spf": "v=spf1 mx -all", "mx": "0 ."}],
)
def senders_beside_null_mx(spf: Spf, mx: Mx) -> str | None:
    """SPF authorises senders on a domain that takes no mail.

    A null MX says that the domain has no mail, and receivers may refuse mail that cannot be
    answered. Publish `v=spf1 -all`, or a mail host.
    """
    if not mx.is_null or not (spf.ipv4_addresses or _authorising(spf)):
        return None
    return f"null MX, and SPF {spf.record.text}"


def _authorising(spf: Spf) -> bool:
    named = LOOKUP_TERMS | {"ip4", "ip6"}
    return any(t.name in named and t.qualifier is Qualifier.PASS for t in spf.record.evaluated)


@rule(
    "SPF044",
    Severity.NOTICE,
    reference=f"{RFC7208}#section-10.1.2",
    passes=[NO_MAIL | {"mx": "0 ."}, SOUND | {"mx": "10 mail.example.com"}],
    fails=[NO_MAIL | {"mx": "10 mail.example.com"}],
)
def mail_host_beside_no_senders(spf: Spf, mx: Mx) -> str | None:
    """The domain takes mail, and SPF says that it never sends any.

    That is right for a domain that only receives. If people answer from it, receivers refuse their
    mail: list the senders.
    """
    if spf.is_mailless and takes_mail(mx):
        return f"v=spf1 -all, and {mx.count} MX"
    return None
