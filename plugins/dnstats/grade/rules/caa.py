"""Rules about CAA. Reads caa, and dnssec where the protection of CAA hangs on it; asks nobody.

What names an issuer is judged by its grammar alone: an authority is free to be called anything.
"""

from __future__ import annotations

from collections.abc import Callable

from dnstats.grade.rule import rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import signed
from dnstats.records.caa import Caa, caa_of
from dnstats.records.caa_property import ISSUING, Property, unknown_methods
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_state import State

_RFC = "https://www.rfc-editor.org/rfc/rfc"
_BR = "https://github.com/cabforum/servercert/blob/main/docs/BR.md#a1-caa-methods"
_REGISTRY = "https://www.iana.org/assignments/pkix-parameters/pkix-parameters.xhtml#caa-properties"
_ONE = '0 issue "ca.example"'
_SOUND = {"caa": (_ONE, '0 iodef "mailto:pki@example.com"')}

MAX_TAG = 15
"""Characters of a tag that every implementation must take (RFC 8659 section 4.1)."""


def _those(caa: Caa, is_wrong: Callable[[Property], bool]) -> str | None:
    """The wrong properties as evidence, in presentation form with what is wrong."""
    found = [
        f'{one.flags} {one.tag} "{one.value}"' + (f" ({one.fault})" if one.fault else "")
        for one in caa.properties
        if is_wrong(one)
    ]
    return ", ".join(found) or None


@rule(
    "CAA001",
    Severity.HIGH,
    reference=f"{_RFC}8659#section-3",
    passes=[_SOUND],
    fails=[{"caa": None}],
)
def no_caa(caa: Caa | None) -> str | None:
    """There is no CAA record, at the domain or above it.

    Any of the hundred or so authorities may issue a certificate for the domain to whoever gets past
    its checks. Publish CAA with the authorities that you use.
    """
    return "none up to the top-level domain" if caa is None else None


@rule(
    "CAA002",
    Severity.HIGH,
    reference=f"{_RFC}8659#section-4.2",
    passes=[_SOUND, {"caa": '0 issue ";"'}, {"caa": '0 issuewild "ca.example"'}],
    fails=[{"caa": '0 iodef "mailto:pki@example.com"'}, {"caa": '0 issuemail "ca.example"'}],
)
def caa_restricts_nothing(caa: Caa) -> str | None:
    """CAA is published and restricts no certificate.

    Without an issue or issuewild property every authority may issue, as if there were no CAA at
    all. Add `0 issue "your-ca.example"`.
    """
    if caa.issuers is None and caa.wildcard_issuers is None:
        tags = sorted({one.tag for one in caa.properties})
        return f"only {', '.join(tags)}" if tags else None
    return None


def _issuing_fault(tag: str) -> Callable[[Property], bool]:
    return lambda one: one.tag == tag and bool(one.fault)


@rule(
    "CAA003",
    Severity.HIGH,
    reference=f"{_RFC}8659#section-4.2",
    passes=[_SOUND, {"caa": '0 issue "ca.example; accounturi=https://ca.example/acct/1"'}],
    fails=[
        {"caa": '0 issue "not a domain"'},
        {"caa": r'0 issue "\"ca.example\""'},
        {"caa": '0 issue "ca.example; account"'},
    ],
)
def issue_is_malformed(caa: Caa) -> str | None:
    """An issue property breaks the grammar.

    Authorities must read it as "nobody", so the next renewal fails. Write the authority's domain,
    then parameters after semicolons, without quotation marks inside.
    """
    return _those(caa, _issuing_fault("issue"))


@rule(
    "CAA004",
    Severity.HIGH,
    reference=f"{_RFC}8659#section-4.3",
    passes=[{"caa": (_ONE, '0 issuewild ";"')}],
    fails=[{"caa": (_ONE, '0 issuewild "*"')}],
)
def issuewild_is_malformed(caa: Caa) -> str | None:
    """An issuewild property breaks the grammar.

    Authorities must read it as "nobody", so wildcard certificates cannot be had. Write the
    authority's domain, or `;` if nobody shall issue them.
    """
    return _those(caa, _issuing_fault("issuewild"))


