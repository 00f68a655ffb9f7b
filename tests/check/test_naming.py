"""What a person types: a name, or one sentence that says what to type instead."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from dnstats.check.naming import BadDomain, BadInput, bundled, gather, read_domain
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("example.com", "example.com"),
        (" EXAMPLE.com. \n", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("co.uk", "co.uk"),
    ],
)
def test_a_name_is_taken_in_any_spelling(typed: str, name: str) -> None:
    assert read_domain(typed) == name


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "it is empty"),
        ("localhost", "it has no dot"),
        ("https://www.example.com/a?b", "write only www.example.com"),
        ("example.com/path", "write only example.com"),
        ("example.com:443", "write only example.com"),
        ("me@example.com", "write only example.com"),
        ("192.0.2.1", "it is an IP address"),
        ("[2001:db8::1]", "it is an IP address"),
        ("2001:db8::1", "it is an IP address"),
        ("a..example", "the name has an empty label"),
        ("a" * 64 + ".example", "longer than 63"),
        ("a." * 130 + "example", "longer than 255"),
        ("exa mple.com", "a name has letters"),
        ("example.1", "a name has letters"),
        ("-\u0301.example", "international"),
        ("\x1b[31m.example", "a name has letters"),
        ("../../etc/passwd", "is no domain name"),
        ("http://[", "is no domain name"),
        ("x" * 500, "it has no dot"),
    ],
)
def test_what_is_none_is_one_sentence(typed: str, said: str) -> None:
    with pytest.raises(BadDomain) as fault:
        read_domain(typed)
    sentence = str(fault.value)
    assert said in sentence
    assert sentence.isprintable()
    assert len(sentence) < 300


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_a_sentence(typed: str) -> None:
    try:
        name = read_domain(typed)
    except BadDomain as fault:
        name = ""
        said = str(fault)
    else:
        said = read_domain(name)
        assert said == name
    assert said.isprintable()


def test_a_file_has_a_domain_or_a_rank_and_domain_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(
        b"\xef\xbb\xbf1,a.example\r\n\r\n# not this\nb.example # nor this\nA.example\n"
    )
    assert gather(["c.example"], str(path)) == (["c.example", "a.example", "b.example"], [])


def test_a_line_that_is_none_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"a.example\n\xff\xfe\0\nb.example\n")
    domains, faults = gather([], str(path))
    assert domains == ["a.example", "b.example"]
    assert len(faults) == 1


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.example\n")))
    assert gather([], "-") == (["a.example"], [])


@pytest.mark.parametrize("path", ["/no/such/file", "/", "\0"])
def test_a_file_that_cannot_be_read_is_one_sentence(path: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        gather([], path)


def test_the_bundled_list_gives_its_first_sites() -> None:
    assert len(bundled(3)) == 3


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_list_with_its_header_is_taken_packed_or_not(tmp_path: Path, pack) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(pack(b"rank,domain\n1,a.example\n2,b.example\n"))
    assert gather([], str(path)) == (["a.example", "b.example"], [])


def test_a_file_in_utf_16_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("1,a.example\n".encode("utf-16"))
    with pytest.raises(BadInput, match="written in UTF-16: save it as UTF-8"):
        gather([], str(path))
