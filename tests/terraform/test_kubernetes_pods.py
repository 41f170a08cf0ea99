"""The pods of `deploy/kubernetes`: settings, secrets, rights, probes, start and end."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import rates_sync.__main__ as rates_sync_main
from rates_api.fallback.evidence import CONNECTIONS
from rates_api.supervisor_link import KILL_SECONDS
from rates_contracts.environment import EnvironmentInvalid, Secret, variables
from terraform.overlay import KUBERNETES, ROOT, SETTINGS, Overlay, in_each_overlay, of_each_service

VALUES = {
    "database_url": "mysql+asyncmy://user:password@mysql.example/rates?ssl=true",
    "redis_url": "rediss://:password@redis.example:6379/0",
    "banxico_token": "t" * 64,
    "operator_token": "o" * 16,
    "signing_key": "-----BEGIN",
}

# --- settings and secrets -------------------------------------------------------------------------


@in_each_overlay
@of_each_service
def test_the_service_accepts_its_variables_and_files(
    overlay: Overlay, service: str, tmp_path: Path
) -> None:
    """Each variable is known and valid, each required one set, each named file mounted."""
    for path, (_, key) in overlay.secret_files(service).items():
        (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.lstrip("/")).write_text(VALUES[key], encoding="utf-8")
    environ = {
        name: f"{tmp_path}{value}" if name.endswith("_FILE") else value
        for name, value in overlay.variables(service).items()
    }
    settings = SETTINGS[service].load(environ)
    assert settings.database_url.reveal() == VALUES["database_url"]


@in_each_overlay
@of_each_service
def test_every_variable_is_one_of_the_settings(overlay: Overlay, service: str) -> None:
    """No variable is without effect."""
    module = SETTINGS[service]
    known = {name for name, _, _ in variables(module.Settings, module.PREFIX)}
    given = overlay.variables(service).keys() - known
    assert {name.removesuffix("_FILE") for name in given} <= known


@in_each_overlay
@of_each_service
def test_every_secret_is_a_file(overlay: Overlay, service: str) -> None:
    """The files that variables name are those that are mounted; no variable holds a secret."""
    given = overlay.variables(service)
    named = {value for name, value in given.items() if name.endswith("_FILE")}
    assert named == overlay.secret_files(service).keys()
    assert not given.keys() & secrets_of(service)
    assert "envFrom" not in overlay.container(service)


def secrets_of(service: str) -> set[str]:
    """Return the names of the variables that are secrets."""
    module = SETTINGS[service]
    fields = module.Settings.__dataclass_fields__.values()
    return {f"{module.PREFIX}_{field.name.upper()}" for field in fields if is_secret(field.type)}


def is_secret(annotation: Any) -> bool:
    """Tell whether a field's type is `Secret` or optional."""
    return annotation is Secret or annotation == Secret | None