@rule(
    "CAA005",
    Severity.MEDIUM,
    reference=f"{_RFC}9495#section-3",
    passes=[{"caa": (_ONE, '0 issuemail "ca.example; account=1"')}],
    fails=[{"caa": (_ONE, '0 issuemail "a_b"')}],
)
def issuemail_is_malformed(caa: Caa) -> str | None:
    """An issuemail property breaks the grammar.

    Authorities must read it as "nobody", so S/MIME certificates cannot be had. Write the
    authority's domain, or `;` if nobody shall issue them.
    """
    return _those(caa, _issuing_fault("issuemail"))


@rule(
    "CAA006",
    Severity.LOW,
    reference=_REGISTRY,
    passes=[{"caa": (_ONE, '0 issuevmc ";"')}],
    fails=[{"caa": (_ONE, '0 issuevmc "ca example"')}],
)
def issuevmc_is_malformed(caa: Caa) -> str | None:
    """An issuevmc property breaks the grammar.

    Authorities read it as "nobody", so a verified mark certificate for the logo cannot be had.
    Write the authority's domain.
    """
    return _those(caa, _issuing_fault("issuevmc"))


@rule(
    "CAA007",
    Severity.HIGH,
    reference=f"{_RFC}8659#section-4.5",
    passes=[_SOUND, {"caa": (_ONE, '0 future "x"')}, {"caa": '128 issue "ca.example"'}],
    fails=[{"caa": (_ONE, '128 future "x"')}],
)
def unknown_critical_property(caa: Caa) -> str | None:
    """A property that no authority knows is marked critical.

    Nobody may issue any certificate while it stands. Correct its name, or clear the flag.
    """
    return _those(caa, lambda one: one.is_unknown and one.is_critical)


@rule(
    "CAA008",
    Severity.LOW,
    reference=f"{_RFC}8659#section-7.2",
    passes=[_SOUND, {"caa": (_ONE, '0 contactemail "pki@example.com"')}],
    fails=[{"caa": (_ONE, '0 isue "ca.example"')}],
)
def unknown_property(caa: Caa) -> str | None:
    """A property is not known to anybody.

    Authorities pass over it, so it protects nothing; often it is a misspelt issue or iodef. Correct
    or remove it.
    """
    return _those(  # critical ones are CAA007's, broken names CAA010's
        caa, lambda one: one.is_unknown and not one.is_critical and _is_tag(one)
    )


def _is_tag(one: Property) -> bool:
    return len(one.tag) <= MAX_TAG and one.tag.isascii() and one.tag.isalnum()


@rule(
    "CAA009",
    Severity.LOW,
    reference=f"{_RFC}8659#section-4.1",
    passes=[_SOUND, {"caa": '128 issue "ca.example"'}],
    fails=[{"caa": '1 issue "ca.example"'}, {"caa": '255 issue "ca.example"'}],
)
def reserved_flags(caa: Caa) -> str | None:
    """Flags are set that mean nothing.

    Only 128 (critical) is defined; 1 is a common mistake for it, which some authorities take for
    critical and others do not. Use 0 or 128.
    """
    return _those(caa, lambda one: bool(one.flags & 0x7F))


@rule(
    "CAA010",
    Severity.LOW,
    reference=f"{_RFC}8659#section-4.1",
    passes=[_SOUND],
    fails=[{"caa": (_ONE, '0 abcdefghijklmnop "x"')}, {"caa": (_ONE, '0 is-sue "ca.example"')}],
)
def tag_is_no_tag(caa: Caa) -> str | None:
    """A property's name is too long or has characters that are not allowed.

    Tags are 1 to 15 letters and digits. Authorities may reject the set. Correct or remove it.
    """
    return _those(caa, lambda one: not _is_tag(one))


@rule(
    "CAA011",
    Severity.LOW,
    reference=f"{_RFC}8659#section-4.4",
    passes=[_SOUND, {"caa": (_ONE, '0 iodef "https://example.com/report"')}],
    fails=[
        {"caa": (_ONE, '0 iodef "pki@example.com"')},
        {"caa": (_ONE, '0 iodef "mailto:nobody"')},
        {"caa": (_ONE, '0 iodef "https://"')},
        {"caa": (_ONE, '0 iodef "ftp://example.com"')},
    ],
)
def iodef_is_malformed(caa: Caa) -> str | None:
    """An iodef property is not a URL that reports can be sent to.

    Reports about refused requests go nowhere. Write mailto:you@example.com, with the scheme, or an
    https URL.
    """
    return _those(caa, lambda one: one.tag == "iodef" and bool(one.fault))


