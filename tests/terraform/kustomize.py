"""Renders `deploy/kubernetes` as `kubectl kustomize` does, where there is no kubectl.

Only what our kustomizations use: resources, a namespace, images by digest, strategic merge patches.
Everything else raises `NotSupported`; `test_kubernetes_rendering` compares with kubectl.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

FIELDS = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}
KINDS = {
    *("Deployment", "HorizontalPodAutoscaler", "Namespace", "NetworkPolicy"),
    *("PodDisruptionBudget", "Service", "ServiceMonitor"),
}
"""Kinds without references to a namespace or to names that a kustomization changes."""

BY_NAME = {"containers", "env"}
"""Lists that a patch merges by `name`."""
ATOMIC = {"egress"}
"""Lists that a patch replaces."""


class NotSupported(Exception):
    """The kustomization uses something that this renderer does not know."""


def build(folder: Path) -> list[Document]:
    """Return the documents of the kustomization in `folder`. Raises `NotSupported`."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    _require(set(kustomization) <= FIELDS, f"{folder}: {set(kustomization) - FIELDS}")
    documents = [each for name in kustomization["resources"] for each in _read(folder / name)]
    for patch in kustomization.get("patches", []):
        _require(set(patch) == {"path"}, f"patch: {patch}")
        for change in _documents(folder / patch["path"]):
            _patch(documents, change)
    for image in kustomization.get("images", []):
        _require(set(image) == {"name", "newName", "digest"}, f"image: {image}")
        _set_image(documents, image["name"], f"{image['newName']}@{image['digest']}")
    if namespace := kustomization.get("namespace"):
        _set_namespace(documents, namespace)
    return documents


def _read(path: Path) -> list[Document]:
    documents = build(path) if path.is_dir() else list(_documents(path))
    for document in documents:
        _require(document["kind"] in KINDS, f"{path}: {document['kind']}")
    return documents


def _documents(path: Path) -> Iterator[Document]:
    yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def _identity(document: Document) -> tuple[str, str, str]:
    return document["apiVersion"], document["kind"], document["metadata"]["name"]


def _patch(documents: list[Document], change: Document) -> None:
    targets = [each for each in documents if _identity(each) == _identity(change)]
    _require(len(targets) == 1, f"a patch of {_identity(change)} has {len(targets)} targets")
    _merge(targets[0], change)


def _merge(target: Document, change: Document) -> None:
    for key, value in change.items():
        _require(value is not None and not key.startswith("$"), f"a patch deletes: {key}")
        if isinstance(value, dict) and key in target:
            _merge(target[key], value)
        elif isinstance(value, list) and key in BY_NAME:
            _merge_by_name(target[key], value)
        else:
            _require(not isinstance(value, list) or key in ATOMIC, f"a patch of a list: {key}")
            target[key] = copy.deepcopy(value)


def _merge_by_name(target: list[Document], changes: list[Document]) -> None:
    by_name = {item["name"]: item for item in target}
    for change in changes:
        _require(change["name"] in by_name, f"a patch adds {change['name']}")
        _merge(by_name[change["name"]], change)
    patched = [by_name[change["name"]] for change in changes]
    target[:] = patched + [item for item in target if item not in patched]


def _set_image(documents: list[Document], name: str, image: str) -> None:
    for document in documents:
        if document["kind"] == "Deployment":
            for container in document["spec"]["template"]["spec"]["containers"]:
                if container["image"] == name:
                    container["image"] = image


def _set_namespace(documents: list[Document], namespace: str) -> None:
    for document in documents:
        field = "name" if document["kind"] == "Namespace" else "namespace"
        document["metadata"][field] = namespace


def _require(supported: object, what: str) -> None:
    if not supported:
        raise NotSupported(what)
