"""Rules about the DMARC policy: is there one, does it do anything, and for whom.

p=reject is not the only good policy: RFC 9989 section 7.4 asks domains whose people write to
mailing lists not to publish it, so quarantine costs nothing.
"""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records import tag_list
from dnstats.records.dmarc import Dmarc, read_zone
from dnstats.records.dmarc_record import POLICIES
from dnstats.records.dmarc_report import ReportAddress
from dnstats.records.misplaced import Misplaced
from dnstats.records.mx import Mx
from dnstats.records.public_suffix import is_public_suffix
from dnstats.records.spf import Spf

RFC9989 = "https://www.rfc-editor.org/rfc/rfc9989"
RFC7489 = "https://www.rfc-editor.org/rfc/rfc7489"
RFC9990 = "https://www.rfc-editor.org/rfc/rfc9990"

_GOOD = "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
_MAIL = "10 mail.example.com"


def _strength(policy: str) -> int:
    return POLICIES.index(policy)


def bad_policies(dmarc: Dmarc) -> str:
    """The policy tags whose value is none of the three, as evidence."""
    tags = (("p", dmarc.p), ("sp", dmarc.sp), ("np", dmarc.np))
    return ", ".join(f"{name}={value}" for name, value in tags if value not in (None, *POLICIES))


@rule(
    "DMARC001",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[
        {"dmarc": _GOOD, "mx": _MAIL},
        {"dmarc": "v=DMARC1; p=none", "mx": _MAIL},
        {"dmarc": None, "mx": "0 ."},
    ],
    fails=[{"dmarc": None, "mx": _MAIL}, {"dmarc": "v=spf1 -all", "mx": _MAIL}],
)
def no_record(dmarc: Dmarc | None, mx: Mx | None) -> str | None:
    """There is no DMARC record, and the domain has mail.

    Anybody can send mail with this domain as its sender, and nobody is told. Publish a TXT record
    at `_dmarc`: first `v=DMARC1; p=none` with an address for reports, and once the reports show all
    your mail passing, quarantine or reject.
    """
    return _absence(dmarc) if mx is not None and not mx.is_null else None


def _absence(dmarc: Dmarc | None) -> str | None:
    """What is there instead of a record, or of an attempt at one; None when there is one."""
    if dmarc is None:
        return "no DMARC record here or at any parent"
    if dmarc.found_at or dmarc.several_at or any(map(_resembles, dmarc.other_texts)):
        return None
    return f"no DMARC record, only other text: {dmarc.other_texts[0]}"


def _resembles(text: str) -> bool:
    return "dmarc" in text.lower()


@rule(
    "DMARC002",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": ("v=DMARC1; p=none", _GOOD)}],
)
def several_records(dmarc: Dmarc) -> str | None:
    """There are several DMARC records, so none counts.

    Receivers discard all records of a name that has more than one (RFC 9989 section 4.10 step 2),
    and treat the domain as one without DMARC. Delete all but one.
    """
    if dmarc.found_at or not dmarc.several_at:
        return None
    return f"several records at {', '.join(dmarc.several_at)}; the first: {dmarc.record}"


@rule(
    "DMARC003",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD}, {"dmarc": "v = DMARC1 ; p=none"}],
    fails=[
        {"dmarc": "v=dmarc1; p=reject"},
        {"dmarc": "v=DMARC1 p=reject"},
        {"dmarc": '"v=DMARC1; p=reject"'},
        {"dmarc": " v=DMARC1; p=reject"},
    ],
)
def broken_version(dmarc: Dmarc) -> str | None:
    """The record does not begin with v=DMARC1, so it is ignored.

    The version must be the first thing in the record, in exactly this spelling, with a semicolon
    behind it. A receiver takes anything else for some other text. Common causes: quotation marks
    copied along, a space in front, lower case, a missing semicolon.
    """
    if dmarc.found_at or dmarc.several_at:
        return None
    return next(filter(_resembles, dmarc.other_texts), None)


