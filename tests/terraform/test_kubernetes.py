"""What `deploy/kubernetes` consists of: valid for Kubernetes, the same in each environment."""

import re
from collections.abc import Iterator
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from terraform.overlay import (
    KUBERNETES,
    PRODUCTION,
    ROOT,
    SETTINGS,
    STAGING,
    Overlay,
    in_each_overlay,
    of_each_service,
)

README = (KUBERNETES / "README.md").read_text(encoding="utf-8")
TFVARS = ROOT / "deploy/terraform/environments"

SUPPORTED = ("1.34", "1.37")
"""The oldest and the newest release that the Kubernetes project maintains."""


@in_each_overlay
@pytest.mark.parametrize("version", SUPPORTED)
def test_documents_fit_the_schemas_of_kubernetes(overlay: Overlay, version: str) -> None:
    """No unknown field, no wrong type; of ServiceMonitor Kubernetes has no schema."""
    for document in overlay.documents:
        if document["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(document, version, strict=True)


@in_each_overlay
def test_only_the_services_run(overlay: Overlay) -> None:
    """A Deployment each and nothing beside them: rates-sync itself migrates the database."""
    assert overlay.all("Deployment").keys() == SETTINGS.keys()
    assert {document["kind"] for document in overlay.documents} == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceMonitor",
    }


@in_each_overlay
def test_everything_is_in_the_environments_namespace(overlay: Overlay) -> None:
    """The namespace is created, rejects privileged pods, and contains all other documents."""
    [(namespace, document)] = overlay.all("Namespace").items()
    assert namespace == f"rates-{overlay}"
    assert document["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    others = [document for document in overlay.documents if document["kind"] != "Namespace"]
    assert {document["metadata"]["namespace"] for document in others} == {namespace}


@in_each_overlay
@of_each_service
def test_images_are_named_by_digest(overlay: Overlay, service: str) -> None:
    """The overlay sets registry and digest of each image; there is no tag, so no `latest`."""
    image = overlay.container(service)["image"]
    assert re.fullmatch(rf"[a-z.]+/rates-{overlay}/{service}@sha256:[0-9a-f]{{64}}", image)


def test_overlays_differ_only_in_images_addresses_keys_and_sizes() -> None:
    """Whatever else staging has, production has: staging tests what production runs."""
    differing = {path for path, _ in leaves(STAGING) ^ leaves(PRODUCTION)}
    containers = "spec/template/spec/containers"
    # Once they are pinned: each environment's rates-sync has keys of its own.
    keys = f"Deployment/rates-api/{containers}/rates-api/env/RATES_API_SIGNING_KEYS/value"
    assert differing - {keys} == {
        f"Deployment/rates-api/{containers}/rates-api/image",
        f"Deployment/rates-api/{containers}/rates-api/resources/requests/cpu",
        f"Deployment/rates-sync/{containers}/rates-sync/image",
        f"Deployment/rates-sync/{containers}/rates-sync/env/RATES_SYNC_DAILY_QUOTA/value",
        "HorizontalPodAutoscaler/rates-api/spec/maxReplicas",
        "NetworkPolicy/to-mysql/spec/egress/0/to/0/ipBlock/cidr",
        "NetworkPolicy/to-redis/spec/egress/0/to/0/ipBlock/cidr",
    }


def leaves(overlay: Overlay) -> set[tuple[str, Any]]:
    """Return (path, value) of every scalar, without the namespace."""
    return {
        leaf
        for document in overlay.documents
        if document["kind"] != "Namespace"
        for leaf in _leaves(document, f"{document['kind']}/{document['metadata']['name']}")
        if not leaf[0].endswith("/metadata/namespace")
    }


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            name = inner.get("name", index) if isinstance(inner, dict) else index
            yield from _leaves(inner, f"{path}/{name}")
    else:
        yield path, value


@in_each_overlay
def test_sizes_are_those_on_aws(overlay: Overlay) -> None:
    """Instances, workers and the quota are those of the environment's tfvars."""
    scaler = overlay.spec("HorizontalPodAutoscaler", "rates-api")
    api, sync = overlay.variables("rates-api"), overlay.variables("rates-sync")
    assert scaler["minReplicas"] == on_aws(overlay, "rates-api", "min_size")
    assert scaler["maxReplicas"] == on_aws(overlay, "rates-api", "max_size")
    assert int(api["RATES_API_WORKERS"]) == on_aws(overlay, "rates-api", "workers")
    assert int(sync["RATES_SYNC_DAILY_QUOTA"]) == on_aws(overlay, "rates-sync", "daily_quota")


def on_aws(overlay: Overlay, root: str, name: str) -> int:
    """Return a number from an environment's variables of Terraform."""
    text = (TFVARS / f"{overlay}/{root}.tfvars").read_text(encoding="utf-8")
    [value] = re.findall(rf"^{name}\s*=\s*(\d+)$", text, re.MULTILINE)
    return int(value)


@of_each_service
def test_the_readme_creates_the_secrets_that_are_mounted(service: str) -> None:
    """Its command for a service's Secret has exactly the keys that the pods mount."""
    [command] = re.findall(rf"create secret generic {service}((?:.*\\\n)*.*)\n", README)
    keys = re.findall(r"--from-file=(\w+)", command)
    mounted = PRODUCTION.secret_files(service).values()
    assert sorted((service, key) for key in keys) == sorted(mounted)


def test_the_readmes_links_lead_somewhere() -> None:
    """A relative link names a file of the repository."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert targets
    assert not [target for target in targets if not (KUBERNETES / target).exists()]
