"""How an instance of rates-api ends (protocol rule 22)."""

import json
import subprocess
from itertools import groupby
from pathlib import Path

from containers.engine import Stack, docker, inspect

CLIENT = (Path(__file__).parent / "drain_client.py").read_text()


def test_an_instance_drains_before_it_ends(stack: Stack) -> None:
    """Told to end, it is not ready but serves; then it closes its port, sends the rest, exits 0."""
    instance = stack.containers("rates-api")[0]
    name = inspect(instance, "{{.Config.Hostname}}")
    client = subprocess.Popen(
        ["docker", *stack.beside("edge", "-c", CLIENT, name)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdout is not None
    try:
        assert client.stdout.readline() == "begun\n"
        docker("stop", instance)
        said = json.loads(client.communicate(timeout=30)[0])
        state = inspect(instance, "{{.State.ExitCode}} {{.State.OOMKilled}}")
    finally:
        client.kill()
        docker("start", instance)
        stack.compose("up", "--wait", "--no-build")

    phases = [phase for phase, _ in groupby(map(tuple, said["seen"]))]
    assert phases in ([(200, 200), (503, 200)], [(503, 200)])
    assert (said["status"], said["whole"]) == (200, True)
    assert said["bytes"] > 500_000
    assert state == "0 false"
