"""`make compare-checkdmarc`: DNStats and checkdmarc on the same practice internet, side by side.

checkdmarc (Apache-2.0) is installed into a virtual environment of its own below var/. Both ask the
same resolver about the same sites; include/docs/checkdmarc.md says how often they agree and why
they differ where they do. Exit status 1 when a difference has no reason in REASONS.

    python bench/compare_checkdmarc.py [sites]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from checkdmarc_reasons import REASONS, SEED, UNMEASURED, Difference
from dnstats import settings
from dnstats.check.asking import check_domains
from dnstats.check.checked import Checked
from dnstats.check.naming import bundled
from dnstats.check.practice import practice
from dnstats.check.whom import lab_settings
from dnstats.process.site_run import Status
from dnstats.records.record import NotMeasured
from dnstats.settings import ROOT
from dnstats.stack.lab_process import Lab

VERSION = "6.0.4"
SITES = 1000
PAGE = ROOT / "include" / "docs" / "checkdmarc.md"
WORDS = Path(__file__).with_name("checkdmarc_words.py")
GONE = "no such domain"

CHECKS = {
    "spf": "SPF: none, valid, permerror",
    "spf_lookups": "SPF: look-ups of a valid record (RFC 7208 section 4.6.4)",
    "dmarc": "DMARC: the policy that applies, tree walk included",
    "dmarc_at": "DMARC: where the record was found",
    "mx": "MX: preferences and hosts",
    "ns": "NS: the set",
    "soa": "SOA: the serial",
    "dnssec": "DNSSEC: validates or not",
    "mta_sts": "MTA-STS: the record",
    "tls_rpt": "TLS-RPT: the record",
    "bimi": "BIMI: the record",
}

INTRODUCTION = """\
<!-- Made by `make compare-checkdmarc`; do not edit. -->
# Beside checkdmarc

