"""Alerts by Amazon SNS and purges by CloudFront: the only module that knows boto3.

Import it only where a topic or a distribution is configured: boto3 comes with the extra `aws`.
Credentials come from the instance's role, never from the settings. boto3 blocks, so each call runs
in a thread. Each call is tried once; it is sent again because the cursor has not advanced.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
)

from rates_sync.errors import NotificationFailed
from rates_sync.notify.alerts import Alert

DEADLINE: Final = 10.0
"""Seconds for a whole call, longer than boto3's own timeouts."""
MAX_SUBJECT = 100  # SNS refuses a longer one


def open_client(service: str, region: str) -> Any:
    """Return boto3's client of `service` (`sns`, `cloudfront`), with timeouts and no retries."""
    config = Config(
        region_name=region, connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1}
    )
    # boto3.client would share one session between all instances in the process.
    return boto3.session.Session().client(service, config=config)


class SnsAlerts:
    """The `Alerts` port by SNS: a JSON message, the alert's name in the subject.

    `publish` is the method of boto3's client, `deadline` the seconds for a call.
    """

    def __init__(
        self, publish: Callable[..., object], topic_arn: str, *, deadline: float = DEADLINE
    ) -> None:
        self._publish, self._topic_arn, self._deadline = publish, topic_arn, deadline

    async def publish(self, alert: Alert) -> None:
        """Publish `alert`. Raises `NotificationFailed`."""
        await _in_thread(
            self._deadline,
            lambda: self._publish(
                TopicArn=self._topic_arn,
                Subject=f"rates-sync: {alert.name}"[:MAX_SUBJECT],
                Message=_message(alert),
            ),
        )


class CloudFrontPurge:
    """The `EdgeCache` port by CloudFront invalidations.

    `create_invalidation` is the method of boto3's client. `reference` returns a new string each
    time: CloudFront ignores a request with a repeated one, and the second purge of a change must
    happen (protocol rule 21).
    """

    configured = True

    def __init__(
        self,
        create_invalidation: Callable[..., object],
        distribution_id: str,
        *,
        reference: Callable[[], str],
        deadline: float = DEADLINE,
    ) -> None:
        self._create, self._distribution_id = create_invalidation, distribution_id
        self._reference, self._deadline = reference, deadline

    async def purge(self, paths: Sequence[str]) -> None:
        """Invalidate `paths`. Raises `NotificationFailed`."""
        batch = {
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
            "CallerReference": self._reference(),
        }
        await _in_thread(
            self._deadline,
            lambda: self._create(DistributionId=self._distribution_id, InvalidationBatch=batch),
        )


def _message(alert: Alert) -> str:
    content = {
        "id": alert.id,
        "alert": alert.name,
        "at": alert.at.isoformat(),
        "summary": alert.summary,
        "details": dict(alert.details),
    }
    return json.dumps(content, ensure_ascii=False)


async def _in_thread(deadline: float, call: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(deadline):
            await asyncio.to_thread(call)
    except (TimeoutError, BotoCoreError, ClientError) as error:
        raise NotificationFailed(f"AWS did not accept it: {type(error).__name__}") from error
