"""include/deploy/kubernetes: valid by the chart's and Kubernetes' schemas, and one with compose."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from dnstats.settings import ROOT, SETTINGS, load

FOLDER = ROOT / "include" / "deploy" / "kubernetes"
DATA = Path(__file__).parents[1] / "data" / "kubernetes"
VALUES: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text("utf-8"))
KINDS = json.loads((DATA / "kinds.schema.json").read_text("utf-8"))
CHART = json.loads((DATA / "airflow_values.schema.json").read_text("utf-8"))
SCAN: dict[str, Any] = VALUES["workers"]["celery"]["sets"][0]
POLICIES: dict[str, dict[str, Any]] = {
    policy["metadata"]["name"]: policy["spec"]
    for policy in yaml.safe_load_all((FOLDER / "network_policy.yaml").read_text("utf-8"))
}
WORLD = "93.184.215.14"
INSIDE = ("10.1.2.3", "172.30.1.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1")


def faults(schema: dict[str, Any], value: object) -> list[str]:
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]


def kind(name: str) -> dict[str, Any]:
    return {**KINDS["kinds"][name], "definitions": KINDS["definitions"]}


def allowed(policy: str, address: str, port: int, protocol: str = "UDP") -> bool:
    """Whether a policy's egress rules let a packet go to an address outside of the cluster."""
    return any(
        {"protocol": protocol, "port": port} in rule["ports"]
        and any(
            ipaddress.ip_address(address) in ipaddress.ip_network(block["cidr"])
            and not any(
                ipaddress.ip_address(address) in ipaddress.ip_network(hole)
                for hole in block.get("except", ())
            )
            for block in (peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer)
        )
        for rule in POLICIES[policy]["egress"]
    )


def test_the_values_are_valid_by_the_charts_schema() -> None:
    assert faults(CHART, VALUES) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"exekutor": "CeleryExecutor"},
        {"apiServer": {"arguments": []}},
        {"workers": {"celery": {"replicas": "two"}}},
        {"migrateDatabaseJob": {"env": {"NAME": "value"}}},
    ],
)
def test_the_charts_schema_finds_faults(wrong: dict[str, Any]) -> None:
    assert faults(CHART, {**VALUES, **wrong})


def test_a_set_of_workers_says_what_the_chart_reads() -> None:
    """The chart's schema lets anything stand in a set; its templates read its parent's keys."""
    known = {"name", "args", "queue", "replicas", "terminationGracePeriodSeconds", "resources",
             "extraContainers", "extraVolumes"}  # fmt: skip
    assert set(SCAN) <= known
    (unbound,) = SCAN["extraContainers"]
    assert faults(kind("Container"), unbound) == []
    assert [faults(kind("Volume"), volume) for volume in SCAN["extraVolumes"]] == [[]]
    assert [faults(kind("Volume"), volume) for volume in VALUES["volumes"]] == [[]]


@pytest.mark.parametrize("file", ["network_policy.yaml", "volumes.yaml"])
def test_manifests_are_valid(file: str) -> None:
    for manifest in yaml.safe_load_all((FOLDER / file).read_text("utf-8")):
        assert faults(kind(manifest["kind"]), manifest) == []
    assert faults(kind("NetworkPolicy"), {"kind": "NetworkPolicy", "spec": {"podSelektor": {}}})


def test_both_queues_have_workers_as_in_compose() -> None:
    celery = VALUES["workers"]["celery"]
    said = {part["queue"]: part["args"][-1] for part in (celery, SCAN)}
    assert said.keys() == {"default", "scan"}
    for queue, command in said.items():
        assert f"--queues {queue} " in command
        assert any(
            f"--queues {queue} " in str(service.get("command"))
            for service in COMPOSE["services"].values()
        )
    slots = next(e["value"] for e in VALUES["env"] if e["name"] == "DNSTATS_SCAN_SLOTS")
    concurrency = int(SCAN["args"][-1].rpartition(" ")[2])
    assert int(slots) == SCAN["replicas"] * concurrency


def test_variables_are_known_and_can_be_used() -> None:
    given = {e["name"]: e["value"] for e in VALUES["env"]}
    assert given.keys() | {"DNSTATS_DATABASE"} == {setting.variable for setting in SETTINGS}
    load(given)


