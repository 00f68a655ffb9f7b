"""A good list is taken, with what it changed; whatever else a server does, the old list stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from dnstats.db.models import SiteList, SiteName, SiteRank
from dnstats.lists import fetching
from dnstats.lists.changes import Move
from dnstats.lists.importing import newest_list
from dnstats.lists.reading import BadList
from dnstats.lists.standing import standing_list
from dnstats.lists.taking import Taken, take_list

from tests.lists import servers
from tests.lists.servers import ListServer, list_server, many, rows, zipped

NOW = dt.datetime(2026, 11, 25, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def site() -> Iterator[ListServer]:
    with list_server() as served:
        yield served


@pytest.fixture
def take(engine: sa.Engine) -> Callable[..., Taken]:
    def take(source: str, day: int = 0, **options: Any) -> Taken:
        defaults = {"opted_out": frozenset(), "at_least": 1}
        return take_list(
            engine, source, now=NOW + dt.timedelta(days=day), **{**defaults, **options}
        )

    return take


def _standing(engine: sa.Engine) -> list[tuple[int, str]]:
    """The ranks of the list that runs would use."""
    with engine.connect() as connection:
        newest = newest_list(connection)
        if newest is None:
            return []
        query = (
            sa.select(SiteRank.rank, SiteName.domain)
            .join(SiteName, SiteName.id == SiteRank.site_id)
            .where(SiteRank.site_list_id == newest.id)
            .order_by(SiteRank.rank)
        )
        return [tuple(row) for row in connection.execute(query)]


def test_the_first_list_is_taken_with_the_publishers_id(site: ListServer, take, engine) -> None:
    source = site.serve("/top-1m.csv.zip", zipped(top=rows("a.example", "b.example")))
    site.serve("/top-1m-id", b"K25GW\n")
    taken = take(source)
    assert (taken.is_new, taken.sites.name, taken.changes) == (True, "tranco-K25GW", None)
    assert _standing(engine) == [(1, "a.example"), (2, "b.example")]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/top-1m-id", (404, {}, b"no")),
        ("/top-1m-id", (200, {}, servers.HTML)),
        ("/top-1m-id", (200, {}, b"k25gw; DROP TABLE")),
        ("/top-1m-id", (200, {}, b"A" * 5000)),
    ],
)
def test_an_id_that_is_none_is_left_out(site: ListServer, take, path: str, answer: Any) -> None:
    source = site.serve("/top-1m.csv.zip", zipped(top=rows("a.example")))
    site.answers[path] = answer
    assert take(source).sites.name.startswith("top-1m.csv.zip@")


def test_an_id_that_changes_under_the_download_is_nobodys(site: ListServer, take) -> None:
    source = site.serve("/top-1m.csv.zip", zipped(top=rows("a.example")))
    ids = iter([b"AAAA1", b"BBBB2"])

    def next_id(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(next(ids))
        handler.close_connection = True

    site.answers["/top-1m-id"] = next_id
    assert take(source).sites.name.startswith("top-1m.csv.zip@")


def test_a_permanent_list_has_its_id_in_its_address(site: ListServer, take) -> None:
    source = site.serve("/download/K25GW/1000000", rows("a.example"))
    assert take(source).sites.name == "tranco-K25GW"


def test_the_next_list_tells_what_is_new_gone_and_moved(site: ListServer, take, engine) -> None:
    source = site.serve("/list.csv", rows("a.example", "b.example", "c.example", "d.example"))
    first = take(source)
    site.serve("/list.csv", rows("a.example", "d.example", "e.example", "b.example"))
    second = take(source, day=1)
    assert second.changes is not None
    assert second.changes.since == first.sites.name
    counts = [getattr(second.changes, name) for name in ("new", "gone", "moved", "unmoved")]
    assert counts == [1, 1, 2, 1]
    assert second.changes.entered == (Move("e.example", None, 3),)
    assert second.changes.left == (Move("c.example", 3, None),)
    assert second.changes.risen == (Move("d.example", 4, 2),)
    assert second.changes.fallen == (Move("b.example", 2, 4),)
    with engine.connect() as connection:
        standing = standing_list(connection)
    assert standing is not None
    assert (standing.name, standing.changes) == (second.sites.name, second.changes)


def test_only_a_newer_list_is_asked_for(site: ListServer, take, engine) -> None:
    source = site.serve(
        "/list.csv", many(10), ETag='"one"', Last_Modified="Tue, 24 Nov 2026 00:00:00 GMT"
    )
    take(source)
    assert "if-none-match" not in site.asked[-1][1]
    site.serve("/list.csv", b"", status=304)
    again = take(source, day=1)
    assert site.asked[-1][1]["if-none-match"] == '"one"'
    assert site.asked[-1][1]["if-modified-since"] == "Tue, 24 Nov 2026 00:00:00 GMT"
    assert not again.is_new
    assert len(_standing(engine)) == 10


def test_the_same_bytes_are_the_same_list_and_no_news(site: ListServer, take, engine) -> None:
    source = site.serve("/list.csv", many(10))
    first = take(source)
    again = take(source, day=1)
    assert (again.is_new, again.sites) == (False, first.sites)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(SiteList)) == 1


def test_a_list_that_comes_back_is_the_newest_again(site: ListServer, take, engine) -> None:
    take(site.serve("/list.csv", rows("a.example")))
    take(site.serve("/list.csv", rows("b.example")), day=1)
    back = take(site.serve("/list.csv", rows("a.example")), day=2)
    assert back.is_new
    assert back.changes is not None
    assert (back.changes.new, back.changes.gone) == (1, 1)
    assert _standing(engine) == [(1, "a.example")]


@pytest.mark.parametrize("encoding", ["gzip file", "gzip on the way", "redirect"])
def test_every_honest_way_to_serve_a_list_will_do(
    site: ListServer, take, engine, encoding: str
) -> None:
    if encoding == "gzip file":
        source = site.serve("/list.csv.gz", servers.GZIPPED)
    elif encoding == "gzip on the way":
        source = site.serve("/list.csv", servers.GZIPPED, Content_Encoding="gzip")
    else:
        site.serve("/there.csv", many(100))
        source = site.serve("/here.csv", b"moved", status=302, Location="/there.csv")
    assert take(source).sites.sites == 100
    assert len(_standing(engine)) == 100


def test_a_list_by_tls_is_taken_and_one_that_leaves_tls_is_not(
    site: ListServer, take, engine, tmp_path, monkeypatch
) -> None:
    servers.write_certificate(tmp_path / "server.pem")
    with list_server(tmp_path / "server.pem") as safe:
        source = safe.serve("/list.csv", many(3))
        with pytest.raises(BadList, match="certificate"):
            take(source)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        assert take(source).sites.sites == 3
        plain = site.serve("/list.csv", many(9))
        safe.serve("/list.csv", b"", status=302, Location=plain)
        with pytest.raises(BadList, match="leads to an address without TLS"):
            take(source, day=1)
    assert len(_standing(engine)) == 3


def _fault(site: ListServer, name: str) -> str:
    """Make the server misbehave; returns the address that does."""
    callables: dict[str, Any] = {
        "slow": servers.says_nothing,
        "never ends": servers.never_ends,
        "breaks off": servers.breaks_off,
    }
    if name in callables:
        site.answers["/bad"] = callables[name]
        return f"{site.url}/bad"
    served: dict[str, Any] = {
        "not there": (404, {}, b"no"),
        "broken": (500, {}, many(100)),
        "not modified though nothing was known": (304, {}, b""),
        "HTML": (200, {}, servers.HTML),
        "nothing": (200, {}, b""),
        "no content": (204, {}, b""),
        "short": (200, {}, many(89)),
        "too short a length": (200, {"Content-Length": "500"}, many(100)),
        "junk": (200, {}, many(80) + b"x,y\n" * 1000),
        "zip bomb": (200, {}, servers.BOMB),
        "gzip bomb": (200, {}, fetching.gzip.compress(b"1,bomb.example\n" * 20_000)),
        "encoded bomb": (
            200, {"Content-Encoding": "gzip"}, fetching.gzip.compress(b"x" * 300_000),
        ),
        "cut zip": (200, {}, servers.CUT_ZIP),
        "zip of two": (200, {}, zipped(a=many(100), b=many(100))),
        "false encoding": (200, {"Content-Encoding": "gzip"}, many(100)),
        "leads in circles": (302, {"Location": "/bad"}, b""),
        "leads nowhere": (302, {"Location": "gopher://127.0.0.1/"}, b""),
        "too large": (200, {}, many(20_000)),
    }  # fmt: skip
    site.answers["/bad"] = served[name]
    return f"{site.url}/bad"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("slow", "cannot be fetched: timed out"),
        ("never ends", "was still coming after"),
        ("breaks off", "cannot be fetched: peer closed connection"),
        ("not there", "answered HTTP 404 instead of a list"),
        ("broken", "answered HTTP 500 instead of a list"),
        ("not modified though nothing was known", "answered HTTP 304"),
        ("HTML", "1 rows: HTML instead of CSV"),
        ("nothing", "no usable row of the form rank,domain is left (no rows)"),
        ("no content", "answered HTTP 204"),
        ("short", "holds 89 sites and at least 90 are wanted (nine tenths of good.csv@"),
        ("too short a length", "at least 90 are wanted"),
        ("junk", "holds 80 sites (1,000 rows cannot be used) and at least 90 are wanted"),
        ("zip bomb", "unpacks to more than 200,000 bytes"),
        ("gzip bomb", "unpacks to more than 200,000 bytes"),
        ("encoded bomb", "is larger than 200,000 bytes"),
        ("cut zip", "cannot be unpacked: File is not a zip file"),
        ("zip of two", "holds 2 files; it must hold one CSV"),
        ("false encoding", "cannot be fetched"),
        ("leads in circles", "cannot be fetched: Exceeded maximum allowed redirects"),
        ("leads nowhere", "cannot be fetched"),
        ("too large", "is larger than 200,000 bytes"),
    ],
)  # fmt: skip
def test_whatever_else_comes_is_one_sentence_and_the_old_list_stands(
    site: ListServer, take, engine, monkeypatch, name: str, says: str
) -> None:
    good = take(site.serve("/good.csv", many(100)))
    monkeypatch.setattr(fetching, "TIMEOUT", httpx.Timeout(0.5))
    monkeypatch.setattr(fetching, "DEADLINE", 0.3 if name == "never ends" else 20.0)
    monkeypatch.setattr(fetching, "MAX_BYTES", 200_000)
    with pytest.raises(BadList) as fault:
        take(_fault(site, name), day=1)
    assert says in str(fault.value)
    assert "\n" not in str(fault.value)
    with engine.connect() as connection:
        newest = newest_list(connection)
        assert connection.scalar(sa.select(sa.func.count()).select_from(SiteList)) == 1
    assert newest == good.sites
    assert len(_standing(engine)) == 100


def test_a_shorter_list_is_taken_when_the_operator_says_so(site: ListServer, take, engine) -> None:
    take(site.serve("/good.csv", many(100)))
    short = site.serve("/short.csv", many(50))
    with pytest.raises(BadList, match="trigger update_sites with at_least"):
        take(short, day=1, at_least=40)
    assert take(short, day=1, at_least=40, even_if_short=True).sites.sites == 50
    with pytest.raises(BadList, match=r"at least 60 are wanted \(as set\)"):
        take(short, day=1, at_least=60, even_if_short=True)


def test_the_first_list_must_have_the_sites_that_are_set(site: ListServer, take, engine) -> None:
    with pytest.raises(BadList, match="holds 5 sites and at least 900,000 are wanted"):
        take(site.serve("/list.csv", many(5)), at_least=900_000)
    assert _standing(engine) == []


def test_who_opted_out_is_in_no_list(site: ListServer, take, engine) -> None:
    source = site.serve("/list.csv", rows("a.example", "no.example", "www.no.example", "z.example"))
    taken = take(source, opted_out=frozenset({"no.example"}))
    assert _standing(engine) == [(1, "a.example"), (4, "z.example")]
    assert taken.sites.junk["its owner opted out"]["rows"] == 2


@pytest.mark.parametrize("etag", ['"a\tb"', '"é"', '"' + "x" * 500 + '"'])
def test_a_version_that_would_break_the_next_request_is_not_kept(
    site: ListServer, take, engine, etag: str
) -> None:
    take(site.serve("/list.csv", many(3), ETag=etag))
    take(site.serve("/list.csv", many(3)), day=1)
    assert "if-none-match" not in site.asked[-1][1]


def test_a_file_will_do_and_one_that_is_gone_is_one_sentence(take, tmp_path) -> None:
    (tmp_path / "list.csv").write_bytes(many(3))
    assert take(str(tmp_path / "list.csv")).sites.sites == 3
    with pytest.raises(BadList, match="there is no list at"):
        take(str(tmp_path / "gone.csv"))
    with pytest.raises(BadList, match="cannot be read"):
        take("nul\0byte.csv")
