"""A fingerprint of everything that decides a grade, so that RULES_VERSION is not forgotten.

    python -m dnstats.grade.fingerprint                records the version of now
    python -m dnstats.grade.fingerprint --unreleased   the same over a version nobody has used yet

It sees the code of the rules and of the scale; not their comments, docstrings, examples and
references, which change no grade.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from pathlib import Path

from dnstats.grade.scale import RULES_VERSION
from dnstats.settings import ROOT

RECORD = ROOT / "tests" / "data" / "rules_fingerprint.json"
FOLDER = Path(__file__).parent
COMMAND = "python -m dnstats.grade.fingerprint"
_SAYS_NOTHING = frozenset({"passes", "fails", "reference"})


def fingerprint(folder: Path = FOLDER) -> str:
    """SHA-256 over the code of scale, rule, grading and every file of rules."""
    files = [folder / f"{name}.py" for name in ("scale", "rule", "grading")]
    files += sorted((folder / "rules").rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        tree = _Bare().visit(ast.parse(file.read_text("utf-8")))
        name = file.relative_to(folder).with_suffix("").as_posix()
        digest.update(f"{name}\n{ast.dump(tree)}\n".encode())
    return digest.hexdigest()


class _Bare(ast.NodeTransformer):
    """Takes away what changes no grade."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "rule":
            node.keywords = [one for one in node.keywords if one.arg not in _SAYS_NOTHING]
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        is_version = any(
            isinstance(one, ast.Name) and one.id == "RULES_VERSION" for one in node.targets
        )
        return None if is_version else self.generic_visit(node)


def compare(recorded: dict[str, str], version: int, found: str) -> str:
    """What is to be done; empty when the version's fingerprint is the recorded one."""
    if recorded.get(str(version)) == found:
        return ""
    if str(version) not in recorded:
        return f"RULES_VERSION {version} is not recorded yet. Run: {COMMAND}"
    return (
        f"the rules or the scale have changed and RULES_VERSION is still {version}: raise it in "
        f"grade/scale.py, say so in CHANGELOG.md, and run: {COMMAND} (or, when nobody has grades "
        f"of version {version} yet, {COMMAND} --unreleased)"
    )


def main(arguments: list[str], record: Path = RECORD) -> int:
    """Record the fingerprint of now; the process's exit code."""
    recorded = json.loads(record.read_text("utf-8")) if record.is_file() else {}
    found = fingerprint()
    is_taken = recorded.get(str(RULES_VERSION), found) != found
    if is_taken and arguments != ["--unreleased"]:
        print(compare(recorded, RULES_VERSION, found), file=sys.stderr)
        return 1
    recorded[str(RULES_VERSION)] = found
    record.write_text(json.dumps(recorded, indent=2) + "\n", "utf-8")
    print(f"{record}: version {RULES_VERSION} is {found[:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
