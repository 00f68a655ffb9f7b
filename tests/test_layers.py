"""Who may import whom: the architecture as a table. Airflow is known to dags/ alone."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "plugins" / "dnstats"

DATA = {"wire", "answer"}
MAY_IMPORT: dict[str, set[str]] = {
    "wire": set(),
    "answer": {"wire"},
    "visible": set(),
    "settings": set(),
    "version": {"settings"},
    "archive_removal": {"archive"},
    "archive": DATA | {"chunk_answers"},
    "chunk_answers": DATA,
    "opt_out": {"wire", "settings"},
    "records": DATA,
    "scan": DATA,
    "process": DATA | {"records"},
    "grade": DATA | {"records", "process", "settings"},
    "db": {"settings"},
    "lists": {"wire", "db", "opt_out"},
    "report": {"db", "settings", "version", "visible"},
    "notify": {"db", "settings", "visible"},
    "lab": set(),
    "stack": {"settings", "db", "lists", "scan", "grade"},
    "check": DATA
    | {"records", "scan", "process", "grade", "lists", "stack", "settings", "opt_out", "visible"},
    "regrade": {"db", "settings", "stack", "tasks"},
    "tasks": DATA
    | {
        "archive",
        "archive_removal",
        "chunk_answers",
        "records",
        "scan",
        "process",
        "grade",
        "db",
        "lists",
        "report",
        "notify",
    }
    | {"settings", "opt_out", "version", "visible"},
}
"""What each part may import of ours, besides itself."""

MAY_IMPORT_OUTSIDE: dict[str, set[str]] = {
    "wire": {"msgspec"},
    "answer": {"msgspec"},
    "visible": set(),
    "settings": set(),
    "version": set(),
    "opt_out": set(),
    "archive_removal": {"fsspec"},
    "archive": {"fsspec", "pyarrow"},
    "chunk_answers": {"pyarrow"},
    "records": {"msgspec", "dns"},
    "scan": {"msgspec"},
    "process": {"msgspec"},
    "grade": {"msgspec"},
    "db": {"sqlalchemy", "psycopg", "alembic", "msgspec"},
    "lists": {"httpx", "idna", "msgspec", "sqlalchemy"},
    "report": {"sqlalchemy", "jinja2", "msgspec", "markupsafe", "pyarrow"},
    "notify": {"httpx", "jinja2", "markupsafe", "msgspec"},
    "lab": {"dns", "msgspec", "cryptography"},
    "stack": {"dns", "httpx", "msgspec", "psycopg", "rich", "sqlalchemy"},
    "check": {"msgspec", "rich"},
    "regrade": {"sqlalchemy"},
    "tasks": {"dns", "msgspec", "sqlalchemy"},
}


def _files() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts)


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the whole name"
            if node.module == "dnstats":
                yield from ((f"dnstats.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module or "", node.lineno


@pytest.mark.parametrize("path", _files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_file_imports_only_what_its_part_may(path: Path) -> None:
    part = _part(path)
    if part in ("__init__", "__main__"):
        return
    assert part in MAY_IMPORT, f"say in MAY_IMPORT what {part} may import"
    for name, line in _imports(path):
        top, _, rest = name.partition(".")
        if top == "dnstats":
            other = rest.partition(".")[0]
            allowed = MAY_IMPORT[part] | {part}
            assert other in allowed, f"{path.name}:{line}: {part} may not import dnstats.{other}"
        elif top not in sys.stdlib_module_names and top != "__future__":
            allowed = MAY_IMPORT_OUTSIDE[part]
            assert top in allowed, f"{path.name}:{line}: {part} may not import {top}"


def test_only_scan_and_the_local_tools_open_sockets() -> None:
    openers = {"scan", "lab", "stack", "notify"}  # notify: SMTP, through the standard library
    for path in _files():
        names = {name for name, _ in _imports(path)}
        if names & {"socket", "asyncio", "smtplib", "urllib.request", "http.client", "ssl"}:
            assert _part(path) in openers, f"{path} may not open sockets"


def test_no_module_is_named_after_a_standard_or_installed_one() -> None:
    taken = set(sys.stdlib_module_names) | {"dns", "airflow", "alembic", "msgspec", "celery"}
    for path in _files():
        if path.stem not in ("__init__", "__main__"):
            assert path.stem not in taken, f"{path} hides the module {path.stem}"
    for word in ("utils", "common", "helpers", "core"):
        assert not list(PACKAGE.rglob(f"{word}*")), f"a home called {word} is no noun"


def test_airflow_loads_nothing_of_ours_as_a_plugin() -> None:
    ignored = (ROOT / "plugins" / ".airflowignore").read_text().split()
    assert "dnstats/" in ignored
