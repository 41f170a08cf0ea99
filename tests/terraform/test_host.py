"""What lies on an instance, as Terraform renders it: each file is one that its reader takes."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

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


def test_cloud_init_writes_every_file_as_it_is(rendered: dict[str, Any], files: Files) -> None:
    """The user data is a cloud-config that brings each file's bytes unchanged, then begins."""
    user_data = rendered["user_data"]
    assert user_data.startswith("#cloud-config\n")
    read = yaml.safe_load(user_data)
    assert {file["path"]: file["content"] for file in read["write_files"]} == {
        path: file["content"] for path, file in files.items()
    }
    assert read["runcmd"] == ["/opt/rates/begin.sh"]


@pytest.fixture
def scripts(files: Files, tmp_path: Path) -> list[Path]:
    """Return the scripts, each as a file."""
    found = {path: file for path, file in files.items() if path.endswith(".sh")}
    assert len(found) == 4
    assert {file["mode"] for file in found.values()} == {"0755"}
    for path, file in found.items():
        (tmp_path / Path(path).name).write_text(file["content"], encoding="utf-8")
    return [tmp_path / Path(path).name for path in found]


def test_scripts_are_bash(scripts: list[Path]) -> None:
    """Each script can be run, and bash can read it."""
    for script in scripts:
        subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_shellcheck_has_nothing_to_remark(scripts: list[Path]) -> None:
    """Where bash only reads, it looks for mistakes."""
    subprocess.run(["shellcheck", "--shell=bash", *scripts], check=True)


def unit(files: Files, name: str) -> dict[str, list[tuple[str, str]]]:
    """Return a systemd unit's sections; a key may come more than once."""
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


def test_units_start_what_is_there(files: Files) -> None:
    """Each command of ours that a unit runs is a file that is written."""
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


def test_the_container_can_write_nothing(files: Files) -> None:
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


def test_systemd_waits_longer_than_the_container_may_take(files: Files) -> None:
    """What drains is not killed: docker's limit ends before systemd's."""
    settings = dict(unit(files, "rates-api.service")["Service"])
    assert settings["ExecStop"] == "/usr/bin/docker stop --time 40 rates-api"
    assert int(settings["TimeoutStopSec"]) > 40


def test_no_secret_is_written_to_disk(files: Files) -> None:
    """Only where secrets are is on disk; the service is told a file in memory for each."""
    assert files["/etc/rates/service.env"]["content"].splitlines() == [
        "RATES_API_DATABASE_URL_FILE=/run/secrets/database_url",
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
    """Every receiver, processor and exporter of a pipeline is there, and every one is used."""
    for kind in ("receivers", "processors", "exporters"):
        used = {name for p in collector["service"]["pipelines"].values() for name in p[kind]}
        assert used == set(collector[kind])


def test_metrics_go_out_with_the_dimensions_that_alarms_name(collector: dict[str, Any]) -> None:
    """Each of this service's in metrics.json, under environment, service and its own."""
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


def test_traces_are_not_sampled_a_second_time(collector: dict[str, Any]) -> None:
    """The service keeps a tenth; the collector sends on all it gets, from this host alone."""
    assert list(collector["processors"]) == ["batch/rates"]
    http = collector["receivers"]["otlp/rates"]["protocols"]["http"]
    assert http["endpoint"] == "127.0.0.1:4318"


def test_the_agent_tells_of_memory_and_disk(files: Files) -> None:
    """By environment and service, without the instance: the group is what an alarm looks at."""
    agent = json.loads(files["/etc/rates/agent.json"]["content"])
    assert set(agent["metrics"]["metrics_collected"]) == {"mem", "disk"}
    assert agent["metrics"]["namespace"] == "Rates"
    assert agent["metrics"]["aggregation_dimensions"] == [["environment", "service"]]


def test_staging_has_the_shape_of_production() -> None:
    """The variable files of the two environments name the same variables."""
    for service in ("rates-api", "rates-sync"):
        names = [
            {
                line.split("=")[0].strip()
                for line in (ROOT / f"deploy/terraform/environments/{environment}/{service}.tfvars")
                .read_text(encoding="utf-8")
                .splitlines()
                if line and not line.startswith("#")
            }
            for environment in ("staging", "production")
        ]
        assert names[0] == names[1]
