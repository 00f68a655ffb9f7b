"""Rules about the policy: does it do anything, and for whom?

p=reject is not the only good policy: RFC 9989 section 7.4 asks domains whose people write to
mailing lists not to publish it, so quarantine costs nothing.
"""

from __future__ import annotations

from dnstats.grade.rule import rule
from dnstats.grade.rules.dmarc.evidence import GOOD, RFC7489, RFC9989
from dnstats.grade.scale import Severity
from dnstats.records.dmarc import Dmarc, read_zone
from dnstats.records.dmarc_record import POLICIES
from dnstats.records.public_suffix import is_public_suffix
from dnstats.records.spf import Spf


@rule(
    "DMARC004",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=Reject"}],
    fails=[{"dmarc": "v=DMARC1; p=rejct"}, {"dmarc": "v=DMARC1; p=reject; sp=all"}],
)
def invalid_policy_without_reports(dmarc: Dmarc) -> str | None:
    """A policy value is invalid, so DMARC is off.

    With a `p`, `sp` or `np` that is not none, quarantine or reject, and without a valid `rua`,
    receivers apply no DMARC at all. Correct the value.
    """
    return (bad_policies(dmarc) or dmarc.record) if dmarc.found_at and not dmarc.policy else None


def bad_policies(dmarc: Dmarc) -> str:
    """The policy tags whose value is none of the three, as evidence."""
    tags = (("p", dmarc.p), ("sp", dmarc.sp), ("np", dmarc.np))
    return ", ".join(f"{name}={value}" for name, value in tags if value not in (None, *POLICIES))


@rule(
    "DMARC005",
    Severity.HIGH,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=rejct"}],
    fails=[{"dmarc": "v=DMARC1; p=rejct; rua=mailto:dmarc@example.com"}],
)
def invalid_policy_with_reports(dmarc: Dmarc) -> str | None:
    """A policy value is invalid, so the whole record counts as p=none.

    Reports still come, but no policy is applied to forged mail, not even the valid ones in the same
    record. Correct the value to none, quarantine or reject.
    """
    return (bad_policies(dmarc) or None) if dmarc.policy else None


@rule(
    "DMARC006",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; sp=none; p=none"}],
    fails=[{"dmarc": "v=DMARC1; rua=mailto:dmarc@example.com"}],
)
def policy_missing(dmarc: Dmarc) -> str | None:
    """The policy tag `p` is missing.

    Receivers of RFC 9989 assume p=none; those of RFC 7489 may ignore the record. Say which policy
    you want.
    """
    return dmarc.record if dmarc.found_at and dmarc.p is None else None


@rule(
    "DMARC007",
    Severity.HIGH,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=quarantine"}],
    fails=[
        {"dmarc": "v=DMARC1; p=none"},
        {"dmarc": "v=DMARC1; p=quarantine; t=y"},
        {"dmarc": "v=DMARC1"},
    ],
)
def policy_none(dmarc: Dmarc) -> str | None:
    """The policy is none: forged mail is delivered.

    p=none (and quarantine in test mode) only asks for reports. It is where one starts, not where
    one stays: when the reports show that your own mail passes, go on to quarantine or reject.
    """
    if dmarc.effective_policy != "none" or bad_policies(dmarc):
        return None
    where = f" at {dmarc.found_at}" if dmarc.is_inherited else ""
    return dmarc.record + where


@rule(
    "DMARC008",
    Severity.HIGH,
    reference=f"{RFC9989}#section-5.1.4",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=none; rua=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=none"}],
)
def policy_none_without_reports(dmarc: Dmarc) -> str | None:
    """The policy is none and nobody gets reports: the record does nothing.

    p=none is for collecting reports, and this record names no address that could receive them. Add
    `rua=mailto:` with a mailbox that is read, or a stronger policy.
    """
    if dmarc.effective_policy != "none" or any(uri.is_valid for uri in dmarc.rua):
        return None
    return dmarc.record


@rule(
    "DMARC009",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=none; t=y"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; t=y"}, {"dmarc": "v=DMARC1; p=quarantine; t=y"}],
)
def test_mode(dmarc: Dmarc) -> str | None:
    """Test mode lowers the policy by one level.

    With t=y receivers quarantine where the record says reject, and do nothing where it says
    quarantine. Remove it when the test is over.
    """
    if not dmarc.is_testing or dmarc.policy in ("", "none"):
        return None
    return f"p={dmarc.policy} with t=y is applied as {dmarc.effective_policy}"


