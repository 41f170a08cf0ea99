"""The rules' patterns against events as their services send them, and what becomes of these.

The events are the examples of AWS's documentation, cut to what patterns and templates read.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Event = dict[str, Any]
Changes = list[dict[str, Any]]

EVENTS: dict[str, Event] = {
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
    "rotation": {
        "source": "aws.secretsmanager",
        "detail-type": "AWS Service Event via CloudTrail",
        "time": "2026-11-01T09:04:11Z",
        "detail": {
            "eventSource": "secretsmanager.amazonaws.com",
            "eventName": "RotationFailed",
            "additionalEventData": {"SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:x"},
            "errorMessage": 'Pending secret version of "x" is not staged',
        },
    },
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    "backup": {
        "source": "aws.backup",
        "detail-type": "Backup Job State Change",
        "time": "2026-11-01T07:30:00Z",
        "detail": {"backupJobId": "1", "state": "FAILED", "statusMessage": '"Access" denied'},
    },
    "backup-copy": {
        "source": "aws.backup",
        "detail-type": "Copy Job State Change",
        "time": "2026-11-01T07:30:00Z",
        "detail": {"copyJobId": "1", "state": "FAILED"},
    },
    # https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
    "configuration": {
        "source": "aws.config",
        "detail-type": "Config Rules Compliance Change",
        "time": "2026-11-01T07:30:00Z",
        "detail": {
            "messageType": "ComplianceChangeNotification",
            "newEvaluationResult": {"complianceType": "NON_COMPLIANT"},
        },
    },
    # https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html
    "vulnerability": {
        "source": "aws.inspector2",
        "detail-type": "Inspector2 Finding",
        "time": "2026-11-01T07:30:00Z",
        "detail": {"severity": "HIGH", "status": "ACTIVE", "title": "CVE-2026-0001 - x"},
    },
}
GOOD: dict[str, dict[str, Any]] = {
    "rotation": {"eventName": "RotationSucceeded"},
    "backup": {"state": "COMPLETED"},
    "backup-copy": {"state": "COMPLETED"},
    "configuration": {"newEvaluationResult": {"complianceType": "COMPLIANT"}},
    "vulnerability": {"severity": "LOW"},
}
"""What is different in an event that nobody has to hear of."""


def matches(pattern: Event, event: Event) -> bool:
    """Whether an event fits: each key is there, with one of the values listed."""
    return all(
        matches(wanted, event.get(key, {}))
        if isinstance(wanted, dict)
        else event.get(key) in wanted
        for key, wanted in pattern.items()
    )


def transformed(transformer: Event, event: Event) -> str:
    """Return what the target gets; as EventBridge does it, a text inside a text is not escaped.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    text: str = transformer["input_template"]
    for name, path in transformer["input_paths"].items():
        value: Any = event
        for key in path.removeprefix("$.").split("."):
            value = value[key]
        text = text.replace(f"<{name}>", json.dumps(value))
    assert not re.search("<[a-z]+>", text)
    return text


@pytest.fixture(scope="module")
def rules(planned: Callable[[str, str], Changes]) -> dict[str, tuple[Event, Event]]:
    """The pattern and the transformer of each rule for failures."""
    created = [one for one in planned("platform", "production") if one.get("index")]
    after = {(one["type"], one["index"]): one["change"]["after"] for one in created}
    return {
        key: (
            json.loads(after["aws_cloudwatch_event_rule", key]["event_pattern"]),
            after["aws_cloudwatch_event_target", key]["input_transformer"][0],
        )
        for key in EVENTS
    }


@pytest.mark.parametrize("name", EVENTS)
def test_a_failure_is_told_and_a_success_is_not(
    rules: dict[str, tuple[Event, Event]], name: str
) -> None:
    """Each rule takes its own event, none of the others', and not the good one."""
    event = EVENTS[name]
    assert [key for key, (pattern, _) in rules.items() if matches(pattern, event)] == [name]
    good = event | {"detail": event["detail"] | GOOD[name]}
    assert not any(matches(pattern, good) for pattern, _ in rules.values())


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_told_is_json_whatever_the_event_holds(
    rules: dict[str, tuple[Event, Event]], name: str
) -> None:
    """A detail with quotes would end a text that it stands in; EventBridge drops such a message."""
    told = json.loads(transformed(rules[name][1], EVENTS[name]))
    assert told["detail"] == EVENTS[name]["detail"]
    assert told["at"] == EVENTS[name]["time"]
    assert told["what"].startswith("rates-production: ")
