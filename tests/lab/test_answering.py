"""Each role and each misbehaviour, over real sockets and on bytes alone."""

from __future__ import annotations

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from dnstats.lab.answering import Answerer
from dnstats.lab.lookup import World
from dnstats.lab.providers import REGISTRY, RESOLVERS, SILENT_POOL, addresses
from dnstats.lab.rdata import NUMBERS
from dnstats.lab.truth import Truth
from dnstats.lab.world import truth
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.worlds import NOW, SEED, ask, find, names, plain, query, subs, values

WORLD = World(SEED, names(50) + subs(300), NOW)
ANSWERER = Answerer(WORLD)


def behaving(behaviour: str) -> tuple[Truth, str]:
    """Return a site with a server that behaves so, and that server's address."""
    known = find(lambda t: plain(t) and any(s.behaviour == behaviour for s in t.servers))
    return known, next(s.address or "" for s in known.servers if s.behaviour == behaviour)


def directly(
    port: int, behaviour: str, rdtype: str, **options: bool
) -> tuple[Truth, dns.message.Message]:
    known, address = behaving(behaviour)
    return known, ask(port, known.domain, rdtype, address, direct=True, **options)


def test_a_good_server_answers_with_authority(port) -> None:
    known, response = directly(port, "ok", "NS")
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA
    assert set(values(response, "NS")) == {f"{server.host}." for server in known.servers}


def test_a_refusing_server_refuses(port) -> None:
    assert directly(port, "refused", "NS")[1].rcode() == dns.rcode.REFUSED


def test_a_name_server_refuses_a_zone_that_is_not_its_own(port) -> None:
    known, _ = behaving("ok")
    other = next(a for a in addresses() if a not in {s.address for s in known.servers}
                 and a.startswith("127.53.1."))  # fmt: skip
    assert ask(port, known.domain, "SOA", other, direct=True).rcode() == dns.rcode.REFUSED


def test_a_lame_server_answers_without_authority(port) -> None:
    response = directly(port, "lame", "SOA")[1]
    assert not response.flags & dns.flags.AA
    assert response.answer


def test_an_upward_server_refers_to_the_root(port) -> None:
    response = directly(port, "upward", "SOA")[1]
    assert not response.flags & dns.flags.AA
    assert not response.answer
    assert str(response.authority[0].name) == "."


def test_a_silent_server_never_answers(port) -> None:
    known, address = behaving("silent")
    assert address in SILENT_POOL
    assert values(ask(port, known.servers[-1].host, "A"), "A") == [address]
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query(known.domain, "SOA"), address, port=port, timeout=0.1)


def test_a_server_that_differs_names_another_ns_set(port) -> None:
    known, response = directly(port, "different_ns", "NS")
    found = set(values(response, "NS"))
    assert found
    assert found != {f"{server.host}." for server in known.servers}


def test_a_server_that_lags_has_another_serial(port) -> None:
    known, response = directly(port, "different_soa", "SOA")
    resolved = ask(port, known.domain, "SOA")
    assert len({values(each, "SOA")[0].split()[2] for each in (response, resolved)}) == 2


def test_a_truncating_server_is_whole_over_tcp(port) -> None:
    known, address = behaving("truncates")
    cut = dns.query.udp(query(known.domain, "NS", direct=True), address, port=port, timeout=3)
    assert cut.flags & dns.flags.TC
    assert not cut.answer
    assert ask(port, known.domain, "NS", address, direct=True).answer


def test_a_server_without_edns_says_formerr_to_it(port) -> None:
    assert directly(port, "no_edns", "NS")[1].rcode() == dns.rcode.FORMERR
    assert directly(port, "no_edns", "NS", plain=True)[1].answer


def test_an_unresolvable_server_has_no_address(port) -> None:
    known = find(lambda t: plain(t) and any(s.host.startswith("ns-gone") for s in t.servers))
    assert not ask(port, known.servers[-1].host, "A").answer
    literal = find(lambda t: plain(t) and any(s.host == "192.0.2.53" for s in t.servers))
    assert "192.0.2.53." in values(ask(port, literal.domain, "NS"), "NS")


def test_every_name_server_of_a_site_is_on_loopback(port) -> None:
    for name in names(60):
        for server in truth(SEED, name).servers:
            assert server.address is None or server.address.startswith("127.53.")
            if server.address and truth(SEED, name).fate == "ok" and plain(truth(SEED, name)):
                assert values(ask(port, server.host, "A"), "A") == [server.address]


def ede(response: dns.message.Message) -> list[int]:
    return [int(o.code) for o in response.options if isinstance(o, dns.edns.EDEOption)]


@pytest.mark.parametrize(("case", "code"), [("expired", 7), ("no_dnskey", 9), ("wrong_ds", 6),
                                            ("no_rrsig", 10)])  # fmt: skip
def test_a_bogus_zone_fails_with_its_reason_unless_checking_is_disabled(port, case, code) -> None:
    known = find(lambda t: t.dnssec_case == case and not t.unanswered)
    failed = ask(port, known.domain, "A")
    assert failed.rcode() == dns.rcode.SERVFAIL
    assert ede(failed) == [code]
    unchecked = ask(port, known.domain, "A", checking_disabled=True)
    assert unchecked.answer
    assert not unchecked.flags & dns.flags.AD
    assert ask(port, known.domain, "DS", dnssec=True).answer


