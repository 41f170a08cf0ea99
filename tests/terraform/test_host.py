"""The files on an instance, as Terraform renders them: each is valid for its reader."""

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rates_api.settings import Settings
from rates_api.supervisor import RESERVED_DESCRIPTORS

ROOT = Path(__file__).parents[2]
HOST = ROOT / "deploy/terraform/modules/service/host"
METRICS = ROOT / "deploy/terraform/metrics.json"

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform")

SECRET = {
    "arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/database-AbCdEf",
    "template": "mysql+asyncmy://{username}:{password}@host:3306/rates?ssl_ca=/etc/rates/authorities.pem",
}
VARIABLES = {
    "environment": "production",
    "service": "rates-api",
    "region": "us-east-1",
    "group": "rates-production-rates-api",
    "image": f"registry.example/rates-production/rates-api@sha256:{'0' * 64}",
    "probe_port": 8000,
    "serves_tls": True,
    "metrics_port": 8010,
    "settings": {"RATES_API_WORKERS": "2"},
    "secrets": {"RATES_API_DATABASE_URL": SECRET},
    # As long as the bundle of a region: five certificates of 1,500 bytes that don't compress.
    "authorities": "".join(chr(33 + (n * n * 7 + n // 3) % 90) for n in range(7_500)),
    "calls_aws": False,
    "stop_seconds": 40,
    "memory_mib": 3072,
    "log_group": "/rates/production/rates-api",
    "namespace": "Rates",
    "metrics": json.loads(METRICS.read_text(encoding="utf-8")),
}

Files = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the outputs of the module that renders the files; it has no provider."""
    home = tmp_path_factory.mktemp("host")
    shutil.copytree(HOST, home, dirs_exist_ok=True)
    (home / "test.auto.tfvars.json").write_text(json.dumps(VARIABLES), encoding="utf-8")
    for command in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(
            ["terraform", *command, "-no-color"], cwd=home, check=True, capture_output=True
        )
    said = subprocess.run(
        ["terraform", "output", "-json"], cwd=home, check=True, capture_output=True
    ).stdout
    return {name: output["value"] for name, output in json.loads(said).items()}


@pytest.fixture(scope="module")
def files(rendered: dict[str, Any]) -> Files:
    """Return each file's mode and content, by its path."""
    found: Files = rendered["files"]
    return found


def test_cloud_init_writes_every_file_unchanged(rendered: dict[str, Any], files: Files) -> None:
    """The user data is a cloud-config that writes each file unchanged, then runs begin.sh."""
    user_data = rendered["user_data"]
    assert user_data.startswith("#cloud-config\n")
    read = yaml.safe_load(user_data)
    assert {file["path"]: file["content"] for file in read["write_files"]} == {
        path: file["content"] for path, file in files.items()
    }
    assert read["runcmd"] == ["/opt/rates/begin.sh"]


@pytest.fixture
def scripts(files: Files, tmp_path: Path) -> list[Path]:
    """Write the scripts into files and return these."""
    found = {path: file for path, file in files.items() if path.endswith(".sh")}
    assert len(found) == 5
    assert {file["mode"] for file in found.values()} == {"0755"}
    for path, file in found.items():
        (tmp_path / Path(path).name).write_text(file["content"], encoding="utf-8")
    return [tmp_path / Path(path).name for path in found]


def test_scripts_are_executable_bash(scripts: list[Path]) -> None:
    """Each script is executable and bash."""
    for script in scripts:
        subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_shellcheck_has_nothing_to_remark(scripts: list[Path]) -> None:
    """Where bash only reads, it looks for mistakes."""
    subprocess.run(["shellcheck", "--shell=bash", *scripts], check=True)


def unit(files: Files, name: str) -> dict[str, list[tuple[str, str]]]:
    """Return a systemd unit's sections; a key may occur more than once."""
    sections: dict[str, list[tuple[str, str]]] = {}
    lines = files[f"/etc/systemd/system/{name}"]["content"].replace("\\\n", " ").splitlines()
    for line in lines:
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, f"{name}: {line!r} is no setting"
            section.append((key, value))
    return sections


def test_a_worker_may_open_as_many_files_as_it_has_places(files: Files) -> None:
    """Connections and streams by default, and the rest; whatever docker's own limit is."""
    [(_, command)] = [
        one for one in unit(files, "rates-api.service")["Service"] if one[0] == "ExecStart"
    ]
    [(soft, hard)] = re.findall(r"--ulimit nofile=(\d+):(\d+)", command)
    default: dict[str, Any] = {one.name: one.default for one in dataclasses.fields(Settings)}
    needed = default["max_connections"] + default["streams"] + RESERVED_DESCRIPTORS
    assert int(soft) == int(hard) > needed


def test_units_run_files_that_exist(files: Files) -> None:
    """Each of our commands in a unit is a file on the instance."""
    for path in files:
        if not path.startswith("/etc/systemd/system/"):
            continue
        commands = [
            value.split()[0].lstrip("-")
            for settings in unit(files, Path(path).name).values()
            for key, value in settings
            if key.startswith("Exec")
        ]
        assert {c for c in commands if c.startswith("/opt/")} <= set(files)


def test_the_container_is_read_only(files: Files) -> None:
    """One container, by digest, with a read-only root, no capabilities and no new privileges."""
    started = dict(unit(files, "rates-api.service")["Service"])["ExecStart"]
    for wanted in (
        "--read-only",
        "--cap-drop ALL",
        "--security-opt no-new-privileges:true",
        "--volume /run/rates/secrets:/run/secrets:ro",
    ):
        assert wanted in started
    assert started.split()[-1] == VARIABLES["image"]


def test_the_certificate_is_made_before_the_service_reads_it(files: Files) -> None:
    """At each start, where the container has it, and the probes ask by HTTPS."""
    service = unit(files, "rates-api.service")["Service"]
    assert ("ExecStartPre", "/opt/rates/certificate.sh") in service
    assert "--volume /run/rates/tls:/run/tls:ro" in dict(service)["ExecStart"]
    host = files["/etc/rates/host.env"]["content"].splitlines()
    assert "PROBE=https://127.0.0.1:8000/livez" in host
    for script in ("begin.sh", "watch.sh"):
        assert '"$PROBE"' in files[f"/opt/rates/{script}"]["content"]


def test_systemd_waits_longer_than_the_container_may_take(files: Files) -> None:
    """A draining service is not killed early: docker's timeout is shorter than systemd's."""
    settings = dict(unit(files, "rates-api.service")["Service"])
    assert settings["ExecStop"] == "/usr/bin/docker stop --time 40 rates-api"
    assert int(settings["TimeoutStopSec"]) > 40


def test_no_secret_is_written_to_disk(files: Files) -> None:
    """The disk has only the secrets' ARNs; the service gets an in-memory file for each."""
    assert files["/etc/rates/service.env"]["content"].splitlines() == [
        "RATES_API_DATABASE_URL_FILE=/run/secrets/database_url",
        "RATES_API_TLS_CERTIFICATE=/run/tls/certificate.pem",
        "RATES_API_WORKERS=2",
    ]
    assert json.loads(files["/etc/rates/secrets.json"]["content"]) == [
        {"file": "database_url", "secret": SECRET["arn"], "template": SECRET["template"]}
    ]


@pytest.fixture(scope="module")
def collector(files: Files) -> dict[str, Any]:
    """Return the collector's configuration."""
    read: dict[str, Any] = yaml.safe_load(files["/etc/rates/collector.yaml"]["content"])
    return read


def test_pipelines_use_what_is_configured(collector: dict[str, Any]) -> None:
    """Every receiver, processor and exporter of a pipeline is defined, and each is used."""
    for kind in ("receivers", "processors", "exporters"):
        used = {name for p in collector["service"]["pipelines"].values() for name in p[kind]}
        assert used == set(collector[kind])


def test_metrics_are_sent_with_the_dimensions_of_the_alarms(collector: dict[str, Any]) -> None:
    """It sends this service's metrics of metrics.json, by environment, service and labels."""
    exporter = collector["exporters"]["awsemf/rates"]
    assert exporter["namespace"] == "Rates"
    sent = {
        declared["metric_name_selectors"][0].strip("^").removesuffix("\\b"): declared["dimensions"]
        for declared in exporter["metric_declarations"]
    }
    assert sent == {
        wanted["metric"]: [
            ["environment", "service"]
            + [d for d in wanted["dimensions"] if d not in ("environment", "service")]
        ]
        for wanted in VARIABLES["metrics"]
        if wanted["metric"].startswith("rates_api_")
    }


def test_traces_are_not_sampled_twice(collector: dict[str, Any]) -> None:
    """The service samples 10 %; the collector forwards all that this host sends."""
    assert list(collector["processors"]) == ["batch/rates"]
    http = collector["receivers"]["otlp/rates"]["protocols"]["http"]
    assert http["endpoint"] == "127.0.0.1:4318"


def test_the_agent_reports_memory_and_disk(files: Files) -> None:
    """The dimensions omit the instance: alarms look at the whole group."""
    agent = json.loads(files["/etc/rates/agent.json"]["content"])
    assert set(agent["metrics"]["metrics_collected"]) == {"mem", "disk"}
    assert agent["metrics"]["namespace"] == "Rates"
    assert agent["metrics"]["aggregation_dimensions"] == [["environment", "service"]]