@rule(
    "CAA012",
    Severity.NOTICE,
    reference=f"{_RFC}8659#section-4.4",
    passes=[_SOUND],
    fails=[{"caa": (_ONE, '0 iodef "http://example.com/report"')}],
)
def iodef_without_tls(caa: Caa) -> str | None:
    """Reports are asked for over plain HTTP.

    Anybody on the way can read them. Use an https URL or mailto.
    """
    return _those(caa, lambda one: one.tag == "iodef" and one.value[:5].lower() == "http:")


@rule(
    "CAA013",
    Severity.NOTICE,
    reference=f"{_RFC}8659#section-4.4",
    passes=[_SOUND],
    fails=[{"caa": _ONE}],
)
def no_iodef(caa: Caa) -> str | None:
    """Nobody is told when an authority refuses a certificate.

    An iodef property lets authorities report attempts; few do, so this costs nothing.
    """
    return "no iodef" if not caa.of("iodef") else None


@rule(
    "CAA014",
    Severity.LOW,
    reference=_BR,
    passes=[{"caa": (_ONE, '0 contactemail "pki@example.com"', '0 contactphone "+3185123456"')}],
    fails=[
        {"caa": (_ONE, '0 contactemail "nobody"')},
        {"caa": (_ONE, '0 contactphone "call me"')},
    ],
)
def contact_is_malformed(caa: Caa) -> str | None:
    """A contact property is no mail address, or no telephone number.

    Authorities may use these to prove control of the domain, and cannot (Baseline Requirements,
    appendix A.1). A telephone number starts with + and the country.
    """
    return _those(caa, lambda one: one.tag in ("contactemail", "contactphone") and bool(one.fault))


@rule(
    "CAA015",
    Severity.LOW,
    reference=f"{_RFC}8657#section-4",
    passes=[
        {"caa": '0 issue "ca.example; validationmethods=dns-01,ca-special"'},
    ],
    fails=[
        {"caa": '0 issue "ca.example; validationmethods=dns"'},
        {"caa": '0 issue "ca.example; validationmethods="'},
    ],
)
def unknown_validation_method(caa: Caa) -> str | None:
    """A validation method is allowed that does not exist.

    If no other is allowed, the authority can never issue. Methods have names like dns-01; those of
    one authority start with ca-.
    """
    return _those(caa, lambda one: one.tag in ISSUING and bool(unknown_methods(one)))


@rule(
    "CAA016",
    Severity.MEDIUM,
    reference=f"{_RFC}8657#section-3",
    passes=[{"caa": '0 issue "ca.example; accounturi=https://ca.example/acct/1"'}],
    fails=[
        {"caa": '0 issue "ca.example; accounturi=12345"'},
        {"caa": '0 issue "ca.example; accounturi=https://a.example; accounturi=https://b.example"'},
    ],
)
def accounturi_cannot_match(caa: Caa) -> str | None:
    """An accounturi is no URI, or there are several in one property.

    No account can match, so the authority refuses (all of them from 2027-03-15 on). Copy the
    account URI that the ACME client shows; use one property per account.
    """
    return _those(caa, _has_impossible_account)


def _has_impossible_account(one: Property) -> bool:
    accounts = one.parameter("accounturi")
    return len(accounts) > 1 or any(":" not in account for account in accounts)


@rule(
    "CAA017",
    Severity.NOTICE,
    reference=f"{_RFC}8657#section-5",
    passes=[
        {"caa": '0 issue "ca.example; accounturi=https://ca.example/acct/1"'},
        {"caa": '0 issue ";"'},
    ],
    fails=[_SOUND],
)
def issuer_without_account(caa: Caa) -> str | None:
    """The authority is named and not the account.

    Whoever gets past the authority's checks with an account of their own gets a certificate.
    accounturi binds the name to your account; authorities must honour it from 2027-03-15 on
    (CA/Browser Forum ballot SC-098). Costs nothing yet.
    """
    return _those(
        caa,
        lambda one: (
            one.tag in ("issue", "issuewild")
            and bool(one.issuer)
            and not one.parameter("accounturi")
        ),
    )