@rule(
    "DMARC010",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=none; sp=none"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; sp=none"}],
)
def subdomains_unprotected(dmarc: Dmarc) -> str | None:
    """Subdomains are left out of the policy.

    With sp=none anybody can send mail from any subdomain, which looks just as genuine to a reader.
    Drop `sp`, or raise it; a subdomain that is not ready can have a record of its own.
    """
    if dmarc.is_inherited or dmarc.policy in ("", "none") or dmarc.subdomain_policy != "none":
        return None
    return f"p={dmarc.policy}, for subdomains {dmarc.subdomain_policy}"


@rule(
    "DMARC011",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=none"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; sp=quarantine"}],
)
def subdomains_weaker(dmarc: Dmarc) -> str | None:
    """The policy for subdomains is weaker than the domain's own.

    Forgers take the weakest name. Unless some subdomain needs it, let `sp` follow `p`.
    """
    if dmarc.is_inherited or (dmarc.policy, dmarc.subdomain_policy) != ("reject", "quarantine"):
        return None
    return f"p={dmarc.policy}, for subdomains {dmarc.subdomain_policy}"


@rule(
    "DMARC012",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=none"}],
    fails=[
        {"dmarc": "v=DMARC1; p=reject; np=none"},
        {"dmarc": "v=DMARC1; p=reject; np=quarantine"},
    ],
)
def invented_subdomains_weaker(dmarc: Dmarc) -> str | None:
    """Subdomains that do not exist have a weaker policy than the others.

    No genuine mail comes from a name that does not exist, so `np` can always be reject. Here it is
    weaker than what applies to existing names, which invites invented ones.
    """
    if dmarc.np not in POLICIES or dmarc.policy == "" or dmarc.subdomain_policy == "":
        return None
    if _strength(dmarc.np) >= _strength(dmarc.subdomain_policy):
        return None
    return f"np={dmarc.np}, for existing subdomains {dmarc.subdomain_policy}"


def _strength(policy: str) -> int:
    return POLICIES.index(policy)


@rule(
    "DMARC013",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=none; np=reject"}],
    fails=[{"dmarc": "v=DMARC1; p=none"}],
)
def invented_subdomains_open(dmarc: Dmarc) -> str | None:
    """`np=reject` would cost nothing and is missing.

    It applies to names below this domain that do not exist, which send no genuine mail. It protects
    them while `p` and `sp` are still being raised.
    """
    if dmarc.is_inherited or dmarc.np is not None or dmarc.nonexistent_policy in ("", "reject"):
        return None
    return f"non-existent subdomains get {dmarc.nonexistent_policy}"


@rule(
    "DMARC014",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=reject"}],
    fails=[
        {
            "dmarc": read_zone(
                "www.example.com",
                {"www.example.com": ["v=DMARC1; p=reject; sp=none"], "example.com": [GOOD]},
            )
        }
    ],
)
def ignored_subdomain_tags(dmarc: Dmarc) -> str | None:
    """`sp` or `np` stands in a record where it has no effect.

    These tags count only in the record of the organisational domain (or a public suffix). Names
    below this one take their policy from there, or need records of their own.
    """
    if dmarc.is_inherited or not dmarc.organisational_domain or dmarc.psd == "y":
        return None
    if dmarc.found_at in ("", dmarc.organisational_domain) or dmarc.sp is dmarc.np is None:
        return None
    return f"record at {dmarc.found_at}, organisational domain {dmarc.organisational_domain}"


@rule(
    "DMARC017",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": GOOD}, {"dmarc": read_zone("gov.uk", {"gov.uk": [GOOD + "; psd=y"]})}],
    fails=[{"dmarc": GOOD + "; psd=y"}],
)
def false_public_suffix(dmarc: Dmarc) -> str | None:
    """The record claims to be that of a public suffix.

    psd=y makes every name below an organisation of its own: mail signed by one subdomain no longer
    aligns with another, and `sp` reaches none of them. Remove it, unless strangers can register
    names below this domain (then have it put on the Public Suffix List too).
    """
    if dmarc.psd != "y" or dmarc.is_inherited or is_public_suffix(dmarc.found_at):
        return None
    return f"psd=y at {dmarc.found_at}, which is not on the Public Suffix List"


