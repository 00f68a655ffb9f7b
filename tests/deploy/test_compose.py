"""docker-compose.yaml: valid by the specification, pinned, not root, only known settings."""

from __future__ import annotations

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

SCHEMA = Path(__file__).parents[1] / "data" / "compose-spec.json"
TEXT = (ROOT / "docker-compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KNOWN_VARIABLES = {setting.variable for setting in SETTINGS}
OF_OTHERS = ("AIRFLOW__", "AIRFLOW_CONN_", "POSTGRES_")
ALSO = {"PYTHONPATH", "DUMB_INIT_SETSID", "AIRFLOW_ADMIN_PASSWORD", "VALKEY_PASSWORD",
        "REDISCLI_AUTH"}  # fmt: skip
DEFAULT = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}")

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def filled(value: object) -> str:
    """A value as compose hands it on when .env holds nothing but secrets."""
    return DEFAULT.sub(lambda m: m[3] if m[2] == ":-" else "secret", str(value))


def test_it_is_valid_by_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [fault.message for fault in validator.iter_errors(COMPOSE)] == []


def test_the_schema_finds_faults() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    wrong = {**COMPOSE, "services": {**SERVICES, "unbound": {"imgae": "unbound:1"}}}
    assert list(validator.iter_errors(wrong))


def test_every_part_is_there() -> None:
    assert set(SERVICES) == {
        "postgres", "valkey", "unbound", "airflow-init", "airflow-apiserver", "airflow-scheduler",
        "airflow-dag-processor", "airflow-triggerer", "airflow-worker-scan", "airflow-worker",
        "mail-catcher",
    }  # fmt: skip


@each_service
def test_images_are_pinned(name: str) -> None:
    image = filled(SERVICES[name]["image"])
    assert re.search(r":v?\d+\.\d+", image), f"{image} may be another one tomorrow"


@each_service
def test_nothing_runs_as_root(name: str) -> None:
    user = filled(SERVICES[name].get("user", "root"))
    assert user.partition(":")[0] not in ("root", "0", "")
    assert "no-new-privileges:true" in SERVICES[name]["security_opt"]


