"""How the configurations are checked, and what is a lack of this machine rather than a fault."""

import os
from pathlib import Path

import pytest

from support import terraform
from support.fetching import unreachable
from support.terraform import check, folders

REGISTRY_AWAY = """
Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/aws:
could not connect to registry.terraform.io: failed to request discovery
document: Get "https://registry.terraform.io/.well-known/terraform.json":
dial tcp: lookup registry.terraform.io on 10.255.255.53:53: no such host
"""
NO_SUCH_VERSION = """
Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/aws:
no available releases match the given constraints ~> 99.0
"""
NO_SUCH_PROVIDER = """
Error: Failed to query available provider packages

Could not retrieve the list of available versions for provider hashicorp/awss:
provider registry registry.terraform.io does not have a provider named
registry.terraform.io/hashicorp/awss
"""
NOT_MIRRORED = """
Could not retrieve the list of available versions for provider hashicorp/aws:
provider registry.terraform.io/hashicorp/aws was not found in any of the
search locations

  - /usr/share/terraform/providers
"""
DOWNLOAD_BROKE_OFF = """
Error while installing hashicorp/aws v6.69.1: could not query provider
registry for registry.terraform.io/hashicorp/aws: the request failed
"""
NO_INDEX = """error: Request failed after 3 retries in 5.9s
  cause: Failed to fetch: http://index/simple/checkov/
  cause: error sending request for url (http://index/simple/checkov/)
"""
WRONG_HASH = """error: Failed to download `iniconfig==2.1.0`
  cause: Hash mismatch for `iniconfig==2.1.0`
"""
NO_REGISTRY = """npm error code ENOTFOUND
npm error syscall getaddrinfo
npm error network request to http://registry/nimma failed, reason: getaddrinfo ENOTFOUND registry
"""
PLATFORM, EDGE = Path("deploy/terraform/platform"), Path("deploy/terraform/modules/edge")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a root, its variable file and a module; nothing lies beside it."""
    root = tmp_path / "checkout"
    for folder in (PLATFORM, EDGE):
        (root / folder).mkdir(parents=True)
        (root / folder / "versions.tf").touch()
    (root / "deploy/terraform/environments/production").mkdir(parents=True)
    (root / "deploy/terraform/environments/production/platform.tfvars").touch()
    monkeypatch.setattr(terraform, "TFCHECK", root / "bin/tfcheck")
    monkeypatch.setenv("PATH", str(root / "bin"), prepend=os.pathsep)
    return root


def program(path: Path, *, status: int, says: str = "", fails_at: str = "") -> None:
    """Put a program there that notes its arguments; at `fails_at` it speaks and ends so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("says").write_text(says)
    path.write_text(
        '#!/bin/sh\necho "$@" >>"$0.calls"\n'
        f'case "$*" in *{fails_at}*) cat "${{0%/*}}/says"; exit {status};; esac\n'
    )
    path.chmod(0o755)


def test_every_root_and_module_is_checked(checkout: Path) -> None:
    """A folder of variable files is neither."""
    assert folders(checkout) == [PLATFORM, EDGE]


def test_there_are_configurations() -> None:
    """Nothing to check does not pass for checked."""
    assert len(folders(terraform.ROOT)) > 10


def test_a_root_is_tested_with_its_variable_file_a_module_without(
    checkout: Path, tmp_path: Path
) -> None:
    """The path of the variable file is the one that terraform sees from the root's folder."""
    program(checkout / "bin/terraform", status=1)
    program(checkout / "bin/tfcheck", status=0)
    for folder in folders(checkout):
        check(checkout, folder, tmp_path)
    assert (checkout / "bin/tfcheck.calls").read_text().splitlines() == [
        f"{checkout / PLATFORM} test -var-file=../environments/production/platform.tfvars",
        f"{checkout / EDGE} test",
    ]


def test_without_tfcheck_terraform_is_used_by_itself(checkout: Path, tmp_path: Path) -> None:
    """The ordinary provider, no backend, formatting too."""
    program(checkout / "bin/terraform", status=0)
    check(checkout, EDGE, tmp_path)
    assert (checkout / "bin/terraform.calls").read_text().splitlines() == [
        "fmt -check -diff -recursive deploy/terraform/modules/edge",
        "-chdir=deploy/terraform/modules/edge init -backend=false -input=false",
        "-chdir=deploy/terraform/modules/edge validate",
        "-chdir=deploy/terraform/modules/edge test",
    ]


def test_without_terraform_it_is_left_out(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither failed nor passed: skipped with the reason."""
    monkeypatch.setenv("PATH", str(checkout / "bin"))
    with pytest.raises(pytest.skip.Exception, match="no terraform on PATH"):
        check(checkout, EDGE, tmp_path)


@pytest.mark.parametrize("says", [REGISTRY_AWAY, NOT_MIRRORED, DOWNLOAD_BROKE_OFF])
def test_without_its_provider_it_is_left_out(checkout: Path, tmp_path: Path, says: str) -> None:
    """The configuration can't be checked here, which is not its fault."""
    program(checkout / "bin/terraform", status=1, says=says, fails_at="init")
    with pytest.raises(
        pytest.skip.Exception, match=r"a provider of terraform's can't be had: [cw]"
    ):
        check(checkout, EDGE, tmp_path)


@pytest.mark.parametrize(
    ("fails_at", "says"),
    [
        ("fmt", "-wrong\n+right"),
        ("init", "Error: Argument or block definition required"),
        ("init", NO_SUCH_VERSION),
        ("init", NO_SUCH_PROVIDER),
        ("validate", "Error: Unsupported argument"),
        ("' test'", "No two subnets may overlap."),
    ],
)
def test_a_wrong_configuration_fails(
    checkout: Path, tmp_path: Path, fails_at: str, says: str
) -> None:
    """What is wrong is shown whole."""
    program(checkout / "bin/terraform", status=1, says=says, fails_at=fails_at)
    with pytest.raises(AssertionError) as failed:
        check(checkout, EDGE, tmp_path)
    assert says in str(failed.value)


def test_a_failure_of_tfcheck_is_shown_whole(checkout: Path, tmp_path: Path) -> None:
    """It reaches nobody, so that whatever fails there is the configuration's."""
    program(checkout / "bin/terraform", status=0)
    program(checkout / "bin/tfcheck", status=1, says="No two subnets may overlap.")
    with pytest.raises(AssertionError, match="No two subnets may overlap"):
        check(checkout, EDGE, tmp_path)


def test_an_index_that_is_away_is_a_lack_a_wrong_hash_a_fault() -> None:
    """uv and npm say it in a few lines."""
    assert unreachable(NO_INDEX) == "error sending request for url"
    assert unreachable(NO_REGISTRY)
    assert unreachable("npm error code EINTEGRITY") is None
    assert unreachable(WRONG_HASH) is None
