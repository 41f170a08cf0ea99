"""The platform as `docker compose up --wait` leaves it."""

import json
import re
import urllib.request
from typing import Any

import pytest

from containers.engine import Stack, attempt, docker, inspect, until

IS_LEADER = """
import http.client
connection = http.client.HTTPConnection("127.0.0.1", 8001, timeout=5)
connection.request("GET", "/metrics")
exit(b"\\nrates_sync_leader 1.0\\n" not in connection.getresponse().read())
"""

READ_ONLY = """
import pathlib, tempfile
tempfile.TemporaryFile().close()
for path in ("/", "/opt/ours", "/home", "/var/tmp"):
    try:
        pathlib.Path(path, "written").touch()
    except OSError:
        continue
    raise SystemExit(path)
"""


def asked(environ: dict[str, str], path: str) -> str:
    """Ask at the edge for an answer."""
    url = f"http://127.0.0.1:{environ['RATES_API_PORT']}{path}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=5) as answer:
        text: str = answer.read().decode()
    return text


def current(environ: dict[str, str]) -> dict[str, Any]:
    """Ask at the edge for the current rate."""
    rate: dict[str, Any] = json.loads(asked(environ, "/api/v1/rates/current"))
    return rate


def leads(container: str) -> bool:
    """Tell whether an instance of rates-sync is the one that works."""
    return attempt("exec", container, "python", "-c", IS_LEADER).returncode == 0


def test_a_rate_can_be_had_at_the_edge(stack: Stack, environ: dict[str, str]) -> None:
    """Once Compose has waited, one request at the edge gives the rate, and says it is simulated.

    It is healthy as soon as the history no longer changes the record several times a second.
    """
    rate = current(environ)
    assert (rate["base"], rate["quote"]) == ("USD", "MXN")
    assert rate["provenance"]["source"] == "simulator"
    until(lambda: current(environ)["level"] == "healthy", seconds=60)


def test_the_image_has_all_that_people_see(stack: Stack, environ: dict[str, str]) -> None:
    """Templates, guides, the document behind the reference, files by their content's hash."""
    page = asked(environ, "/")
    for path in ("/en", "/guia", "/docs", *re.findall(r'"(/(?:assets|guia)/[^"#]+)"', page)):
        assert asked(environ, path)


def test_two_instances_of_each_service_are_healthy(stack: Stack) -> None:
    """The images' own health checks have turned healthy."""
    for service in ("rates-sync", "rates-api"):
        containers = stack.containers(service)
        health = [inspect(container, "{{.State.Health.Status}}") for container in containers]
        assert health == ["healthy", "healthy"]


@pytest.mark.parametrize("service", ["rates-sync", "rates-api", "banxico"])
def test_only_the_temporary_folder_can_be_written(stack: Stack, service: str) -> None:
    """The root file system is read-only, and there is room for temporary files."""
    stack.run_inside(service, "python", "-c", READ_ONLY)


def test_everything_keeps_the_same_time(stack: Stack) -> None:
    """Containers and MySQL's sessions are in UTC."""
    for service in ("mysql", "redis", "banxico", "rates-sync", "rates-api", "edge"):
        assert stack.run_inside(service, "date", "+%Z").strip() == "UTC", service
    asked = (
        'MYSQL_PWD=$(cat /run/secrets/mysql_root_password) mysql -uroot -Ne "SELECT @@time_zone"'
    )
    assert stack.run_inside("mysql", "sh", "-c", asked).strip() == "+00:00"


@pytest.mark.parametrize("target", ["mysql:3306", "redis:6379"])
def test_who_is_on_the_edge_alone_reaches_no_store(stack: Stack, target: str) -> None:
    """From the edge's network MySQL and Redis are found neither by name nor by address."""
    service, port = target.split(":")
    [container] = stack.containers(service)
    network = f"{stack.name}_data"
    address = inspect(container, f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}')
    program = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
    for host in (service, address):
        done = attempt(*stack.beside("edge", "-c", program, host, port))
        assert done.returncode != 0, host
    docker(*stack.beside("data", "-c", program, address, port))


def test_who_is_on_the_edge_alone_does_not_reach_rates_sync(stack: Stack) -> None:
    """Its internal port is found neither by name nor by address."""
    container = stack.containers("rates-sync")[0]
    program = "import socket, sys; socket.create_connection((sys.argv[1], 8001), 2)"
    networks = json.loads(inspect(container, "{{json .NetworkSettings.Networks}}"))
    for host in ("rates-sync", *(network["IPAddress"] for network in networks.values())):
        assert attempt(*stack.beside("edge", "-c", program, host)).returncode != 0, host


def test_nothing_leads_out_of_the_stores_network(stack: Stack) -> None:
    """The network of MySQL and Redis is internal, and they are on no other."""
    assert inspect(f"{stack.name}_data", "{{.Internal}}") == "true"
    for service in ("mysql", "redis"):
        [container] = stack.containers(service)
        assert list(json.loads(inspect(container, "{{json .NetworkSettings.Networks}}"))) == [
            f"{stack.name}_data"
        ]


def test_no_one_but_rates_sync_knows_who_may_ask_banxico(stack: Stack) -> None:
    """rates-api holds no token and no accounts but its own (rule R2)."""
    held = stack.run_inside("rates-api", "ls", "/run/secrets").split()
    assert held == ["rates_api_database_url", "rates_api_redis_url"]


def test_an_operator_asks_an_instance_from_inside_its_container(stack: Stack) -> None:
    """`rates-sync` is on the path, and finds the instance and its token by the same variables."""
    status = stack.run_inside("rates-sync", "rates-sync", "status")
    assert "of 1000 requests" in status


def test_rates_sync_ends_in_good_order_and_the_other_instance_leads(stack: Stack) -> None:
    """SIGTERM ends the leader with status 0; the lease is given back at once, not waited out."""
    leader = next(container for container in stack.containers("rates-sync") if leads(container))
    docker("stop", leader)
    [other] = [container for container in stack.containers("rates-sync") if container != leader]
    try:
        assert inspect(leader, "{{.State.ExitCode}} {{.State.OOMKilled}}") == "0 false"
        until(lambda: leads(other), seconds=8)
    finally:
        docker("start", leader)
