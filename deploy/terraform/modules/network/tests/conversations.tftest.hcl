variables {
  name               = "rates-staging"
  availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  nat_gateways       = 1
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/aaaa"
}

run "groups_endpoints_and_flow_logs" {
  command = apply

  # Security groups.

  assert {
    condition = alltrue([
      for rule in concat(values(aws_vpc_security_group_ingress_rule.conversation), [aws_vpc_security_group_ingress_rule.cloudfront]) :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
    ])
    error_message = "No group may admit address ranges, least of all 0.0.0.0/0: only other groups and CloudFront's prefix list."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.cloudfront.security_group_id == output.security_group_ids.alb
      && aws_vpc_security_group_ingress_rule.cloudfront.prefix_list_id == data.aws_ec2_managed_prefix_list.cloudfront.id
      && aws_vpc_security_group_ingress_rule.cloudfront.from_port == 443
      && aws_vpc_security_group_ingress_rule.cloudfront.to_port == 443
      && data.aws_ec2_managed_prefix_list.cloudfront.name == "com.amazonaws.global.cloudfront.origin-facing"
    )
    error_message = "Only CloudFront may reach the load balancer, on 443."
  }

  assert {
    condition = toset([
      for rule in aws_vpc_security_group_ingress_rule.conversation : "${rule.referenced_security_group_id} ${rule.from_port}"
      if rule.security_group_id == output.security_group_ids.rates_api
    ]) == toset(["${output.security_group_ids.alb} 8000"])
    error_message = "Only the load balancer may reach rates-api, on its public port, not the admin port."
  }

  assert {
    condition = length([
      for rule in aws_vpc_security_group_ingress_rule.conversation : rule
      if contains([output.security_group_ids.rates_sync, output.security_group_ids.alb], rule.security_group_id)
    ]) == 0
    error_message = "Nobody in the VPC may connect to rates-sync or to the load balancer."
  }

  assert {
    condition = alltrue([
      for group, port in { database = 3306, cache = 6379 } : toset([
        for rule in aws_vpc_security_group_ingress_rule.conversation : "${rule.referenced_security_group_id} ${rule.from_port}-${rule.to_port}"
        if rule.security_group_id == output.security_group_ids[group]
      ]) == toset([for service in ["rates_api", "rates_sync"] : "${output.security_group_ids[service]} ${port}-${port}"])
    ])
    error_message = "Only the two services may reach database and cache, on one port each."
  }

  assert {
    condition = alltrue([
      for rule in concat(
        values(aws_vpc_security_group_egress_rule.conversation), values(aws_vpc_security_group_egress_rule.s3),
        [aws_vpc_security_group_egress_rule.internet],
      ) : !contains([output.security_group_ids.database, output.security_group_ids.cache], rule.security_group_id)
    ])
    error_message = "Database and cache must open no connections."
  }

  assert {
    condition = (
      aws_vpc_security_group_egress_rule.internet.security_group_id == output.security_group_ids.rates_sync
      && aws_vpc_security_group_egress_rule.internet.from_port == 443 && aws_vpc_security_group_egress_rule.internet.to_port == 443
    )
    error_message = "Only rates-sync may reach the internet, and only over HTTPS."
  }

  assert {
    condition = alltrue([
      for name, rule in aws_vpc_security_group_egress_rule.conversation :
      aws_vpc_security_group_ingress_rule.conversation[name].security_group_id == rule.referenced_security_group_id
      && aws_vpc_security_group_ingress_rule.conversation[name].referenced_security_group_id == rule.security_group_id
      && aws_vpc_security_group_ingress_rule.conversation[name].from_port == rule.from_port
    ])
    error_message = "A connection must be allowed at both ends, on the same port."
  }

  # Without it an instance gets neither its image's layers nor the system's packages.
  assert {
    condition = toset([for rule in aws_vpc_security_group_egress_rule.s3 : rule.security_group_id]) == toset([output.security_group_ids.rates_api, output.security_group_ids.rates_sync]) && alltrue([
      for rule in aws_vpc_security_group_egress_rule.s3 : rule.prefix_list_id == aws_vpc_endpoint.s3.prefix_list_id && rule.from_port == 443 && rule.to_port == 443
    ])
    error_message = "Both services must reach S3, on 443."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.policy == data.aws_iam_policy_document.s3.json && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.policy == data.aws_iam_policy_document.endpoint.json])
    error_message = "No endpoint may be without its policy: AWS's default lets everything through."
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The VPC's default group must be empty."
  }

  # Endpoints and flow logs.

  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.interface :
      endpoint.private_dns_enabled && tolist(endpoint.security_group_ids) == tolist([output.security_group_ids.endpoints])
    ])
    error_message = "AWS services must resolve under their usual names, with the endpoints' security group."
  }

  assert {
    condition = alltrue([
      for service in ["ssm", "ssmmessages", "ec2messages", "secretsmanager", "logs", "ecr.api", "ecr.dkr", "kms"] :
      aws_vpc_endpoint.interface[service].service_name == "com.amazonaws.${data.aws_region.current.region}.${service}"
    ])
    error_message = "Session Manager, secrets, logs, images and keys must be reachable without the internet."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "S3 must be reached through the gateway endpoint, which is free."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_flow_log.this.vpc_id == output.vpc_id
    error_message = "The flow log must cover all traffic of the VPC."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.retention_in_days == 7 && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "Flow logs must be encrypted and kept 7 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.flow.name == "/rates/staging/network"
    error_message = "The log group must have the services' name prefix."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.flow.policy).Statement[0].Resource == "${aws_cloudwatch_log_group.flow.arn}:*"
    error_message = "The flow log's role may write only to its own log group."
  }
}

# Every one of these must be rejected.
run "without_session_manager_and_an_unknown_retention" {
  command = plan

  variables {
    interface_endpoints = ["logs"]
    log_retention_days  = 8
  }

  expect_failures = [var.interface_endpoints, var.log_retention_days]
}
