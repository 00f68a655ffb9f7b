"""The opt-out list: what can be written in it, and that nothing else is taken for a no."""

from __future__ import annotations

from pathlib import Path

import pytest
from dnstats.opt_out import read_opt_out
from dnstats.settings import ROOT, BadSetting


def test_domains_addresses_and_networks(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text(
        "# said no\nExample.COM.  # all of it\n\n192.0.2.1\n2001:DB8:0::/32\n198.51.100.7/24\n"
        "_dmarc.example.org\nxn--bcher-kva.example\n"
    )
    assert read_opt_out(path) == {
        "example.com",
        "192.0.2.1/32",
        "2001:db8::/32",
        "198.51.100.0/24",
        "_dmarc.example.org",
        "xn--bcher-kva.example",
    }


@pytest.mark.parametrize(
    "line",
    ["*.example.com", "https://example.com/", "a@example.com", "192.0.2.0/33", "bücher.example",
     "a..example", "example.com other.example", "x" * 64 + ".example"],
)  # fmt: skip
def test_a_line_that_would_stop_nothing_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.txt"
    path.write_text(line + "\n")
    with pytest.raises(BadSetting, match="has the line"):
        read_opt_out(path)


def test_a_list_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="would ask those who said no"):
        read_opt_out(tmp_path / "none.txt")


def test_the_list_in_the_tree_can_be_read() -> None:
    assert read_opt_out(ROOT / "include" / "opt_out.txt") == frozenset()


def test_a_file_of_another_system_is_read_as_it_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "opt_out.txt"
    path.write_bytes(b"\xef\xbb\xbfone.example\r\ntwo.example # said so by mail\r\n")
    assert read_opt_out(path) == {"one.example", "two.example"}
