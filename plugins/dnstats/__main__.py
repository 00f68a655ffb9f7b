"""`python -m dnstats COMMAND`: what a person runs by hand."""

from __future__ import annotations

import importlib
import sys

COMMANDS = {
    "check": ("dnstats.check.command", "ask about domains now: grades, what is wrong, the cure"),
}


def main(argv: list[str]) -> int:
    """Run one command; its exit status."""
    name = argv[0] if argv else ""
    if name in COMMANDS:
        status: int = importlib.import_module(COMMANDS[name][0]).main(argv[1:])
        return status
    is_help = name in ("-h", "--help")
    lines = [f"  {command:<8}{says}" for command, (_, says) in COMMANDS.items()]
    out = sys.stdout if is_help else sys.stderr
    print("usage: python -m dnstats COMMAND [--help]", *lines, sep="\n", file=out)
    return 0 if is_help else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
