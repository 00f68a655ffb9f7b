"""What an operator may ask of a run; everything else is one clear sentence."""

from __future__ import annotations

import pytest
from dnstats.settings import ROOT, Settings
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.run_request import read_request, refuse_dry_backfill
from dnstats.tasks.scan_chunk import scan_settings

RESOLVER = {"resolvers": ["127.0.0.1:5300"]}


def _settings(**environ: str) -> Settings:
    return Settings({f"DNSTATS_{name}": value for name, value in environ.items()})


def test_what_is_left_open_comes_from_the_settings() -> None:
    settings = _settings(RESOLVERS="192.0.2.1", DIRECT_PORT="5353", SITE_LIST="/lists/a.csv")
    request = read_request({}, settings)
    assert (request.first_rank, request.last_rank, request.chunk_size) == (1, None, 10_000)
    assert (request.resolvers, request.direct_port) == (("192.0.2.1",), 5353)
    assert (request.site_list, request.dns) == ("/lists/a.csv", "custom")


@pytest.mark.parametrize(
    ("params", "setting", "label"),
    [
        ({}, "", "custom"),
        ({}, "lab", "lab"),
        ({"dns": "system"}, "lab", "system"),
        ({"dns": "auto"}, "lab", "lab"),
        ({"resolvers": ["192.0.2.53"]}, "lab", "custom"),
    ],
)
def test_a_run_is_labelled_with_the_dns_it_asks(
    params: dict[str, object], setting: str, label: str
) -> None:
    settings = _settings(RESOLVERS="192.0.2.1", DNS=setting)
    assert read_request(params, settings).dns == label


@pytest.mark.parametrize(
    ("params", "first", "last"),
    [({}, 1, 300), ({"last_rank": 20}, 1, 20), ({"first_rank": 11, "last_rank": 9999}, 11, 310)],
)
def test_development_takes_a_few_hundred(params: dict[str, int], first: int, last: int) -> None:
    request = read_request({**RESOLVER, **params}, _settings(ENV="Development"))
    assert (request.first_rank, request.last_rank) == (first, last)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"first_rank": 0}, "first_rank 0 is not a whole number from 1"),
        ({"first_rank": "1"}, "first_rank '1' is not a whole number"),
        ({"first_rank": True}, "first_rank True is not"),
        ({"last_rank": 1.5}, "last_rank 1.5 is not"),
        ({"first_rank": 10, "last_rank": 9}, "last_rank 9 is before first_rank 10: swap them"),
        ({"chunk_size": 100_001}, "chunk_size 100001 is not"),
        ({"direct_port": 70_000}, "direct_port 70000 is not"),
        ({"resolvers": "192.0.2.1"}, "resolvers '192.0.2.1' is no list"),
        ({"resolvers": 53}, "resolvers 53 is no list"),
        (
            {"site_list": "~no-such-user-here/list.csv"},
            "site_list '~no-such-user-here/list.csv' is",
        ),
        ({"server_rate": 0}, "server_rate 0 is not a number from 0.1 to 1,000,000"),
        ({"server_rate": "20"}, "server_rate '20' is not a number"),
        ({"server_rate": float("nan")}, "server_rate nan is not a number"),
        ({"server_rate": True}, "server_rate True is not a number"),
        ({"resolver_rate": -1}, "resolver_rate -1 is not a number from 0 to 1,000,000"),
        ({"network_rate": -0.5}, "network_rate -0.5 is not a number from 0 to 1,000,000"),
        ({"resolver_rate": 1e9}, "resolver_rate 1000000000.0 is not a number"),
        ({"dns": "dig"}, "dns 'dig' is none of"),
        ({"resolvers": ["dns.example"]}, "'dns.example' is no"),
        ({"resolvers": ["192.0.2.1:0"]}, "'192.0.2.1:0' is no"),
        ({"resolvers": ["192.0.2.1:port"]}, "'192.0.2.1:port' is no"),
        ({"resolvers": ["192.0.2.1; rm -rf /"]}, "is no"),
        ({"resolvers": [None]}, "'None' is no"),
    ],
)
def test_a_bad_param_is_one_sentence(params: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused) as fault:
        read_request({**RESOLVER, **params}, _settings())
    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("resolver", ["192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[::1]:5300"])
def test_every_spelling_of_a_resolver_is_taken(resolver: str) -> None:
    assert read_request({"resolvers": [resolver]}, _settings()).resolvers == (resolver,)


def test_a_run_keeps_its_own_pace_else_that_of_the_settings() -> None:
    settings = _settings(SERVER_RATE="40", RESOLVER_RATE="100", NETWORK_RATE="300")
    request = read_request(RESOLVER, settings)
    assert (request.server_rate, request.resolver_rate, request.network_rate) == (40, 100, 300)
    own = {"server_rate": 0.5, "resolver_rate": 0, "network_rate": 0}
    request = read_request({**RESOLVER, **own}, settings)
    assert (request.server_rate, request.resolver_rate, request.network_rate) == (0.5, 0, 0)


def test_a_scan_is_told_the_pace_of_the_whole_run() -> None:
    run = {"resolvers": ["192.0.2.1"], "second_resolvers": [], "direct_port": 53,
           "allow_special": False}  # fmt: skip
    settings = _settings(SERVER_RATE="40", SCAN_SLOTS="4")
    asked = scan_settings(settings, {**run, "server_rate": 8.0, "resolver_rate": 200.0})
    assert (asked.server_rate, asked.resolver_rate) == (8, 200)
    of_before = scan_settings(settings, run)
    assert (of_before.server_rate, of_before.resolver_rate) == (40, 0)


def test_a_backfill_is_not_tried_dry() -> None:
    refuse_dry_backfill({"dry_run": False})
    with pytest.raises(Refused, match="backfill create --dry-run"):
        refuse_dry_backfill({"dry_run": True})


def test_a_second_resolver_that_is_none_is_known_before_the_scan() -> None:
    with pytest.raises(Refused, match=r"'one\.example' is no resolver address"):
        read_request(RESOLVER, _settings(SECOND_RESOLVERS="one.example"))


def test_a_relative_list_is_of_the_checkout_wherever_the_task_runs() -> None:
    request = read_request({**RESOLVER, "site_list": "lists/mine.csv"}, _settings())
    assert request.site_list == str(ROOT / "lists" / "mine.csv")
