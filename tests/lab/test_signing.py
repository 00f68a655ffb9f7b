"""Signatures are real: dnspython validates the chain from the root to a site."""

from __future__ import annotations

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from dnstats.lab.answering import Answerer
from dnstats.lab.lookup import World
from dnstats.lab.signing import Signer

from tests.lab.worlds import NOW, SEED, find, plain, query

ANSWERER = Answerer(World(SEED, [], NOW))


def signed(
    name: str, rdtype: str, section: str = "answer"
) -> tuple[dns.rrset.RRset, dns.rrset.RRset]:
    """Return an RRset and its signatures, from a resolver that does not check."""
    made = query(name, rdtype, dnssec=True, checking_disabled=True).to_wire()
    response = dns.message.from_wire(ANSWERER.answer("127.53.0.1", made, tcp=True) or b"")
    rrsets = getattr(response, section)
    wanted = dns.rdatatype.from_text(rdtype if section == "answer" else "NSEC")
    rrset = next(each for each in rrsets if each.rdtype == wanted)
    return rrset, next(each for each in rrsets if each.covers == wanted)


def validate(name: str, rdtype: str, zone: str, section: str = "answer", now: int = NOW) -> None:
    keys = signed(zone, "DNSKEY")[0]
    rrset, rrsig = signed(name, rdtype, section)
    dns.dnssec.validate(rrset, rrsig, {keys.name: keys}, now=now)


@pytest.mark.parametrize("case", ["ecdsa", "rsa", "ed25519", "sha1_ds"])
def test_a_signed_site_validates_up_to_the_root(case) -> None:
    known = find(lambda t: plain(t) and t.dnssec_case == case and t.domain.count(".") == 1)
    for rdtype in ("DNSKEY", "SOA", "NS", "A"):
        validate(known.domain, rdtype, known.domain)
    suffix = known.domain.partition(".")[2]
    validate(known.domain, "DS", suffix)
    validate(suffix, "DNSKEY", suffix)
    validate(suffix, "DS", "")
    validate("", "DNSKEY", "")


@pytest.mark.parametrize("case", ["ecdsa", "rsa", "ed25519"])
def test_the_ds_is_the_digest_of_a_key(case) -> None:
    known = find(lambda t: plain(t) and t.dnssec_case == case)
    made = {
        dns.dnssec.make_ds(known.domain + ".", key, "SHA256")
        for key in signed(known.domain, "DNSKEY")[0]
    }
    assert made & {ds for ds in signed(known.domain, "DS")[0] if ds.digest_type == 2}


def test_a_denial_is_signed() -> None:
    known = find(lambda t: plain(t) and t.dnssec == "secure" and not t.wildcard and not t.caa)
    validate(known.domain, "CAA", known.domain, "authority")
    validate(f"x4.{known.domain}", "A", known.domain, "authority")


def test_an_expired_signature_does_not_validate() -> None:
    known = find(lambda t: t.dnssec_case == "expired")
    with pytest.raises(dns.dnssec.ValidationFailure):
        validate(known.domain, "A", known.domain)
    validate(known.domain, "A", known.domain, now=NOW - 20 * 86400)


def test_a_wrong_ds_matches_no_key() -> None:
    known = find(lambda t: t.dnssec_case == "wrong_ds")
    keys = signed(known.domain, "DNSKEY")[0]
    assert {dns.dnssec.key_id(key) for key in keys} != {
        ds.key_tag for ds in signed(known.domain, "DS")[0]
    }


def test_keys_follow_from_the_seed_and_zone() -> None:
    zones = [
        find(lambda t, c=case: t.dnssec_case == c).domain for case in ("ecdsa", "ed25519", "rsa")
    ]
    for zone in zones:
        first, again, other = (Signer(seed, NOW).dnskeys(zone) for seed in (SEED, SEED, SEED))
        assert first == again == other
    assert Signer(SEED, NOW).dnskeys("com") != Signer(SEED + 1, NOW).dnskeys("com")
