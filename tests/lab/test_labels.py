"""Names, organisations, wire form."""

from __future__ import annotations

import dns.name
import pytest
from dnstats.lab.labels import fits, parents, split, suffix_exists, wire


@pytest.mark.parametrize(
    ("name", "organisation", "suffix"),
    [
        ("example.com", "example.com", "com"), ("a.b.example.com", "example.com", "com"),
        ("example.co.uk", "example.co.uk", "co.uk"), ("www.x.co.uk", "x.co.uk", "co.uk"),
        ("co.uk", "", "co.uk"), ("com", "", "com"), ("co.com", "co.com", "com"), ("", "", ""),
    ],
)  # fmt: skip
def test_an_organisation_is_one_label_below_its_suffix(name, organisation, suffix) -> None:
    assert split(name) == (organisation, suffix)


def test_parents_go_up_to_the_organisation() -> None:
    assert parents("a.b.example.com", "example.com") == ["b.example.com", "example.com"]
    assert parents("example.com", "example.com") == []


@pytest.mark.parametrize("name", ["", "com", "a.example.com", "_dmarc.x--y.net", "x" * 63 + ".de"])
def test_wire_form_is_that_of_dnspython(name) -> None:
    assert wire(name) == dns.name.from_text(name + ".").to_wire()


@pytest.mark.parametrize("name", ["a..b", ".", "x" * 64, ".".join(["x" * 50] * 6), "\u2603.com"])
def test_what_is_no_name_has_no_wire_form(name) -> None:
    assert not fits(name)


@pytest.mark.parametrize("suffix", ["com", "co.uk", "xn--p1ai", ""])
def test_plausible_suffixes_exist(suffix) -> None:
    assert suffix_exists(suffix)


@pytest.mark.parametrize("suffix", ["invalid", "localhost", "53", "_x", "onion"])
def test_others_do_not(suffix) -> None:
    assert not suffix_exists(suffix)
