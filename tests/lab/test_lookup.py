"""The name space: zones, sites below organisations, wildcards, parents' CAA."""

from __future__ import annotations

import pytest
from dnstats.lab import rdata
from dnstats.lab.certificates import caa
from dnstats.lab.lookup import NXDOMAIN, SERVFAIL, World, text_of
from dnstats.lab.truth import Truth
from dnstats.lab.zones import shared

from tests.lab.worlds import NOW, SEED, find, names, plain, subs


def world(*known: Truth) -> World:
    return World(SEED, [each.domain for each in known], NOW)


def test_caa_of_a_site_may_stand_at_its_parent() -> None:
    known = find(lambda t: plain(t) and t.caa_at is not None and t.caa_at == t.zone != t.domain
                 and not t.alias, subs(20_000))  # fmt: skip
    assert not world(known).resolve(known.domain, rdata.CAA).answer
    assert world(known).resolve(known.zone, rdata.CAA).answer


def test_caa_may_stand_at_the_target_of_an_alias() -> None:
    known = find(lambda t: plain(t) and bool(t.alias) and t.caa_at == t.alias, subs(20_000))
    found = world(known).resolve(known.domain, rdata.CAA)
    assert [rrset.rdtype for rrset in found.answer] == [rdata.CNAME, rdata.CAA]


def test_a_site_inside_a_zone_has_no_ns_of_its_own() -> None:
    known = find(lambda t: plain(t) and t.zone != t.domain and not t.alias, subs(300))
    found = world(known).resolve(known.domain, rdata.NS)
    assert not found.answer
    assert found.authority[0].owner == known.zone


def test_a_delegated_site_has_servers_of_its_own() -> None:
    known = find(lambda t: plain(t) and t.zone == t.domain, subs(300))
    hosts = [text_of(raw) for raw in world(known).resolve(known.domain, rdata.NS).answer[0].rdatas]
    assert hosts == [server.host for server in known.servers]


def test_a_name_that_is_not_listed_is_no_site() -> None:
    assert World(SEED, [], NOW).resolve("blog.site6.net", rdata.A).rcode == NXDOMAIN


@pytest.mark.parametrize(("kind", "rdtype"), [("txt", rdata.TXT), ("a", rdata.A)])
def test_a_wildcard_answers_for_any_name_but_those_that_exist(kind, rdtype) -> None:
    known = find(lambda t: plain(t) and t.wildcard == kind)
    assert world(known).look(f"x7.{known.domain}", rdtype).answer
    assert world(known).look(f"x7.x8.{known.domain}", rdtype).answer
    assert not world(known).look(f"x7.www.{known.domain}", rdtype).answer


def test_a_wildcard_alias_answers_for_msdcs_as_well_as_for_any_label() -> None:
    known = find(lambda t: plain(t) and t.wildcard == "cname" and not t.msdcs)
    for label in ("_msdcs", "88dkwqpkw01op7o"):
        assert (
            world(known).resolve(f"{label}.{known.domain}", rdata.SOA).answer[-1].rdtype
            == rdata.SOA
        )


def test_tlsa_stands_beside_the_mail_host() -> None:
    known = find(lambda t: plain(t) and bool(t.tlsa_hosts))
    found = world(known).resolve(f"_25._tcp.{known.tlsa_hosts[0]}", rdata.TLSA)
    assert found.answer[0].rdatas[0][:3] == b"\x03\x01\x01"
    assert found.secure


def test_a_zone_that_rolls_its_key_publishes_cds_and_cdnskey() -> None:
    known = find(lambda t: plain(t) and t.cds)
    for rdtype in (rdata.CDS, rdata.CDNSKEY):
        assert world(known).resolve(known.domain, rdtype).answer


def test_nsec3_zones_have_0_or_10_iterations() -> None:
    seen = set()
    for name in names(6000):
        known = world().truth(name)
        if plain(known) and known.dnssec == "secure":
            answer = world().resolve(name, rdata.NSEC3PARAM).answer
            seen |= {int.from_bytes(answer[0].rdatas[0][2:4], "big")} if answer else set()
    assert seen == {0, 10}


def test_a_host_with_mta_sts_has_a_policy_host() -> None:
    known = find(lambda t: plain(t) and bool(t.mta_sts))
    assert world(known).resolve(f"mta-sts.{known.domain}", rdata.A).answer


def test_mail_hosts_are_real_gone_or_aliases() -> None:
    gone = find(lambda t: plain(t) and any(h.startswith("mx-gone") for _, h in t.mx))
    assert world(gone).resolve(f"mx-gone.{gone.domain}", rdata.A).rcode == NXDOMAIN
    alias = find(lambda t: plain(t) and any(h.startswith("mx-alias") for _, h in t.mx))
    found = world(alias).resolve(f"mx-alias.{alias.domain}", rdata.A)
    assert [rrset.rdtype for rrset in found.answer] == [rdata.CNAME, rdata.A]


def test_spf_leads_to_records_below_the_site() -> None:
    for case, count in (("redirect_chain", 2), ("include_loop", 1)):
        known = find(lambda t, c=case: plain(t) and t.spf_case == c)
        assert len(known.below) == count
        for name, text in known.below:
            raw = world(known).resolve(name, rdata.TXT).answer[0].rdatas[0]
            assert raw == rdata.txt([text])


def test_a_loop_of_aliases_fails() -> None:
    known = find(lambda t: t.fate == "alias_loop")
    assert world(known).resolve(known.domain, rdata.MX).rcode == SERVFAIL


def test_an_unlisted_parent_is_the_same_site_whether_listed_or_not() -> None:
    known = find(lambda t: plain(t) and t.domain.startswith("a.b."), subs(300))
    parent = known.domain[2:]
    both = World(SEED, [known.domain, parent], NOW)
    assert world(known).resolve(parent, rdata.A) == both.resolve(parent, rdata.A)


def test_caa_sets_hold_wild_cards_and_reports() -> None:
    sets = [caa(SEED, name, "zone") for name in names(8000)]
    tags = {tag for found in sets for _, tag, _ in found}
    assert {b"issue", b"issuewild", b"iodef", b"issuemail", b"contactemail"} <= tags


def test_report_consent_is_at_the_receiver() -> None:
    assert shared(SEED, "site1.net._report._dmarc.rua.agari.com") == {rdata.TXT: [b"\x09v=DMARC1;"]}


@pytest.mark.parametrize("bad", ["UPPER.com", "x" * 64 + ".com", ""])
def test_a_bad_name_on_the_list_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="name"):
        World(SEED, [bad], NOW)
