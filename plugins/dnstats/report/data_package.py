"""`datapackage.json`: what the files of a report hold, as a Frictionless Data Package (version 1).

Tools read it (`frictionless validate datapackage.json`), and so do people who look for a unit.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dnstats.db.queries import Summary
from dnstats.report.site_lists import WrittenList
from dnstats.report.sites_parquet import meaning

FILE = "datapackage.json"
_SITE = {
    "rank": ("integer", "in the site list; 1 is the first"),
    "domain": ("string", "lower case, ASCII; an apostrophe in front of = + - @ is not part of it"),
}
_CHANGES = _SITE | {
    "what": ("string", "the fact that changed"),
    "before": ("string", "in the report before"),
    "now": ("string", "in this report"),
}
_SITES = _SITE | {
    "status": ("string", "exists, nxdomain (a server said so), not measured"),
    "grade": ("integer", "overall, 0-100; empty: see letter"),
    "letter": ("string", "A+ to F, not measured, does not apply"),
}
_CHART = {
    "panel": ("string", "which of the chart's drawings; empty where it has one"),
    "label": ("string", "what is counted"),
    "value": ("integer", "how many"),
    "share": ("number", "percent of what was measured"),
    "lowest": ("number", "percent of all, if none of the unmeasured were like this"),
    "highest": ("number", "percent of all, if all of the unmeasured were like this"),
    "measured": ("integer", "what the shares are of"),
    "not_measured": ("integer", "nobody could tell"),
    "does_not_apply": ("integer", "in no share"),
}
_GROUPS = {
    "name": ("string", "provider, or top-level domain"),
    "sites": ("integer", "that exist, or of which nobody could tell"),
    "not_measured_in_full": ("integer", "sites with a graded record that nobody could tell"),
    "shared_faults": ("string", "rule, percent of these sites, and of all others in brackets"),
}
_BY_FOLDER = {"lists": _SITE, "charts": _CHART}
_BY_NAME = {"sites.csv": _SITES, "changes.csv": _CHANGES}


def write_package(summary: Summary, lists: Iterable[WrittenList], folder: Path) -> None:
    """Describe every table that stands in `folder`."""
    titles = {f"lists/{one.name}.csv": one.title for one in lists}
    paths = sorted([*folder.rglob("*.csv"), folder / "sites.parquet"])
    names = [path.relative_to(folder).as_posix() for path in paths]
    package = {
        "profile": "data-package",
        "name": f"dnstats-{summary.day}-run-{summary.run_id}",
        "title": f"DNStats, {summary.day}",
        "description": "What sites publish in DNS. `not measured` is a value of its own: nobody "
        "could tell. manifest.json says what the run was made of.",
        "created": f"{summary.day.isoformat()}T00:00:00Z",
        "licenses": [{
            "name": "CC-BY-4.0", "title": "Creative Commons Attribution 4.0",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        }],
        "resources": [_resource(folder, name, titles.get(name, "")) for name in names],
    }  # fmt: skip
    (folder / FILE).write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _resource(folder: Path, name: str, title: str) -> dict[str, Any]:
    stem, _, kind = name.rpartition(".")
    resource: dict[str, Any] = {
        "name": stem.replace("/", "-").replace("_", "-") + ("-parquet" * (kind == "parquet")),
        "path": name,
        "format": kind,
    }
    if title:
        resource["title"] = title
    if kind == "parquet":
        fields = [_parquet_field(field) for field in pq.read_schema(folder / name)]
        return resource | {"mediatype": "application/vnd.apache.parquet",
                           "schema": {"fields": fields}}  # fmt: skip
    with (folder / name).open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    known = _BY_NAME.get(name) or _BY_FOLDER.get(name.partition("/")[0]) or _GROUPS
    return resource | {
        "profile": "tabular-data-resource", "mediatype": "text/csv", "encoding": "utf-8",
        "schema": {"fields": [_field(column, known) for column in columns], "missingValues": [""]},
    }  # fmt: skip


def _field(column: str, known: dict[str, tuple[str, str]]) -> dict[str, str]:
    kind, said = known.get(column, ("", ""))
    if kind:
        return {"name": column, "type": kind, "description": said}
    head, _, tail = column.rpartition("_")
    suffixes = {
        "published": ("integer", f"sites with {head}"),
        "told": ("integer", f"sites of which anybody could tell whether they have {head}"),
        "grade": ("number", f"mean grade of {head.removesuffix('_mean')}, 0-100"),
        "graded": ("integer", f"sites with a grade of {head}"),
    }
    kind, said = suffixes.get(tail, ("string", f"letter of {column}, or why there is none"))
    return {"name": column, "type": kind, "description": said}


def _parquet_field(field: pa.Field) -> dict[str, str]:
    kind = (
        "any" if pa.types.is_list(field.type)
        else "boolean" if pa.types.is_boolean(field.type)
        else "integer" if field.name == "rank"
        else "number" if pa.types.is_integer(field.type)  # a null of which is NaN to some readers
        else "string"
    )  # fmt: skip
    return {"name": field.name, "type": kind, "description": meaning(field.name)}