def test_airflow_is_set_up_as_in_compose() -> None:
    compose = COMPOSE["services"]["airflow-scheduler"]["environment"]
    for section, keys in VALUES["config"].items():
        for key, value in keys.items():
            there = compose.get(f"AIRFLOW__{section.upper()}__{key.upper()}")
            if key == "max_map_length":
                there = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", there)
            if key == "simple_auth_manager_passwords_file":  # a volume there, the pod's own here
                continue
            assert str(there).lower() == value.lower(), f"[{section}] {key}"
    image = COMPOSE["x-airflow-common"]["image"]
    assert image.endswith(f":{VALUES['airflowVersion']}}}")


def test_unbound_listens_where_the_scanners_ask() -> None:
    conf = (ROOT / "include" / "deploy" / "unbound.conf").read_text("utf-8")
    port = re.search(r"^\s*port: (\d+)$", conf, re.M)
    assert port
    asked = next(e["value"] for e in VALUES["env"] if e["name"] == "DNSTATS_RESOLVERS")
    assert asked == f"127.0.0.1:{port[1]}"
    user = re.search(r"^USER (\d+)", (FOLDER.parent / "unbound.Dockerfile").read_text(), re.M)
    assert user
    assert SCAN["extraContainers"][0]["securityContext"]["runAsUser"] == int(user[1])


def test_nothing_runs_as_root_or_may_become_it() -> None:
    contexts = VALUES["securityContexts"]
    for context in (contexts["containers"], SCAN["extraContainers"][0]["securityContext"]):
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert contexts["pod"]["runAsNonRoot"]
    assert contexts["pod"]["runAsUser"] != 0
    assert VALUES["redis"]["uid"] != 0


def test_nothing_is_open_to_the_outside() -> None:
    assert VALUES["ingress"]["apiServer"]["enabled"] is False
    assert POLICIES["dnstats-nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_scanners_ask_the_whole_internet_and_nothing_else() -> None:
    for protocol in ("UDP", "TCP"):
        assert allowed("dnstats-scan", WORLD, 53, protocol)
        assert allowed("dnstats-scan", "2606:2800:21f:cb07::1", 53, protocol)
        assert not [a for a in INSIDE if allowed("dnstats-scan", a, 53, protocol)]
    assert not allowed("dnstats-scan", WORLD, 443, "TCP")
    assert POLICIES["dnstats-scan"]["podSelector"]["matchLabels"]["worker-set"] == SCAN["name"]


def test_the_other_workers_cannot_ask_the_internet() -> None:
    others = [name for name in POLICIES if name != "dnstats-scan" and "egress" in POLICIES[name]]
    assert others
    for name in others:
        assert not allowed(name, WORLD, 53)
        assert not allowed(name, WORLD, 53, "TCP")
        assert not [a for a in INSIDE for port in (53, 443) if allowed(name, a, port, "TCP")]


def test_secrets_come_from_what_make_secrets_made(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    subprocess.run([sys.executable, FOLDER.parent / "make_secrets.py", env], check=True)
    made = subprocess.run(
        [sys.executable, FOLDER / "secret_manifests.py", env, "db.database:5432"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    secrets = {item["metadata"]["name"]: item for item in json.loads(made.stdout)["items"]}
    for item in secrets.values():
        assert faults(kind("Secret"), item) == []
    text = (FOLDER / "values.yaml").read_text("utf-8")
    assert set(re.findall(r"\bdnstats-(?!var|logs|unbound)[a-z-]+", text)) == set(secrets)
    for name, key in re.findall(r"secretKeyRef: \{name: ([\w-]+), key: (\w+)\}", text):
        assert key in secrets[name]["stringData"]
    # The administrator's and the owner's passwords are in the secret of the migration alone.
    owner = secrets["dnstats-admin"]["stringData"]["POSTGRES_OWNER_PASSWORD"]
    assert [name for name, item in secrets.items() if owner in str(item)] == ["dnstats-admin"]
    assert text.count("dnstats-admin") == len(VALUES["migrateDatabaseJob"]["env"])


def test_a_missing_secret_is_one_sentence(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("POSTGRES_PASSWORD=x\n")
    asked = subprocess.run(
        [sys.executable, FOLDER / "secret_manifests.py", env, "db"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.count("\n") == 1
    assert "make secrets" in asked.stderr
