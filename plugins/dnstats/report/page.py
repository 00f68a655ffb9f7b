"""The page of a run as HTML: one file that needs nothing else, with its drawings in it.

Whatever stands in the data stays text: every value is made visible and escaped on its way out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import msgspec
import sqlalchemy as sa
from markupsafe import Markup

from dnstats.db.models import Run, SiteList
from dnstats.db.queries import Summary
from dnstats.report.changes import FACTS, Changes
from dnstats.report.families import FAMILIES, family_about, family_name
from dnstats.report.figure import Figure, percent, show_percent
from dnstats.report.groups import SHOWN, GroupTable
from dnstats.report.list_changes import ListChanges
from dnstats.report.remarks import CommonRemark, RuleInRun
from dnstats.report.site_lists import WrittenList
from dnstats.report.trend import Trend
from dnstats.settings import ROOT
from dnstats.visible import visible

TEMPLATES = ROOT / "include" / "templates"
MAX_TEXT = 600  # characters of any one value; evidence has up to 500

DNS_SAYS = {
    "lab": "the practice internet on this machine",
    "system": "the resolvers of the scanning machine",
    "custom": "resolvers that the operator chose",
}


class Heading(msgspec.Struct, frozen=True):
    """What a reader must know about a run before any number."""

    site_list: str
    state: str
    dns: str
    is_practice: bool
    is_reread: bool
    resolvers: int


def read_heading(connection: sa.Connection, run_id: int) -> Heading:
    """The heading of a run; `LookupError` when there is no such run."""
    run = connection.execute(
        sa.select(Run.__table__, SiteList.name.label("list_name"))
        .join(SiteList, SiteList.id == Run.site_list_id)
        .where(Run.id == run_id)
    ).one_or_none()
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    return Heading(
        site_list=run.list_name,
        state=run.state,
        dns=DNS_SAYS.get(run.dns, run.dns),
        is_practice=run.dns == "lab",
        is_reread=run.source == "archive",
        resolvers=len(run.settings.get("resolvers") or ()),
    )


class Section(NamedTuple):
    """A part of the page."""

    name: str
    figures: tuple[Figure, ...]


def render_page(
    heading: Heading,
    summary: Summary,
    figures: Iterable[Figure],
    remarks: Iterable[CommonRemark],
    *,
    lists: Iterable[WrittenList] = (),
    sites: Iterable[Mapping[str, str]] = (),
    trend: Trend | None = None,
    changes: Changes | None = None,
    list_changes: ListChanges | None = None,
    groups: Iterable[GroupTable] = (),
) -> str:
    """The whole page. `sites` are rows of sites.csv."""
    return render(
        "report.html.j2",
        heading=heading,
        summary=summary,
        sections=_sections(figures),
        remarks=tuple(remarks),
        means=sorted(summary.mean_grades.items(), key=lambda one: (one[0] != "overall", one[0])),
        lists=tuple(lists),
        sites=tuple(sites),
        trend=trend,
        changes=changes,
        list_changes=list_changes,
        groups=tuple(groups),
    )


ABOUT = {
    "providers": (
        "Providers",
        ("dns_providers", "mail_providers"),
        "By who runs their name servers and mail hosts, recognised by the names of these.",
    ),
    "tlds": (
        "Top-level domains",
        ("tlds",),
        "By the last label of their names.",
    ),
}
"""Pages of groups: title, views, and what they are about."""
LETTERS = (
    "A from 90, B from 80, C from 70, D from 60, F below; + in the upper three points of ten, "
    "- in the lower three; A+ from 97."
)
"""The scale in words; `dnstats.grade.scale` has it."""
NAMES = {"unknown": "not recognised", "self-hosted": "run by the site itself"}


def render_groups(name: str, summary: Summary, tables: Iterable[GroupTable]) -> str:
    """One of the pages of `ABOUT`."""
    title, views, about = ABOUT[name]
    return render(
        "groups.html.j2",
        title=title,
        about=about,
        summary=summary,
        tables=[table for table in tables if table.view.name in views],
        shown=SHOWN,
        records=dict(FACTS),
    )


def render_rules(summary: Summary, families: Mapping[str, Sequence[RuleInRun]]) -> str:
    """The catalogue: every rule with its help, cure and source, by record family."""
    return render("rules.html.j2", summary=summary, families=families)


def render(template: str, **values: Any) -> str:
    """A page from a template of include/templates."""
    return _environment(TEMPLATES).get_template(template).render(values)


def _sections(figures: Iterable[Figure]) -> tuple[Section, ...]:
    """Figures by section, sections in the order of their first figure."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        found.setdefault(figure.chart.section, []).append(figure)
    return tuple(Section(name, tuple(parts)) for name, parts in found.items())


@functools.cache
def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["counted"] = counted
    environment.filters["family"] = family_name
    environment.filters["about"] = family_about
    environment.filters["percent"] = show_percent
    environment.filters["short"] = visible
    environment.filters["code"] = _code
    environment.filters["provider"] = provider
    environment.globals["share_of"] = percent
    environment.globals["families"] = FAMILIES
    environment.globals["letters"] = LETTERS
    return environment


def provider(name: str) -> str:
    """A provider as a reader is told of it."""
    return NAMES.get(name, name.replace("_", " "))


def _number(value: Any) -> str:
    """A number with its thousands apart; what is none as it is."""
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def counted(number: int, noun: str) -> str:
    """How many of something: "1 site", "1,234 sites"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _finalize(value: Any) -> Any:
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return visible(value, MAX_TEXT) if is_text else value


def _code(text: str) -> Markup:
    """A rule's help, in which `so` marks what stands in a record."""
    shown = visible(text, 2000).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(shown)
    )
