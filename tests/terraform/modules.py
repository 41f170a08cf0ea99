"""What modules are given where a test plans or applies them by themselves."""

from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
NAME = "rates-production"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"
GROUPS = {"rates-api": f"{NAME}-rates-api", "rates-sync": f"{NAME}-rates-sync"}
ALERTS = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-alerts"
APPROVALS = f"arn:aws:sns:{REGION}:{ACCOUNT}:Automation-{NAME}-approvals"
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E0000000000000"
CLUSTER = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{NAME}"
REDIS = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:{NAME}"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{NAME}/redis/rates_api-AbCdEf"
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
ALARMS = [
    "latency_p95",
    "latency_fast_burn",
    "latency_slow_burn",
    "breaker_open",
    "banxico_failures",
    "aurora_acu_at_maximum",
    "aurora_connections",
    "availability_fast_burn",
]


def alarm(key: str) -> str:
    """Return the ARN of an alarm."""
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{NAME}-{key.replace('_', '-')}"


SERVICE: dict[str, Any] = {
    "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/rates/it@sha256:{'0' * 64}",
    "environment": "production",
    "min_size": 2,
    "subnet_ids": ["subnet-a", "subnet-b"],
    "security_group_id": "sg-0123456789abcdef0",
    "probe_port": 8000,
    "metrics_port": 8000,
    "settings": {},
    "authorities": "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n",
    "metrics": [],
    "secrets_kms_key_arn": f"{KEY}/secrets",
    "logs_kms_key_arn": f"{KEY}/logs",
    "data_kms_key_arn": f"{KEY}/data",
}
REDIS_URL = {"arn": SECRET, "template": "rediss://{username}:{password}@primary:6379/0"}

RATES_API = SERVICE | {
    "service": "rates-api",
    "max_size": 10,
    "secrets": {"RATES_API_REDIS_URL": REDIS_URL},
    "balanced": {
        "target_group_arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/it/0",
        "target_group_arn_suffix": "targetgroup/it/0",
        "alb_arn_suffix": "app/it/0",
    },
}
RATES_SYNC = SERVICE | {
    "service": "rates-sync",
    "max_size": 2,
    "secrets": {"RATES_SYNC_REDIS_URL": REDIS_URL},
    "singleton_metric": "rates_sync_leader",
    "announces": {
        "topic_arn": ALERTS,
        "topic_key_arn": f"{KEY}/messages",
        "distribution_arn": DISTRIBUTION,
    },
}
RUNBOOKS = {
    "name": NAME,
    "environment": "production",
    "alarm_topic_arn": ALERTS,
    "approval_topic_arn": APPROVALS,
    "messages_key_arn": f"{KEY}/messages",
    "alb_arn_suffix": "app/it/0",
    "rates_api_group_name": GROUPS["rates-api"],
    "rates_sync_group_name": GROUPS["rates-sync"],
    "database_cluster_id": NAME,
    "min_acu": 0.5,
    "max_acu": 16,
    "database_instances": 2,
    "emergency_dollars_per_hour": 0,
    "approvers": [f"arn:aws:iam::{ACCOUNT}:role/on-call"],
    "runbook_base_url": "https://example.org/rates/docs/runbooks",
    "alarm_arns": {key: alarm(key) for key in ALARMS},
}
DRILLS = {
    "name": NAME,
    "environment": "production",
    "availability_zones": ZONES,
    "rates_api_group_name": GROUPS["rates-api"],
    "rates_sync_group_name": GROUPS["rates-sync"],
    "database_cluster_arn": CLUSTER,
    "cache_replication_group_arn": REDIS,
    "volumes_key_arn": f"{KEY}/data",
    "logs_key_arn": f"{KEY}/logs",
    "stop_alarm_arns": [alarm("availability_fast_burn")],
}
NETWORK = {
    "name": NAME,
    "availability_zones": ZONES,
    "nat_gateways": 3,
    "kms_key_arn": f"{KEY}/logs",
}
DATABASE = {
    "name": NAME,
    "subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
    "availability_zones": ZONES,
    "security_group_id": "sg-0123456789abcdef0",
    "kms_key_arn": f"{KEY}/data",
    "secrets_kms_key_arn": f"{KEY}/secrets",
    "logs_kms_key_arn": f"{KEY}/logs",
    "rotation_subnet_ids": ["subnet-p", "subnet-q"],
    "rotation_security_group_id": "sg-0fedcba9876543210",
}
CACHE = {
    "name": NAME,
    "subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
    "security_group_id": "sg-0123456789abcdef0",
    "kms_key_arn": f"{KEY}/data",
    "secrets_kms_key_arn": f"{KEY}/secrets",
    "logs_kms_key_arn": f"{KEY}/logs",
}
EDGE = {
    "name": NAME,
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-a", "subnet-b", "subnet-c"],
    "security_group_id": "sg-alb",
    "domain_name": "rates.example.com",
    "origin_domain_name": "origin.rates.example.com",
    "zone_id": "Z1",
    "certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/edge",
    "origin_certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/origin",
    "logs_kms_key_arn": f"{KEY}/logs",
}
ACCESS = {
    "environment": "production",
    "region": REGION,
    "repository": "example/rates",
    "on_call_roles": ["aws-reserved/sso.amazonaws.com/AWSReservedSSO_OnCall_*"],
}