def test_a_site_whose_servers_are_dead_fails_with_its_reason(port) -> None:
    known = find(lambda t: t.fate == "servfail")
    assert ede(ask(port, known.domain, "MX")) == [22]


def test_secure_answers_are_marked_when_asked(port) -> None:
    secure = find(lambda t: plain(t) and t.dnssec == "secure")
    insecure = find(lambda t: plain(t) and t.dnssec == "insecure")
    assert ask(port, secure.domain, "A", dnssec=True).flags & dns.flags.AD
    assert not ask(port, secure.domain, "A").flags & dns.flags.AD
    assert not ask(port, insecure.domain, "A", dnssec=True).flags & dns.flags.AD
    old = find(lambda t: plain(t) and t.dnssec_case == "sha1_algorithm")
    assert not ask(port, old.domain, "A", dnssec=True).flags & dns.flags.AD


def test_negative_answers_carry_the_soa(port) -> None:
    known = find(lambda t: plain(t) and not t.has_mx and not t.null_mx and not t.wildcard)
    for name, rdtype, code in ((known.domain, "MX", 0), (f"x4.{known.domain}", "A", 3)):
        response = ask(port, name, rdtype)
        assert response.rcode() == code
        assert [str(rrset.name) for rrset in response.authority] == [f"{known.domain}."]


def test_the_root_and_suffixes_have_ns_and_soa_and_nothing_else(port) -> None:
    for name in (".", "com", "co.uk"):
        for rdtype, some in (("NS", True), ("SOA", True), ("CAA", False), ("TXT", False)):
            assert bool(ask(port, name, rdtype).answer) == some
    assert ask(port, "_dmarc.com", "TXT").rcode() == dns.rcode.NXDOMAIN
    assert ask(port, "x.invalid", "A").rcode() == dns.rcode.NXDOMAIN


def test_the_registry_refers_to_a_site_with_glue(port) -> None:
    known = find(lambda t: plain(t) and t.servers and t.servers[0].host.endswith(t.domain))
    response = ask(port, f"www.{known.domain}", "A", REGISTRY[0], direct=True)
    assert not response.answer
    assert not response.flags & dns.flags.AA
    hosts = {str(rdata) for rdata in response.authority[0]}
    assert hosts == {f"{server.host}." for server in known.servers}
    found = {s.address for s in known.servers if s.address}
    assert {str(rrset[0]) for rrset in response.additional} == found


def test_the_registry_proves_that_a_site_it_refers_to_is_unsigned(port) -> None:
    known = find(lambda t: plain(t) and t.servers and t.dnssec_case == "unsigned")
    response = ask(port, f"www.{known.domain}", "A", REGISTRY[0], direct=True, dnssec=True)
    kinds = {(str(r.name), dns.rdatatype.to_text(r.rdtype)) for r in response.authority}
    assert kinds == {(f"{known.domain}.", kind) for kind in ("NS", "NSEC", "RRSIG")}
    proof = next(r for r in response.authority if r.rdtype == dns.rdatatype.NSEC)
    assert not proof[0].windows[0][1][5] & 16  # type 43, DS


@pytest.mark.parametrize("where", [REGISTRY[0], RESOLVERS[0]])
@pytest.mark.parametrize("name", ["_dmarc.com", "a.b.nosuch.invalid", "x" * 63 + ".invalid"])
def test_that_there_is_no_such_name_is_proved_by_two_spans(port, where, name) -> None:
    response = ask(port, name, "TXT", where, dnssec=True)
    assert response.rcode() == dns.rcode.NXDOMAIN
    above = "com." if name.endswith("com") else "."
    spans = [(r.name, r[0].next) for r in response.authority if r.rdtype == dns.rdatatype.NSEC]
    for absent in (dns.name.from_text(name), dns.name.from_text(f"*.{above}".replace("..", "."))):
        assert any(before < absent < behind for before, behind in spans), absent
        assert not any(before < dns.name.from_text(above) < behind for before, behind in spans)


def test_the_registry_refers_with_a_signed_ds_when_asked_for_it(port) -> None:
    known = find(lambda t: plain(t) and t.dnssec_case == "ecdsa" and t.domain.count(".") == 1)
    response = ask(port, known.domain, "A", REGISTRY[1], dnssec=True)
    types = [rrset.rdtype for rrset in response.authority]
    assert types == [NUMBERS["NS"], NUMBERS["DS"], dns.rdatatype.RRSIG]
    assert ask(port, known.domain, "DS", REGISTRY[1], direct=True).flags & dns.flags.AA


def test_the_parent_s_server_refers_to_a_delegated_site() -> None:
    known = find(lambda t: plain(t) and t.zone == t.domain, subs(300))
    parent = truth(SEED, known.domain.removeprefix("blog.").removeprefix("a.b."))
    own = {server.address for server in known.servers}
    good = [server.address for server in parent.servers if server.behaviour == "ok"]
    address = next(each for each in good if each and each not in own)
    made = query(known.domain, "SOA", direct=True).to_wire()
    response = dns.message.from_wire(ANSWERER.answer(address, made) or b"")
    assert not response.answer
    assert response.authority[0].rdtype == NUMBERS["NS"]