@in_each_overlay
def test_an_overlay_pins_the_keys_of_its_environment(overlay: Overlay, tmp_path: Path) -> None:
    """What its `keys.yaml` says is what the pod is given, both keys during a rotation."""
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    pinned = Overlay(overlay.environment, tmp_path / "kubernetes")
    file = pinned.folder / "keys.yaml"
    text = re.sub('value: ".*"', 'value: "old,new"', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    assert pinned.variables("rates-api")["RATES_API_SIGNING_KEYS"] == "old,new"


@in_each_overlay
def test_rates_api_gets_neither_banxicos_token_nor_write_credentials(overlay: Overlay) -> None:
    """It mounts its own Secret alone, and rates-sync's is another."""
    assert set(overlay.secret_files("rates-api").values()) == {
        ("rates-api", "database_url"),
        ("rates-api", "redis_url"),
    }
    assert {secret for secret, _ in overlay.secret_files("rates-sync").values()} == {"rates-sync"}


@in_each_overlay
@of_each_service
def test_no_pod_gets_the_variables_of_services(overlay: Overlay, service: str) -> None:
    """Kubernetes' own for a Service rates-api are no settings; where they come, they do no harm."""
    assert overlay.pod(service)["enableServiceLinks"] is False
    module = SETTINGS[service]
    links = {f"{module.PREFIX}_PORT": "tcp://10.0.0.1:80", f"{module.PREFIX}_SERVICE_HOST": "10.0"}
    with pytest.raises(EnvironmentInvalid) as raised:
        module.load(links)
    assert links.keys().isdisjoint(line.partition(":")[0] for line in raised.value.problems)


@in_each_overlay
def test_an_instance_has_twenty_connections(overlay: Overlay) -> None:
    """The pool is per worker, beside what it reads evidence by; 20 per instance are allowed."""
    given = overlay.variables("rates-api")
    connections = int(given["RATES_API_DATABASE_POOL"]) + CONNECTIONS
    assert int(given["RATES_API_WORKERS"]) * connections == 20


# --- rights ---------------------------------------------------------------------------------------


@in_each_overlay
@of_each_service
def test_pods_have_no_rights(overlay: Overlay, service: str) -> None:
    """The image's user, no capability and no way to gain one, no account of the cluster's API."""
    pod, container = overlay.pod(service), overlay.container(service)
    dockerfile = (ROOT / f"services/{service}/Dockerfile").read_text(encoding="utf-8")
    [user] = re.findall(r"^USER (\d+):\1$", dockerfile, re.MULTILINE)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(user),
        "fsGroup": int(user),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@in_each_overlay
@pytest.mark.parametrize(
    ("service", "writable"),
    [("rates-api", {"/tmp": {"medium": "Memory", "sizeLimit": "16Mi"}}), ("rates-sync", {})],
)
def test_only_what_must_be_can_be_written(
    overlay: Overlay, service: str, writable: dict[str, Any]
) -> None:
    """The workers of rates-api share a bounded directory, as in compose; rates-sync needs none."""
    volumes = {volume["name"]: volume for volume in overlay.pod(service)["volumes"]}
    mounts = {mount["name"]: mount for mount in overlay.container(service)["volumeMounts"]}
    assert volumes.keys() == mounts.keys()
    assert writable == {
        mount["mountPath"]: volumes[name].get("emptyDir")
        for name, mount in mounts.items()
        if not mount.get("readOnly")
    }


@in_each_overlay
@of_each_service
def test_only_the_group_can_read_the_secrets(overlay: Overlay, service: str) -> None:
    """The files are root's; the container's user reads them as a member of the pod's group."""
    secrets = [volume["secret"] for volume in overlay.pod(service)["volumes"] if "secret" in volume]
    assert {secret["defaultMode"] for secret in secrets} == {0o440}


@in_each_overlay
def test_rates_sync_starts_without_a_signing_key(overlay: Overlay) -> None:
    """A Secret of before has none: nothing is signed then, and everything else goes on."""
    volumes = {volume["name"]: volume for volume in overlay.pod("rates-sync")["volumes"]}
    assert volumes["signing"]["secret"]["optional"] is True


# --- start, life and end --------------------------------------------------------------------------


@in_each_overlay
@of_each_service
def test_each_probe_has_its_purpose(overlay: Overlay, service: str) -> None:
    """A pod restarts if it is not alive and gets requests while it is ready."""
    container = overlay.container(service)
    paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in PROBES}
    assert paths == PROBES


PROBES = {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}


@in_each_overlay
@of_each_service
def test_a_pod_may_take_a_minute_to_start(overlay: Overlay, service: str) -> None:
    """As with the image's own health check; until then no liveness probe counts."""
    probe = overlay.container(service)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 60


@in_each_overlay
def test_rates_api_has_time_to_drain_and_to_answer(overlay: Overlay) -> None:
    """It is killed only after the drain, the answers in progress and some seconds to close."""
    drain = float(overlay.variables("rates-api")["RATES_API_DRAIN"])
    grace = overlay.pod("rates-api")["terminationGracePeriodSeconds"]
    assert grace >= drain + KILL_SECONDS + 10


@in_each_overlay
def test_the_drain_is_longer_than_unreadiness_takes_to_notice(overlay: Overlay) -> None:
    """A load balancer that checks as often as the kubelet has stopped sending before the end."""
    probe = overlay.container("rates-api")["readinessProbe"]
    noticed = probe["failureThreshold"] * (probe["periodSeconds"] + probe["timeoutSeconds"])
    assert float(overlay.variables("rates-api")["RATES_API_DRAIN"]) > noticed


