"""Breaks guarantees of deploy/, one at a time, and sees whether a check notices.

    .venv/bin/python tests/terraform/mutations.py              all of them, two at a time
    .venv/bin/python tests/terraform/mutations.py 7 12         some, by number

Not part of `./dev test`: they take half an hour on two idle cores. Each works in a copy of what is
committed, once its check has passed there unbroken. Each verdict is printed as it comes. What
survives is either to be caught by a new test or argued in `SPARED`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TFCHECK = ROOT.parent / "shared/terraform/tfcheck"
AT_A_TIME = 2

GRANTS = "test_grants.py"


class Mutation(NamedTuple):
    """`old` becomes `new` in a file under deploy/; `check` is a folder of terraform or a test."""

    file: str
    old: str
    new: str
    check: str


def module(name: str, file: str, old: str, new: str) -> Mutation:
    """Return a mutation that the module's own tests must catch."""
    return Mutation(f"terraform/modules/{name}/{file}", old, new, f"terraform/modules/{name}")


def grant(name: str, file: str, old: str, new: str) -> Mutation:
    """Return a mutation of a module that the table of calls must catch."""
    return Mutation(f"terraform/modules/{name}/{file}", old, new, GRANTS)


MUTATIONS = [
    # What is called is granted.
    module("network", "groups.tf", '["rates_api", "rates_sync"])', '["rates_sync"])'),
    grant("service", "role.tf", '"ecr:BatchGetImage", ', ""),
    grant("service", "role.tf", '"autoscaling:CompleteLifecycleAction", ', ""),
    grant("service", "role.tf", ', "logs:PutLogEvents"]', "]"),
    grant("service", "role.tf", '["kms:Decrypt", "kms:GenerateDataKey"]', '["kms:Decrypt"]'),
    grant("runbooks", "roles.tf", '["kms:GenerateDataKey", "kms:Decrypt"]', '["kms:Decrypt"]'),
    grant("runbooks", "roles.tf", ', "ssm:ListCommandInvocations"]', "]"),
    grant("runbooks", "roles.tf", "resources = [local.of_account.shell]", 'resources = ["arn:x"]'),
    grant("drills", "roles.tf", '"rds:FailoverDBCluster"', '"rds:RebootDBCluster"'),
    grant("drills", "zone.tf", 'key   = "Clusters"', 'key   = "Cluster"'),
    grant("drills", "service.tf", 'key = "Clusters"', 'key = "DBClusters"'),
    grant("drills", "roles.tf", '"kms:CreateGrant"', '"kms:ListGrants"'),
    grant("network", "endpoints.tf", '"logs:CreateLogStream", ', ""),
    # Nothing is granted that is not called.
    grant("service", "role.tf", '["sns:Publish"]', '["sns:Publish", "sns:DeleteTopic"]'),
    grant(
        "runbooks",
        "roles.tf",
        '["rds:ModifyDBCluster"]',
        '["rds:ModifyDBCluster", "rds:DeleteDBCluster"]',
    ),
    grant("service", "role.tf", '["secretsmanager:GetSecretValue"]', '["secretsmanager:*"]'),
    grant(
        "drills",
        "roles.tf",
        'variable = "aws:ResourceTag/Environment"',
        'variable = "aws:RequestedRegion"',
    ),
    grant(
        "runbooks",
        "roles.tf",
        "values   = [var.rates_sync_group_name]",
        "values   = [var.rates_api_group_name]",
    ),
    grant("service", "role.tf", "resources = [local.group_arn]", 'resources = ["*"]'),
    grant("network", "endpoints.tf", 'actions   = ["s3:GetObject"]', 'actions   = ["s3:*"]'),
    grant(
        "network",
        "endpoints.tf",
        'variable = "aws:PrincipalAccount"',
        'variable = "aws:SourceAccount"',
    ),
    grant(
        "database",
        "backup.tf",
        "AWSBackupServiceRolePolicyForBackup",
        "AWSBackupServiceRolePolicyForRestores",
    ),
    grant("edge", "logs.tf", "balancer/AWSLogs/", "AWSLogs/"),
    grant("edge", "logs.tf", '"distribution/*"', '"cloudfront/*"'),
    Mutation("terraform/access/main.tf", '"secretsmanager:GetSecretValue", ', "", GRANTS),
    Mutation(
        "terraform/access/main.tf",
        ':environment:${var.environment}-plan"',
        ':*"',
        "terraform/access",
    ),
    # Events and documents.
    grant("runbooks", "triggers.tf", "$.detail.alarmName", "$.detail.alarm"),
    grant("runbooks", "triggers.tf", "[<alarm>]", "<alarm>"),
    grant("runbooks", "banxico_failure.tf", '"$.Payload.${id}"', '"$.${id}"'),
    module("runbooks", "triggers.tf", '{ value = ["ALARM"] }', '{ value = ["ALARM", "OK"] }'),
    module(
        "runbooks", "high_latency.tf", "NumericGreaterOrEquals = 0", "NumericGreaterOrEquals = -1"
    ),
    module("runbooks", "high_latency.tf", "least_percent = 80", "least_percent = 50"),
    module(
        "runbooks",
        "main.tf",
        "NotificationArn      = var.approval_topic_arn",
        "NotificationArn      = var.alarm_topic_arn",
    ),
    module("runbooks", "main.tf", "dollars > var.emergency", "dollars < var.emergency"),
    module(
        "runbooks",
        "database_trouble.tf",
        "MinCapacity = var.max_acu,",
        "MinCapacity = var.min_acu,",
    ),
    # Alarms.
    module("observability", "objectives.tf", "SUM([target_5xx, elb_5xx])", "SUM([target_5xx])"),
    module(
        "observability",
        "objectives.tf",
        '"HTTPCode_ELB_5XX_Count", dimensions',
        '"HTTPCode_ELB_4XX_Count", dimensions',
    ),
    module(
        "observability",
        "alarms_banxico.tf",
        'state = "open" }), stat = "Maximum"',
        'state = "open" }), stat = "Minimum"',
    ),
    module(
        "observability",
        "alarms_resources.tf",
        'dimensions = dimensions, stat = "Maximum"',
        'dimensions = dimensions, stat = "Minimum"',
    ),
    module(
        "observability", "alarms_services.tf", 'missing   = "breaching"', 'missing   = "ignore"'
    ),
    module(
        "observability",
        "alarms_services.tf",
        '"rates_sync_leader", dimensions = local.sync, stat = "Maximum"',
        '"rates_sync_leader", dimensions = local.sync, stat = "Minimum"',
    ),
    module("observability", "alarms_services.tf", "failed >= 10", "failed >= 1"),
    module("observability", "alarms_services.tf", "1000 * p95", "p95"),
    module("observability", "objectives.tf", "availability = 14.4", "availability = 144"),
    # The record, its passwords and backups.
    module("database", "users.tf", "${each.value.hour} 1 * ? *", "${each.value.hour} 30 2 ? *"),
    module("database", "users.tf", "retention_in_days = 7", "retention_in_days = 0"),
    module("database", "main.tf", "storage_encrypted = true", "storage_encrypted = false"),
    module("database", "backup.tf", "min_retention_days = 7", "min_retention_days = 1"),
    module(
        "cache",
        "main.tf",
        'transit_encryption_mode    = "required"',
        'transit_encryption_mode    = "preferred"',
    ),
    # Names, scripts and workflows.
    Mutation("terraform/modules/network/groups.tf", '"To S3"', '"To S3\'s"', "test_characters.py"),
    Mutation(
        "terraform/modules/cache/files/users.sh",
        ' // at("AWSPREVIOUS")',
        "",
        "test_users_script.py",
    ),
    Mutation(
        "terraform/modules/cache/files/users.sh",
        '    wait_for_user "$1"\n',
        "",
        "test_users_script.py",
    ),
    Mutation(
        "terraform/modules/database/files/restore.sh",
        "enable-http-endpoint --resource-arn",
        "enable-http-endpoint --db-cluster-identifier",
        "test_aws_commands.py",
    ),
    Mutation(
        "terraform/modules/database/files/restore.sh",
        'seen=$(cluster "$1" 2>/dev/null) || continue',
        'seen=$(cluster "$1")',
        "test_restore_script.py",
    ),
    Mutation(
        "release/apply-plan.sh", '!= "$approved" ]; then', '= "" ]; then', "test_release_scripts.py"
    ),
    Mutation(
        "release/plan.sh",
        "before: .change.before, after: .change.after,",
        "",
        "test_release_scripts.py",
    ),
    Mutation(
        "release/login.sh", "seconds=${3:-3600}", "seconds=${3:-900}", "test_deploy_workflows.py"
    ),
    # The edge and the group.
    module("edge", "firewall.tf", "priority = 1\n", "priority = 9\n"),
    module(
        "edge",
        "distribution.tf",
        'origin_protocol_policy = "https-only"',
        'origin_protocol_policy = "match-viewer"',
    ),
    module(
        "service",
        "group.tf",
        'default_result       = "ABANDON"',
        'default_result       = "CONTINUE"',
    ),
    # The static page, the last hop, what is told of failures, a rollback.
    Mutation(
        "terraform/modules/edge/files/no_target.py",
        '"x-request-id" in',
        '"x-cache" in',
        "test_no_target.py",
    ),
    module("edge", "no_target.tf", '"lambda.amazonaws.com", ', ""),
    module("service", "main.tf", "serves_tls   = var.balanced != null", "serves_tls   = false"),
    Mutation(
        "terraform/platform/events.tf",
        '\\"detail\\": <detail>}"',
        '\\"detail\\": \\"<detail>\\"}"',
        "test_events.py",
    ),
    Mutation("release/apply-plan.sh", '"$LOCK" plan.bin', "plan.bin", "test_release_scripts.py"),
    Mutation(
        "release/sign.sh",
        "verifies attestation ||",
        "verifies signature ||",
        "test_release_scripts.py",
    ),
    # Pages, charts and files at the edge.
    module("edge", "pages.tf", 'parameters = ["lang", "range", "theme"]', 'parameters = ["lang"]'),
    module("edge", "pages.tf", 'query_string_behavior = "none"', 'query_string_behavior = "all"'),
    Mutation(
        "terraform/modules/edge/pages.tf",
        'parameters = ["amount", "date", "from", "purpose"]',
        "parameters = []",
        "test_edge_pages.py",
    ),
    Mutation("terraform/modules/edge/files/one_spelling.js", ".sort()", "", "test_edge_pages.py"),
    module("edge", "distribution.tf", '"viewer-request"', '"viewer-response"'),
    module("edge", "firewall.tf", ', "SizeRestrictions_QUERYSTRING"]', "]"),
    Mutation(
        "terraform/modules/service/host/units/service.service.tftpl",
        "nofile=8192:8192",
        "nofile=1024:4096",
        "test_host.py",
    ),
    # Redis' users and the rotation of their passwords.
    Mutation("compose/redis/start.sh", "api='+get", "api='+set +get", "test_redis_users.py"),
    Mutation("compose/redis/start.sh", "+pexpire ", "", "test_redis_users.py"),
    Mutation(
        "terraform/modules/cache/users.tf",
        'replace(local.commands["everybody"], " +client|setinfo", "")',
        'local.commands["everybody"]',
        "test_redis_users.py",
    ),
    module("cache", "users.tf", "~{rates:v1}:* resetchannels", "~* resetchannels"),
    module("cache", "users.tf", 'access_string = "off', 'access_string = "on'),
    module(
        "cache",
        "main.tf",
        "user_group_ids     = [aws_elasticache_user_group.this.user_group_id]",
        "user_group_ids     = []",
    ),
    module("cache", "rotation.tf", "rotate_immediately = false", "rotate_immediately = true"),
    grant("cache", "rotation.tf", ', "elasticache:ModifyUser"]', "]"),
    grant("cache", "rotation.tf", "resources = local.secret_arns", 'resources = ["*"]'),
    Mutation(
        "terraform/modules/cache/files/rotate.py",
        "(_current(secret), _pending(secret, version))",
        "(_pending(secret, version),)",
        "test_redis_rotation.py",
    ),
    Mutation(
        "terraform/modules/cache/files/rotate.py",
        "has < len(wanted)",
        "has < 1",
        "test_redis_rotation.py",
    ),
]

