"""What a month on AWS costs: the assumptions, the prices and the items of the bill.

`cost` turns them into the tables of docs/cost.md.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

METRICS = Path(__file__).with_name("metrics.json")

HOURS = 730
SECONDS = HOURS * 3600
ZONES = 3

PEAKS = (2_000, 6_000, 20_000)
"""Clients' requests per second in the busiest minutes."""
AVERAGE_SHARE = 0.25
"""A month's average divided by its peak."""
BUSY_SHARE = 0.30
"""Share of the hours in which the groups run at peak size: ten hours on five days a week."""
ORIGIN_SHARE = 0.05
"""Share of the requests that CloudFront's cache does not answer."""
ANSWER_BYTES = 1_300
"""Headers included; measurements are on the page."""
EDGE_SECONDS, EDGE_GB = 0.002, 0.125
"""How long the function at the edge runs for an answer of the balancer's, with how much memory."""
TRACED_SHARE = 0.10
REQUESTS_PER_INSTANCE = 50
MIN_INSTANCES, MAX_INSTANCES = 2, 10
DATABASE_ACU = 1.0
"""Average of each of the two instances; the range is 0.5 to 16, and requests don't reach them."""
ENDPOINTS = 11
WAF_RULES = 4
SECRETS = 8
"""Two tokens, the signing key, two users each of the database and of Redis, the master user."""
KEYS = 6
VOLUME_GB = 16
ALARMS = 23 + 5
"""Those that page, and those that scale or end a refresh; three metrics each."""
LOG_DAYS = 7
DETAILED_METRICS = 7
"""That EC2 reports of an instance each minute."""
RECORD_GB, MILLION_IOS, SNAPSHOT_GB = 10, 10, 100
"""The record, what it is read and written, 35 daily and 12 monthly snapshots."""
CONFIG_ITEMS, CONFIG_EVALUATIONS = 3_000, 5_000
ENDPOINT_GB = 50

PRICES = {
    "CloudFront, million HTTPS requests": 1.00,
    "CloudFront, GB to clients": 0.085,
    "CloudFront, million runs of a function": 0.10,
    "Lambda@Edge, million requests": 0.60,
    "Lambda@Edge, GB and second": 0.00005001,
    "WAF, million requests": 0.60,
    "WAF, ACL": 5.00,
    "WAF, rule": 1.00,
    "t3.medium, hour": 0.0416,
    "gp3 volume, GB and month": 0.08,
    "EC2 detailed monitoring, metric and month": 0.30,
    "Aurora Serverless v2, ACU and hour": 0.12,
    "Aurora, GB and month": 0.10,
    "Aurora, million I/Os": 0.20,
    "Aurora snapshots, GB and month": 0.021,
    "cache.r6g.large, hour": 0.206,
    "load balancer, hour": 0.0225,
    "load balancer, unit and hour": 0.008,
    "public IPv4 address, hour": 0.005,
    "NAT gateway, hour": 0.045,
    "NAT gateway, GB": 0.045,
    "interface endpoint, zone and hour": 0.01,
    "interface endpoint, GB": 0.01,
    "CloudWatch, metric and month": 0.30,
    "CloudWatch, metric of an alarm and month": 0.10,
    "CloudWatch, dashboard and month": 3.00,
    "CloudWatch, GB of logs": 0.50,
    "CloudWatch, GB of logs kept, month": 0.03,
    "X-Ray, million traces": 5.00,
    "S3, GB and month": 0.023,
    "KMS key, month": 1.00,
    "secret, month": 0.40,
    "Config, recorded item": 0.003,
    "Config, evaluation of a rule": 0.001,
    "Inspector, instance and month": 1.25,
    "FIS, minute of an action": 0.10,
}
"""US dollars in us-east-1, from memory; the page has the date by which to verify them."""