@in_each_overlay
def test_rates_sync_has_time_to_release_the_lease(overlay: Overlay) -> None:
    """It ends in two bounded steps, the service and then the server; the first may be repeated."""
    grace = overlay.pod("rates-sync")["terminationGracePeriodSeconds"]
    assert grace >= 4 * rates_sync_main.END_WITHIN


@in_each_overlay
@of_each_service
def test_a_rollout_takes_no_pod_away_before_another_is_ready(
    overlay: Overlay, service: str
) -> None:
    """One more pod starts first."""
    assert overlay.spec("Deployment", service)["strategy"] == {
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}
    }


@in_each_overlay
@of_each_service
def test_pods_are_spread_over_nodes_and_zones(overlay: Overlay, service: str) -> None:
    """Never two on one node while another has none; over zones as far as there is room."""
    spread = overlay.pod(service)["topologySpreadConstraints"]
    assert {each["topologyKey"]: each["whenUnsatisfiable"] for each in spread} == {
        "kubernetes.io/hostname": "DoNotSchedule",
        "topology.kubernetes.io/zone": "ScheduleAnyway",
    }
    assert {each["maxSkew"] for each in spread} == {1}


# --- numbers --------------------------------------------------------------------------------------


def least_replicas(overlay: Overlay, service: str) -> int:
    """Return how many pods a service has at least."""
    if service in overlay.all("HorizontalPodAutoscaler"):
        return int(overlay.spec("HorizontalPodAutoscaler", service)["minReplicas"])
    return int(overlay.spec("Deployment", service)["replicas"])


@in_each_overlay
@of_each_service
def test_a_disruption_leaves_a_pod(overlay: Overlay, service: str) -> None:
    """When nodes are drained, at least one pod of each service goes on, one that is ready."""
    budget = overlay.spec("PodDisruptionBudget", service)
    assert least_replicas(overlay, service) - budget["maxUnavailable"] >= 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@in_each_overlay
def test_rates_sync_has_a_leader_and_a_standby(overlay: Overlay) -> None:
    """More would only compete for the lease, and no autoscaler changes the number."""
    assert overlay.spec("Deployment", "rates-sync")["replicas"] == 2
    assert overlay.all("HorizontalPodAutoscaler").keys() == {"rates-api"}


@in_each_overlay
def test_the_autoscaler_alone_sets_the_replicas_of_rates_api(overlay: Overlay) -> None:
    """It targets an existing Deployment, which names no number that an apply would restore."""
    scaler = overlay.spec("HorizontalPodAutoscaler", "rates-api")
    target = scaler["scaleTargetRef"]
    assert (target["kind"], target["apiVersion"]) == ("Deployment", "apps/v1")
    assert "replicas" not in overlay.spec("Deployment", target["name"])
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]


@in_each_overlay
def test_the_autoscaler_has_the_requests_that_it_measures_against(overlay: Overlay) -> None:
    """Utilization is relative to the request; the target is the one of docs/capacity.md."""
    [metric] = overlay.spec("HorizontalPodAutoscaler", "rates-api")["metrics"]
    resource = metric["resource"]
    assert resource["target"] == {"type": "Utilization", "averageUtilization": 60}
    assert resource["name"] in overlay.container("rates-api")["resources"]["requests"]


@in_each_overlay
@of_each_service
def test_memory_is_reserved_and_bounded(overlay: Overlay, service: str) -> None:
    """The request is the limit, so that a node never has to take it back; CPU has no limit."""
    resources = overlay.container(service)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert resources["limits"] == {"memory": resources["requests"]["memory"]}


@in_each_overlay
def test_the_memory_of_rates_api_is_twice_what_its_workers_were_measured_at(
    overlay: Overlay,
) -> None:
    """docs/capacity.md has the measurement."""
    measured = json.loads((ROOT / "bench/capacity/measured.json").read_text(encoding="utf-8"))
    workers = int(overlay.variables("rates-api")["RATES_API_WORKERS"])
    limit = overlay.container("rates-api")["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Mi")) >= 2 * workers * measured["memory_mb_per_worker"]
