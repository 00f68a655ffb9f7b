"""What a site says about mail: MX, SPF, and the SPF records below it.

Seeded choices only: 73 % of all sites have MX, 60 % SPF, counting those that fail; real strings
from the catalogue beside made ones.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from dnstats.lab.catalogue import mail_rows, spf_rows, spf_targets
from dnstats.lab.chance import Chance
from dnstats.lab.labels import fits
from dnstats.lab.providers import MAIL_PROVIDERS, spf_hosts, spf_record

MX_SHARE = {"zone": 0.757, "inside": 0.15}
NULL_MX = 0.015
ODD_MX = {"literal": 0.3, "localhost": 0.4, "cname": 0.7, "gone": 0.5, "": 98.1}
SPF_CASES = {
    "invalid": 1.0, "several": 1.2, "many_includes": 2.4, "include_loop": 0.3,
    "redirect_chain": 0.6, "macro": 0.4, "plus_all": 0.2, "real": 12, "plain": 81.9,
}  # fmt: skip
ALL = re.compile(r"(?i)(?:^|\s)([-+~?]?)all(?=\s|$)")


class Mail(msgspec.Struct, frozen=True):
    """MX and SPF of a site: see Truth for the fields."""

    mx: tuple[tuple[int, str], ...] = ()
    spf: tuple[bytes, ...] = ()
    spf_case: str = "none"
    below: tuple[tuple[str, bytes], ...] = ()

    @property
    def has_mx(self) -> bool:
        """There is an MX record that names a host."""
        return any(host for _, host in self.mx)


@cache
def _include_names() -> tuple[str, ...]:
    return tuple(sorted(spf_hosts()))


@cache
def _provider_weights() -> dict[str, float]:
    return {name: provider[0] for name, provider in MAIL_PROVIDERS.items()}


def _ordinary(chance: Chance, domain: str) -> tuple[tuple[tuple[int, str], ...], str | None]:
    """Choose hosts as a provider or a real domain has them, and the SPF string beside them."""
    if chance.below("real mail", 0.4):
        row = chance.pick("mail row", mail_rows())
        hosts = [host.replace("{site}", domain) for host in row.mx]
        mx = tuple((10 * n, host) for n, host in enumerate(hosts, 1))
        return mx, row.spf.replace("{site}", domain) if row.spf else None
    provider = chance.weighted("mail provider", _provider_weights())
    _, templates, terms = MAIL_PROVIDERS[provider]
    tag = chance.word("mail tag", 3)
    if provider == "own":
        names = chance.pick("own hosts", (("mail",), ("mail",), ("mx1", "mx2"), ("mx",), ("",)))
        templates = tuple((10 * n, f"{h}.{domain}".lstrip(".")) for n, h in enumerate(names, 1))
        terms = chance.pick("own spf", ("a mx -all", "mx ~all", "a mx ip4:192.88.99.7 ~all",
                                        "mx ptr ?all", "a:mail.{site} -all"))  # fmt: skip
    dashed = domain.replace(".", "-").strip("_-")[:63].rstrip("-")
    mx = tuple((p, h.replace("{dashed}", dashed).replace("{tag}", tag)) for p, h in templates)
    return mx, "v=spf1 " + terms.replace("{tag}", tag).replace("{site}", domain)


def _odd(chance: Chance, domain: str) -> tuple[tuple[int, str], ...]:
    """Choose an MX that is wrong in one of the ways the real world has; () for none of them."""
    kind = chance.weighted("odd mx", ODD_MX)
    host = {"literal": "192.0.2.25", "localhost": "localhost", "cname": f"mx-alias.{domain}",
            "gone": f"mx-gone.{domain}"}.get(kind)  # fmt: skip
    return ((10, host),) if host else ()


def _spf(
    chance: Chance, domain: str, base: str, case: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the SPF texts of a case, and the records below the site that they lead to."""
    below: dict[str, str] = {}
    texts: tuple[str, ...] = (base,)
    if case in ("invalid", "real"):
        ruling = "permerror" if case == "invalid" else "valid"
        texts = (chance.pick("spf row", spf_rows(ruling)),)
    elif case == "several":
        texts = (base, "v=spf1 mx ~all" if base != "v=spf1 mx ~all" else "v=spf1 a -all")
    elif case == "many_includes":
        chosen = [chance.pick(f"include {n}", _include_names()) for n in range(12)]
        texts = (
            " ".join(["v=spf1", *(f"include:{name}" for name in dict.fromkeys(chosen)), "~all"]),
        )
    elif case == "include_loop":
        texts = (f"v=spf1 include:_spf.{domain} -all",)
        below[f"_spf.{domain}"] = f"v=spf1 include:{domain} -all"
    elif case == "redirect_chain":
        texts = (f"v=spf1 redirect=_spf1.{domain}",)
        below[f"_spf1.{domain}"] = f"v=spf1 redirect=_spf2.{domain}"
        below[f"_spf2.{domain}"] = "v=spf1 ip4:192.88.99.9 -all"
    elif case == "macro":
        texts = (f"v=spf1 exists:%{{i}}._spf.{domain} mx -all",)
    elif case == "plus_all":
        texts = ("v=spf1 a mx +all",)
    for target in [name for text in texts for name in spf_targets(text)]:
        if target.endswith("." + domain):
            below.setdefault(target, "v=spf1 ip4:192.88.99.10 -all")
    return texts, below


def mail(seed: int, domain: str, place: str) -> Mail:
    """Return MX and SPF of a site that works and is no alias."""
    chance = Chance(seed, domain)
    share = MX_SHARE.get(place, 0.0)
    draw = chance.share("mx")
    mx: tuple[tuple[int, str], ...] = ()
    base: str | None = None
    if draw < share:
        mx, base = _ordinary(chance, domain)
        mx = _odd(chance, domain) or mx
        if not all(fits(host) for _, host in mx):
            mx = ((10, "mx.yandex.net"),)
        base = base if chance.below("spf", 0.81) else None
    elif draw < share + NULL_MX * (place == "zone"):
        mx, base = ((0, ""),), "v=spf1 -all"
    elif chance.below("spf without mx", 0.1 if place == "zone" else 0.04):
        base = "v=spf1 -all"
    if domain in spf_hosts():
        shared = spf_record(seed, domain)
        return Mail(mx, (shared.encode(),) if shared else (), "provider" if shared else "none")
    if base is None:
        return Mail(mx)
    case = "no_mail" if base == "v=spf1 -all" else chance.weighted("spf case", SPF_CASES)
    texts, below = _spf(chance, domain, base, case)
    return Mail(mx, tuple(text.encode() for text in texts), case,
                tuple((name, text.encode()) for name, text in below.items()))  # fmt: skip


def qualifier(spf: tuple[bytes, ...], case: str) -> str | None:
    """Return the sign of the only valid record's `all`, None when there is none to speak of."""
    if len(spf) != 1 or case == "invalid":
        return None
    match = ALL.search(spf[0].decode("utf-8", "replace"))
    return (match.group(1) or "+") if match else None
