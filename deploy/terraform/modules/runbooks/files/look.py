"""What an automation reads before it acts; runs in Systems Manager, with the document's role.

Each function is the handler of a step: it takes the step's input and returns what later steps
branch on, as integers, because documents support no other numbers.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

Payload = dict[str, Any]

LOOK_BACK = timedelta(minutes=15)
NONE = -1
"""No value in the last quarter of an hour."""
ANSWER_SECONDS, PAUSE_SECONDS = 90, 3
DELIVERY_SECONDS = 30
"""The least that Run Command takes."""
OPEN = {"Pending", "InProgress", "Delayed", "Cancelling"}
"""States of a command that will change (botocore: ssm, CommandInvocation.Status)."""


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
    one = found["DBClusters"][0]
    readers = [member for member in one["DBClusterMembers"] if not member["IsClusterWriter"]]
    return {"status": one["Status"], "readers": len(readers)}


def ask(events: Payload, _context: object) -> Payload:
    """Run a shell `command` on every instance of `group`; return what each said as `text`.

    Not the step aws:runCommand: with a tag for a target it has no output to tell of.
    """
    instances, ssm = _instances(events["group"]), boto3.client("ssm")
    if not instances:
        return {"text": f"{events['group']} has no instance in service."}
    sent = ssm.send_command(
        InstanceIds=instances,
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": [events["command"]]},
        TimeoutSeconds=DELIVERY_SECONDS,
    )
    answers = _answers(ssm, sent["Command"]["CommandId"], set(instances))
    return {"text": "\n".join(_told(instance, answers) for instance in sorted(instances))}


def _instances(group: str) -> list[str]:
    groups = boto3.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[group]
    )["AutoScalingGroups"]
    members = groups[0]["Instances"] if groups else []
    return [one["InstanceId"] for one in members if one["LifecycleState"] == "InService"]


def _answers(ssm: Any, command: str, instances: set[str]) -> Payload:
    """Return the instances' invocations: when all have ended, or what there is when time is up."""
    found: Payload = {}
    for _ in range(ANSWER_SECONDS // PAUSE_SECONDS):
        time.sleep(PAUSE_SECONDS)
        invocations = ssm.list_command_invocations(CommandId=command, Details=True)
        found = {one["InstanceId"]: one for one in invocations["CommandInvocations"]}
        if found.keys() == instances and not OPEN & {one["Status"] for one in found.values()}:
            break
    return found


def _told(instance: str, answers: Payload) -> str:
    if instance not in answers:
        return f"{instance}: no answer"
    output = "".join(plugin["Output"] for plugin in answers[instance]["CommandPlugins"])
    return f"{instance}: {answers[instance]['Status']}\n{output.strip()}"
