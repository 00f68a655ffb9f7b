"""What was found at a site: a line a family where anybody could tell, and none elsewhere."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.grade.scale import WEIGHTS
from dnstats.records import caa, dmarc, mx, spf
from dnstats.report.found import COLUMNS, found_at
from dnstats.report.one_site import find_site, site_page
from dnstats.report.writing import write_report

from tests.report.runs import Site, fill_run, nobody_knows, nothing_there

TOLD = Site(
    "told.example",
    {
        "spf": spf.parse_example("v=spf1 a mx ~all"),
        "dmarc": dmarc.parse_example("v=DMARC1; p=reject; sp=none"),
        "caa": caa.parse_example(('0 issue "ca.example"', '0 issue "pki.goog"')),
        "mx": mx.parse_example("10 mail.example.net"),
    },
)


def test_a_line_a_family_and_none_for_what_nobody_could_tell(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = [TOLD, nothing_there("bare.example"), nobody_knows("quiet.example")]
    page = write_report(database, fill_run(database, sites), tmp_path, rule_texts(), advise)
    told, bare, quiet = (find_site(page.parent, site["domain"]) or {} for site in sites)
    assert told["found"] == {
        "spf": "~all (softfail); 2 DNS look-ups",
        "dmarc": "p=reject; sp=none; no reports",
        "caa": "ca.example, pki.goog",
        "mx": "takes mail; 1 MX record",
    }
    assert bare["found"]["spf"] == "no SPF record"
    assert bare["found"]["dmarc"] == "no DMARC record"
    assert bare["found"]["caa"] == "no CAA record"
    assert set(bare["found"]) <= set(WEIGHTS)
    assert quiet["found"] == {}, "not found is not the same as could not ask"
    shown = site_page(page.parent, "told.example", "site.html")
    assert "~all (softfail); 2 DNS look-ups" in shown
    assert "ca.example, pki.goog" in shown


def test_many_issuers_are_counted() -> None:
    row = dict.fromkeys(COLUMNS, None) | {"caa": "published", "caa_issuers": ["a"] * 11}
    assert found_at(list(row.values())) == {"caa": f"{', '.join('a' * 8)} and 3 more"}
    row["caa_issuers"] = []
    assert found_at(list(row.values())) == {"caa": "nobody at all may issue"}


def test_a_record_to_publish_is_never_cut_off(database: sa.Connection, tmp_path: Path) -> None:
    domain = ".".join(["x" * 63] * 3) + ".example"
    record = f"v=DMARC1; p=none; rua=mailto:d@example.com; x={'z' * 180}"
    site = Site(domain, {"dmarc": dmarc.parse_example(record)})
    page = write_report(database, fill_run(database, [site]), tmp_path, rule_texts(), advise)
    found = find_site(page.parent, domain) or {}
    (line,) = found["publish"]["DMARC007"]
    assert line.endswith("all of your own mail passes")
    assert f'{"z" * 180}"' in site_page(page.parent, domain, "site.html").replace("&#34;", '"')