@rule(
    "DMARC004",
    Severity.CRITICAL,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=Reject"}],
    fails=[{"dmarc": "v=DMARC1; p=rejct"}, {"dmarc": "v=DMARC1; p=reject; sp=all"}],
)
def invalid_policy_without_reports(dmarc: Dmarc) -> str | None:
    """A policy value is invalid, so DMARC is off.

    With a `p`, `sp` or `np` that is not none, quarantine or reject, and without a valid `rua`,
    receivers apply no DMARC at all. Correct the value.
    """
    return (bad_policies(dmarc) or dmarc.record) if dmarc.found_at and not dmarc.policy else None


@rule(
    "DMARC005",
    Severity.HIGH,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=rejct"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; sp=none; p=none"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=quarantine"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=none; rua=mailto:dmarc@example.com"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=none; t=y"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=none; sp=none"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=none"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=none"}],
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


@rule(
    "DMARC013",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=none; np=reject"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=reject; sp=reject"}],
    fails=[
        {
            "dmarc": read_zone(
                "www.example.com",
                {"www.example.com": ["v=DMARC1; p=reject; sp=none"], "example.com": [_GOOD]},
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
    "DMARC015",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": read_zone("www.example.com", {"example.com": [_GOOD]})}],
)
def inherited(dmarc: Dmarc) -> str | None:
    """The policy comes from a parent domain.

    That is how DMARC is meant to work, and no fault: the parent's `sp` decides here. A record of
    its own makes this name independent of it.
    """
    return f"record at {dmarc.found_at}" if dmarc.is_inherited and dmarc.psd != "y" else None


@rule(
    "DMARC016",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[{"dmarc": _GOOD}],
    fails=[
        {"dmarc": read_zone("example.bank", {"bank": ["v=DMARC1; p=reject; psd=y"]})},
    ],
)
def only_registry_policy(dmarc: Dmarc) -> str | None:
    """Only the registry's policy protects the domain.

    The operator of the public suffix publishes a policy for names without one. Receivers of
    RFC 7489 do not know it, and reports go to the registry. Publish a record of your own.
    """
    return f"record at {dmarc.found_at}" if dmarc.is_inherited and dmarc.psd == "y" else None


@rule(
    "DMARC017",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD}, {"dmarc": read_zone("gov.uk", {"gov.uk": [_GOOD + "; psd=y"]})}],
    fails=[{"dmarc": _GOOD + "; psd=y"}],
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
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; p=none"}],
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
    "DMARC019",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.10",
    passes=[{"dmarc": _GOOD}],
    fails=[
        {
            "dmarc": read_zone(
                "www.example.com", {"www.example.com": [_GOOD], "example.com": [_GOOD, _GOOD + ";"]}
            )
        },
    ],
)
def several_records_above(dmarc: Dmarc) -> str | None:
    """A parent domain has several DMARC records.

    All of them are discarded, so the parent, and names below it without a record, have no DMARC.
    """
    return ", ".join(dmarc.several_at) if dmarc.found_at and dmarc.several_at else None


@rule(
    "DMARC020",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.5",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": (_GOOD, "v=spf1 -all")}],
)
def other_texts_beside(dmarc: Dmarc) -> str | None:
    """There are other texts at `_dmarc`.

    The name is for DMARC alone. Receivers skip what is not DMARC; often it comes from a wildcard,
    or from a record entered at the wrong name.
    """
    return ", ".join(dmarc.other_texts) if dmarc.found_at and dmarc.other_texts else None