DNStats and checkdmarc {version} asked the resolver of the same practice internet about the first
{count:,} sites of the bundled list (seed {seed}): `make compare-checkdmarc`. checkdmarc runs in a
virtual environment of its own and is no dependency. What it does over HTTPS and SMTP is left out,
and so is what DNStats alone reads: CAA, DANE, HTTPS records, each name server's own answers, the
delegation, DNSSEC beyond yes and no."""

Said = Mapping[str, Any]


def our_words(site: Checked) -> dict[str, Any]:
    """Check -> what DNStats says, in the words of the other."""
    read = site.readings
    words: dict[str, Any] = {
        name: UNMEASURED for name in CHECKS if isinstance(read.get(name), NotMeasured)
    }
    found: dict[str, Any] = {name: read.get(name) for name in read if name not in words}
    if site.status is Status.NXDOMAIN:
        return {name: _absent(name) for name in CHECKS} | dict.fromkeys(("mx", "ns", "soa"), GONE)
    if "spf" in found:
        spf = found["spf"]
        words["spf"] = spf.verdict.value if spf else "none"
        words["spf_lookups"] = spf.lookups if spf else None
    if "dmarc" in found:
        dmarc = found["dmarc"]
        words["dmarc"] = (dmarc.policy or "invalid") if dmarc else "no record"
        words["dmarc_at"] = (dmarc.found_at or None) if dmarc else None
    if "mx" in found:
        hosts = found["mx"].exchanges if found["mx"] else ()
        words["mx"] = sorted([one.preference, one.name] for one in hosts)
    if "ns" in found:
        words["ns"] = sorted(found["ns"].names) if found["ns"] else []
    if "soa" in found:
        words["soa"] = next((one.serial for one in found["soa"].records), None)
    if "dnssec" in found:
        words["dnssec"] = bool(found["dnssec"]) and found["dnssec"].state == "secure"
    for name in ("mta_sts", "tls_rpt", "bimi"):
        if name in found:
            valid = found[name] is not None and found[name].is_valid
            words[name] = found[name].record if valid else None
    return words


def _absent(name: str) -> Any:
    return {"spf": "none", "dmarc": "no record", "dnssec": False}.get(name)


def their_words(row: Said) -> dict[str, Any]:
    """Check -> what checkdmarc says."""
    words = {name: row[name] for name in CHECKS}
    for name in ("mx", "ns", "soa"):
        if isinstance(words[name], str) and words[name].endswith("does not exist."):
            words[name] = GONE
    return words


def ask_checkdmarc(lab: Lab, domains: Iterable[str]) -> dict[str, Said]:
    """Domain -> what checkdmarc says, from its own virtual environment."""
    home = settings.load().var / "checkdmarc"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    wanted = [str(python), "-m", "pip", "install", "-q", f"checkdmarc=={VERSION}"]
    subprocess.run(wanted, check=True)
    address, _, port = lab.resolvers[0].partition(":")
    done = subprocess.run(
        [str(python), str(WORDS), address, port], input="\n".join(domains), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    rows = map(json.loads, done.stdout.splitlines())
    return {row["domain"]: row for row in rows}


def compare(sites: Iterable[Checked], rows: Mapping[str, Said]) -> tuple[Counter[str], list[Any]]:
    """How often they agree, by check, and the differences."""
    same: Counter[str] = Counter()
    differences = []
    for site in sites:
        ours, theirs = our_words(site), their_words(rows[site.domain])
        for check in CHECKS:
            if check == "spf_lookups" and {ours["spf"], theirs["spf"]} != {"valid"}:
                continue  # only a valid record has a number
            mine = ours.get(check, ours.get(check.partition("_")[0]))
            if mine == theirs[check]:
                same[check] += 1
            else:
                one = Difference(check, mine, theirs[check], site, rows[site.domain])
                differences.append(one)
    return same, differences


def page(count: int, same: Counter[str], by_reason: Mapping[str, list[Difference]]) -> str:
    """The page, in Markdown."""
    differ = Counter(one.check for found in by_reason.values() for one in found)
    rows = [f"| {text} | {same[name]:,} | {differ[name]:,} |" for name, text in CHECKS.items()]
    table = "\n".join(["| check | agree | differ |", "|---|---|---|", *rows])
    parts = [
        INTRODUCTION.format(count=count, version=VERSION, seed=SEED), table, "## Why they differ"
    ]  # fmt: skip
    for reason, found in sorted(by_reason.items(), key=lambda pair: -len(pair[1])):
        counts = Counter(one.check for one in found).most_common()
        told = ", ".join(f"{check} {number}" for check, number in counts)
        first = found[0]
        example = (
            f"Example: {first.site.domain} {first.check}, `{_show(first.ours)}` here and "
            f"`{_show(first.theirs)}` there."
        )
        parts.append(f"**{len(found):,}** ({told}): {reason}\n{example}")
    return "\n\n".join(parts) + "\n"


def _show(value: Any) -> str:
    text = str(value).split(": Server Do53")[0]
    return text if len(text) <= 100 else text[:99] + "…"


def main(count: int) -> int:
    """Compare, write the page; 1 when a difference has no reason."""
    domains = bundled(count)
    found = settings.load({**os.environ, "DNSTATS_TIMEOUT": "0.5"})
    sites: list[Checked] = []
    with practice(domains, SEED) as lab:
        check_domains(domains, lab_settings(found, lab), sites.append)
        rows = ask_checkdmarc(lab, domains)
    order = {domain: number for number, domain in enumerate(domains)}
    same, differences = compare(sorted(sites, key=lambda site: order[site.domain]), rows)
    by_reason: dict[str, list[Difference]] = {}
    unexplained = []
    for one in differences:
        reason = next((known.text for known in REASONS if known.holds(one)), None)
        if reason is None:
            unexplained.append(one)
        else:
            by_reason.setdefault(reason, []).append(one)
    for one in unexplained:
        print(f"no reason known: {one.site.domain} {one.check}: {_show(one.ours)} here, "
              f"{_show(one.theirs)} there")  # fmt: skip
    if unexplained:
        return 1
    PAGE.write_text(page(len(domains), same, by_reason), "utf-8")
    print(f"{PAGE}: {sum(same.values()):,} agreements, {len(differences):,} differences explained")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SITES))
