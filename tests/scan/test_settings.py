"""Bad settings get one clear sentence before anything is asked."""

from __future__ import annotations

import resource
from typing import Any

import pytest
from dnstats.scan import settings as module
from dnstats.scan.settings import ScanSettings, check_limits, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:DB8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        (" 127.0.0.1 ", ("127.0.0.1", 53)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "192.0.2",
        "192.0.2.1:0x35",
        "192.0.2.1:70000",
        "[::1]:-1",
        "a:b:c",
    ],
)
def test_what_is_no_address_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="is no resolver address: write"):
        read_address(text)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"resolvers": ()}, "No resolver"),
        ({"timeout": 0.0}, "timeout is 0.0"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"tries": 0}, "tries is 0"),
        ({"window": 0}, "window is 0"),
        ({"server_rate": 0.0}, "server_rate is 0.0"),
        ({"resolver_rate": -1.0}, "resolver_rate is -1.0"),
        ({"direct_port": 0}, "direct_port is 0"),
        ({"second_resolvers": ("nowhere",)}, "'nowhere' is no resolver address"),
    ],
)
def test_impossible_settings_are_refused_in_one_sentence(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        ScanSettings(**{"resolvers": ("192.0.2.53",), **changes})


def test_too_few_files_are_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    with pytest.raises(OSError, match=r"Only 100 open files .*ulimit -n"):
        check_limits(ScanSettings(resolvers=("192.0.2.53",)))


def test_few_files_and_small_buffers_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    monkeypatch.setattr(module, "RECEIVE_BUFFER", 1 << 40)
    files, buffers = check_limits(ScanSettings(resolvers=("192.0.2.53",)))
    assert "ulimit -n" in files
    assert "net.core.rmem_max" in buffers
