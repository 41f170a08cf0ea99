"""Alerts and purges: what goes out, and what a failure becomes."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import boto3
import pytest
import structlog
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from rates_sync.errors import NotificationFailed
from rates_sync.notify.alerts import Alert, LogAlerts
from rates_sync.notify.aws import CloudFrontPurge, SnsAlerts, open_client
from rates_sync.notify.cdn import NoEdgeCache

TOPIC = "arn:aws:sns:us-east-1:123456789012:rates"
ALERT = Alert(
    id="8f14e45f",
    name="breaker_opened",
    at=datetime(2026, 8, 13, 18, 5, tzinfo=UTC),
    summary="Banxico failed three times in a row.",
    details={"reason": "sin conexión"},
)
MESSAGE = json.dumps(
    {
        "id": "8f14e45f",
        "alert": "breaker_opened",
        "at": "2026-08-13T18:05:00+00:00",
        "summary": "Banxico failed three times in a row.",
        "details": {"reason": "sin conexión"},
    },
    ensure_ascii=False,
)


def boto3_client(service: str) -> Any:
    """A real client with made-up credentials; a stubber answers in the network's place."""
    session = boto3.session.Session(
        aws_access_key_id="made", aws_secret_access_key="up", region_name="us-east-1"
    )
    return session.client(service)


@pytest.fixture
def sns() -> Iterator[Stubber]:
    """SNS, stubbed."""
    with Stubber(boto3_client("sns")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def cloudfront() -> Iterator[Stubber]:
    """CloudFront, stubbed."""
    with Stubber(boto3_client("cloudfront")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def invalidation(reference: str) -> dict[str, Any]:
    return {
        "DistributionId": "E123",
        "InvalidationBatch": {
            "Paths": {"Quantity": 2, "Items": ["/api/v1/rates/*", "/health"]},
            "CallerReference": reference,
        },
    }


async def test_an_alert_reaches_the_topic(sns: Stubber) -> None:
    """An alert is one JSON message whose subject names it."""
    expected = {"TopicArn": TOPIC, "Subject": "rates-sync: breaker_opened", "Message": MESSAGE}
    sns.add_response("publish", {"MessageId": "1"}, expected)
    await SnsAlerts(sns.client.publish, TOPIC).publish(ALERT)


async def test_a_refused_alert_is_an_expected_error(sns: Stubber) -> None:
    """What SNS refuses is reported, the cause kept, for another try."""
    sns.add_client_error("publish", "Throttling")
    with pytest.raises(NotificationFailed, match="ClientError") as caught:
        await SnsAlerts(sns.client.publish, TOPIC).publish(ALERT)
    assert caught.value.__cause__ is not None


async def test_each_purge_has_its_own_reference(cloudfront: Stubber) -> None:
    """The second purge of a change is another invalidation (protocol rule 21)."""
    for reference in ("purge-0", "purge-1"):
        cloudfront.add_response("create_invalidation", {}, invalidation(reference))
    numbers = count()
    edge = CloudFrontPurge(
        cloudfront.client.create_invalidation, "E123", reference=lambda: f"purge-{next(numbers)}"
    )
    for _ in range(2):
        await edge.purge(["/api/v1/rates/*", "/health"])
    assert edge.configured


async def test_a_refused_purge_is_an_expected_error(cloudfront: Stubber) -> None:
    """Too many invalidations under way: reported, for another try."""
    cloudfront.add_client_error("create_invalidation", "TooManyInvalidationsInProgress")
    edge = CloudFrontPurge(cloudfront.client.create_invalidation, "E123", reference=lambda: "one")
    with pytest.raises(NotificationFailed):
        await edge.purge(["/*"])


async def test_an_unreachable_aws_is_an_expected_error() -> None:
    """No connection to AWS is reported like a refusal."""

    def unreachable(**_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://sns.test")

    with pytest.raises(NotificationFailed, match="EndpointConnectionError"):
        await SnsAlerts(unreachable, TOPIC).publish(ALERT)


async def test_a_hanging_call_ends_at_its_deadline() -> None:
    """boto3 hanging in its thread holds nobody up past the deadline."""
    release = threading.Event()

    def hang(**_: str) -> None:
        release.wait(5)

    try:
        with pytest.raises(NotificationFailed, match="TimeoutError"):
            await SnsAlerts(hang, TOPIC, deadline=0.01).publish(ALERT)
    finally:
        release.set()


def test_a_client_gives_up_before_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's own timeouts end its thread: connecting and reading once, no retries."""
    # Opening a client looks for credentials, on an instance by asking its metadata service.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    config = open_client("sns", "us-east-1").meta.config
    assert config.connect_timeout + config.read_timeout < 10
    assert config.retries["total_max_attempts"] == 1


async def test_without_a_topic_alerts_are_logged() -> None:
    """Where no topic is configured an alert is a warning in the log."""
    with structlog.testing.capture_logs() as entries:
        await LogAlerts().publish(ALERT)
    (entry,) = entries
    assert (entry["event"], entry["log_level"], entry["alert"]) == (
        "alert",
        "warning",
        "breaker_opened",
    )
    assert entry["detail_reason"] == "sin conexión"


async def test_without_an_edge_a_purge_does_nothing() -> None:
    """Where no edge is configured there is nothing to forget."""
    edge = NoEdgeCache()
    await edge.purge(["/api/v1/rates/current"])
    assert not edge.configured
