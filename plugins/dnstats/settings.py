"""Every environment variable of DNStats, once: its default, its check, and one line of help.

The README's table is made from SETTINGS (a test compares them). A bad value is one clear sentence.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: dags/, plugins/, include/ stand here."""

BUNDLED_LIST = ROOT / "include" / "sites.csv.gz"
"""The list of a run when no other was brought in; the practice internet knows its sites."""

DEVELOPMENT_SITES = 300
"""How many of the top sites a run takes with DNSTATS_ENV=Development."""


class BadSetting(ValueError):
    """A setting cannot be used; the message is one sentence for the operator."""


class Setting(NamedTuple):
    """One environment variable."""

    variable: str
    default: str
    read: Callable[[str], Any]
    help: str


def _text(value: str) -> str:
    return value.strip()


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for word in value.replace(",", " ").split() if word)


def _flag(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("it is neither true nor false")


def _between(lowest: float, highest: float) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            raise ValueError("it is not a number") from None
        if not lowest <= number <= highest:
            raise ValueError(f"it is not between {lowest:g} and {highest:g}")
        return number

    return read


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = _between(lowest, highest)(value)
        if number != int(number):
            raise ValueError("it is not a whole number")
        return int(number)

    return read


def _environment(value: str) -> str:
    if value not in ("Production", "Development"):
        raise ValueError("it is neither Production nor Development")
    return value


def _dns(value: str) -> str:
    if value not in ("", "system", "custom", "lab"):
        raise ValueError("it is none of system, custom, lab")
    return value


def _time_of_day(value: str) -> dt.time:
    try:
        return dt.datetime.strptime(value.strip(), "%H:%M").time()  # noqa: DTZ007  (a time alone)
    except ValueError:
        raise ValueError("it is not a time of day like 18:00") from None


def _port(value: str) -> int:
    return _whole(1, 65535)(value)


_CRON = re.compile(r"[0-9A-Za-z*/,?#-]+( +[0-9A-Za-z*/,?#-]+){4,5}")


def _schedule(value: str) -> str:
    text = " ".join(value.split())
    if text in ("never", "after list") or text.startswith("@") or _CRON.fullmatch(text):
        return text
    raise ValueError("it is neither five fields of cron, such as `0 8 * * *`, nor one of the words")


def place(text: str) -> str:
    """A path made whole: a relative one is of the checkout, whatever folder a process runs in.

    URLs, and nothing at all, stay as they are. `ValueError` for the home of a user who has none.
    """
    text = text.strip()
    if not text or "://" in text:
        return text
    try:
        return str(ROOT / Path(text).expanduser())
    except RuntimeError as fault:
        raise ValueError(f"{text!r} is no path: {fault}") from None


SETTINGS: tuple[Setting, ...] = (
    Setting("DNSTATS_ENV", "Production", _environment,
            f"`Development` limits a run to the top {DEVELOPMENT_SITES} sites"),
    Setting("DNSTATS_SCHEDULE", "0 8 * * *", _schedule,
            "when `daily_scan` runs by itself, as cron in UTC; `never`: only when triggered; "
            "`after list`: whenever `update_sites` is done"),
    Setting("DNSTATS_DATABASE", "", _text,
            "database URL for the command line; Airflow uses the connection `dnstats_db`"),
    Setting("DNSTATS_VAR", str(ROOT / "var"), place,
            "folder of all that is made at run time"),
    Setting("DNSTATS_ARCHIVE", "", place,
            "where the answers go: a folder or any fsspec URL; empty: `archive` in DNSTATS_VAR"),
    Setting("DNSTATS_REPORTS", "", place,
            "folder of the published pages; empty: `report` in DNSTATS_VAR"),
    Setting("DNSTATS_SITE_LIST", "", place,
            "the site list of a run: CSV of rank,domain (plain, .gz, .zip), a file or a URL; "
            "empty: the newest that `update_sites` took, else the bundled one"),
    Setting("DNSTATS_LIST_SOURCE", "https://tranco-list.eu/top-1m.csv.zip", place,
            "where `update_sites` fetches the list, every day at 01:01 UTC: a URL or a file"),
    Setting("DNSTATS_LIST_AT_LEAST", "900000", _whole(1, 1_000_000_000),
            "sites that a fetched list must have to be taken, besides nine tenths of the last"),
    Setting("DNSTATS_DNS", "", _dns,
            "what runs are labelled with: `system`, `custom`, or `lab` for the practice internet; "
            "empty: by whether resolvers are named"),
    Setting("DNSTATS_RESOLVERS", "", _words,
            "resolvers to ask, `ip` or `ip:port`, comma between; empty: the system's"),
    Setting("DNSTATS_SECOND_RESOLVERS", "", _words, "resolvers of the second pass"),
    Setting("DNSTATS_DIRECT_PORT", "53", _port, "port of name servers that are asked directly"),
    Setting("DNSTATS_SCAN_SLOTS", "4", _whole(1, 64),
            "chunks scanned at the same time; the rates below are for all of them together"),
    Setting("DNSTATS_RESOLVER_RATE", "0", _between(0, 1e6),
            "questions a second to the resolvers, for the whole run; 0: no ceiling of ours"),
    Setting("DNSTATS_SERVER_RATE", "20", _between(0.1, 1e6),
            "questions a second to any one name server asked directly, for the whole run"),
    Setting("DNSTATS_NETWORK_RATE", "200", _between(0, 1e6),
            "the same to all name servers of one network (/24, /48) together; 0: no such ceiling"),
    Setting("DNSTATS_WINDOW", "1000", _whole(1, 20000), "most look-ups under way in one scan"),
    Setting("DNSTATS_TIMEOUT", "2.5", _between(0.05, 60), "seconds that a try waits"),
    Setting("DNSTATS_TRIES", "3", _whole(1, 10), "tries of a question in each pass"),
    Setting("DNSTATS_OPT_OUT", str(ROOT / "include" / "opt_out.txt"), place,
            "file of domains that are never asked, one a line"),
    Setting("DNSTATS_KEEP_ANSWERS", "365", _whole(2, 36500),
            "days that the archived answers of a run are kept"),
    Setting("DNSTATS_KEEP_ROWS", "90", _whole(2, 36500),
            "days that the rows of a run are kept; its summary and report stay for ever"),
    Setting("DNSTATS_GATE", "92", _between(0, 100),
            "percent of sites that must be measured for a run to be published"),
    Setting("DNSTATS_DEADLINE", "18:00", _time_of_day,
            "time of day in UTC at which a scheduled run that is not finished is told as late, "
            "whenever it was due"),
    Setting("DNSTATS_DEADLINE_HOURS", "10", _between(0.001, 1000),
            "hours after which a run by hand, or a backfill, is told as late"),
    Setting("DNSTATS_ALLOW_SPECIAL", "false", _flag,
            "ask name servers at private and loopback addresses too; for the practice internet"),
    Setting("DNSTATS_MAIL_FROM", "dnstats@localhost", _text, "sender of the mails"),
    Setting("DNSTATS_MAIL_TO", "operator@localhost", _words, "who gets them, comma between"),
)  # fmt: skip


class Settings:
    """The settings of one process, read and checked once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values: dict[str, Any] = {}
        for setting in SETTINGS:
            given = environ.get(setting.variable, "")
            try:
                self._values[setting.variable] = setting.read(given or setting.default)
            except ValueError as fault:
                raise BadSetting(
                    f"{setting.variable}={given!r} cannot be used: {fault} ({setting.help})."
                ) from None

    def __getitem__(self, variable: str) -> Any:
        return self._values[variable]

    @property
    def var(self) -> Path:
        return Path(self["DNSTATS_VAR"])

    @property
    def archive(self) -> str:
        return self["DNSTATS_ARCHIVE"] or str(self.var / "archive")

    @property
    def reports(self) -> Path:
        return Path(self["DNSTATS_REPORTS"] or self.var / "report")

    @property
    def mail_folder(self) -> Path:
        return self.var / "mail"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process; `BadSetting` names the first that cannot be used."""
    return Settings(environ)