@rule(
    "DMARC021",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.10.2",
    passes=[{"dmarc": _GOOD}, {"dmarc": read_zone("www.example.com", {"example.com": [_GOOD]})}],
    fails=[
        {"dmarc": read_zone("www.example.com", {"www.example.com": [_GOOD + "; psd=n"]})},
        {"dmarc": read_zone("www.example.com", {"www.example.com": [_GOOD]})},
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


# Reports


@rule(
    "DMARC030",
    Severity.LOW,
    reference=f"{RFC9989}#section-5.1.3",
    passes=[
        {"dmarc": _GOOD, "mx": "10 mail.example.com"},
        {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."},
        {"dmarc": "v=DMARC1; p=reject", "mx": None},
        {"dmarc": "v=DMARC1; p=none", "mx": "10 mail.example.com"},
    ],
    fails=[{"dmarc": "v=DMARC1; p=reject", "mx": "10 mail.example.com"}],
)
def no_reports(dmarc: Dmarc, mx: Mx | None) -> str | None:
    """Nobody gets the reports.

    Mail is quarantined or rejected and nobody would notice if some of it was genuine. Add
    `rua=mailto:` with a mailbox that is read. (A domain without mail hosts needs none.)
    """
    if mx is None or mx.is_null or dmarc.effective_policy in ("", "none"):
        return None
    return None if any(tag.name == "rua" for tag in dmarc.tags) else dmarc.record


@rule(
    "DMARC031",
    Severity.MEDIUM,
    reference=f"{RFC9989}#section-4.6",
    passes=[{"dmarc": _GOOD}, {"dmarc": _GOOD + "!10m"}],
    fails=[
        {"dmarc": "v=DMARC1; p=reject; rua=dmarc@example.com"},
        {"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc"},
        {"dmarc": "v=DMARC1; p=reject; rua="},
    ],
)
def invalid_rua(dmarc: Dmarc) -> str | None:
    """An address for aggregate reports is invalid.

    Reports for it go nowhere. An address is a URI: `mailto:` first, commas between several.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "rua")


def _values(dmarc: Dmarc, kind: str, *tags: str) -> str | None:
    """Defects of a kind, about these tags (any when none is named), as evidence."""
    found = [one for one in dmarc.defects if one.kind == kind and (not tags or one.tag in tags)]
    return ", ".join(f"{one.tag}={one.text}" if one.tag else one.text for one in found) or None


@rule(
    "DMARC032",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.6",
    passes=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; ruf=dmarc@example.com"}],
)
def invalid_ruf(dmarc: Dmarc) -> str | None:
    """An address for failure reports is invalid.

    Reports for it go nowhere. An address is a URI: `mailto:` first, commas between several.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "ruf")


@rule(
    "DMARC033",
    Severity.MEDIUM,
    reference=f"{RFC9990}#section-4",
    passes=[
        {"dmarc": _GOOD},
        {"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc@mail.example.com"},
    ],
    fails=[{"dmarc": "v=DMARC1; p=reject; rua=mailto:dmarc@example.net"}],
)
def reports_not_authorised(dmarc: Dmarc) -> str | Abstain | None:
    """A host in another domain has not agreed to get the reports.

    Reports about this domain are sent there only when it publishes `v=DMARC1` at
    `<this domain>._report._dmarc.<host>`. Ask its operator to add that record.
    """
    return _without_consent(dmarc, dmarc.rua)


def _without_consent(dmarc: Dmarc, addresses: tuple[ReportAddress, ...]) -> str | Abstain | None:
    """The names at which an external host's consent was looked for in vain."""
    external = [one for one in addresses if one.is_external]
    refused = [one.host for one in external if one.is_authorised is False]
    if refused:
        names = (f"{dmarc.found_at}._report._dmarc.{host}" for host in dict.fromkeys(refused))
        return f"no record at {', '.join(names)}"
    unknown = [one.host for one in external if one.is_authorised is None]
    return Abstain(f"consent of {', '.join(unknown)} not measured") if unknown else None


@rule(
    "DMARC034",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc9991#section-5",
    passes=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; ruf=mailto:dmarc@example.net"}],
)
def failure_reports_not_authorised(dmarc: Dmarc) -> str | Abstain | None:
    """A host in another domain has not agreed to get failure reports.

    Failure reports need the same consent as aggregate reports. Ask the host's operator for the
    record `<this domain>._report._dmarc.<host>`.
    """
    return _without_consent(dmarc, dmarc.ruf)


@rule(
    "DMARC035",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + "!10m"}],
)
def size_limit(dmarc: Dmarc) -> str | None:
    """A report address has a size limit, which is obsolete.

    `!10m` behind an address is ignored since RFC 9989. Remove it.
    """
    return _values(dmarc, tag_list.OBSOLETE)