@each_service
def test_services_that_stay_have_a_health_check(name: str) -> None:
    service = SERVICES[name]
    if service["restart"] == "no":
        return
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@each_service
def test_what_a_service_waits_for_exists_and_can_come(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        has_check = "healthcheck" in SERVICES[other]
        assert how["condition"] == (
            "service_healthy" if has_check else "service_completed_successfully"
        )


@each_service
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@each_service
def test_variables_are_known(name: str) -> None:
    for variable in SERVICES[name].get("environment", {}):
        known = variable in KNOWN_VARIABLES | ALSO or variable.startswith(OF_OTHERS)
        assert known, f"{variable} is read by nobody"


def test_every_setting_of_the_readme_can_be_given_in_env() -> None:
    for name, service in SERVICES.items():
        if "dnstats-airflow" in service["image"]:
            environment = service["environment"]
            assert environment.keys() >= KNOWN_VARIABLES, name
            for variable in KNOWN_VARIABLES - {"DNSTATS_VAR", "DNSTATS_DATABASE"}:
                assert environment[variable].startswith(f"${{{variable}:-"), variable


def test_what_is_not_given_is_the_default() -> None:
    environment = SERVICES["airflow-worker"]["environment"]
    got = load({variable: filled(value) for variable, value in environment.items()})
    ours = {"DNSTATS_VAR", "DNSTATS_DATABASE", "DNSTATS_RESOLVERS"}
    for setting in SETTINGS:
        if setting.variable not in ours:
            assert got[setting.variable] == load({})[setting.variable], setting.variable


def test_no_dag_waits_for_somebody_to_let_it_run() -> None:
    for service in SERVICES.values():
        paused = service.get("environment", {}).get("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION")
        assert paused in (None, "false")


@each_service
def test_our_settings_can_be_used(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    load({variable: filled(value) for variable, value in environment.items()})


@each_service
def test_mounted_files_exist(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = filled(volume).split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists(), volume
        else:
            assert source in COMPOSE["volumes"]
    build = SERVICES[name].get("build")
    if build:
        assert (ROOT / build["dockerfile"]).is_file()


def test_no_secret_stands_in_the_file_and_each_is_asked_for() -> None:
    for variable, how, _ in DEFAULT.findall(TEXT):
        is_secret = variable.endswith(("PASSWORD", "SECRET", "KEY"))
        assert (how == ":?") == is_secret, variable


def test_the_recipe_makes_every_secret_and_keeps_those_that_stand(tmp_path: Path) -> None:
    wanted = {variable for variable, how, _ in DEFAULT.findall(TEXT) if how == ":?"}
    path = tmp_path / ".env"
    path.write_text("# mine\nAIRFLOW_PORT=9090\nPOSTGRES_PASSWORD=kept\nAIRFLOW_JWT_SECRET=\n")

    def run() -> dict[str, str]:
        program = ROOT / "include" / "deploy" / "make_secrets.py"
        subprocess.run(["python3", program, path], check=True, capture_output=True)
        lines = path.read_text("utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    made = run()
    assert wanted <= set(made)
    assert made["POSTGRES_PASSWORD"] == "kept"
    assert made["AIRFLOW_PORT"] == "9090"
    assert all(made.values())
    assert len({made[name] for name in wanted}) == len(wanted)
    assert all(re.fullmatch(r"[0-9A-Za-z_=-]+", made[name]) for name in wanted)
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text("utf-8").startswith("# mine\n")
    assert run() == made


def test_the_workers_take_the_queues_of_the_dag() -> None:
    dag = (ROOT / "dags" / "daily_scan.py").read_text("utf-8")
    queues = set(re.findall(r'queue="(\w+)"', dag)) | {
        SERVICES["airflow-worker"]["environment"]["AIRFLOW__OPERATORS__DEFAULT_QUEUE"]
    }
    taken = {
        queue
        for service in SERVICES.values()
        for queue in re.findall(r"--queues (\S+)", str(service.get("command", "")))
    }
    assert taken == queues


def test_what_no_worker_begins_is_handed_out_again_soon_and_given_up_no_earlier() -> None:
    """Airflow's own: 600 s, looked at every 120 s, twice again."""
    scheduler = SERVICES["airflow-scheduler"]["environment"]
    timeout, interval, again = (
        float(scheduler[f"AIRFLOW__SCHEDULER__{name}"])
        for name in ("TASK_QUEUED_TIMEOUT", "TASK_QUEUED_TIMEOUT_CHECK_INTERVAL",
                     "NUM_STUCK_IN_QUEUED_RETRIES")
    )  # fmt: skip
    # 16 tasks of a DAG at once wait for two places; a chunk takes 8 s, and as long to begin.
    longest_wait = 16 / 2 * 2 * 8
    assert 2 * longest_wait < timeout < timeout + interval < 600
    assert timeout * (1 + again) == 600 * (1 + 2)


@pytest.mark.parametrize(
    ("password", "who"),
    [
        ("${POSTGRES_PASSWORD", {"postgres", "airflow-init"}),
        ("${POSTGRES_OWNER_PASSWORD", {"airflow-init"}),
        ("${POSTGRES_READER_PASSWORD", {"airflow-init"}),
        ("${AIRFLOW_ADMIN_PASSWORD", {"airflow-init"}),
    ],
)
def test_a_password_is_known_to_those_alone_who_need_it(password: str, who: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if password in str(service)} == who


def test_tasks_reach_the_database_as_the_role_that_owns_nothing() -> None:
    for name, service in SERVICES.items():
        for variable in ("AIRFLOW_CONN_DNSTATS_DB", "DNSTATS_DATABASE"):
            url = service.get("environment", {}).get(variable)
            if url and name != "airflow-init":
                assert url.startswith("postgresql://dnstats_app:")


def test_the_login_is_on_a_volume_that_no_worker_has() -> None:
    file = SERVICES["airflow-apiserver"]["environment"][
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    ]
    holders = {
        name for name, service in SERVICES.items()
        if any(str(Path(file).parent) in volume for volume in service.get("volumes", []))
    }  # fmt: skip
    assert holders == {"airflow-init", "airflow-apiserver"}


def test_the_login_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "login.json"
    for password in ("first", "second"):
        subprocess.run(
            [sys.executable, ROOT / "include" / "deploy" / "write_login.py"],
            env={
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(file),
                "AIRFLOW_ADMIN_PASSWORD": password,
                "PYTHONPATH": str(ROOT / "plugins"),
            },
            check=True,
        )
        assert json.loads(file.read_text()) == {"admin": password}
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(0o644)  # as Airflow would have made it


def test_the_build_sees_neither_secrets_nor_what_was_made() -> None:
    for name in ("airflow", "unbound"):
        path = ROOT / "include" / "deploy" / f"{name}.Dockerfile.dockerignore"
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert lines[0] == "*"
        assert not {"!.env", "!var", "!.git", "!."} & set(lines)


def test_dockerfiles_pin_their_base_and_end_as_no_root() -> None:
    for path in sorted((ROOT / "include" / "deploy").glob("*.Dockerfile")):
        text = path.read_text("utf-8")
        bases = re.findall(r"^FROM (\S+)(?: AS (\w+))?", text, re.M)
        stages = {stage for _, stage in bases}
        for base, _ in bases:
            assert base in stages or re.search(r":v?\d+\.\d+", base), f"{base} may change"
        user = re.findall(r"^USER (\S+)", text, re.M)
        assert "apache/airflow" in text or user[-1].split(":")[0] not in ("root", "0")
        assert "USER root" not in text


def test_the_image_installs_the_lock_and_nothing_else() -> None:
    text = (ROOT / "include" / "deploy" / "airflow.Dockerfile").read_text("utf-8")
    (install,) = re.findall(r"pip install (.*?) \\$", text, re.M)
    assert install.split() == ["--no-deps", "--require-hashes", "--requirement",
                               "/tmp/requirements.txt"]  # fmt: skip


def test_the_image_is_of_the_locked_airflow() -> None:
    locked = re.search(r"^apache-airflow==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.M)
    assert locked
    dockerfile = (ROOT / "include" / "deploy" / "airflow.Dockerfile").read_text("utf-8")
    assert f"apache/airflow:{locked[1]}-" in dockerfile
    assert filled(SERVICES["airflow-apiserver"]["image"]).endswith(f":{locked[1]}")
