"""Checks across the roots: each reads what another writes; environments differ only in size."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rates_api.http.problems import PROBLEMS
from support.terraform import CONFIGURATIONS, ROOT

TERRAFORM = ROOT / CONFIGURATIONS
ROOTS = ("access", "platform", "rates-sync", "rates-api")
SERVICES = ("rates-sync", "rates-api")
ENVIRONMENTS = ("staging", "production")

BY_ZONE = {"aws_eip", "aws_nat_gateway"}
"""The resources that exist in one zone or in three, depending on `nat_gateways`."""

OF_SYNC_ALONE = {
    "alerts/topic_arn",
    "cache/writer_secret_arn",
    "database/writer_secret_arn",
    "edge/distribution_arn",
    "edge/distribution_id",
    "keys/messages_arn",
    "secrets/banxico_token_arn",
    "secrets/operator_token_arn",
    "secrets/signing_key_arn",
}
"""Parameters that rates-api must not have: to write, purge, alert or poll Banxico (rule R2)."""


def source(folder: Path) -> str:
    """Return the configuration of a folder, all files in one, without comments."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.tf")))
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def written() -> set[str]:
    """Return the parameters that platform writes, without /rates/<environment>/."""
    text = source(TERRAFORM / "platform")
    return set(re.findall(r'^\s*"([a-z_]+/[a-z_/]+)"\s*=', text, flags=re.MULTILINE))


def read_by(service: str) -> set[str]:
    """Return the parameters that a service's root reads, except its image."""
    [names] = re.findall(r"handed\s*=\s*toset\(\[(.*?)\]\)", source(TERRAFORM / service), re.DOTALL)
    return set(re.findall(r'"([^"]+)"', names)) - {f"{service}/image"}


def variables(environment: str, root: str) -> set[str]:
    """Return the names that a variable file sets."""
    file = TERRAFORM / "environments" / environment / f"{root}.tfvars"
    return set(re.findall(r"^(\w+)\s*=", file.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("service", SERVICES)
def test_platform_writes_what_a_service_reads(service: str) -> None:
    """Every parameter that a service reads is written; otherwise its first plan would fail."""
    assert read_by(service)
    assert read_by(service) <= written()


def test_rates_api_gets_no_parameter_with_write_access() -> None:
    """rates-api does not even get the ARNs that it must not have access to."""
    assert not read_by("rates-api") & OF_SYNC_ALONE
    assert read_by("rates-sync") >= OF_SYNC_ALONE


def test_no_root_reads_another_roots_state() -> None:
    """No root reads another's state: parameters are the only interface."""
    for root in ROOTS:
        assert "terraform_remote_state" not in source(TERRAFORM / root)


@pytest.mark.parametrize("root", ROOTS)
def test_states_are_separate_locked_and_encrypted(root: str) -> None:
    """Each root has its own state, which S3 itself locks."""
    [backend] = re.findall(r'backend "s3" \{(.*?)\}', source(TERRAFORM / root), re.DOTALL)
    settings = dict(re.findall(r'(\w+)\s*=\s*"?([^"\n]+)"?', backend))
    assert settings == {"key": f"{root}.tfstate", "encrypt": "true", "use_lockfile": "true"}


@pytest.mark.parametrize("root", ROOTS)
def test_environments_set_the_same_variables(root: str) -> None:
    """Both environments set the same variables: neither relies on a default."""
    assert variables("staging", root) == variables("production", root)


def test_no_account_number_is_in_the_configuration() -> None:
    """Account numbers are looked up or passed in; tests make them up."""
    for file in [*TERRAFORM.glob("*/*.tf"), *TERRAFORM.glob("**/*.tfvars"), *modules()]:
        assert not re.search(r"\b\d{12}\b", file.read_text(encoding="utf-8")), file


def modules() -> list[Path]:
    """Return the files of every module."""
    return sorted(TERRAFORM.glob("modules/**/*.tf"))


def test_no_inbound_access_from_the_internet() -> None:
    """0.0.0.0/0 occurs only in egress routes and in rates-sync's one rule for Banxico."""
    for file in [*TERRAFORM.glob("*/*.tf"), *modules()]:
        for kind, block in re.findall(
            r'^resource "(\w+)" "\w+" \{\n(.*?)^\}',
            file.read_text(encoding="utf-8"),
            re.DOTALL | re.MULTILINE,
        ):
            if "0.0.0.0/0" in block or "::/0" in block:
                assert kind in {"aws_route", "aws_vpc_security_group_egress_rule"}, (
                    f"{file}: {kind}"
                )


def test_the_firewalls_problem_document_is_one_of_the_apis() -> None:
    """Its `type` links to a page with the same code, title and status."""
    text = (TERRAFORM / "modules/edge/firewall.tf").read_text(encoding="utf-8")
    [block] = re.findall(r"too_many_requests = \{(.*?)\n  \}", text, re.DOTALL)
    said = dict(re.findall(r'(\w+)\s*=\s*"?([^"\n]+)"?', block))
    entry = PROBLEMS[said["code"]]
    assert said["type"] == f"/problems/{said['code']}"
    assert (said["title"], int(said["status"])) == (entry.title, entry.status)


def test_staging_differs_from_production_only_in_size(
    planned: Callable[[str, str], list[dict[str, Any]]],
) -> None:
    """Both plans have the same resources, except those that exist once or per zone."""
    shapes = [Counter(map(shape, planned("platform", environment))) for environment in ENVIRONMENTS]
    zones = [{key: shape.pop(key) for key in list(shape) if key[1] in BY_ZONE} for shape in shapes]
    assert shapes[0] == shapes[1]
    assert zones[0].keys() == zones[1].keys()
    assert {*zones[0].values()} == {1}
    assert {*zones[1].values()} == {3}


def shape(change: dict[str, Any]) -> tuple[str, str, str]:
    """Return a resource's module and type, without its index."""
    return (
        re.sub(r"\[.*?\]", "", change.get("module_address", "")),
        change["type"],
        change["name"],
    )


def test_no_value_of_a_secret_is_terraforms() -> None:
    """A version that Terraform tracks is made anew, as the current one, after two rotations.

    The provider takes a version without a label for gone (findSecretVersion and the resource's Read
    in internal/service/secretsmanager/secret_version.go of hashicorp/terraform-provider-aws), and a
    role that plans would need GetSecretValue to read it.
    """
    for file in [*TERRAFORM.glob("*/*.tf"), *modules()]:
        text = file.read_text(encoding="utf-8")
        assert "aws_secretsmanager_secret_version" not in text, file
        code = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
        assert not re.search(r"^\s*(auth_token|passwords)\s*=", code, re.MULTILINE), file


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_names_exact_versions_of_its_providers(root: str) -> None:
    """Another version could plan other things; modules only say what they need at least."""
    text = (TERRAFORM / root / "versions.tf").read_text(encoding="utf-8")
    versions = re.findall(r'source  = "hashicorp/\w+"\n      version = "([^"]+)"', text)
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