@rule(
    "DMARC036",
    Severity.NOTICE,
    reference=f"{RFC7489}#section-6.2",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + ",mailto:b@example.com,mailto:c@example.com"}],
)
def many_report_addresses(dmarc: Dmarc) -> str | None:
    """There are more than two addresses for aggregate reports.

    Receivers must support two and may stop there. Send reports to one mailbox that passes them on.
    """
    return f"{len(dmarc.rua)} addresses" if len(dmarc.rua) > 2 else None


@rule(
    "DMARC037",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD}, {"dmarc": _GOOD + ",https://example.com/dmarc"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; rua=https://example.com/dmarc"}],
)
def no_mailto(dmarc: Dmarc) -> str | None:
    """Aggregate reports are asked for by another way than mail only.

    Receivers must support `mailto:` and need not support anything else. Add a `mailto:` address.
    """
    valid = [address for address in dmarc.rua if address.is_valid]
    return ", ".join(a.uri for a in valid) if valid and not any(a.host for a in valid) else None


@rule(
    "DMARC038",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": "v=DMARC1; p=reject; fo=1; ruf=mailto:dmarc@example.com"}],
    fails=[{"dmarc": "v=DMARC1; p=reject; fo=1"}],
)
def fo_without_ruf(dmarc: Dmarc) -> str | None:
    """`fo` has no effect without `ruf`.

    It says for which failures reports are wanted, and there is no address for them.
    """
    return f"fo={':'.join(dmarc.fo)}" if dmarc.fo and not dmarc.ruf else None


@rule(
    "DMARC039",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc7505#section-3",
    passes=[{"dmarc": _GOOD, "mx": _MAIL}, {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."}],
    fails=[{"dmarc": _GOOD, "mx": "0 ."}],
)
def reports_to_a_domain_without_mail(dmarc: Dmarc, mx: Mx) -> str | None:
    """Reports are asked for at this domain, which takes no mail.

    Its null MX makes senders refuse to deliver anything here, reports too. Name a mailbox in a
    domain that has mail (which must agree, RFC 9990 section 4), or drop `rua`.
    """
    if not mx.is_null:
        return None
    own = dmarc.steps[0].domain
    return ", ".join(one.uri for one in (*dmarc.rua, *dmarc.ruf) if one.host == own) or None


# Tags


@rule(
    "DMARC050",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD + "; adkim=S"}],
    fails=[{"dmarc": _GOOD + "; adkim=strict"}],
)
def invalid_adkim(dmarc: Dmarc) -> str | None:
    """The value of `adkim` is invalid.

    It is r (relaxed) or s (strict); anything else counts as r.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "adkim")


@rule(
    "DMARC051",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD + "; aspf=s"}],
    fails=[{"dmarc": _GOOD + "; aspf=n"}],
)
def invalid_aspf(dmarc: Dmarc) -> str | None:
    """The value of `aspf` is invalid.

    It is r (relaxed) or s (strict); anything else counts as r.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "aspf")


@rule(
    "DMARC052",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD + "; fo=1:d:s"}, {"dmarc": _GOOD + "; fo=D:0"}],
    fails=[{"dmarc": _GOOD + "; fo=0:1"}, {"dmarc": _GOOD + "; fo=1,d"}],
)
def invalid_fo(dmarc: Dmarc) -> str | None:
    """The value of `fo` is invalid.

    It takes 0 or 1 (not both), d and s, each once, with colons between.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "fo")


@rule(
    "DMARC053",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD + "; psd=n"}],
    fails=[{"dmarc": _GOOD + "; psd=no"}],
)
def invalid_psd(dmarc: Dmarc) -> str | None:
    """The value of `psd` is invalid.

    It is y, n or u; anything else counts as u. Few domains need it.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "psd")


@rule(
    "DMARC054",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD + "; t=n"}],
    fails=[{"dmarc": _GOOD + "; t=yes"}],
)
def invalid_t(dmarc: Dmarc) -> str | None:
    """The value of `t` is invalid.

    It is y or n; anything else counts as n, so the policy is applied in full.
    """
    return _values(dmarc, tag_list.BAD_VALUE, "t")


