"""The truth: determined by seed and domain, as frequent as the real world, and what is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import dns.exception
import dns.message
import dns.query
import pytest
from dnstats.lab.lookup import World
from dnstats.lab.rdata import NUMBERS
from dnstats.lab.truth import Truth
from dnstats.lab.world import truth

from tests.lab.worlds import NOW, SEED, ask, find, names, query, subs, texts, values


@cache
def population() -> tuple[Truth, ...]:
    return tuple(truth(SEED, name) for name in names(20_000))


@cache
def working() -> tuple[Truth, ...]:
    return tuple(each for each in population() if each.fate == "ok")


def share(says: Callable[[Truth], bool], among: Sequence[Truth]) -> float:
    return 100 * sum(map(bool, map(says, among))) / len(among)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (2.3, 3.1, lambda t: t.fate == "nxdomain"),
        (0.3, 0.7, lambda t: t.fate == "servfail"),
        (0.02, 0.2, lambda t: t.fate == "alias_loop"),
        (72, 75, lambda t: t.has_mx),
        (1, 2, lambda t: t.null_mx),
        (58, 62, lambda t: t.spf),
        (43.5, 46.5, lambda t: t.dmarc),
        (4.5, 5.5, lambda t: t.caa),
        (7, 8.5, lambda t: t.dnssec_case != "unsigned"),
        (0.05, 0.3, lambda t: t.dnssec == "bogus"),
        (0.7, 1.1, lambda t: t.bimi),
        (0.5, 0.9, lambda t: t.mta_sts),
        (0.7, 1.1, lambda t: t.tls_rpt),
        (5, 7, lambda t: any(server.behaviour != "ok" for server in t.servers)),
    ],
)
def test_things_are_as_common_as_in_the_top_million(low, high, says) -> None:
    assert low <= share(says, population()) <= high


@pytest.mark.parametrize(("count", "low", "high"), [(2, 67, 73), (4, 14, 18), (3, 5, 7), (6, 4, 6)])
def test_sites_have_as_many_name_servers_as_in_the_top_million(count, low, high) -> None:
    assert low <= share(lambda t: len(t.servers) == count, working()) <= high


@pytest.mark.parametrize(("policy", "low", "high"), [("none", 37, 42), ("quarantine", 24, 29),
                                                     ("reject", 30, 35)])  # fmt: skip
def test_dmarc_policies_are_split_as_in_the_top_million(policy, low, high) -> None:
    publishers = [each for each in population() if each.dmarc]
    assert low <= share(lambda t: t.dmarc_policy == policy, publishers) <= high


def test_about_one_question_in_three_hundred_is_never_answered() -> None:
    asked = 22 * len(working())
    assert 0.002 < sum(len(each.unanswered) for each in working()) / asked < 0.004


def test_truth_is_the_same_each_time_and_another_with_another_seed() -> None:
    sample = names(200)
    first = [truth(SEED, name) for name in sample]
    truth.cache_clear()
    assert [truth(SEED, name) for name in reversed(sample)] == first[::-1]
    assert [truth(SEED + 1, name) for name in sample] != first


def test_what_is_served_does_not_depend_on_the_rest_of_the_list() -> None:
    whole = World(SEED, names(60) + subs(60), NOW)
    alone = World(SEED, ["blog.site6.net"], NOW)
    for name in ("blog.site6.net", "site6.net", "_dmarc.blog.site6.net", "www.site6.net"):
        for rdtype in NUMBERS.values():
            assert alone.resolve(name, rdtype) == whole.resolve(name, rdtype)


@pytest.mark.parametrize("bad", ["UPPER.com", "dot.com.", "x" * 64 + ".com", "a..b"])
def test_a_name_that_is_no_domain_is_refused_in_one_sentence(bad) -> None:
    with pytest.raises(ValueError, match="domain name"):
        truth(SEED, bad)


def test_what_fails_an_organisation_fails_all_below_it() -> None:
    for name in subs(3000):
        organisation = truth(SEED, name.split(".", 1 if name.startswith("blog") else 2)[-1])
        if organisation.fate in ("nxdomain", "servfail"):
            assert truth(SEED, name).fate == organisation.fate


def test_a_known_provider_always_works(port) -> None:
    for name in ("digitalocean.com", "nic.ru", "cloudflare.com", "ovh.net", "nsone.net"):
        for server in truth(SEED, name).servers:
            assert values(ask(port, server.host, "A"), "A") == [server.address]
    for name in ("google.com", "outlook.com", "cloudflare.com", "_spf.google.com", "akam.net"):
        assert truth(SEED, name).fate == "ok"
        assert not truth(SEED, name).unanswered


def _unanswered(port: int, name: str, rdtype: str) -> None:
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query(name, rdtype), "127.53.0.1", port=port, timeout=0.05)


def _agrees(port: int, known: Truth) -> None:
    """Ask for everything and compare with the truth."""
    name, silent = known.domain, set(known.unanswered)
    for unanswered in silent:
        if unanswered[0].endswith(name):
            _unanswered(port, *unanswered)

    def said(prefix: str, rdtype: str) -> dns.message.Message | None:
        asked = f"{prefix}{name}"
        return None if (asked, rdtype) in silent else ask(port, asked, rdtype)

    code = {"nxdomain": 3, "servfail": 2, "alias_loop": 2}.get(known.fate, 0)
    for rdtype in ("A", "MX", "TXT", "NS", "SOA", "CAA", "HTTPS"):
        response = said("", rdtype)
        bogus = known.dnssec == "bogus" and known.fate == "ok"
        assert response is None or response.rcode() == (2 if bogus else code), (name, rdtype)
    if known.fate != "ok" or known.dnssec == "bogus":
        return
    if (response := said("", "MX")) is not None:
        assert set(values(response, "MX")) == {f"{p} {host}." for p, host in known.mx}
    if (response := said("", "TXT")) is not None:
        assert texts(response) == set(known.txt)
        joined = {b"".join(strings) for strings in texts(response)}
        assert {*known.spf} == {text for text in joined if b"v=spf1" in text}
    if (response := said("", "NS")) is not None and not known.alias:
        assert set(values(response, "NS")) == {f"{server.host}." for server in known.servers}
    if (response := said("_dmarc.", "TXT")) is not None and not known.wildcard:
        assert set(map(b"".join, texts(response))) == {*known.dmarc, *known.dmarc_other}
    for prefix, expected in (("default._bimi.", known.bimi), ("_mta-sts.", known.mta_sts),
                             ("_smtp._tls.", known.tls_rpt)):  # fmt: skip
        if (response := said(prefix, "TXT")) is not None and not known.wildcard:
            assert texts(response) == ({(expected,)} if expected else set())
    if (response := said("", "DS")) is not None:
        found = {tuple(map(int, ds.split()[1:3])) for ds in values(response, "DS")}
        assert found == set(known.ds)
    if (response := said("_msdcs.", "SOA")) is not None and not known.wildcard:
        assert bool(values(response, "SOA")) == known.msdcs
    if (response := said("", "CAA")) is not None:
        own = known.caa_at is not None and known.caa_at in (name, known.alias)
        assert any(rrset.rdtype == NUMBERS["CAA"] for rrset in response.answer) == own
    if known.caa_at and (known.caa_at, "CAA") not in silent:
        response = ask(port, known.caa_at, "CAA")
        wires = {rdata.to_wire() for rrset in response.answer for rdata in rrset}
        assert wires == {bytes((f, len(t))) + t + v for f, t, v in known.caa}
    for host, accepts in known.report_hosts:
        response = ask(port, f"{name}._report._dmarc.{host}", "TXT")
        assert bool(response.answer) == accepts or truth(SEED, host).fate != "ok"


def _readable(known: Truth) -> bool:
    """Say whether dnspython can read the site's CAA set (it refuses some that exist)."""
    return all(tag.isalnum() for _, tag, _ in known.caa)


