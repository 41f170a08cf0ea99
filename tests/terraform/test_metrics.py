"""Alarms and dashboards use metrics that the services or AWS emit, and runbooks that exist."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
BASE = "https://example.org/docs/runbooks"
NAMESPACE = "Rates"
ALL = frozenset({"environment", "service"})
"""The dimensions of all our metrics, besides their own labels."""

INPUTS = {
    "name": "rates-staging",
    "environment": "staging",
    "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:rates-staging-alerts",
    "alb_arn_suffix": "app/rates-staging/0123456789abcdef",
    "target_group_arn_suffix": "targetgroup/rates-api/0123456789abcdef",
    "distribution_id": "E123EXAMPLE",
    "web_acl_name": "rates-staging",
    "database_cluster_id": "rates-staging",
    "max_acu": 4,
    "cache_replication_group_id": "rates-staging",
    "cache_member_cluster_ids": ["rates-staging-001", "rates-staging-002"],
    "rates_api_group_name": "rates-staging-rates-api",
    "rates_sync_group_name": "rates-staging-rates-sync",
    "runbook_base_url": BASE,
}

ALB = ("LoadBalancer",)
TARGETS = ("LoadBalancer", "TargetGroup")
CLUSTER = ("DBClusterIdentifier",)
NODE = ("CacheClusterId",)
OF_AWS = {
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    ("AWS/ApplicationELB", "RequestCount"): ALB,
    ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"): ALB,
    ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"): ALB,
    ("AWS/ApplicationELB", "TargetResponseTime"): ALB,
    ("AWS/ApplicationELB", "HealthyHostCount"): TARGETS,
    ("AWS/ApplicationELB", "UnHealthyHostCount"): TARGETS,
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/programming-cloudwatch-metrics.html
    ("AWS/CloudFront", "Requests"): ("DistributionId", "Region"),
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html (no Region: CloudFront)
    ("AWS/WAFV2", "BlockedRequests"): ("WebACL", "Rule"),
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
    # and .../dimensions.html
    ("AWS/RDS", "ServerlessDatabaseCapacity"): CLUSTER,
    ("AWS/RDS", "DatabaseConnections"): CLUSTER,
    ("AWS/RDS", "AuroraReplicaLagMaximum"): CLUSTER,
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage"): NODE,
    ("AWS/ElastiCache", "EngineCPUUtilization"): NODE,
    ("AWS/ElastiCache", "IsMaster"): NODE,
    # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html
    ("AWS/EC2", "CPUUtilization"): ("AutoScalingGroupName",),
}
"""The AWS metrics in use, with their dimensions."""

SEARCHED = re.compile(r"SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\"")


class Used(NamedTuple):
    """A metric as an alarm or a dashboard refers to it."""

    namespace: str
    name: str
    dimensions: frozenset[str]


@pytest.fixture(scope="module")
def resources(created: Callable[..., list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The alarms and dashboards of an environment."""
    return created("observability", INPUTS)


@pytest.fixture(scope="module")
def listed() -> dict[str, frozenset[str]]:
    """The metrics sent to CloudWatch, with their dimensions."""
    text = (ROOT / "deploy" / "terraform" / "metrics.json").read_text(encoding="utf-8")
    return {entry["metric"]: frozenset(entry["dimensions"]) for entry in json.loads(text)}


def of_alarms(resources: list[dict[str, Any]]) -> Iterator[Used]:
    """Yield each metric that an alarm evaluates."""
    for alarm in alarms(resources):
        for query in alarm["metric_query"]:
            for metric in query["metric"]:
                yield Used(
                    metric["namespace"], metric["metric_name"], frozenset(metric["dimensions"])
                )