@rule(
    "DMARC055",
    Severity.LOW,
    reference=f"{RFC9989}#appendix-A.6",
    passes=[{"dmarc": _GOOD + "; pct=100"}, {"dmarc": "v=DMARC1; p=none; pct=50"}],
    fails=[{"dmarc": _GOOD + "; pct=50"}, {"dmarc": _GOOD + "; pct=0"}],
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
    "DMARC056",
    Severity.LOW,
    reference=f"{RFC7489}#section-6.3",
    passes=[{"dmarc": _GOOD + "; pct=100"}, {"dmarc": _GOOD + "; pct=0"}],
    fails=[{"dmarc": _GOOD + "; pct=101"}, {"dmarc": _GOOD + "; pct=50%"}],
)
def invalid_pct(dmarc: Dmarc) -> str | None:
    """The value of `pct` is invalid.

    It was a whole number from 0 to 100. The tag is obsolete: remove it.
    """
    value = next((tag.value for tag in dmarc.tags if tag.name == "pct"), "100")
    is_number = value.isascii() and value.isdecimal() and len(value) <= 3
    return None if is_number and int(value) <= 100 else f"pct={value}"


@rule(
    "DMARC057",
    Severity.NOTICE,
    reference=f"{RFC9989}#appendix-C.5.2",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + "; pct=100"}, {"dmarc": _GOOD + "; rf=afrf; ri=86400"}],
)
def removed_tags(dmarc: Dmarc) -> str | None:
    """The record has tags that DMARC no longer has.

    `pct`, `rf` and `ri` are gone since RFC 9989 and ignored. Remove them.
    """
    return _values(dmarc, tag_list.REMOVED)


@rule(
    "DMARC058",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.7",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + "; adk=s"}],
)
def unknown_tags(dmarc: Dmarc) -> str | None:
    """The record has unknown tags.

    Receivers ignore them. Look for a slip of the pen.
    """
    return _values(dmarc, tag_list.UNKNOWN)


@rule(
    "DMARC059",
    Severity.LOW,
    reference="https://www.rfc-editor.org/rfc/rfc6376#section-3.2",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": "v=DMARC1; p=reject; p=none"}],
)
def repeated_tags(dmarc: Dmarc) -> str | None:
    """A tag stands twice in the record.

    Receivers differ: some take the first, some the last, some drop the record. Keep one.
    """
    return _values(dmarc, tag_list.REPEATED)


@rule(
    "DMARC060",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": _GOOD + ";"}, {"dmarc": "v=DMARC1; p = reject ; "}],
    fails=[{"dmarc": "v=DMARC1; p=reject; mailto:dmarc@example.com"}],
)
def stray_text(dmarc: Dmarc) -> str | None:
    """The record has text that is no tag.

    Everything between semicolons is `tag=value`. What is not is ignored, perhaps not as intended.
    """
    return _values(dmarc, tag_list.NO_EQUALS)


@rule(
    "DMARC061",
    Severity.NOTICE,
    reference=f"{RFC7489}#section-6.3",
    passes=[{"dmarc": _GOOD}, {"dmarc": "v=DMARC1; sp=none"}],
    fails=[{"dmarc": "v=DMARC1; rua=mailto:dmarc@example.com; p=reject"}],
)
def policy_not_second(dmarc: Dmarc) -> str | None:
    """`p` does not stand right after the version.

    RFC 7489 wanted it there and strict older receivers still do. RFC 9989 does not care.
    """
    names = [tag.name for tag in dmarc.tags]
    return dmarc.record if "p" in names and names[1] != "p" else None


@rule(
    "DMARC062",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + "; np=“reject”"}, {"dmarc": _GOOD + "\n"}],
)
def strange_characters(dmarc: Dmarc) -> str | None:
    """The record has characters other than printable ASCII.

    Typographic quotation marks and line breaks get in by copying and pasting. A value that has them
    does not count.
    """
    if not dmarc.found_at or (dmarc.record.isascii() and "\\" not in dmarc.record):
        return None
    return dmarc.record


