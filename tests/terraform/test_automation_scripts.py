"""The scripts inside the automations, run as Systems Manager and the container run them."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import fakeredis
import pytest
import redis

from support.modules import load_module

FILES = Path(__file__).parents[2] / "deploy/terraform/modules/runbooks/files"
DOCUMENTS = ("{rates:v1}:current", "{rates:v1}:averages", "{rates:v1}:history")
STREAM = "{rates:v1}:events"


class Aws:
    """A fake AWS with the answers that the scripts need; every client is this object."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers, self.asked = answers, dict[str, Any]()

    def client(self, service: str) -> "Aws":
        """Return the client of any service."""
        return self

    def __getattr__(self, call: str) -> Any:
        def answer(**arguments: Any) -> dict[str, Any]:
            self.asked[call] = arguments
            return self.answers[call]

        return answer


@pytest.fixture
def look() -> ModuleType:
    """The script, loaded by its path as Systems Manager loads it."""
    return load_module(FILES / "look.py")


def metric(name: str, scale: float) -> dict[str, Any]:
    """Return a metric as a document describes it."""
    dimensions = {"service": "rates-api"}
    return {
        "id": name, "namespace": "Rates", "name": name, "dimensions": dimensions,
        "stat": "Maximum", "period": 60, "scale": scale,
    }  # fmt: skip