SPARED: dict[int, str] = {}
"""Survivors by number, each with the reason."""


@contextmanager
def checkout() -> Iterator[Path]:
    """Give a copy of what is committed."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        archive = subprocess.run(
            ["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True
        )
        copy.mkdir()
        subprocess.run(["tar", "--extract"], cwd=copy, input=archive.stdout, check=True)
        yield copy


@cache
def holds(check: str) -> bool:
    """Whether a check is green before anything is broken; otherwise it would catch everything."""
    with checkout() as copy:
        return succeeds(command(check, copy), copy)


def caught(mutation: Mutation) -> bool:
    """Whether the check fails once the guarantee is broken."""
    assert holds(mutation.check), f"{mutation.check} fails by itself"
    with checkout() as copy:
        file = copy / "deploy" / mutation.file
        text = file.read_text(encoding="utf-8")
        assert mutation.old in text, f"{mutation.file}: {mutation.old!r} is not there"
        file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        return not succeeds(command(mutation.check, copy), copy)


def command(check: str, copy: Path) -> list[str]:
    """Return the check in the copy, under terraform with a root's variables."""
    if check.endswith(".py"):
        pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        return ["env", f"TFCHECK={TFCHECK}", *pytest, f"tests/terraform/{check}"]
    folder = copy / "deploy" / check
    file = copy / f"deploy/terraform/environments/production/{folder.name}.tfvars"
    variables = [f"-var-file={file}"] if file.exists() else []
    # Without tfcheck's own check of the format, which a mutation breaks by the way.
    succeeds(["terraform", "fmt", "-recursive", str(folder)], copy)
    return [str(TFCHECK), str(folder), "test", *variables]


def succeeds(command: list[str], folder: Path) -> bool:
    """Run a command that is only asked how it ended."""
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Run the mutations named by number, or all; say of each whether it was caught."""
    chosen = [int(word) for word in sys.argv[1:]] or list(range(len(MUTATIONS)))
    results = dict[int, bool]()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for number, was_caught in zip(
            chosen, pool.map(caught, [MUTATIONS[n] for n in chosen]), strict=True
        ):
            results[number] = was_caught
            file, old, new, _ = MUTATIONS[number]
            verdict = "caught" if was_caught else f"survived: {SPARED.get(number, 'NOT ARGUED')}"
            print(f"{number} {file}: {old!r} -> {new!r}: {verdict}", flush=True)
    print(f"{sum(results.values())} of {len(results)} caught")
    sys.exit(any(not ok and n not in SPARED for n, ok in results.items()))


if __name__ == "__main__":
    main()
