"""`truth(seed, domain)`: everything that is true of one site, put together.

It depends on seed and domain alone: not on the site list, not on the day, not on order.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from dnstats.lab import certificates, delegation, mailing, policies
from dnstats.lab.chance import Chance
from dnstats.lab.labels import fits, parents, split
from dnstats.lab.mailing import Mail
from dnstats.lab.providers import ALIAS_TARGETS
from dnstats.lab.rdata import strings_of
from dnstats.lab.truth import APEX_TYPES, BELOW, Truth

STANDARD = (*(("", rdtype) for rdtype in APEX_TYPES), *BELOW)
UNANSWERED = 0.003 * len(STANDARD)
DS_OF_CASE = {
    "unsigned": (), "no_ds": (), "registry": ((13, 2),), "rsa": ((8, 2),), "ed25519": ((15, 2),),
    "sha1_ds": ((13, 1),),
}  # fmt: skip
ALIAS_CAA = ((0, b"issue", b"digicert.com"), (0, b"issue", b"microsoft.com"))


@lru_cache(maxsize=65536)
def unanswered_question(seed: int, domain: str) -> tuple[str, str] | None:
    """Return the standard question (name, type) about a site that no resolver ever answers.

    One site in sixteen has one, so that 0.3 % of all standard questions stay unanswered.
    """
    organisation = split(domain)[0]
    if not organisation or delegation.is_reserved(organisation):
        return None
    chance = Chance(seed, domain)
    if not chance.below("unanswered", UNANSWERED):
        return None
    prefix, rdtype = chance.pick("unanswered question", STANDARD)
    return f"{prefix}.{domain}".lstrip("."), rdtype


def ds_of(seed: int, zone: str) -> tuple[tuple[int, int], ...]:
    """Return (algorithm, digest type) of a zone's DS records."""
    case = delegation.dnssec_case(seed, zone)
    chance = Chance(seed, zone)
    if case == "sha1_algorithm":
        return ((chance.pick("old algorithm", (5, 7, 7, 7)), 2),)
    if case in DS_OF_CASE:
        return DS_OF_CASE[case]
    both = case == "ecdsa" and chance.below("both digests", 0.05)
    return ((13, 1), (13, 2)) if both else ((13, 2),)


def alias_of(seed: int, domain: str) -> str | None:
    """Return the CNAME target of a site that is an alias."""
    if delegation.place(seed, domain) != "alias":
        return None
    chance = Chance(seed, domain)
    if chance.below("alias to organisation", 0.25):
        return split(domain)[0]
    return chance.pick("alias", ALIAS_TARGETS).replace("{tag}", chance.word("alias tag", 9))


def _caa_found(seed: int, name: str) -> tuple[str, tuple[tuple[int, bytes, bytes], ...]]:
    """Return what a CAA question for one name brings, through its alias, and the name it is at."""
    target = alias_of(seed, name)
    if target is None:
        return name, certificates.caa(seed, name, delegation.place(seed, name))
    if target == split(name)[0]:
        return target, certificates.caa(seed, target, "zone")
    return target, ALIAS_CAA if target.endswith(".azureedge.net") else ()


def _caa(seed: int, domain: str) -> tuple[str | None, tuple[tuple[int, bytes, bytes], ...]]:
    """Climb from the site to its organisation for the first CAA set (RFC 8659 §3)."""
    organisation = split(domain)[0] or domain
    for name in (domain, *parents(domain, organisation)):
        at, found = _caa_found(seed, name)
        if found:
            return at, found
    return None, ()


def _unanswered(seed: int, domain: str) -> tuple[tuple[str, str], ...]:
    """Return the unanswered questions that a scan of this site meets, climbing included."""
    own = unanswered_question(seed, domain)
    found = [own] if own else []
    for name in parents(domain, split(domain)[0] or domain):
        above = unanswered_question(seed, name)
        if above in ((name, "CAA"), (f"_dmarc.{name}", "TXT")):
            found.append(above)
    return tuple(found)


