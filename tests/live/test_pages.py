"""What DNStats adds to Airflow's UI: only for who is logged in, and only its own files."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from dnstats.stack.run import PUBLISH

from tests.live.conftest import SCAN, Stack


@pytest.fixture
def browser(stack: Stack) -> Iterator[httpx.Client]:
    """A browser that is logged in: it has the cookie that Airflow's login page sets."""
    login = {"username": "admin", "password": stack.owner.secrets.admin_password}
    with httpx.Client(base_url=stack.api.address, trust_env=False) as client:
        token = client.post("/auth/token", json=login).json()["access_token"]
        client.cookies.set("_token", token)
        yield client


@pytest.fixture
def published(stack: Stack, first_run: str) -> str:
    """The first run, when its report is written."""
    stack.until(
        lambda: [run for dag, run in stack.api.runs_caused_by(SCAN, first_run) if dag == PUBLISH]
    )
    for dag, run_id in stack.api.runs_caused_by(SCAN, first_run):
        if dag == PUBLISH:
            assert stack.follow(run_id, PUBLISH) == "success"
    return quote(first_run, safe="")


@pytest.mark.parametrize(
    "path", ["newest", "report/latest.html", "run/x/report", "run/x/archive/0", "", "openapi.json"]
)
def test_without_a_login_there_is_nothing(stack: Stack, published: str, path: str) -> None:
    with httpx.Client(base_url=stack.api.address, trust_env=False) as client:
        answer = client.get(f"/dnstats/{path.replace('/x/', f'/{published}/')}")
        forged = client.get("/dnstats/newest", headers={"Authorization": "Bearer e30.e30.e30"})
    assert answer.status_code in (401, 404), "404: no such page, for nobody"
    assert answer.status_code == 401 or path in ("", "openapi.json")
    assert forged.status_code in (401, 403)


def test_a_run_leads_to_its_report_without_scripts(browser: httpx.Client, published: str) -> None:
    for path in (f"run/{published}/report", "newest"):
        answer = browser.get(f"/dnstats/{path}", follow_redirects=True)
        assert answer.status_code == 200
        assert "<svg" in answer.text
        policy = answer.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "script" not in policy
        assert "default-src 'none'" in policy


def test_a_site_is_looked_up_without_scripts(browser: httpx.Client, published: str) -> None:
    report = browser.get(f"/dnstats/run/{published}/report", follow_redirects=True).url
    sites = browser.get(str(report.join("sites.csv"))).text
    domain = sites.splitlines()[1].split(",")[1]
    answer = browser.get(str(report.join(f"site.html?domain={domain}")))
    assert answer.status_code == 200
    assert f"<h2>{domain}</h2>" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "allow-scripts" not in policy
    nobody = browser.get(str(report.join("site.html?domain=nobody.example")))
    assert "This run has no site nobody.example" in nobody.text


def test_a_chunk_leads_to_its_archive_file(
    stack: Stack, browser: httpx.Client, first_run: str, published: str
) -> None:
    chunk = stack.chunks(first_run)[1]
    answer = browser.get(f"/dnstats/run/{published}/archive/1")
    assert answer.status_code == 200
    assert answer.content == (stack.archive / chunk.archive).read_bytes()
    assert "chunk-00001.parquet" in answer.headers["content-disposition"]
    assert browser.get(f"/dnstats/run/{published}/archive/99").status_code == 404
    assert browser.get("/dnstats/run/none/archive/0").status_code == 404
    assert browser.get(f"/dnstats/run/{published}/archive/..%2f0").status_code in (404, 422)


@pytest.mark.parametrize(
    "path", ["../secrets/admin_password", "..%2fsecrets%2fadmin_password", "%2fetc%2fpasswd",
             "/etc/passwd", "x%00y", "a" * 5000],
)  # fmt: skip
def test_only_reports_are_served(
    stack: Stack, browser: httpx.Client, published: str, path: str
) -> None:
    answer = browser.get(f"/dnstats/report/{path}")
    assert answer.status_code == 404
    assert stack.owner.secrets.admin_password not in answer.text


def test_the_links_stand_at_the_tasks_that_have_them(
    stack: Stack, browser: httpx.Client, first_run: str, published: str
) -> None:
    def links(task: str, index: int) -> dict[str, str | None]:
        path = f"/dags/{SCAN}/dagRuns/{published}/taskInstances/{task}/links?map_index={index}"
        return dict(stack.api.call("GET", path)["extra_links"])

    chunk = links("grade_chunk", 2)
    assert browser.get(str(chunk["Report"]), follow_redirects=True).status_code == 200
    assert browser.get(str(chunk["Archive file"])).status_code == 200
    assert links("notify_done", -1)["Archive file"] is None
