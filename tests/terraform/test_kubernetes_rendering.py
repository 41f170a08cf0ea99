"""The renderer of these tests agrees with kubectl and refuses what it does not know."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from terraform.kustomize import Document, NotSupported, build

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"


def by_identity(documents: list[Document]) -> dict[tuple[str, str], Document]:
    """Return the documents by kind and name, since kubectl sorts them in its own way."""
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
@pytest.mark.parametrize("folder", ["base", "overlays/staging", "overlays/production"])
def test_the_renderer_agrees_with_kubectl(folder: str) -> None:
    """`kubectl kustomize` renders the same documents."""
    said = subprocess.run(
        ["kubectl", "kustomize", KUBERNETES / folder], check=True, capture_output=True, text=True
    ).stdout
    of_kubectl = list(yaml.safe_load_all(said))
    ours = build(KUBERNETES / folder)
    assert len(of_kubectl) == len(ours) == len(by_identity(ours))
    assert by_identity(of_kubectl) == by_identity(ours)


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {}}}


@pytest.mark.parametrize(
    ("kustomization", "resource", "patch"),
    [
        ({"namePrefix": "x-"}, {}, {}),
        ({"images": [{"name": "i", "newTag": "1"}]}, {}, {}),
        ({"patches": [{"path": "p.yaml", "target": {"kind": "Namespace"}}]}, {}, {}),
        ({}, {"kind": "RoleBinding"}, {}),
        ({"patches": [{"path": "p.yaml"}]}, {}, {"metadata": {"name": "another"}}),
        ({"patches": [{"path": "p.yaml"}]}, {}, {"metadata": {"name": "n", "labels": None}}),
        ({"patches": [{"path": "p.yaml"}]}, {}, {"$patch": "delete"}),
        ({"patches": [{"path": "p.yaml"}]}, {}, {"ports": [{"name": "http"}]}),
        ({"patches": [{"path": "p.yaml"}]}, {"env": []}, {"env": [{"name": "NEW"}]}),
    ],
)
def test_the_renderer_refuses_what_it_does_not_know(
    tmp_path: Path, kustomization: Document, resource: Document, patch: Document
) -> None:
    """An unknown field, kind, or way to patch raises instead of rendering something else."""
    write(tmp_path / "r.yaml", NAMESPACE | resource)
    write(tmp_path / "p.yaml", NAMESPACE | patch)
    write(tmp_path / "kustomization.yaml", {"resources": ["r.yaml"]} | kustomization)
    with pytest.raises(NotSupported):
        build(tmp_path)


def write(path: Path, content: Any) -> None:
    """Write a YAML file."""
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