@rule(
    "CAA018",
    Severity.NOTICE,
    reference=f"{_RFC}8659#section-4.2",
    passes=[_SOUND, {"caa": '0 issue ";"'}],
    fails=[{"caa": (_ONE, '0 issue ";"')}],
)
def nobody_and_somebody(caa: Caa) -> str | None:
    """ "Nobody may issue" stands beside an authority that may.

    The empty issuer has no effect then: properties add up. Remove the one that is not meant.
    """
    for tag in ISSUING:
        named = caa.of(tag)
        empty = [one for one in named if not one.issuer and not one.fault]
        if empty and any(one.issuer for one in named):
            return f'{tag} "{empty[0].value}" beside {tag} of {len(named) - len(empty)} others'
    return None


@rule(
    "CAA019",
    Severity.LOW,
    reference=f"{_RFC}8659#section-4.2",
    passes=[_SOUND],
    fails=[{"caa": '0 issue "letsencrypt"'}],
)
def issuer_is_a_single_label(caa: Caa) -> str | None:
    """An authority is named by one word and not by its domain.

    No authority goes by it, so it permits nobody. Write letsencrypt.org, not letsencrypt.
    """
    return _those(caa, lambda one: bool(one.issuer) and "." not in one.issuer)


@rule(
    "CAA020",
    Severity.MEDIUM,
    reference=f"{_RFC}8659#section-4.1",
    passes=[_SOUND],
    fails=[{"caa": caa_of("example.com", 0, (), malformed=1)}],
)
def caa_is_malformed(caa: Caa) -> str | None:
    """A CAA record cannot be read.

    Its tag is empty or cut off. Authorities that cannot read the set must not issue. Renew it.
    """
    return f"{caa.malformed} with data that is no CAA" if caa.malformed else None


@rule(
    "CAA021",
    Severity.NOTICE,
    reference=f"{_RFC}8659#section-5.1",
    passes=[{**_SOUND, "dnssec": signed()}, {**_SOUND, "dnssec": None}],
    fails=[{**_SOUND, "dnssec": signed(state=State.INSECURE, ds=(), dnskeys=())}],
)
def caa_is_not_signed(caa: Caa, dnssec: Dnssec | None) -> str | None:
    """CAA is published in a zone without DNSSEC.

    Whoever can forge answers to the authority can hide it. Since 2026-03-15 authorities validate
    DNSSEC for CAA where there is any (CA/Browser Forum ballot SC-085). Sign the zone.
    """
    if dnssec is None or dnssec.state is not State.INSECURE:
        return None
    # Another zone's set, a parent's or an alias target's, is signed or not by others.
    return f"found at {caa.found_at}, insecure" if caa.level == 0 and not caa.alias else None


@rule(
    "CAA022",
    Severity.NOTICE,
    reference=f"{_RFC}9495#section-4",
    passes=[{"caa": (_ONE, '0 issuemail ";"')}],
    fails=[_SOUND],
)
def no_issuemail(caa: Caa) -> str | None:
    """Any authority may issue mail certificates (S/MIME) for the domain.

    issue does not restrict them; issuemail does, and `0 issuemail ";"` forbids them. Costs nothing.
    """
    return "no issuemail" if caa.mail_issuers is None else None


@rule(
    "CAA023",
    Severity.NOTICE,
    reference=f"{_RFC}8659#section-4.3",
    passes=[
        {"caa": (_ONE, '0 issuewild ";"')},
        {"caa": ('0 issue ";"', '0 issuewild "ca.example"')},
    ],
    fails=[{"caa": (_ONE, '0 issuewild "ca.example"')}],
)
def issuewild_repeats_issue(caa: Caa) -> str | None:
    """issuewild says what issue says already.

    Without issuewild, issue counts for wildcards too. One list less to keep right.
    """
    plain, wild = (
        sorted((one.value, one.flags) for one in caa.of(tag)) for tag in ("issue", "issuewild")
    )
    return f"{len(wild)} equal properties" if wild and plain == wild else None
