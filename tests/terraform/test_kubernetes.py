"""The manifests are Kubernetes' by its schemas, and fit each other and the services.

An overlay is rendered here as far as it goes (`namespace`, `images`, JSON patches); where kubectl
is, its own kustomize must say the same.
"""

import copy
import dataclasses
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from rates_api.settings import Settings as ApiSettings
from rates_sync.settings import Settings as SyncSettings

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
VERSIONS = ("1.31", "1.37")
"""The oldest that is still run by many, and the newest that the package has schemas of."""
ENVIRONMENTS = ("staging", "production")
SERVICES = {"rates-api": ApiSettings, "rates-sync": SyncSettings}
OF_OTHERS = {"ServiceMonitor"}
"""Kinds that Kubernetes has no schema of."""

Document = dict[str, Any]


def read(path: Path) -> list[Document]:
    """Return the documents of a file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def rendered(environment: str) -> list[Document]:
    """Return what an overlay makes of the base."""
    [overlay] = read(KUBERNETES / "overlays" / environment / "kustomization.yaml")
    assert overlay["resources"] == ["../../base"]
    [base] = read(KUBERNETES / "base/kustomization.yaml")
    found = [one for file in base["resources"] for one in read(KUBERNETES / "base" / file)]
    for document in found:
        document["metadata"]["namespace"] = overlay["namespace"]
        for patch in overlay["patches"]:
            if selects(patch["target"], document):
                for step in yaml.safe_load(patch["patch"]):
                    change(document, step)
        for container in containers(document):
            [image] = [one for one in overlay["images"] if one["name"] == container["image"]]
            container["image"] = f"{image['newName']}@{image['digest']}"
    return found


def selects(target: Document, document: Document) -> bool:
    """Whether a patch is for a document."""
    names = {"kind": document["kind"], "name": document["metadata"]["name"]}
    return all(names[key] == value for key, value in target.items())


def change(document: Document, step: Document) -> None:
    """Apply one step of a JSON patch (RFC 6902): replace, or add to the end of a list."""
    place: Any = document
    *way, last = step["path"].strip("/").split("/")
    for key in way:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if step["op"] == "add" and last == "-":
        place.append(step["value"])
    else:
        assert step["op"] == "replace"
        assert last in place
        place[last] = step["value"]


def containers(document: Document) -> list[Document]:
    """Return the containers of a Deployment."""
    if document["kind"] != "Deployment":
        return []
    found: list[Document] = document["spec"]["template"]["spec"]["containers"]
    return found


@pytest.fixture(params=ENVIRONMENTS)
def documents(request: pytest.FixtureRequest) -> list[Document]:
    """What is applied in an environment."""
    return rendered(request.param)


def of_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    """Return the documents of a kind by name."""
    return {one["metadata"]["name"]: one for one in documents if one["kind"] == kind}


def pods(documents: list[Document]) -> Iterator[tuple[str, Document, Document]]:
    """Yield each service with its pod and its one container."""
    for name, deployment in of_kind(documents, "Deployment").items():
        pod = deployment["spec"]["template"]["spec"]
        [container] = pod["containers"]
        yield name, pod, container


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_kubernetes(documents: list[Document], version: str) -> None:
    """By its own schemas, with no field that they don't know."""
    for document in documents:
        if document["kind"] not in OF_OTHERS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kubernetes_validate.validate(copy.deepcopy(document), version, strict=True)


def test_kustomize_renders_the_same(request: pytest.FixtureRequest) -> None:
    """The rendering here is no other than that of `kubectl apply --kustomize`."""
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl")
    for environment in ENVIRONMENTS:
        folder = KUBERNETES / "overlays" / environment
        done = subprocess.run(
            ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True
        )
        theirs = list(yaml.safe_load_all(done.stdout))
        key = lambda one: (one["kind"], one["metadata"]["name"])  # noqa: E731
        assert sorted(theirs, key=key) == sorted(rendered(environment), key=key)


def test_both_services_are_there_twice_at_least(documents: list[Document]) -> None:
    """rates-api grows, rates-sync is a pair; a budget keeps one of each."""
    deployments = of_kind(documents, "Deployment")
    assert {name: one["spec"]["replicas"] for name, one in deployments.items()} == {
        "rates-api": 2,
        "rates-sync": 2,
    }
    assert of_kind(documents, "PodDisruptionBudget").keys() == deployments.keys()
    assert of_kind(documents, "HorizontalPodAutoscaler").keys() == {"rates-api"}
    pair = deployments["rates-sync"]["spec"]["strategy"]["rollingUpdate"]
    assert pair == {"maxUnavailable": 1, "maxSurge": 0}


def test_selectors_find_their_pods(documents: list[Document]) -> None:
    """Services, budgets, policies, monitors and spreads name labels that the pods have."""
    labels = {
        name: one["spec"]["template"]["metadata"]["labels"]
        for name, one in of_kind(documents, "Deployment").items()
    }
    for document in documents:
        name, spec = document["metadata"]["name"], document.get("spec", {})
        selector = spec.get("podSelector") or spec.get("selector")
        if selector is not None:
            assert (selector.get("matchLabels") or selector) == labels[name], document["kind"]
    for name, pod, _ in pods(documents):
        spread = pod["topologySpreadConstraints"]
        assert all(one["labelSelector"]["matchLabels"] == labels[name] for one in spread)
        assert {one["topologyKey"] for one in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }


