"""`python -m dnstats check`: the command line, its output and its exit status."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys

from dnstats import settings
from dnstats.check.asking import check_domains
from dnstats.check.checked import Checked
from dnstats.check.naming import BadInput, bundled, gather
from dnstats.check.output import Output
from dnstats.check.practice import practice
from dnstats.check.whom import BadResolver, NoResolver, lab_settings, scan_settings
from dnstats.grade.scale import LETTERS
from dnstats.process.site_run import Status
from dnstats.settings import BadSetting
from dnstats.stack.fault import StackFault

FINE, BELOW, USAGE, UNMEASURED, INTERRUPTED = 0, 1, 2, 3, 130

EPILOG = """\
exit status: 0 all is well; 1 a domain does not exist, or is below --min-grade or --min-letter;
2 bad usage, or a name that is none; 3 a domain could not be measured; 130 interrupted.
The lowest of 2, 1, 3 that holds for any domain, in that order, is that of the whole."""

TOGETHER = 2_000  # domains asked about in one scan; memory is what they share
LAB_TIMEOUT = "0.5"  # seconds that a try waits: silence is near, and meant
MOST_FAULTS = 20  # said one by one
AT_HAND = 10  # sites that --lab checks when none are named


def main(argv: list[str]) -> int:
    """Do it; the exit status."""
    options = _arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no more than ASCII
            stream.reconfigure(errors="replace")
    try:
        return _check(options)
    except (BadInput, BadResolver, BadSetting) as fault:
        _say(str(fault))
        return USAGE
    except BrokenPipeError:
        return _unread()
    except (NoResolver, StackFault, OSError) as fault:
        _say(str(fault))
        return UNMEASURED
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED


def _unread() -> int:
    """Whoever read the results has seen enough (head): nothing more must be written there."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FINE


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(f"dnstats check: {sentence}", file=sys.stderr, flush=True)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m dnstats check",
        description="Ask about domains now, and say what is wrong and how to mend it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("domains", nargs="*", metavar="DOMAIN")
    parser.add_argument(
        "--file", metavar="PATH", help="domains, one a line, or rank,domain; - is standard input"
    )
    parser.add_argument(
        "--resolver", action="append", default=[], metavar="IP[:PORT]",
        help="whom to ask, may be repeated (default: DNSTATS_RESOLVERS, else the system's)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one line of JSON a domain")
    parser.add_argument("--readings", action="store_true", help="all that was read, in the JSON")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--full", action="store_true", help="the whole report (default for one)")
    form.add_argument("--brief", action="store_true", help="a line each (default for several)")
    least = parser.add_mutually_exclusive_group()
    least.add_argument("--min-grade", type=_grade, metavar="N", help="exit 1 below this, 0-100")
    least.add_argument("--min-letter", type=_letter, metavar="L", dest="min_grade",
                       help="the same as a letter, A+ to F")  # fmt: skip
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="seconds that a try waits")
    parser.add_argument(
        "--lab", action="store_true",
        help=f"ask the practice internet instead: made-up zones on this machine (without DOMAIN: "
        f"the first {AT_HAND} sites of the bundled list)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="which practice internet")
    options = parser.parse_args(argv)
    if not options.domains and options.file is None and not options.lab:
        parser.error("name a domain, or a --file of them")
    if options.lab and options.resolver:
        parser.error("--lab brings its own resolvers; leave out --resolver")
    return options


def _grade(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is no grade: a whole number from 0 to 100")
    return int(text)


def _letter(text: str) -> int:
    lowest = {name: grade for grade, name in LETTERS}
    if text.upper() not in lowest:
        raise argparse.ArgumentTypeError(f"{text!r} is no letter: one of {', '.join(lowest)}")
    return lowest[text.upper()]


def _seconds(text: str) -> str:
    try:
        if 0.05 <= float(text) <= 60:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is no time: seconds from 0.05 to 60")


def _check(options: argparse.Namespace) -> int:
    timeout = options.timeout or (LAB_TIMEOUT if options.lab else None)
    found = settings.load({**os.environ, **({"DNSTATS_TIMEOUT": timeout} if timeout else {})})
    domains, faults = gather(options.domains, options.file)
    for fault in faults[:MOST_FAULTS]:
        _say(fault)
    if len(faults) > MOST_FAULTS:
        _say(f"and {len(faults) - MOST_FAULTS:,} more that are no domain names")
    if not domains and not faults and options.lab:
        domains = bundled(AT_HAND)
    if not domains:
        if not faults:
            _say("there is no domain to check")
        return USAGE
    outcome = Outcome(options.min_grade)
    with contextlib.ExitStack() as stack:
        if options.lab:
            _say("practice internet: what follows is about made-up zones on this machine")
            asking = lab_settings(found, stack.enter_context(practice(domains, options.seed)))
        else:
            asking = scan_settings(found, tuple(options.resolver))
        output = stack.enter_context(
            Output(len(domains), as_json=options.json, readings=options.readings,
                   is_full=options.full or (len(domains) == 1 and not options.brief))
        )  # fmt: skip

        def tell(checked: Checked) -> None:
            outcome.add(checked)
            output.tell(checked)

        for start in range(0, len(domains), TOGETHER):
            check_domains(domains[start : start + TOGETHER], asking, tell, output.step)
    return USAGE if faults else outcome.status


class Outcome:
    """The exit status, as the domains come in."""

    def __init__(self, least: int | None) -> None:
        self._least = least
        self._is_below = self._is_unmeasured = False

    def add(self, checked: Checked) -> None:
        """Take one domain into account."""
        if checked.status is Status.NXDOMAIN:
            self._is_below = True
        elif not checked.is_measured:
            self._is_unmeasured = True  # half a measurement says nothing about a threshold
        elif self._least is not None and checked.grade is not None:
            self._is_below = self._is_below or checked.grade < self._least

    @property
    def status(self) -> int:
        """Of all domains so far."""
        return BELOW if self._is_below else UNMEASURED if self._is_unmeasured else FINE
