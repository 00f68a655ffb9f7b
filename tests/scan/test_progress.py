"""What a scan says of itself in a task's log: a line of progress, a closing table."""

from __future__ import annotations

from typing import Any

from dnstats.scan.progress import Progress, ScanReport


def report(**changes: Any) -> ScanReport:
    values: dict[str, Any] = {
        "sites": 10_000, "questions": 412_345,
        "outcomes": {"present": 200_000, "nodata": 150_000, "nxdomain": 60_000,
                     "not_measured": 2345},
        "reasons": {"timeout": 2000, "servfail": 345}, "asked_again": 3000, "flips": 655,
        "control": (400, 1, 2), "control_differences": (),
        "unproven": 12, "types": {"TXT": {"not_measured": 2345, "asked_again": 3000, "flips": 655}},
        "datagrams": 450_000, "stream_queries": 9000, "retries": 30_000, "refunds": 0, "ignored": 3,
        "folded": 0, "malformed": 7, "truncated": 8990, "highest_rate": 19,
        "highest_rate_server": "192.0.2.1", "busiest": {},
        "highest_network_rate": 150, "highest_rate_network": "192.0.2.0/24", "busiest_networks": {},
        "resolver_rate": 4000, "servers": 41_000,
        "elapsed": 240.4, "cpu_seconds": 98.7, "warnings": (),
    }  # fmt: skip
    return ScanReport(**{**values, **changes})


def test_the_closing_table_is_read_in_columns() -> None:
    lines = report().table()
    assert lines[0] == "sites                        10,000"
    assert lines[1] == "questions                   412,345  distinct ones, with their last answer:"
    assert "  not measured                2,345" in lines
    assert (
        "seconds                         240  1,715 questions a second, processor 98.7 s" in lines
    )
    assert lines[-3:] == [
        "not measured because of: timeout 2,000, servfail 345",
        "not measured by type: TXT 2,345",
        "answered in the second pass: TXT 655",
    ]
    assert len({line.index(",") for line in lines[:2]}) == 1, "figures stand under each other"


def test_a_scan_of_nothing_has_a_table_too() -> None:
    empty = report(sites=0, questions=0, outcomes={}, reasons={}, types={}, elapsed=0.0,
                   servers=0, highest_rate=0, highest_rate_server="")  # fmt: skip
    first = empty.table()[1]
    assert first == "questions                         0  distinct ones, with their last answer:"
    assert not any("because" in line for line in empty.table())


def test_a_line_of_progress_tells_sites_questions_pace_and_slow_servers() -> None:
    line = Progress(
        elapsed=10.0, sites_done=1200, sites_total=10_000, questions_done=41_000,
        questions_open=900, lookups_per_second=1234.5, not_measured=31, window=1000,
        slowest=(("192.0.2.7", 12),),
    ).line()  # fmt: skip
    assert line == (
        "1,200/10,000 sites, 41,000 questions done, 900 open, 1,234/s, 31 not measured, "
        "window 1000, slowest: 192.0.2.7 (12)"
    )