def test_the_newest_value_is_rounded_to_an_integer(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.2504 s becomes 250 ms; a missing value becomes -1, which no branch takes for a value."""
    results = [{"Id": "p95", "Values": [0.2504, 9.0]}, {"Id": "hits", "Values": []}]
    aws = Aws(get_metric_data={"MetricDataResults": results})
    monkeypatch.setattr(boto3, "client", aws.client)
    asked = {"metrics": [metric("p95", 1000), metric("hits", 1)]}
    assert look.latest(asked, None) == {"p95": 250, "hits": -1}
    assert aws.asked["get_metric_data"]["ScanBy"] == "TimestampDescending"


@pytest.mark.parametrize(
    ("hits", "misses", "percent"),
    [(80, 20, 80), (-1, -1, -1), (0, 5, 0), (7, -1, 100), ("3", "1", 75)],
)
def test_without_answers_there_is_no_hit_ratio(
    look: ModuleType, hits: int | str, misses: int | str, percent: int
) -> None:
    """Without any answers there is no ratio, so nothing is deleted."""
    assert look.hit_percent({"hits": hits, "misses": misses}, None) == {"percent": percent}


@pytest.mark.parametrize(("desired", "wanted", "room"), [(2, 5, 3), (8, 10, 2), (10, 10, 0)])
def test_a_group_grows_up_to_its_maximum(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch, desired: int, wanted: int, room: int
) -> None:
    """Three more instances are wanted, but never more than the group's maximum size."""
    groups = [{"DesiredCapacity": desired, "MaxSize": 10}]
    aws = Aws(describe_auto_scaling_groups={"AutoScalingGroups": groups})
    monkeypatch.setattr(boto3, "client", aws.client)
    expected = {"desired": desired, "wanted": wanted, "room": room}
    assert look.capacity({"group": "g", "more": 3}, None) == expected


def test_the_writer_is_not_counted_as_a_reader(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster of a writer and a reader has one reader."""
    members = [{"IsClusterWriter": True}, {"IsClusterWriter": False}]
    found = [{"Status": "available", "DBClusterMembers": members}]
    aws = Aws(describe_db_clusters={"DBClusters": found})
    monkeypatch.setattr(boto3, "client", aws.client)
    assert look.cluster({"cluster": "c"}, None) == {"status": "available", "readers": 1}


GROUP = [
    {"InstanceId": "i-2", "LifecycleState": "InService"},
    {"InstanceId": "i-1", "LifecycleState": "InService"},
    {"InstanceId": "i-0", "LifecycleState": "Terminating"},
]


def invocation(instance: str, status: str, *outputs: str) -> dict[str, Any]:
    """Return what Run Command says of a command on one instance."""
    plugins = [{"Output": output} for output in outputs]
    return {"InstanceId": instance, "Status": status, "CommandPlugins": plugins}


def asked(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch, *answers: list[dict[str, Any]]
) -> tuple[str, Aws, list[float]]:
    """Ask the group with these looks at the answers; return the text, the calls, the pauses."""
    aws, pauses = Aws(send_command={"Command": {"CommandId": "c"}}), list[float]()
    aws.answers["describe_auto_scaling_groups"] = {"AutoScalingGroups": [{"Instances": GROUP}]}
    looks = [{"CommandInvocations": found} for found in answers]
    monkeypatch.setattr(boto3, "client", aws.client)
    aws.answers["list_command_invocations"] = looks[0]

    def sleep(seconds: float) -> None:
        aws.answers["list_command_invocations"] = looks[min(len(pauses), len(looks) - 1)]
        pauses.append(seconds)

    monkeypatch.setattr(look.time, "sleep", sleep)
    told = look.ask({"group": "g", "command": "rates-sync status"}, None)
    return told["text"], aws, pauses


def test_every_instance_in_service_is_asked_and_quoted(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that leaves is not; the answer is waited for, each is named."""
    ended = [invocation("i-1", "Success", "leader\n"), invocation("i-2", "Failed", "", "no\n")]
    begun = [invocation("i-1", "InProgress"), invocation("i-2", "Pending")]
    text, aws, pauses = asked(look, monkeypatch, [], begun[:1], begun, ended)
    assert text == "i-1: Success\nleader\ni-2: Failed\nno"
    assert sorted(aws.asked["send_command"]["InstanceIds"]) == ["i-1", "i-2"]
    assert aws.asked["send_command"]["Parameters"] == {"commands": ["rates-sync status"]}
    assert aws.asked["list_command_invocations"] == {"CommandId": "c", "Details": True}
    assert len(pauses) == 4


def test_an_instance_that_does_not_answer_is_told_as_such(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's answer is not lost, and the step ends within its ten minutes."""
    text, _, pauses = asked(look, monkeypatch, [invocation("i-1", "Success", "leader")])
    assert text == "i-1: Success\nleader\ni-2: no answer"
    assert sum(pauses) <= 90


def test_a_group_without_instances_is_told_as_such(
    look: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent."""
    aws = Aws(describe_auto_scaling_groups={"AutoScalingGroups": []})
    monkeypatch.setattr(boto3, "client", aws.client)
    assert look.ask({"group": "g", "command": "x"}, None) == {
        "text": "g has no instance in service."
    }


@pytest.fixture
def server() -> Iterator[redis.Redis]:
    """A Redis that holds the documents, with 300 s to live, and a stream."""
    running = fakeredis.TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}).start()
    with redis.Redis(port=running.server_address[1], protocol=2) as client:
        for document in DOCUMENTS:
            client.set(document, b"x", ex=300)
        client.xadd(STREAM, {"a": "b"}, id="1-1")
        yield client
    running.shutdown()
    running.server_close()


def in_container(client: redis.Redis, *arguments: str) -> str:
    """Run the script as `docker exec` does, with the settings of rates-sync."""
    environment = {
        "RATES_SYNC_DATABASE_URL": "sqlite+aiosqlite:////nowhere.db",
        "RATES_SYNC_REDIS_URL": f"redis://127.0.0.1:{client.get_connection_kwargs()['port']}/0",
        "RATES_SYNC_BANXICO_TOKEN": "t" * 64,
        "RATES_SYNC_OPERATOR_TOKEN": "o" * 16,
    }
    done = subprocess.run(
        [sys.executable, "-", *arguments],
        input=(FILES / "documents.py").read_text(encoding="utf-8"),
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_ttls_are_printed_and_nothing_is_changed(server: redis.Redis) -> None:
    """Without an argument the script only prints each document's TTL."""
    said = in_container(server)
    assert [line.split()[0] for line in said.splitlines()] == sorted(DOCUMENTS, key=said.index)
    assert server.exists(*DOCUMENTS) == 3


def test_clear_deletes_the_documents_but_not_the_stream(server: redis.Redis) -> None:
    """Only documents are deleted, which the relay rewrites; the stream is not a cache."""
    assert in_container(server, "clear").startswith("removed 3 of 3")
    assert server.exists(*DOCUMENTS) == 0
    assert server.xlen(STREAM) == 1