def test_any_asks_for_everything_there_is() -> None:
    made = query("site1.net", "ANY").to_wire()
    response = dns.message.from_wire(ANSWERER.answer(RESOLVERS[0], made, tcp=True) or b"")
    assert {NUMBERS["NS"], NUMBERS["SOA"], NUMBERS["A"]} <= {r.rdtype for r in response.answer}


def test_zone_transfers_and_other_classes_are_refused() -> None:
    for rdtype, rdclass in (("AXFR", "IN"), ("TXT", "CH")):
        made = dns.message.make_query("site1.net", rdtype, rdclass).to_wire()
        response = dns.message.from_wire(ANSWERER.answer(RESOLVERS[0], made) or b"")
        assert response.rcode() == dns.rcode.REFUSED


def test_answers_of_more_than_1232_octets_come_whole_over_tcp_only(port) -> None:
    known = find(lambda t: plain(t) and any(b"token13" in b"".join(s) for s in t.txt))
    cut = dns.query.udp(query(known.domain, "TXT"), RESOLVERS[0], port=port, timeout=3)
    assert cut.flags & dns.flags.TC
    assert len(cut.to_wire()) <= 1232
    whole = dns.query.tcp(query(known.domain, "TXT"), RESOLVERS[0], port=port, timeout=3)
    assert len(values(whole, "TXT")) == len(known.txt)


def test_without_edns_the_limit_is_512_octets(port) -> None:
    known = find(lambda t: plain(t) and any(b"token13" in b"".join(s) for s in t.txt))
    made = query(known.domain, "TXT", plain=True)
    assert len(dns.query.udp(made, RESOLVERS[0], port=port, timeout=3).to_wire()) <= 512


def test_the_resolver_follows_an_alias_to_its_end(port) -> None:
    known = find(lambda t: plain(t) and bool(t.alias), subs(3000))
    world = World(SEED, [known.domain], NOW)
    made = query(known.domain, "A").to_wire()
    response = dns.message.from_wire(Answerer(world).answer(RESOLVERS[0], made) or b"")
    assert values(response, "CNAME") == [f"{known.alias}."]
    assert values(response, "A")


def test_both_resolvers_say_the_same(port) -> None:
    for name in names(20):
        made = query(name, "MX", dnssec=True).to_wire()
        assert ANSWERER.answer(RESOLVERS[0], made) == ANSWERER.answer(RESOLVERS[1], made)


def test_a_response_echoes_the_case_of_its_question_also_from_the_cache() -> None:
    for name in ("sItE1.NeT", "SITE1.net", "site1.net"):
        made = query(name, "A")
        response = dns.message.from_wire(ANSWERER.answer(RESOLVERS[0], made.to_wire()) or b"")
        assert response.id == made.id
        assert response.question[0].name.to_text() == name + "."


def test_the_same_seed_and_day_give_the_same_bytes() -> None:
    other = Answerer(World(SEED, (names(50) + subs(300))[::-1], NOW))
    for name in names(50):
        made = query(name, "NS", dnssec=True).to_wire()
        assert other.answer(RESOLVERS[0], made) == ANSWERER.answer(RESOLVERS[0], made)


@given(data=st.binary(max_size=80), where=st.sampled_from(addresses()))
def test_any_bytes_end_as_an_answer_or_silence(data, where) -> None:
    response = ANSWERER.answer(where, data)
    assert response is None or response[:2] == data[:2]


@given(
    labels=st.lists(st.binary(min_size=1, max_size=63), max_size=3),
    rdtype=st.integers(0, 65535),
    flags=st.integers(0, 0x7FFF),
    where=st.sampled_from(addresses()),
)
def test_any_question_ends_as_an_answer_or_silence(labels, rdtype, flags, where) -> None:
    name = b"".join(bytes((len(label),)) + label for label in (*labels, b"site1", b"net")) + b"\0"
    head = b"\x12\x34" + flags.to_bytes(2, "big") + b"\0\1\0\0\0\0\0\0"
    data = head + name + rdtype.to_bytes(2, "big") + b"\0\1"
    for _ in range(2):  # built, then from the cache
        response = ANSWERER.answer(where, data)
        assert response is None or response[:2] == data[:2]


def test_what_is_no_query_is_told_so_or_ignored() -> None:
    whole = query("site1.net", "A").to_wire()
    assert ANSWERER.answer(RESOLVERS[0], whole[:11]) is None
    assert ANSWERER.answer(RESOLVERS[0], whole[:2] + b"\x81" + whole[3:]) is None
    notify = ANSWERER.answer(RESOLVERS[0], whole[:2] + b"\x20" + whole[3:]) or b""
    assert notify[3] & 15 == dns.rcode.NOTIMP
    assert (ANSWERER.answer(RESOLVERS[0], whole[:20]) or b"")[3] & 15 == dns.rcode.FORMERR
