"""What an automation reads before it acts; runs in Systems Manager, with the document's role.

Each function is the handler of a step: it takes the step's input and returns what later steps
branch on, as integers, because documents support no other numbers.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

Payload = dict[str, Any]

LOOK_BACK = timedelta(minutes=15)
NONE = -1
"""No value in the last 15 minutes."""


def latest(events: Payload, _context: object) -> Payload:
    """Return the newest value of each of `metrics`, times its `scale`, rounded; -1 for none.

    A metric is `{id, namespace, name, dimensions, stat, period, scale}`.
    """
    metrics, now = events["metrics"], datetime.now(UTC)
    answer = boto3.client("cloudwatch").get_metric_data(
        MetricDataQueries=[_query(metric) for metric in metrics],
        StartTime=now - LOOK_BACK,
        EndTime=now,
        ScanBy="TimestampDescending",
    )
    values = {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}
    return {
        metric["id"]: round(values[metric["id"]][0] * metric["scale"])
        if values.get(metric["id"])
        else NONE
        for metric in metrics
    }


def _query(metric: Payload) -> Payload:
    return {
        "Id": metric["id"],
        "MetricStat": {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["name"],
                "Dimensions": [
                    {"Name": name, "Value": value} for name, value in metric["dimensions"].items()
                ],
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
        },
    }


def hit_percent(events: Payload, _context: object) -> Payload:
    """Return the cache hit ratio in `percent` from `hits` and `misses`, -1 without any."""
    hits, misses = max(0, int(events["hits"])), max(0, int(events["misses"]))
    total = hits + misses
    return {"percent": round(100 * hits / total) if total else NONE}


def capacity(events: Payload, _context: object) -> Payload:
    """Return the group's `desired` size, the `wanted` one (`more`, if allowed), and the `room`."""
    groups = boto3.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[events["group"]]
    )["AutoScalingGroups"]
    desired, maximum = groups[0]["DesiredCapacity"], groups[0]["MaxSize"]
    wanted = min(desired + events["more"], maximum)
    return {"desired": desired, "wanted": wanted, "room": wanted - desired}


def cluster(events: Payload, _context: object) -> Payload:
    """Return the database cluster's `status` and its number of `readers`."""
    found = boto3.client("rds").describe_db_clusters(DBClusterIdentifier=events["cluster"])
    described = found["DBClusters"][0]
    members = described["DBClusterMembers"]
    readers = [member for member in members if not member["IsClusterWriter"]]
    return {"status": described["Status"], "readers": len(readers)}
