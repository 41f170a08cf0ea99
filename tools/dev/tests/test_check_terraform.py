"""Which folders of the infrastructure are checked, by which commands, and what is told of them."""

import os
from pathlib import Path

import pytest

from rates_dev.suite import check_terraform
from rates_dev.suite.check_terraform import check, folders


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a root, its variable file and a module; nothing lies beside it."""
    root = tmp_path / "checkout"
    for folder in ("platform", "modules/edge", "environments/production"):
        (root / "deploy/terraform" / folder).mkdir(parents=True)
    for folder in ("platform", "modules/edge"):
        (root / "deploy/terraform" / folder / "versions.tf").touch()
    (root / "deploy/terraform/environments/production/platform.tfvars").touch()
    return root


def program(path: Path, *, status: int, says: str = "") -> None:
    """Put a program there that notes its arguments, speaks and ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$@" >>"$0.calls"\necho "{says}"\nexit {status}\n')
    path.chmod(0o755)


def run(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the stage in the checkout, as `./dev test` does; return its exit status."""
    monkeypatch.chdir(checkout)
    monkeypatch.setattr("sys.argv", ["check_terraform"])
    with pytest.raises(SystemExit) as ended:
        check_terraform.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_every_root_and_module_is_checked(checkout: Path) -> None:
    """A folder of variable files is neither."""
    found = [folder.as_posix() for folder in folders(checkout)]
    assert found == ["deploy/terraform/platform", "deploy/terraform/modules/edge"]


def test_a_root_is_tested_with_its_variable_file_a_module_without(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path of the variable file is the one that terraform sees from the root's folder."""
    tfcheck = checkout / check_terraform.TFCHECK
    program(tfcheck, status=0)
    assert run(checkout, monkeypatch) == 0
    calls = Path(f"{tfcheck.resolve()}.calls").read_text().splitlines()
    assert sorted(calls) == [
        "deploy/terraform/modules/edge test",
        "deploy/terraform/platform test -var-file=../environments/production/platform.tfvars",
    ]


def test_without_tfcheck_terraform_is_used_by_itself(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ordinary provider, no backend, formatting too; its data lie outside the folder."""
    program(checkout / "bin/terraform", status=0)
    monkeypatch.setenv("PATH", str(checkout / "bin"), prepend=os.pathsep)
    assert run(checkout, monkeypatch) == 0
    calls = (checkout / "bin/terraform.calls").read_text()
    assert "-chdir=deploy/terraform/platform init -backend=false -input=false" in calls
    assert "fmt -check -diff -recursive deploy/terraform/modules/edge" in calls
    scratch = checkout / "scratch"
    environ = check(checkout, Path("deploy/terraform/platform"), scratch).environ
    assert environ == {"TF_DATA_DIR": str(scratch / "deploy/terraform/platform")}


def test_a_failure_is_shown_whole_and_fails_the_stage(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What failed is printed; what went well takes a line."""
    program(checkout / check_terraform.TFCHECK, status=1, says="No two subnets may overlap.")
    assert run(checkout, monkeypatch) == 1
    assert "deploy/terraform/platform: No two subnets may overlap." in capsys.readouterr().out


def test_a_checkout_without_infrastructure_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing to check does not pass for checked."""
    assert run(tmp_path, monkeypatch) == 1
