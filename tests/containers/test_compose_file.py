"""What compose.yaml says, before anything runs."""

import json
from typing import Any

import pytest

from containers.engine import attempt, docker

TOKEN = "t" * 64
OURS = ("banxico", "rates-sync", "rates-api")
WITHOUT = dict.fromkeys(
    ["BANXICO_TOKEN", "MYSQL_IMAGE", "REDIS_IMAGE", "HAPROXY_IMAGE", "PYTHON_IMAGE"], ""
)


def model(**environ: str) -> dict[str, Any]:
    """Return the whole model as Compose reads it."""
    said = docker("compose", "config", "--format", "json", environ={**WITHOUT, **environ})
    read: dict[str, Any] = json.loads(said)
    return read


def services(**environ: str) -> dict[str, Any]:
    """Return the services."""
    read: dict[str, Any] = model(**environ)["services"]
    return read


@pytest.mark.parametrize("token", ["", TOKEN])
def test_compose_has_nothing_to_remark(token: str) -> None:
    """`docker compose config` is clean, with a token and without."""
    done = attempt("compose", "config", "--quiet", environ={**WITHOUT, "BANXICO_TOKEN": token})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_image_is_pinned_and_can_be_another() -> None:
    """Images of others have a version, and a variable for hosts with a mirror or no registry."""
    variables = {"mysql": "MYSQL_IMAGE", "redis": "REDIS_IMAGE", "edge": "HAPROXY_IMAGE"}
    pinned = services()
    other = services(**dict.fromkeys(variables.values(), "mirror/image:1"), PYTHON_IMAGE="p:1")
    for service in variables:
        assert ":" in pinned[service]["image"]
        assert other[service]["image"] == "mirror/image:1"
    for service in OURS:
        assert pinned[service]["build"]["args"]["PYTHON_IMAGE"] == "python:3.13-slim"
        assert other[service]["build"]["args"]["PYTHON_IMAGE"] == "p:1"


def test_without_a_token_the_simulator_is_asked() -> None:
    """The simulator runs and rates-sync asks it, with the simulator's token from a file."""
    read = services()
    environment = read["rates-sync"]["environment"]
    assert read["banxico"]["deploy"].get("replicas") is None
    assert environment["RATES_SYNC_BANXICO_URL"].startswith("http://banxico:8002/")
    assert environment["RATES_SYNC_BANXICO_TOKEN_FILE"] == "/run/secrets/simulator_token"


def test_with_a_token_banxico_is_asked() -> None:
    """The simulator is left out, and its record is not the one that Banxico's values go to."""
    read, simulated = services(BANXICO_TOKEN=TOKEN), services()
    environment = read["rates-sync"]["environment"]
    assert read["banxico"]["deploy"]["replicas"] == 0
    assert "RATES_SYNC_BANXICO_URL" not in environment
    assert environment["RATES_SYNC_BANXICO_TOKEN"] == TOKEN
    assert TOKEN not in json.dumps({**read, "rates-sync": None})
    assert read["mysql"]["volumes"] != simulated["mysql"]["volumes"]


def test_only_the_edge_is_published_and_only_on_this_machine() -> None:
    """Nothing else listens outside of the containers' networks."""
    published = {
        name: service["ports"] for name, service in services().items() if "ports" in service
    }
    assert list(published) == ["edge"]
    assert [port["host_ip"] for port in published["edge"]] == ["127.0.0.1"]


@pytest.mark.parametrize("token", ["", TOKEN])
def test_only_the_stores_network_leads_to_rates_sync(token: str) -> None:
    """Its other network is its way out: only the simulator, whom it asks, is there, too."""
    read = services(BANXICO_TOKEN=token)
    beside = {
        network: {name for name, service in read.items() if network in service["networks"]}
        for network in read["rates-sync"]["networks"]
    }
    assert beside == {
        "data": {"mysql", "redis", "rates-sync", "rates-api"},
        "upstream": {"rates-sync", "banxico"},
    }


def test_passwords_and_tokens_come_as_files() -> None:
    """No variable of a service holds a secret while the simulator is asked."""
    for name, service in services().items():
        for variable, value in service.get("environment", {}).items():
            secret = any(word in variable for word in ("PASSWORD", "TOKEN", "DATABASE_URL"))
            assert not secret or value.startswith("/run/secrets/"), f"{name}: {variable}"


def test_every_service_is_checked_limited_and_ends_in_time() -> None:
    """Each has limits for memory, processors and processes; others' checks are in compose.yaml."""
    for name, service in services().items():
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert name in OURS or service["healthcheck"]["test"][0] == "CMD", name
        assert service["stop_grace_period"] if name != "redis" else True


@pytest.mark.parametrize("name", [*OURS, "redis", "edge"])
def test_what_needs_no_rights_has_none(name: str) -> None:
    """A read-only root, no capability, no way to gain one."""
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