def of_dashboards(resources: list[dict[str, Any]]) -> Iterator[Used]:
    """Yield each metric that a dashboard shows, including those that it searches for."""
    for widget in widgets(resources):
        for row in widget["properties"].get("metrics", ()):
            if len(row) > 1:
                yield Used(row[0], row[1], frozenset(row[2:-1:2]))
            for namespace, dimensions, name in SEARCHED.findall(row[-1].get("expression", "")):
                yield Used(namespace, name, frozenset(dimensions.split(",")))


def widgets(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the widgets of all dashboards."""
    boards = (resource for resource in resources if resource["type"] == "aws_cloudwatch_dashboard")
    return [widget for board in boards for widget in json.loads(board["dashboard_body"])["widgets"]]


def alarms(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the alarms."""
    return [resource for resource in resources if resource["type"] == "aws_cloudwatch_metric_alarm"]


def test_every_listed_metric_is_exported_by_a_service(
    listed: dict[str, frozenset[str]],
) -> None:
    """Names and labels of metrics.json are those of docs/telemetry.md."""
    page = (ROOT / "docs" / "telemetry.md").read_text(encoding="utf-8")
    exported = {
        name: frozenset(labels.split(",")) - {""}
        for name, labels in re.findall(r"^\| `(rates_\w+)(?:\{([\w,]+)\})?` \|", page, re.MULTILINE)
    }
    for name, dimensions in listed.items():
        assert dimensions >= ALL
        assert dimensions - ALL <= exported[name]


def test_our_metrics_are_used_with_the_dimensions_that_are_sent(
    resources: list[dict[str, Any]], listed: dict[str, frozenset[str]]
) -> None:
    """Every metric of ours is used with exactly the dimensions that it is sent with."""
    ours = [
        metric
        for metric in (*of_alarms(resources), *of_dashboards(resources))
        if metric[0] == NAMESPACE
    ]
    assert ours
    assert {metric for metric in ours if listed.get(metric.name) != metric.dimensions} == set()


def test_every_sent_metric_is_used(
    resources: list[dict[str, Any]], listed: dict[str, frozenset[str]]
) -> None:
    """No metric is sent, and paid for, that nobody looks at."""
    used = {metric.name for metric in (*of_alarms(resources), *of_dashboards(resources))}
    assert set(listed) - used == set()


def test_aws_metrics_are_documented(resources: list[dict[str, Any]]) -> None:
    """Every AWS metric is documented by its service, with the same dimensions."""
    theirs = {
        metric
        for metric in (*of_alarms(resources), *of_dashboards(resources))
        if metric[0] != NAMESPACE
    }
    emitted = {Used(*metric, frozenset(dimensions)) for metric, dimensions in OF_AWS.items()}
    assert theirs == emitted


def test_every_alarm_has_a_runbook(resources: list[dict[str, Any]]) -> None:
    """The runbook of every alarm exists and is in the index of runbooks."""
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert len(alarms(resources)) == 15 + 8
    for alarm in alarms(resources):
        _, _, page = alarm["alarm_description"].partition(f"Runbook: {BASE}/")
        assert (RUNBOOKS / page).is_file(), alarm["alarm_name"]
        assert f"]({page})" in index, alarm["alarm_name"]


def test_expressions_use_only_known_ids(resources: list[dict[str, Any]]) -> None:
    """Expressions use only ids that exist; CloudWatch rejects unknown ones."""
    for alarm in alarms(resources):
        queries = {query["id"]: query["expression"] for query in alarm["metric_query"]}
        assert unknown(queries) == set(), alarm["alarm_name"]
    for widget in widgets(resources):
        options = [row[-1] for row in widget["properties"].get("metrics", ())]
        queries = {option["id"]: option.get("expression") for option in options}
        assert unknown(queries) == set(), widget["properties"]["title"]


def unknown(queries: dict[str, str | None]) -> set[str]:
    """Return the ids in expressions that no query has; search terms are not ids."""
    text = " ".join(re.sub(r"'[^']*'", "", expression or "") for expression in queries.values())
    return set(re.findall(r"\b[a-z]\w*\b", text)) - set(queries)
