"""The bytes of a query, and who may be asked."""

from __future__ import annotations

import random

import pytest
from dnstats import wire
from dnstats.scan.query import (
    HEADERS,
    MAX_BURST,
    OPT,
    is_askable,
    is_opted_out,
    mix_case,
    mixed_burst,
    question_section,
)
from hypothesis import given
from hypothesis import strategies as st

LABELS = st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=6)


def test_a_query_parses_as_what_was_meant() -> None:
    section = question_section("www.example.com", wire.TXT)
    query = wire.parse(b"\x12\x34" + HEADERS[True, True, True] + section + OPT)
    assert query.question == ("www.example.com", wire.TXT)
    assert (query.qr, query.rd, query.cd, query.edns) == (False, True, True, True)
    [opt] = query.additional
    assert (opt.rdclass, opt.ttl) == (1232, 0x8000)


def test_without_edns_there_is_no_additional_record() -> None:
    query = wire.parse(b"\0\0" + HEADERS[False, False, False] + question_section("a", wire.NS))
    assert (query.rd, query.cd, query.additional) == (False, False, ())


@given(labels=LABELS, seed=st.integers())
def test_mixed_case_is_the_same_name(labels: list[bytes], seed: int) -> None:
    name = ".".join(wire.escape_label(label) for label in labels)
    section = question_section(name, wire.A)
    mixed = mix_case(section, random.Random(seed).getrandbits)
    assert wire.read_name(mixed, 0)[0] == wire.read_name(section, 0)[0] == name
    assert mixed[-4:] == section[-4:]
    assert len(mixed) == len(section)


def test_mixed_case_differs_from_one_question_to_the_next() -> None:
    section = question_section("a-name-of-some-length.example", wire.A)
    rng = random.Random(1)
    assert len({mix_case(section, rng.getrandbits) for _ in range(50)}) > 45


@given(
    labels=LABELS,
    rdtype=st.sampled_from([wire.A, 0x41, 0x617A]),  # of which some are letters
    count=st.integers(1, MAX_BURST),
    seed=st.integers(),
)
def test_a_burst_is_the_queries_one_by_one_with_ids_and_case_of_their_own(
    labels: list[bytes], rdtype: int, count: int, seed: int
) -> None:
    name = ".".join(wire.escape_label(label) for label in labels)
    section = question_section(name, rdtype)
    header = HEADERS[True, False, True]
    burst = mixed_burst([section] * count, header, random.Random(seed).getrandbits)
    length = 12 + len(section) + len(OPT)
    assert len(burst) == count * length
    for start in range(0, len(burst), length):
        query = burst[start : start + length]
        assert query[2:12] == header
        assert wire.read_name(query, 12)[0] == name
        assert query[12 : -len(OPT)].lower() == section.lower()
        assert query[-len(OPT) - 4 :] == section[-4:] + OPT


def test_ids_and_case_in_a_burst_are_random() -> None:
    section = question_section("a-name-of-some-length.example", wire.A)
    rng = random.Random(1)
    burst = mixed_burst([section] * 64, HEADERS[True, False, True], rng.getrandbits)
    queries = [burst[start : start + 58] for start in range(0, len(burst), len(burst) // 64)]
    assert len({query[12:] for query in queries}) > 55
    bits = [sum(query[at // 8] >> at % 8 & 1 for query in queries) for at in range(16)]
    assert all(10 < ones < 54 for ones in bits), "every bit of the ID is drawn"


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..b", "", "a." * 128, "münchen.de"])
def test_a_name_that_cannot_be_asked_is_a_bad_name(name: str) -> None:
    with pytest.raises(wire.BadName):
        question_section(name, wire.A)


@pytest.mark.parametrize(
    "name", ["_dmarc.example", "a\\000b.example", "x\\.y.example", ".", "EXAMPLE."]
)
def test_an_unusual_name_can_be_asked(name: str) -> None:
    assert wire.read_name(question_section(name, wire.A), 0)[0] == wire.canonical(name)


@pytest.mark.parametrize(
    ("address", "public", "special"),
    [
        ("192.0.2.1", False, True),
        ("8.8.8.8", True, True),
        ("2606:4700::1111", True, True),
        ("10.0.0.1", False, True),
        ("127.0.0.1", False, True),
        ("169.254.1.1", False, True),
        ("100.64.0.1", False, True),
        ("0.0.0.0", False, False),
        ("255.255.255.255", False, False),
        ("224.0.0.1", False, False),
        ("240.0.0.1", False, True),
        ("::", False, False),
        ("::1", False, True),
        ("::ffff:8.8.8.8", False, False),
        ("::ffff:10.0.0.1", False, False),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("2001:0:a00:1::", False, True),
        ("fe80::1", False, True),
        ("fe80::1%lo", False, False),
        ("fc00::1", False, True),
        ("ff02::1", False, False),
        ("2001:db8::1", False, True),
        ("not an address", False, False),
        ("", False, False),
    ],
)
def test_who_may_be_asked(address: str, public: bool, special: bool) -> None:
    assert is_askable(address, allow_special=False) is public
    assert is_askable(address, allow_special=True) is special


@pytest.mark.parametrize(
    ("name", "is_out"),
    [
        ("example.com", True),
        ("www.example.com", True),
        ("_dmarc.www.example.com", True),
        ("badexample.com", False),
        ("com", False),
        (".", False),
    ],
)
def test_an_opt_out_holds_for_the_name_and_everything_below_it(name: str, is_out: bool) -> None:
    assert is_opted_out(name, frozenset(("example.com", "other.net"))) is is_out


PLAIN = st.lists(st.sampled_from(["_dmarc", "_smtp", "_tls", "www", "a", "x-1"]), max_size=3)


@given(st.lists(PLAIN, min_size=1, max_size=12))
def test_names_below_one_another_are_written_each_for_itself(fronts: list[list[str]]) -> None:
    for front in fronts:
        name = ".".join([*front, "site", "example"])
        assert question_section(name, wire.TXT)[:-4] == wire.write_name(name)


def test_what_is_too_long_below_a_name_written_before_is_a_bad_name() -> None:
    above = ".".join(["l" * 50] * 4)
    assert question_section(above, wire.A)
    assert question_section("f" * 49 + "." + above, wire.A)
    question_section("f" * 60 + ".example", wire.A)
    for front in ("f" * 60, "f" * 30 + "." + "g" * 30):
        with pytest.raises(wire.BadName):
            question_section(f"{front}.{above}", wire.A)
