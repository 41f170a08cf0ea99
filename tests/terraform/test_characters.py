"""Every name and description is one that AWS's API takes: what no schema of Terraform's knows.

An API refuses a character at the apply, not at the plan: EC2 takes no apostrophe in the description
of a rule. Patterns and lengths are those of botocore's service models where they have them. Where
AWS has them in sentences only ("Constraints", "Allowed characters": the member's documentation in
the same models), `SENTENCES` says them as regular expressions. Where AWS says nothing, `UNSAID` has
what is sure to be taken.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import pytest
from botocore.model import ServiceModel, Shape

from terraform.modules import RATES_API, RATES_SYNC

Changes = list[dict[str, Any]]


class Text(NamedTuple):
    """A text in the configuration: the resource's type, the argument, the value."""

    kind: str
    argument: str
    value: str


NAMED = re.compile(
    r"(^|[.])(name|name_prefix|bucket_prefix|description|alarm_name|alarm_description|comment"
    r"|identifier|cluster_identifier|final_snapshot_identifier|replication_group_id|database_name"
    r"|master_username|rule_name|dashboard_name|function_name|user_id|user_group_id|user_name|metric_query[.]id)$"
)
"""The arguments that must stand in `MEMBERS` or in `GIVEN_BY_OTHERS`."""

MEMBERS = dict(
    line.split(": ")
    for line in Path(__file__).with_name("api_members.txt").read_text("utf-8").splitlines()
)
"""Type and argument: service, operation and member of its input, by botocore's names."""

GIVEN_BY_OTHERS = {
    "aws_cloudfront_distribution origin.custom_header.name",
    "aws_elasticache_parameter_group parameter.name",
    "aws_rds_cluster_parameter_group parameter.name",
    "aws_route53_record name",
    "aws_wafv2_web_acl rule.action.block.custom_response.response_header.name",
    "aws_wafv2_web_acl rule.statement.managed_rule_group_statement.name",
    "aws_wafv2_web_acl rule.statement.managed_rule_group_statement.rule_action_override.name",
    "aws_wafv2_web_acl_logging_configuration redacted_fields.single_header.name",
}
"""Names that AWS, the engines, HTTP or DNS gave: there is nothing to choose."""

IDENTIFIER = r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,%d}(?<!-)"
EC2 = r"[A-Za-z0-9 ._:/()#,@\[\]+=;{}!$*-]{1,255}"
RULE = "IpPermissions.UserIdGroupPairs.Description"
SENTENCES = {
    "autoscaling CreateAutoScalingGroup AutoScalingGroupName": r"[!-9;-~]{1,255}",
    "backup CreateBackupPlan BackupPlan.BackupPlanName": r"[A-Za-z0-9_.-]{1,50}",
    "cloudformation CreateStack StackName": r"[A-Za-z][A-Za-z0-9-]{0,127}",
    "cloudfront CreateCachePolicy CachePolicyConfig.Comment": r".{0,128}",
    "cloudfront CreateDistribution DistributionConfig.Comment": r".{0,128}",
    "cloudfront CreateFunction FunctionConfig.Comment": r".{0,128}",
    "cloudfront CreateOriginRequestPolicy OriginRequestPolicyConfig.Comment": r".{0,128}",
    "cloudfront CreateResponseHeadersPolicy ResponseHeadersPolicyConfig.Comment": r".{0,128}",
    "cloudtrail CreateTrail Name": (
        r"(?=.{3,128}$)[A-Za-z0-9](?!.*[._-]{2})[A-Za-z0-9._-]+(?<=[A-Za-z0-9])"
    ),
    "cloudwatch PutDashboard DashboardName": r"[A-Za-z0-9_-]{1,255}",
    "cloudwatch PutMetricAlarm AlarmName": r"[^\x00-\x1f\x7f]{1,255}",
    "cloudwatch PutMetricAlarm Metrics.Id": r"[a-z][A-Za-z0-9_]{0,254}",
    f"ec2 AuthorizeSecurityGroupEgress {RULE}": EC2,
    f"ec2 AuthorizeSecurityGroupIngress {RULE}": EC2,
    "ec2 CreateSecurityGroup Description": EC2,
    "ec2 CreateSecurityGroup GroupName": r"(?!sg-)" + EC2,
    "elasticache CreateCacheSubnetGroup CacheSubnetGroupName": r"[A-Za-z0-9-]{1,255}",
    "elasticache CreateReplicationGroup ReplicationGroupId": IDENTIFIER % 39,
    "elbv2 CreateLoadBalancer Name": r"(?!internal-|-)[A-Za-z0-9-]{1,32}(?<!-)",
    "elbv2 CreateTargetGroup Name": r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)",
    "rds CreateDBCluster DBClusterIdentifier": IDENTIFIER % 62,
    "rds CreateDBCluster DatabaseName": r"[A-Za-z0-9]{1,64}",
    "rds CreateDBCluster MasterUsername": r"[A-Za-z][A-Za-z0-9]{0,15}",
    "rds CreateDBInstance DBInstanceIdentifier": IDENTIFIER % 62,
    "rds CreateDBSubnetGroup DBSubnetGroupName": r"(?!default$)[A-Za-z][A-Za-z0-9._ -]{0,254}",
    "rds DeleteDBCluster FinalDBSnapshotIdentifier": IDENTIFIER % 254,
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; the provider
    # adds 26 digits to the prefix.
    "s3 CreateBucket Bucket": r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{0,36}",
    "secretsmanager CreateSecret Name": r"[A-Za-z0-9/_+=.@-]{1,512}(?<!-.{6})",
    "sns CreateTopic Name": r"[A-Za-z0-9_-]{1,256}",
    "ssm CreateDocument Name": r"(?i:(?!aws|amazon|amzn)).*",
    "ssm PutParameter Name": (r"(?i:(?!/?(aws|ssm)))[A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+){1,15}"),
}
"""What AWS says in sentences, as the regular expression of a whole value."""