@pytest.mark.parametrize("name", [*names(200), *subs(100)])
def test_truth_is_what_the_resolver_says(port, name) -> None:
    _agrees(port, truth(SEED, name))


@pytest.mark.parametrize(
    "says",
    [
        lambda t: t.fate == "servfail",
        lambda t: t.fate == "alias_loop",
        lambda t: t.dnssec_case == "sha1_algorithm",
        lambda t: t.dnssec_case == "expired",
        lambda t: t.bimi,
        lambda t: t.mta_sts,
        lambda t: t.tls_rpt,
        lambda t: t.msdcs and not t.wildcard,
        lambda t: t.null_mx,
        lambda t: len(t.dmarc) > 1,
        lambda t: t.dmarc_other,
        lambda t: any(not accepts for _, accepts in t.report_hosts),
        lambda t: t.caa and t.caa[0][0] == 128 and _readable(t),
        *[lambda t, odd=odd: any(odd in b"".join(s) for s in t.txt)
          for odd in (b"\xff", b"\0", b"part39", b"token13", b"<script>")],
        lambda t: ((b"",) in t.txt),
        *[lambda t, case=case: t.spf_case == case
          for case in ("invalid", "several", "many_includes", "include_loop", "redirect_chain",
                       "macro", "plus_all", "real")],
        *[lambda t, host=host: any(h.startswith(host) for _, h in t.mx)
          for host in ("192.0.2.25", "localhost", "mx-alias.", "mx-gone.")],
    ],
)  # fmt: skip
def test_truth_of_the_odd_ones_is_what_the_resolver_says(port, says) -> None:
    _agrees(port, find(says))