@rule(
    "DMARC063",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.4",
    passes=[{"dmarc": _GOOD}],
    fails=[{"dmarc": _GOOD + "; adkim=s; aspf=s"}],
)
def strict_alignment(dmarc: Dmarc) -> str | None:
    """Alignment is strict for both SPF and DKIM.

    Mail passes only when the signing or sending domain is exactly the sender's. Nearly all domains
    find relaxed alignment sufficient; services that send from subdomains fail under strict.
    """
    return "adkim=s, aspf=s" if dmarc.found_at and dmarc.adkim == dmarc.aspf == "s" else None


# Beside the other records


@rule(
    "DMARC064",
    Severity.NOTICE,
    reference=f"{RFC9989}#section-4.8",
    passes=[{"dmarc": _GOOD + " ; "}],
    fails=[{"dmarc": "v=DMARC1;; p=reject"}, {"dmarc": _GOOD + ","}],
)
def empty_pieces(dmarc: Dmarc) -> str | None:
    """The record has a semicolon or comma too many.

    Between two semicolons stands a tag, between two commas an address. Most receivers skip the gap;
    the grammar does not allow it.
    """
    return _values(dmarc, tag_list.EMPTY)


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
    passes=[{"dmarc": _GOOD, "spf": "v=spf1 mx -all"}, {"dmarc": "v=DMARC1; p=none", "spf": None}],
    fails=[{"dmarc": _GOOD, "spf": None}],
)
def rests_on_dkim_alone(dmarc: Dmarc, spf: Spf | None) -> str | None:
    """The policy is enforced without SPF.

    Mail can pass by DKIM alone, and what is not signed, or loses its signature on the way, fails.
    DMARC works best with both.
    """
    if spf is not None or dmarc.effective_policy in ("", "none"):
        return None
    return f"policy {dmarc.effective_policy}, no SPF record"


@rule(
    "DMARC072",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc9991#section-2",
    passes=[{"dmarc": read_zone("gov.uk", {"gov.uk": [_GOOD + "; psd=y"]})}],
    fails=[
        {"dmarc": read_zone("uk", {"uk": ["v=DMARC1; p=none; psd=y; ruf=mailto:a@registry.uk"]})},
    ],
)
def failure_reports_of_others(dmarc: Dmarc) -> str | None:
    """A public suffix asks for failure reports.

    They hold personal data of mail under names that belong to others. Receivers send them to no
    record with psd=y. Remove `ruf`.
    """
    return ", ".join(one.uri for one in dmarc.ruf) or None if dmarc.psd == "y" else None


@rule(
    "DMARC073",
    Severity.HIGH,
    reference=f"{RFC9989}#section-4.10.1",
    passes=[
        {"dmarc": "v=DMARC1; p=reject", "mx": "0 ."},
        {"dmarc": None, "mx": _MAIL},
    ],
    fails=[{"dmarc": None, "mx": "0 ."}, {"dmarc": None, "mx": None}],
)
def no_record_without_mail(dmarc: Dmarc | None, mx: Mx | None) -> str | None:
    """There is no DMARC record on a domain that takes no mail.

    A domain without mail can be forged as a sender all the same, and has nothing to lose: publish
    `v=DMARC1; p=reject` at `_dmarc`, and `v=spf1 -all` at the domain.
    """
    return None if mx is not None and not mx.is_null else _absence(dmarc)


@rule(
    "DMARC074",
    Severity.LOW,
    reference=f"{RFC9989}#section-4.5",
    passes=[{"misplaced": "v=spf1 -all"}],
    fails=[{"misplaced": ("v=spf1 -all", _GOOD)}],
)
def record_at_the_wrong_name(misplaced: Misplaced) -> str | None:
    """A DMARC record stands at the domain itself, where nobody looks for it.

    Receivers ask for TXT at `_dmarc` in front of the domain. Move the record there.
    """
    return " | ".join(misplaced.dmarc) or None
