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
