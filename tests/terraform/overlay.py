"""An overlay of `deploy/kubernetes`, rendered, and what its documents say of a service."""

import functools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import rates_api.settings
import rates_sync.settings
from terraform.kustomize import Document, build

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"

SETTINGS: dict[str, ModuleType] = {
    "rates-api": rates_api.settings,
    "rates-sync": rates_sync.settings,
}


class Overlay:
    """One environment's documents."""

    def __init__(self, environment: str, manifests: Path = KUBERNETES) -> None:
        self.environment = environment
        self.folder = manifests / "overlays" / environment

    def __repr__(self) -> str:
        return self.environment

    @functools.cached_property
    def documents(self) -> list[Document]:
        """Everything that is applied."""
        return build(self.folder)

    def all(self, kind: str) -> dict[str, Document]:
        """Return the documents of one kind by name."""
        found = [document for document in self.documents if document["kind"] == kind]
        return {document["metadata"]["name"]: document for document in found}

    def spec(self, kind: str, name: str) -> Document:
        """Return the specification of a document."""
        spec: Document = self.all(kind)[name]["spec"]
        return spec

    def pod(self, service: str) -> Document:
        """Return the specification of a service's pods."""
        pod: Document = self.spec("Deployment", service)["template"]["spec"]
        return pod

    def labels(self, service: str) -> dict[str, str]:
        """Return the labels of a service's pods."""
        labels: dict[str, str] = self.spec("Deployment", service)["template"]["metadata"]["labels"]
        return labels

    def container(self, service: str) -> Document:
        """Return the only container of a service's pods."""
        [container] = self.pod(service)["containers"]
        found: Document = container
        return found

    def variables(self, service: str) -> dict[str, str]:
        """Return the variables that the container is given."""
        return {each["name"]: each["value"] for each in self.container(service)["env"]}

    def ports(self, service: str) -> dict[str, int]:
        """Return the container's ports by name."""
        listed = self.container(service)["ports"]
        return {port["name"]: port["containerPort"] for port in listed}

    def secret_files(self, service: str) -> dict[str, tuple[str, str]]:
        """Return (Secret, key) by the path of the file in the container."""
        secrets = {
            volume["name"]: volume["secret"]
            for volume in self.pod(service)["volumes"]
            if "secret" in volume
        }
        return {
            f"{mount['mountPath']}/{item['path']}": (secret["secretName"], item["key"])
            for mount in self.container(service)["volumeMounts"]
            if (secret := secrets.get(mount["name"]))
            for item in secret["items"]
        }

    def selected(self, selector: dict[str, str]) -> list[str]:
        """Return the services whose pods have every label of `selector`."""
        return [name for name in SETTINGS if selector.items() <= self.labels(name).items()]

    def allowed(self, service: str, way: str) -> set[tuple[str, int | str]]:
        """Return (peer, port) of all that may be sent (`egress`) or received (`ingress`)."""
        policies = [policy["spec"] for policy in self.all("NetworkPolicy").values()]
        return {
            pair
            for policy in policies
            if service in self.selected(policy["podSelector"].get("matchLabels", {}))
            for rule in policy.get(way, [])
            for pair in _pairs(rule, {"egress": "to", "ingress": "from"}[way])
        }


def _pairs(rule: Document, end: str) -> Iterator[tuple[str, int | str]]:
    """Yield (peer, port); a rule without peers or ports, which allows all, raises KeyError."""
    for peer in rule[end]:
        for port in rule["ports"]:
            yield _peer(peer), port["port"]


def _peer(peer: Document) -> str:
    """Return a peer's addresses, or the name of its namespace."""
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    return str(peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])


STAGING, PRODUCTION = Overlay("staging"), Overlay("production")

in_each_overlay = pytest.mark.parametrize("overlay", [STAGING, PRODUCTION], ids=repr)
of_each_service = pytest.mark.parametrize("service", list(SETTINGS))
