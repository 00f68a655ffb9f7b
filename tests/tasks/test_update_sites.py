"""The boxes of update_sites: what became of each update is kept and mailed; runs use the result."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dnstats.db.models import ListUpdate, Run, SiteList
from dnstats.lists.reading import BadList
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.create_run import create_run
from dnstats.tasks.import_sites import import_sites
from dnstats.tasks.notify_list_done import notify_list_done
from dnstats.tasks.notify_list_start import notify_list_start
from dnstats.tasks.offer_sites import offer_sites
from dnstats.tasks.run_request import read_request
from dnstats.tasks.update_request import read_update_request

from tests.lists.servers import HTML, ListServer, list_server, many, rows

NOW = dt.datetime(2026, 11, 25, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def site() -> Iterator[ListServer]:
    with list_server() as served:
        yield served


@pytest.fixture
def settings(tmp_path: Path, site: ListServer) -> Settings:
    return Settings(
        {
            "DNSTATS_VAR": str(tmp_path / "var"),
            "DNSTATS_LIST_SOURCE": f"{site.url}/list.csv",
            "DNSTATS_LIST_AT_LEAST": "2",
            "DNSTATS_RESOLVERS": "192.0.2.1",
        }
    )


def _update(engine: sa.Engine, settings: Settings, day: int = 0, **params: Any) -> None:
    """One DAG run, as Airflow would do it: the last two boxes whatever happened before."""
    request = read_update_request(params, settings)
    now, dag_run_id = NOW + dt.timedelta(days=day), f"scheduled__{day}"
    notify_list_start(engine, settings, request, None, dag_run_id=dag_run_id)
    try:
        import_sites(engine, settings, request, dag_run_id=dag_run_id, now=now)
    except BadList:
        pass
    finally:
        offer_sites(engine)
        notify_list_done(engine, settings, dag_run_id, None, now=now)


def _mails(settings: Settings) -> list[tuple[str, str, str]]:
    """Subject, text and HTML of every mail, by name of its file."""
    found = []
    for path in sorted(settings.mail_folder.glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
        found.append((mail["Subject"], *(part.get_content() for part in parts if part)))
    return found


def _last_mail(settings: Settings) -> tuple[str, str, str]:
    return next(mail for mail in reversed(_mails(settings)) if "is fetched" not in mail[0])


def test_the_mails_tell_what_was_taken_and_what_it_changed(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    site.serve("/list.csv", rows("a.example", "b.example", "c.example"))
    _update(engine, settings)
    subject, text, _ = _last_mail(settings)
    assert subject.endswith(": 3 sites")
    assert "is the first list" in text
    site.serve("/list.csv", rows("c.example", "a.example", "new.example") + b"x,<b>junk</b>\n")
    _update(engine, settings, day=1)
    subject, text, html = _last_mail(settings)
    assert subject.endswith("3 sites, 1 new, 1 gone")
    assert "1 new, 1 gone and 2 moved since list.csv@" in text
    assert "new.example: not in the list -> 3" in text
    assert "c.example: 3 -> 1" in text
    assert "1: the rank is not a whole number, for example x,<b>junk</b>" in text
    assert "&lt;b&gt;junk" in html
    with engine.connect() as connection:
        states = connection.scalars(sa.select(ListUpdate.state).order_by(ListUpdate.id)).all()
    assert states == ["taken", "taken"]


def test_no_news_are_told_as_such(engine: sa.Engine, settings: Settings, site: ListServer) -> None:
    site.serve("/list.csv", many(3))
    _update(engine, settings)
    _update(engine, settings, day=1)
    assert _last_mail(settings)[0] == "[DNStats] The site list has not changed"
    with engine.connect() as connection:
        states = connection.scalars(sa.select(ListUpdate.state).order_by(ListUpdate.id)).all()
    assert states == ["taken", "unchanged"]


def test_a_list_that_does_not_come_is_critical_and_the_old_one_is_offered(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    site.serve("/list.csv", many(3))
    _update(engine, settings)
    site.serve("/list.csv", HTML)
    with pytest.raises(Refused, match=r"No list was taken: .*HTML instead of CSV"):
        _update(engine, settings, day=4)
    subject, text, _ = _last_mail(settings)
    assert subject.startswith("[DNStats] CRITICAL: no site list was taken")
    assert "stands, with 3 sites, taken 4 days ago" in text
    assert offer_sites(engine) is not None
    # Cleared and tried again, the same run comes to a good end.
    site.serve("/list.csv", many(5))
    _update(engine, settings, day=4)
    with engine.connect() as connection:
        states = connection.scalars(sa.select(ListUpdate.state).order_by(ListUpdate.id)).all()
    assert states == ["taken", "taken"]


def test_an_import_that_was_killed_is_told(engine: sa.Engine, settings: Settings) -> None:
    with pytest.raises(Refused, match="import_sites did not come to an end"):
        notify_list_done(engine, settings, "scheduled__0", None, now=NOW)
    assert "No list was ever taken. Scans use the bundled one." in _last_mail(settings)[1]
    assert offer_sites(engine) is None


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"source": "ftp://lists.example/top.csv"}, "neither a http(s) URL nor a path"),
        ({"source": "/lists/a\0b.csv"}, "'/lists/a\\x00b.csv' is neither a http(s) URL nor"),
        ({"source": "/lists/\udc80.csv"}, "is neither a http(s) URL nor a path"),
        ({"at_least": 0}, "at_least 0 is not a whole number from 1"),
        ({"at_least": "5"}, "at_least '5' is not"),
        ({"at_least": True}, "at_least True is not"),
    ],
)
def test_a_bad_param_is_one_sentence(settings: Settings, params: Any, says: str) -> None:
    with pytest.raises(Refused) as fault:
        read_update_request(params, settings)
    assert says in str(fault.value)


def test_whatever_a_server_says_can_be_kept_and_told(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    site.serve("/list.csv", b"<b>\0\x1b[31m\xff\xed\xa0\x80\xe2\x80\xae</b>\n" * 3)
    with pytest.raises(Refused, match="HTML instead of CSV"):
        _update(engine, settings)
    subject, text, html = _last_mail(settings)
    assert "\x1b" not in subject + text + html
    assert "<b>" not in html


def test_what_the_form_leaves_open_comes_from_the_settings(settings: Settings) -> None:
    request = read_update_request({"source": None, "at_least": None}, settings)
    assert (request.at_least, request.even_if_short) == (2, False)
    assert request.source.endswith("/list.csv")
    named = read_update_request({"source": "/lists/a.csv", "at_least": 7}, settings)
    assert (named.source, named.at_least, named.even_if_short) == ("/lists/a.csv", 7, True)


def _create(engine: sa.Engine, settings: Settings, dag_run_id: str, **params: Any) -> str:
    """Make a run; returns the name of its list."""
    request = read_request({"chunk_size": 1000, **params}, settings)
    create_run(engine, settings, request, dag_run_id=dag_run_id, now=NOW)
    with engine.connect() as connection:
        name = connection.scalar(
            sa.select(SiteList.name)
            .join(Run, Run.site_list_id == SiteList.id)
            .where(Run.dag_run_id == dag_run_id)
        )
    assert name is not None
    return name


def test_a_run_uses_the_newest_list_and_keeps_it(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    assert _create(engine, settings, "before").startswith("sites.csv.gz@"), "the bundled one"
    site.serve("/list.csv", many(3))
    _update(engine, settings)
    first = _create(engine, settings, "monday")
    assert first.startswith("list.csv@")
    site.serve("/list.csv", many(4))
    _update(engine, settings, day=1)
    assert _create(engine, settings, "tuesday") != first
    assert _create(engine, settings, "monday") == first, "cleared, it is still Monday's list"


def test_the_practice_internet_keeps_to_the_sites_that_it_knows(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    site.serve("/list.csv", many(3))
    _update(engine, settings)
    assert _create(engine, settings, "lab", dns="lab").startswith("sites.csv.gz@")


def test_a_list_of_its_own_is_no_other_runs_list(
    engine: sa.Engine, settings: Settings, site: ListServer
) -> None:
    site.serve("/list.csv", many(3))
    _update(engine, settings)
    own = site.serve("/own.csv", many(9))
    assert _create(engine, settings, "own", site_list=own).startswith("own.csv@")
    assert _create(engine, settings, "next").startswith("list.csv@")


def test_a_run_does_not_ask_who_opted_out(
    engine: sa.Engine, settings: Settings, site: ListServer, tmp_path: Path
) -> None:
    (tmp_path / "out.txt").write_text("b.example\n")
    own = site.serve("/own.csv", rows("a.example", "www.b.example", "c.example"))
    careful = Settings(
        {"DNSTATS_RESOLVERS": "192.0.2.1", "DNSTATS_OPT_OUT": str(tmp_path / "out.txt")}
    )
    request = read_request({"site_list": own}, careful)
    create_run(engine, careful, request, dag_run_id="m", now=NOW)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(SiteList.sites)) == 2
