"""The pages in a real browser: what records hold is shown and never run."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from dnstats.answer import Reason
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import RuleText, rule_texts
from dnstats.grade.grading import FamilyGrade, SiteGrades
from dnstats.grade.rule import Remark
from dnstats.grade.scale import Severity
from dnstats.records.record import NotMeasured
from dnstats.report.writing import write_report
from dnstats.visible import visible

from tests.report.runs import Site, fill_run, plausible_sites

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

RUNS = "document.documentElement.id='run'"
HOSTILE = (
    f'<script>{RUNS}</script>"\'><img src=x onerror="{RUNS}"></title></svg></style></table>'
    f"<svg onload={RUNS}>{{{{ 7*7 }}}}\u202egnp.exe\u2066\x01\x1b[2J\r\n]]>--><!--" + "x" * 65536
)


class Dom(HTMLParser):
    """A dumped DOM: its tags with attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a port of loopback."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def browse(address: str, profile: Path) -> Dom:
    """The page's DOM when all its scripts have run; no rule of the page's own was broken."""
    assert CHROMIUM is not None
    ended = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr",
            f"--user-data-dir={profile}", "--virtual-time-budget=8000", "--dump-dom", address,
        ],
        capture_output=True, text=True, errors="replace", timeout=120, check=True,
    )  # fmt: skip
    assert "Content Security Policy" not in ended.stderr
    assert "Uncaught" not in ended.stderr
    return Dom(ended.stdout)


@pytest.fixture
def hostile(database: sa.Connection, tmp_path: Path) -> Path:
    """The folder of a report in which everything that can be hostile is."""
    grade = FamilyGrade("spf", 40, (), "")
    remarks = (
        Remark("SPF001", "spf", Severity.HIGH, 60, HOSTILE),
        Remark(HOSTILE[:200], HOSTILE[:200], Severity.HIGH, 60, HOSTILE),
    )
    run_id = fill_run(
        database,
        [Site(HOSTILE, {"spf": NotMeasured(Reason.SERVFAIL, HOSTILE), "dmarc": None},
              dns_provider=HOSTILE, mail_provider=HOSTILE)],
        grades={HOSTILE: SiteGrades(40, (grade,), remarks)},
        site_list=HOSTILE, dns=HOSTILE, settings={"resolvers": [HOSTILE]}, state=HOSTILE,
    )  # fmt: skip
    rules = {"SPF001": RuleText("SPF001", "spf", "high", 60, HOSTILE, HOSTILE, "javascript:1")}
    write_report(database, run_id, tmp_path / "reports", rules, advise)
    return tmp_path / "reports"


def check_harmless(dom: Dom, scripts: int) -> None:
    assert sum(tag == "script" for tag, _ in dom.tags) == scripts
    assert not [tag for tag, _ in dom.tags if tag in ("img", "iframe", "object", "embed")]
    assert dict(dom.tags)["html"].get("id") is None, "a script of the records ran"
    for _, attributes in dom.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not (attributes.get("href") or "").startswith("javascript:")
    assert not set(dom.text) & set("\u202e\u2066\x01\x1b")


def test_hostile_records_run_nowhere_and_are_shown(hostile: Path, tmp_path: Path) -> None:
    shown = visible(HOSTILE, 300)
    with served(hostile) as address:
        page = browse(f"{address}/latest/index.html", tmp_path / "profile")
        site = browse(f"{address}/latest/site.html#{quote(shown, safe='')}", tmp_path / "profile")
        overview = browse(f"{address}/index.html", tmp_path / "profile")
    check_harmless(page, scripts=0)
    check_harmless(site, scripts=1)
    check_harmless(overview, scripts=0)
    assert RUNS in page.text
    assert "What is wrong" in site.text
    assert site.text.count(RUNS) >= 4, "domain, provider, evidence, help"
    assert "{{ 7*7 }}" in page.text


def test_a_site_is_looked_up(database: sa.Connection, tmp_path: Path) -> None:
    sites = plausible_sites(30)
    run_id = fill_run(database, sites)
    write_report(database, run_id, tmp_path / "reports", rule_texts(), advise)
    domain = next(site["domain"] for site in sites if site["status"] == "exists")
    with served(tmp_path / "reports") as address:
        found = browse(f"{address}/latest/site.html#{domain}", tmp_path / "profile")
        missing = browse(f"{address}/latest/site.html#nobody.test", tmp_path / "profile")
    assert ("h2", {}) in found.tags
    assert "of 100" in found.text
    assert "Found: " in found.text
    assert "This run has no site nobody.test." in missing.text


def test_opened_from_a_file_it_says_what_to_do(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(3))
    page = write_report(database, run_id, tmp_path / "reports", rule_texts(), advise)
    said = browse(f"{page.with_name('site.html').as_uri()}#site-0.example", tmp_path / "profile")
    assert "make reports" in said.text


def test_no_page_is_wider_than_a_phone(database: sa.Connection, tmp_path: Path) -> None:
    sites = plausible_sites(30)
    run_id = fill_run(database, sites)
    write_report(database, run_id, tmp_path / "reports", rule_texts(), advise)
    domain = next(site["domain"] for site in sites if site["readings"]["caa"] is None)
    pages = ("index.html", f"site.html#{domain}", "providers.html", "tlds.html", "rules.html")
    (tmp_path / "reports" / "phone.html").write_text(
        "".join(
            f'<iframe width="390" height="800" src="latest/{page}" data-page="{page}"></iframe>'
            for page in pages
        )
        + "<script>onload=()=>setTimeout(()=>{for(const one of document.querySelectorAll('iframe'))"
        "{const page=one.contentDocument.documentElement;document.body.append(one.dataset.page+' '"
        "+(page.scrollWidth-page.clientWidth)+' too wide; ')}},3000)</script>"
    )
    with served(tmp_path / "reports") as address:
        told = browse(f"{address}/phone.html", tmp_path / "profile").text
    for page in pages:
        assert f"{page} 0 too wide" in told