@rule(
    "DMARC018",
    Severity.LOW,
    reference=f"{RFC7489}#section-6.6.3",
    passes=[{"dmarc": GOOD}, {"dmarc": "v=DMARC1; p=none"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; np=rejct"}],
)
def standards_disagree(dmarc: Dmarc) -> str | None:
    """Receivers of the old and of the new standard see different policies.

    RFC 9989 (2026) replaced the Public Suffix List by a walk up the tree and changed some tags.
    Until every receiver has followed, mail from this domain is treated in two ways.
    """
    old = dmarc.verdict_7489
    if old is None or old.policy == dmarc.policy or dmarc.p is None:
        return None
    return f"RFC 9989: {dmarc.policy or 'no DMARC'}, RFC 7489: {old.policy or 'no DMARC'}"


@rule(
    "DMARC021",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.10.2",
    passes=[{"dmarc": GOOD}, {"dmarc": read_zone("www.example.com", {"example.com": [GOOD]})}],
    fails=[
        {"dmarc": read_zone("www.example.com", {"www.example.com": [GOOD + "; psd=n"]})},
        {"dmarc": read_zone("www.example.com", {"www.example.com": [GOOD]})},
    ],
)
def borders_disagree(dmarc: Dmarc) -> str | None:
    """The old and the new standard draw the border of the organisation at different names.

    Mail signed by a name beyond the nearer border aligns for receivers of one standard only. A
    record at the registered domain makes both agree.
    """
    old = dmarc.verdict_7489
    if old is None or not dmarc.found_at or not dmarc.organisational_domain:
        return None
    if old.organisational_domain == dmarc.organisational_domain:
        return None
    return f"RFC 9989: {dmarc.organisational_domain}, RFC 7489: {old.organisational_domain}"


@rule(
    "DMARC055",
    Severity.LOW,
    reference=f"{RFC9989}#appendix-A.6",
    passes=[{"dmarc": GOOD + "; pct=100"}, {"dmarc": "v=DMARC1; p=none; pct=50"}],
    fails=[{"dmarc": GOOD + "; pct=50"}, {"dmarc": GOOD + "; pct=0"}],
)
def partial_policy(dmarc: Dmarc) -> str | None:
    """Only some receivers apply the policy in full, because of `pct`.

    RFC 9989 dropped the percentage: its receivers apply the policy to all mail, older ones to part
    of it. Remove `pct`; for a trial there is t=y.
    """
    old = dmarc.verdict_7489
    if old is None or old.percent == 100 or dmarc.policy in ("", "none") or dmarc.is_inherited:
        return None
    return f"pct={old.percent}"


@rule(
    "DMARC063",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.4",
    passes=[{"dmarc": GOOD}],
    fails=[{"dmarc": GOOD + "; adkim=s; aspf=s"}],
)
def strict_alignment(dmarc: Dmarc) -> str | None:
    """Alignment is strict for both SPF and DKIM.

    Mail passes only when the signing or sending domain is exactly the sender's. Nearly all domains
    find relaxed alignment sufficient; services that send from subdomains fail under strict.
    """
    return "adkim=s, aspf=s" if dmarc.found_at and dmarc.adkim == dmarc.aspf == "s" else None


@rule(
    "DMARC070",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[
        {"dmarc": "v=DMARC1; p=reject", "spf": "v=spf1 -all"},
        {"dmarc": "v=DMARC1; p=none", "spf": "v=spf1 mx -all"},
    ],
    fails=[{"dmarc": "v=DMARC1; p=quarantine", "spf": "v=spf1 -all"}],
)
def mailless_without_reject(dmarc: Dmarc, spf: Spf) -> str | None:
    """A domain that sends no mail does not reject.

    The SPF record says that nothing is sent from here, so all mail is forged. With p=reject nothing
    can be lost.
    """
    if not spf.is_mailless or dmarc.effective_policy in ("", "reject"):
        return None
    return f"policy {dmarc.effective_policy}, {spf.record.text}"


@rule(
    "DMARC071",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.5",
    passes=[{"dmarc": GOOD, "spf": "v=spf1 mx -all"}, {"dmarc": "v=DMARC1; p=none", "spf": None}],
    fails=[{"dmarc": GOOD, "spf": None}],
)
def rests_on_dkim_alone(dmarc: Dmarc, spf: Spf | None) -> str | None:
    """The policy is enforced without SPF.

    Mail can pass by DKIM alone, and what is not signed, or loses its signature on the way, fails.
    DMARC works best with both.
    """
    if spf is not None or dmarc.effective_policy in ("", "none"):
        return None
    return f"policy {dmarc.effective_policy}, no SPF record"