def _own_mail(seed: int, domain: str, place: str, alias: str | None) -> Mail:
    if alias is None:
        return mailing.mail(seed, domain, place)
    if alias != split(domain)[0]:
        return Mail()
    return mailing.mail(seed, alias, "zone")


def _txt(seed: int, owner: str, place: str, mail: Mail) -> tuple[tuple[bytes, ...], ...]:
    spf = tuple(strings_of(text) for text in mail.spf)
    return (*policies.other_txt(seed, owner, place), *spf)


@lru_cache(maxsize=16384)
def truth(seed: int, domain: str) -> Truth:
    """Return what is true of the site `domain` (lowercase, no final dot) under `seed`."""
    if domain != domain.lower() or domain.endswith(".") or not fits(domain):
        raise ValueError(f"not a lowercase domain name without final dot: {domain!r}")
    fate, zone = delegation.fate(seed, domain), delegation.zone_of(seed, domain)
    servers = delegation.servers(seed, zone) if zone == domain and fate != "nxdomain" else ()
    alias = alias_of(seed, domain)
    if fate == "ok" and alias == split(domain)[0] and alias:
        fate = delegation.fate(seed, alias)
        if fate == "alias_loop":
            return Truth(domain=domain, fate=fate, zone=zone, alias=alias)
    if fate != "ok":
        return Truth(domain=domain, fate=fate, zone=zone, servers=servers)
    if not split(domain)[0]:
        return Truth(domain=domain, fate=fate, zone=zone, servers=servers, dnssec="secure",
                     dnssec_case="registry", ds=ds_of(seed, domain))  # fmt: skip
    base = Truth(domain=domain, fate=fate, zone=zone, servers=servers, alias=alias,
                 unanswered=_unanswered(seed, domain),
                 dnssec=delegation.dnssec_state(seed, zone),
                 dnssec_case=delegation.dnssec_case(seed, zone),
                 ds=ds_of(seed, zone) if zone == domain else ())  # fmt: skip
    return _published(seed, base)


def _published(seed: int, base: Truth) -> Truth:
    """Fill in what the site's zone holds."""
    domain, alias, place = base.domain, base.alias, delegation.place(seed, base.domain)
    chance = Chance(seed, domain)
    mail = _own_mail(seed, domain, place, alias)
    own_mx = alias is None and mail.has_mx
    dmarc = policies.dmarc(seed, domain, place, own_mx)
    enforced = dmarc.policy in ("quarantine", "reject")
    own_zone, secure = place == "zone", base.dnssec_case in delegation.SECURE
    target, target_place = (alias, "zone") if alias == split(domain)[0] else (domain, place)
    caa_at, caa = _caa(seed, domain)
    at_alias = alias is not None and alias != split(domain)[0]
    return msgspec.structs.replace(
        base, mx=mail.mx, has_mx=mail.has_mx, null_mx=mail.mx == ((0, ""),),
        txt=() if at_alias else _txt(seed, target or domain, target_place, mail),
        spf=mail.spf, spf_case=mail.spf_case,
        spf_qualifier=mailing.qualifier(mail.spf, mail.spf_case),
        below=mail.below if alias is None else (),
        dmarc=dmarc.records, dmarc_policy=dmarc.policy, dmarc_other=dmarc.other,
        report_hosts=policies.report_hosts(seed, domain, dmarc.records),
        bimi=policies.bimi(seed, domain, enforced), caa=caa, caa_at=caa_at,
        mta_sts=policies.mta_sts(seed, domain, own_mx),
        tls_rpt=policies.tls_rpt(seed, domain, own_mx),
        cds=own_zone and secure and chance.below("cds", 0.2),
        tlsa_hosts=tuple(host for _, host in mail.mx if host.endswith("." + domain)
                         and not host.startswith("mx-") and own_zone and secure
                         and chance.below("tlsa", 0.2)),
        https=place != "alias" and chance.below("https", 0.25 if own_zone else 0.1),
        msdcs=own_zone and chance.below("msdcs", 0.004),
        wildcard=chance.weighted("wildcard", {"": 96.0, "txt": 1, "a": 2, "cname": 1}) or None
        if own_zone else None,
    )  # fmt: skip
