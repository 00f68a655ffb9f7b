"""unbound.conf: the few things that a scan's truth, and its neighbours, depend on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from dnstats.settings import ROOT

CONFIGURATION = ROOT / "include" / "deploy" / "unbound.conf"


def options() -> dict[str, list[str]]:
    """Option -> values; clauses are flattened, since no option stands in two of them."""
    found: dict[str, list[str]] = {}
    for line in CONFIGURATION.read_text("utf-8").splitlines():
        text = line.split("#", 1)[0].strip()
        if not text:
            continue
        name, colon, value = text.partition(":")
        assert colon, f"no option: {line}"
        if value.strip():
            found.setdefault(name.strip(), []).append(value.strip().strip('"'))
    return found


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("module-config", "validator iterator"),  # validating
        ("ede", "yes"),  # with the reason of a failure
        ("serve-expired", "no"),  # nothing of yesterday
        ("aggressive-nsec", "no"),  # no denial made from another name's proof
        ("qname-minimisation", "no"),
        ("minimal-responses", "yes"),
        ("so-reuseport", "yes"),
        ("so-rcvbuf", "4m"),
        ("so-sndbuf", "4m"),
        ("outgoing-range", "8192"),
        ("num-queries-per-thread", "4096"),
        ("jostle-timeout", "2000"),
        ("infra-cache-numhosts", "200000"),
        ("edns-buffer-size", "1232"),
        ("control-use-cert", "no"),
    ],
)
def test_it_keeps_its_promises(option: str, value: str) -> None:
    assert options()[option] == [value]


def test_it_serves_private_networks_and_nobody_else() -> None:
    rules = dict(rule.rsplit(" ", 1) for rule in options()["access-control"])
    assert rules.pop("0.0.0.0/0") == "refuse"
    assert set(rules.values()) == {"allow"}
    assert set(rules) == {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}


def test_the_control_socket_is_a_file() -> None:
    assert options()["control-interface"] == ["/tmp/unbound.ctl"]


def test_compose_asks_it_where_it_listens() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text("utf-8"))
    address = compose["services"]["unbound"]["networks"]["dns"]["ipv4_address"]
    asked = compose["services"]["airflow-worker-scan"]["environment"]["DNSTATS_RESOLVERS"]
    assert f"{address}:{options()['port'][0]}" in asked


def test_unbound_itself_finds_no_fault_in_it() -> None:
    program = shutil.which("unbound-checkconf", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or not Path("/usr/share/dns/root.key").exists():
        pytest.skip("no unbound on this machine (apt-get install unbound dns-root-data)")
    checked = subprocess.run([program, CONFIGURATION], check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