USAGE = {
    "CloudFront, million HTTPS requests": ("AmazonCloudFront", "US-Requests-Tier2-HTTPS"),
    "CloudFront, GB to clients": ("AmazonCloudFront", "US-DataTransfer-Out-Bytes"),
    "CloudFront, million runs of a function": (
        "AmazonCloudFront",
        "Executions-CloudFrontFunctions",
    ),
    "Lambda@Edge, million requests": ("AWSLambda", "USE1-Lambda-Edge-Request"),
    "Lambda@Edge, GB and second": ("AWSLambda", "USE1-Lambda-Edge-GB-Second"),
    "WAF, million requests": ("awswaf", "USE1-RequestV2-Tier1"),
    "WAF, ACL": ("awswaf", "USE1-WebACLV2"),
    "WAF, rule": ("awswaf", "USE1-RuleV2"),
    "t3.medium, hour": ("AmazonEC2", "BoxUsage:t3.medium"),
    "gp3 volume, GB and month": ("AmazonEC2", "EBS:VolumeUsage.gp3"),
    "EC2 detailed monitoring, metric and month": ("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "Aurora Serverless v2, ACU and hour": ("AmazonRDS", "Aurora:ServerlessV2Usage"),
    "Aurora, GB and month": ("AmazonRDS", "Aurora:StorageUsage"),
    "Aurora, million I/Os": ("AmazonRDS", "Aurora:StorageIOUsage"),
    "Aurora snapshots, GB and month": ("AmazonRDS", "Aurora:BackupUsage"),
    "cache.r6g.large, hour": ("AmazonElastiCache", "NodeUsage:cache.r6g.large"),
    "load balancer, hour": ("AWSELB", "LoadBalancerUsage"),
    "load balancer, unit and hour": ("AWSELB", "LCUUsage"),
    "public IPv4 address, hour": ("AmazonVPC", "PublicIPv4:InUseAddress"),
    "NAT gateway, hour": ("AmazonEC2", "NatGateway-Hours"),
    "NAT gateway, GB": ("AmazonEC2", "NatGateway-Bytes"),
    "interface endpoint, zone and hour": ("AmazonVPC", "VpcEndpoint-Hours"),
    "interface endpoint, GB": ("AmazonVPC", "VpcEndpoint-Bytes"),
    "CloudWatch, metric and month": ("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "CloudWatch, metric of an alarm and month": ("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    "CloudWatch, dashboard and month": ("AmazonCloudWatch", "DashboardsUsageHour"),
    "CloudWatch, GB of logs": ("AmazonCloudWatch", "DataProcessing-Bytes"),
    "CloudWatch, GB of logs kept, month": ("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "X-Ray, million traces": ("AWSXRay", "XRay-TracesStored"),
    "S3, GB and month": ("AmazonS3", "TimedStorage-ByteHrs"),
    "KMS key, month": ("awskms", "us-east-1-KMS-Keys"),
    "secret, month": ("AWSSecretsManager", "USE1-AWSSecretsManager-Secrets"),
    "Config, recorded item": ("AWSConfig", "USE1-ConfigurationItemRecorded"),
    "Config, evaluation of a rule": ("AWSConfig", "USE1-ConfigRuleEvaluations"),
    "Inspector, instance and month": ("AmazonInspectorV2", "USE1-EC2-AgentBased"),
    "FIS, minute of an action": ("AWSFIS", "USE1-ActionMinutes"),
}
"""Service and usage type in AWS's price lists, by which `cost.py --check` finds a price.

From memory like the prices: what the list does not have the check names.
"""
PER = {"million": 1e6}
"""How many of the list's units a price here is for, by a word of its name."""

SERIES = {
    "feed": 2, "level": 4, "source": 3, "result": 2, "to": 3, "state": 3, "notice": 3, "reason": 2,
    "outcome": 13, "task": 5, "route": 36, "status": 4, "carrier": 2,
}  # fmt: skip
"""How many values each label takes: CloudWatch bills each one as a metric."""
NOTICE_OUTCOMES = 3


@dataclass(frozen=True)
class Load:
    """A month with a peak of `peak` requests per second at the edge."""

    peak: int

    @property
    def requests(self) -> float:
        """Client requests in the month, in millions."""
        return self.peak * AVERAGE_SHARE * SECONDS / 1e6

    @property
    def origin_requests(self) -> float:
        """Requests that reach the load balancer in the month, in millions."""
        return self.requests * ORIGIN_SHARE

    @property
    def origin_peak(self) -> float:
        """Requests per second that reach the load balancer in the busiest minutes."""
        return self.peak * ORIGIN_SHARE

    @property
    def peak_instances(self) -> int:
        """Instances of rates-api in the busiest minutes, one per 50 requests a second."""
        needed = math.ceil(self.origin_peak / REQUESTS_PER_INSTANCE)
        return min(MAX_INSTANCES, max(MIN_INSTANCES, needed))

    @property
    def instances(self) -> float:
        """Instances of rates-api on average."""
        return MIN_INSTANCES + (self.peak_instances - MIN_INSTANCES) * BUSY_SHARE

    @property
    def gigabytes(self) -> float:
        """GB sent to clients in the month."""
        return self.requests * 1e6 * ANSWER_BYTES / 1e9


def items(load: Load) -> Iterator[tuple[str, float]]:
    """Yield each item of the bill with its price in dollars a month."""
    yield from _edge(load)
    yield from _servers(load)
    yield from _network(load)
    yield from _watching(load)


def _edge(load: Load) -> Iterator[tuple[str, float]]:
    yield "CloudFront: requests", load.requests * PRICES["CloudFront, million HTTPS requests"]
    yield "CloudFront: data", load.gigabytes * PRICES["CloudFront, GB to clients"]
    runs = load.requests * PRICES["CloudFront, million runs of a function"]
    yield "CloudFront: the function for one spelling", runs
    per_million = PRICES["Lambda@Edge, million requests"]
    per_million += 1e6 * EDGE_SECONDS * EDGE_GB * PRICES["Lambda@Edge, GB and second"]
    yield "Lambda@Edge: what reaches the balancer", load.origin_requests * per_million
    rules = PRICES["WAF, ACL"] + WAF_RULES * PRICES["WAF, rule"]
    yield (
        f"WAF: requests, ACL, {WAF_RULES} rules",
        load.requests * PRICES["WAF, million requests"] + rules,
    )


def _servers(load: Load) -> Iterator[tuple[str, float]]:
    instance = PRICES["t3.medium, hour"] * HOURS + VOLUME_GB * PRICES["gp3 volume, GB and month"]
    instance += DETAILED_METRICS * PRICES["EC2 detailed monitoring, metric and month"]
    yield "rates-api: t3.medium", load.instances * instance
    yield "rates-sync: 2 t3.medium", 2 * instance
    acu_hours = 2 * DATABASE_ACU * HOURS
    yield "Aurora: 2 instances", acu_hours * PRICES["Aurora Serverless v2, ACU and hour"]
    stored = (
        RECORD_GB * PRICES["Aurora, GB and month"] + MILLION_IOS * PRICES["Aurora, million I/Os"]
    )
    snapshots = SNAPSHOT_GB * PRICES["Aurora snapshots, GB and month"]
    yield "Aurora: storage, I/O, snapshots", stored + snapshots
    yield "ElastiCache: 2 cache.r6g.large", 2 * PRICES["cache.r6g.large, hour"] * HOURS


def _network(load: Load) -> Iterator[tuple[str, float]]:
    per_second = load.origin_requests * 1e6 / SECONDS
    # A unit is 25 new connections a second; CloudFront reuses each for about ten requests.
    units = max(1.0, per_second / 10 / 25, per_second * 3600 * ANSWER_BYTES / 1e9)
    addresses = ZONES * PRICES["public IPv4 address, hour"] * HOURS
    balancer = PRICES["load balancer, hour"] + units * PRICES["load balancer, unit and hour"]
    yield "load balancer, its addresses", balancer * HOURS + addresses
    gateways = ZONES * PRICES["NAT gateway, hour"] * HOURS + 20 * PRICES["NAT gateway, GB"]
    yield "NAT: 3 gateways, addresses, 20 GB", gateways + addresses
    endpoints = ENDPOINTS * ZONES * PRICES["interface endpoint, zone and hour"] * HOURS
    endpoints += ENDPOINT_GB * PRICES["interface endpoint, GB"]
    yield f"interface endpoints: {ENDPOINTS} in 3 zones, {ENDPOINT_GB} GB", endpoints


def _watching(load: Load) -> Iterator[tuple[str, float]]:
    metrics = series(json.loads(METRICS.read_text(encoding="utf-8")))
    shown = 3 * PRICES["CloudWatch, dashboard and month"]
    alarms = ALARMS * 3 * PRICES["CloudWatch, metric of an alarm and month"]
    kept = metrics * PRICES["CloudWatch, metric and month"]
    yield f"CloudWatch: {metrics} metrics, alarms, dashboards", kept + alarms + shown
    # 1 KB per metric twice a minute, 200 bytes of flow logs per request, 10 GB for all the rest.
    logs = metrics * 2 * 60 * HOURS * 1e3 / 1e9 + load.origin_requests * 0.2 + 10
    kept = logs * LOG_DAYS / 30 * PRICES["CloudWatch, GB of logs kept, month"]
    yield "CloudWatch: logs, flow logs", logs * PRICES["CloudWatch, GB of logs"] + kept
    traces = load.origin_requests * TRACED_SHARE
    yield "X-Ray: 10 % of what reaches the balancer", traces * PRICES["X-Ray, million traces"]
    yield (
        "S3: access logs (100 bytes a request, packed)",
        load.requests * 0.1 * PRICES["S3, GB and month"],
    )
    guards = KEYS * PRICES["KMS key, month"] + SECRETS * PRICES["secret, month"]
    drills = 5 * 30 * PRICES["FIS, minute of an action"]
    yield (
        "keys, secrets, Inspector, a drill",
        (guards + drills + 4 * PRICES["Inspector, instance and month"]),
    )
    recorded = CONFIG_ITEMS * PRICES["Config, recorded item"]
    evaluated = CONFIG_EVALUATIONS * PRICES["Config, evaluation of a rule"]
    yield "Config", recorded + evaluated


def series(metrics: list[Mapping[str, object]]) -> int:
    """Return how many series `metrics` (metrics.json) make up in one environment."""
    return sum(_series_of(metric) for metric in metrics)


def _series_of(metric: Mapping[str, object]) -> int:
    labels = [
        name for name in _names(metric["dimensions"]) if name not in {"environment", "service"}
    ]
    if "notice" in labels:
        return SERIES["notice"] * NOTICE_OUTCOMES
    return math.prod(SERIES[label] for label in labels)


def _names(dimensions: object) -> list[str]:
    assert isinstance(dimensions, list)  # noqa: S101  what metrics.json holds; a test reads it too
    return [str(name) for name in dimensions]