UNSAID = {
    "elasticache CreateUser UserName": r"[A-Za-z0-9_-]{1,40}",
    "elasticache CreateUserGroup UserGroupId": IDENTIFIER % 39,
    "cloudfront CreateCachePolicy CachePolicyConfig.Name": r"[A-Za-z0-9_-]{1,64}",
    "cloudfront CreateOriginAccessControl OriginAccessControlConfig.Description": r"[ -~]{0,256}",
    "cloudfront CreateOriginAccessControl OriginAccessControlConfig.Name": r"[A-Za-z0-9_-]{1,64}",
    "cloudfront CreateOriginRequestPolicy OriginRequestPolicyConfig.Name": r"[A-Za-z0-9_-]{1,64}",
    "cloudfront CreateResponseHeadersPolicy ResponseHeadersPolicyConfig.Name": (
        r"[A-Za-z0-9_-]{1,64}"
    ),
    "elasticache CreateCacheParameterGroup CacheParameterGroupName": IDENTIFIER % 254,
    "elasticache CreateCacheParameterGroup Description": r"[ -~]{1,255}",
    "elasticache CreateCacheSubnetGroup CacheSubnetGroupDescription": r"[ -~]{1,255}",
    "elasticache CreateReplicationGroup ReplicationGroupDescription": r"[ -~]{1,255}",
    # The provider adds 26 digits to the prefix.
    "rds CreateDBClusterParameterGroup DBClusterParameterGroupName": (
        r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,228}"
    ),
    "rds CreateDBClusterParameterGroup Description": r"[ -~]{1,255}",
    "rds CreateDBSubnetGroup DBSubnetGroupDescription": r"[ -~]{1,255}",
}
"""Where AWS names neither pattern nor characters."""

SURROGATES = r"\uD800"
"""In a pattern for all of Unicode, as UTF-16 spells it: Python has nothing to match with it."""

TAG = re.compile(r"[\w .:/=+@-]{0,256}")
"""https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""


@pytest.fixture(scope="module")
def texts(
    planned: Callable[..., Changes],
    planned_module: Callable[..., Changes],
) -> set[Text]:
    """Every text that a plan of the platform and of both services knows, tags aside."""
    changes = [*planned("platform", "production")]
    for inputs in (RATES_API, RATES_SYNC):
        changes += planned_module("service", inputs)
    return {
        Text(change["type"], argument, value)
        for change in changes
        if change["mode"] == "managed"
        for argument, value in leaves(change["change"]["after"])
    }


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield each text under `value` with the path to it; blocks of a list share theirs."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below, path)
    elif isinstance(value, str) and value:
        yield ".".join(path), value


def is_tag(text: Text) -> bool:
    """Whether it is the value of a tag."""
    return text.argument.startswith(("tags.", "tags_all.")) or text.argument == "tag.value"


def test_every_name_and_description_is_held_against_the_api(texts: set[Text]) -> None:
    """A new one needs its row, and a row that nothing needs goes."""
    named = {
        f"{text.kind} {text.argument}"
        for text in texts
        if NAMED.search(text.argument) and not is_tag(text)
    }
    assert named - GIVEN_BY_OTHERS == MEMBERS.keys()
    assert named >= GIVEN_BY_OTHERS
    assert {*SENTENCES, *UNSAID} <= {*MEMBERS.values()}


def test_every_name_and_description_is_one_that_the_api_takes(texts: set[Text]) -> None:
    """By length and by characters."""
    refused = {
        text
        for text in texts
        if (member := MEMBERS.get(f"{text.kind} {text.argument}"))
        and not is_taken(member, text.value)
    }
    assert refused == set()


def test_every_tag_is_one_that_all_services_take(texts: set[Text]) -> None:
    """Letters, digits, spaces and _ . : / = + - @."""
    assert {text for text in texts if is_tag(text) and not TAG.fullmatch(text.value)} == set()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        (f"ec2 AuthorizeSecurityGroupEgress {RULE}", "To CloudFront's API"),
        ("iam CreateRole Description", "more …"),
        ("elbv2 CreateTargetGroup Name", "a" * 33),
        ("secretsmanager CreateSecret Name", "rates/a-secret"),
    ],
)
def test_what_the_api_refuses_is_refused(member: str, value: str) -> None:
    """One case for each source of a rule."""
    assert not is_taken(member, value)


def is_taken(member: str, value: str) -> bool:
    """Whether the API takes `value`: by the model's length and pattern and by AWS's sentences."""
    rules = shape(member).metadata
    patterns = [rules.get("pattern"), SENTENCES.get(member), UNSAID.get(member)]
    return rules.get("min", 0) <= len(value) <= rules.get("max", len(value)) and all(
        re.fullmatch(pattern, value)
        for pattern in patterns
        if pattern and SURROGATES not in pattern
    )


@cache
def model_of(service: str) -> ServiceModel:
    """Return botocore's model of a service; EC2's takes a second to read."""
    return botocore.session.get_session().get_service_model(service)


@cache
def shape(member: str) -> Shape:
    """Return the shape of an input's member; `key` is that of a map."""
    service, operation, path = member.split()
    model = model_of(service)
    found = model.operation_model(operation).input_shape
    for step in path.split("."):
        found = content(found)
        found = found.key if found.type_name == "map" else found.members[step]
    return content(found)


def content(found: Any) -> Any:
    """Return what a list holds, anything else as it is."""
    while found.type_name == "list":
        found = found.member
    return found