def test_every_port_is_numbered_once(documents: list[Document]) -> None:
    """Probes, services, policies and monitors name the container's ports."""
    services, policies = of_kind(documents, "Service"), of_kind(documents, "NetworkPolicy")
    monitors = of_kind(documents, "ServiceMonitor")
    for name, _, container in pods(documents):
        ports = {one["name"] for one in container["ports"]}
        probes = [container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")]
        assert {probe["httpGet"]["port"] for probe in probes} <= ports
        of_service = services[name]["spec"]["ports"]
        assert {one["targetPort"] for one in of_service} == ports
        ingress = policies[name]["spec"]["ingress"]
        assert {one["port"] for rule in ingress for one in rule["ports"]} == ports
        [endpoint] = monitors[name]["spec"]["endpoints"]
        assert endpoint["port"] in {one["name"] for one in of_service}


def test_ports_are_those_of_the_services(documents: list[Document]) -> None:
    """The settings' own: none is set otherwise."""
    ports = {
        name: {one["name"]: one["containerPort"] for one in container["ports"]}
        for name, _, container in pods(documents)
    }
    api = {one.name: one.default for one in dataclasses.fields(ApiSettings)}
    sync = {one.name: one.default for one in dataclasses.fields(SyncSettings)}
    assert ports["rates-api"] == {"http": api["port"], "admin": api["admin_port"]}
    assert ports["rates-sync"] == {"admin": sync["port"]}


def test_every_variable_is_a_setting_and_every_secret_is_mounted(documents: list[Document]) -> None:
    """Secrets come as files, from the folder that the service's own secret is mounted at."""
    page = (KUBERNETES / "README.md").read_text(encoding="utf-8")
    for name, pod, container in pods(documents):
        prefix = name.upper().replace("-", "_") + "_"
        known = {prefix + one.name.upper() for one in dataclasses.fields(SERVICES[name])}
        given = {one["name"]: one["value"] for one in container["env"]}
        assert {variable.removesuffix("_FILE") for variable in given} <= known
        [mount] = [one for one in container["volumeMounts"] if one["name"] == "secrets"]
        assert mount["readOnly"]
        [volume] = [one for one in pod["volumes"] if one["name"] == "secrets"]
        assert volume["secret"] == {"secretName": name, "defaultMode": 0o440}
        files = {one: path for one, path in given.items() if one.endswith("_FILE")}
        for variable, path in files.items():
            key = variable.removeprefix(prefix).removesuffix("_FILE").lower()
            assert path == f"{mount['mountPath']}/{key}"
        [told] = re.findall(rf"generic {name} \\\n((?:.*\\\n)*.*)", page)
        created = set(re.findall(r"--from-file=(\w+)", told))
        assert created == {Path(path).name for path in files.values()}


def test_a_pod_can_write_nothing_and_is_nobody(documents: list[Document]) -> None:
    """A read-only root, no capabilities, no account of the cluster, no service variables."""
    for _, pod, container in pods(documents):
        assert pod["enableServiceLinks"] is False
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == 10001
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])


def test_a_pod_may_end_in_good_order(documents: list[Document]) -> None:
    """The drain outlasts two looks of the readiness probe, and the grace outlasts the drain."""
    for name, pod, container in pods(documents):
        grace = pod["terminationGracePeriodSeconds"]
        if name == "rates-api":
            given = {one["name"]: one["value"] for one in container["env"]}
            probe = container["readinessProbe"]
            drain = float(given["RATES_API_DRAIN"])
            assert drain > probe["periodSeconds"] * probe["failureThreshold"]
            assert grace > drain + 20
        assert grace >= 30


def test_nothing_restarts_because_it_is_not_ready(documents: list[Document]) -> None:
    """What makes all pods unready at once must not restart them all."""
    for _, _, container in pods(documents):
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert container["startupProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_only_rates_sync_reaches_the_internet(documents: list[Document]) -> None:
    """By HTTPS, and not what is inside; rates-api reaches MySQL, Redis and DNS."""
    policies = of_kind(documents, "NetworkPolicy")
    for name, policy in policies.items():
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        wide = [
            rule
            for rule in policy["spec"]["egress"]
            for to in rule["to"]
            if to.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
        ]
        assert len(wide) == (1 if name == "rates-sync" else 0)
        for rule in wide:
            assert [one["port"] for one in rule["ports"]] == [443]
            assert rule["to"][0]["ipBlock"]["except"]


def test_environments_differ_in_size_but_not_in_shape() -> None:
    """The same documents, patched at the same places."""
    overlays = [
        read(KUBERNETES / "overlays" / one / "kustomization.yaml")[0] for one in ENVIRONMENTS
    ]
    places = [
        [
            (patch["target"], [step["path"] for step in yaml.safe_load(patch["patch"])])
            for patch in one["patches"]
        ]
        for one in overlays
    ]
    assert places[0] == places[1]
    assert overlays[0].keys() == overlays[1].keys()
