# Run once for each environment, with its variable file: ../environments/<environment>/platform.tfvars.

# Names in AWS's format: the alarms reject others.
override_resource {
  target = module.edge.aws_lb.this
  values = {
    arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/rates/0123456789abcdef"
    arn_suffix = "app/rates/0123456789abcdef"
    dns_name   = "rates-0123456789.us-east-1.elb.amazonaws.com"
    zone_id    = "Z35SXDOTRQ7X7K"
  }
}

override_resource {
  target = module.edge.aws_lb_target_group.rates_api
  values = {
    arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates/0123456789abcdef"
    arn_suffix = "targetgroup/rates/0123456789abcdef"
  }
}

run "tags_keys_and_certificates" {
  command = plan

  # Tags and names.

  assert {
    condition = aws_sns_topic.alerts.tags_all == tomap({
      Project = "rates", Environment = var.environment, Service = "platform", ManagedBy = "terraform"
    })
    error_message = "Every resource must have the four tags."
  }

  assert {
    condition     = toset([for parameter in concat(values(aws_ssm_parameter.this), values(aws_ssm_parameter.list)) : startswith(parameter.name, "/rates/${var.environment}/")]) == toset([true])
    error_message = "Every parameter's path must start with its environment."
  }

  assert {
    condition     = aws_ssm_parameter.list["network/private_subnet_ids"].type == "StringList"
    error_message = "The private subnets must be passed as a list."
  }

  # Keys.

  assert {
    condition     = length(setsubtract(["data", "secrets", "logs", "messages", "buckets"], keys(aws_kms_key.this))) == 0
    error_message = "Data, secrets, logs, messages and buckets must each have a key."
  }

  assert {
    condition     = alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Keys must rotate and have a deletion window of a month."
  }

  assert {
    condition = anytrue([for statement in jsondecode(aws_kms_key.this["buckets"].policy).Statement :
      try(statement.Principal.Service == "cloudtrail.amazonaws.com" && endswith(statement.Condition.ArnLike["aws:SourceArn"], ":trail/*"), false)
    ])
    error_message = "The trail names itself to KMS, by aws:SourceArn: a key that asks for anything else keeps it from being made."
  }

  assert {
    condition     = aws_kms_key.this["edge_logs"].region == "us-east-1" && aws_kms_key.this["logs"].region == var.region
    error_message = "A log's key must be in the log's region."
  }

  assert {
    condition = alltrue(flatten([
      for name, document in data.aws_iam_policy_document.key : [
        for statement in jsondecode(document.json).Statement : statement.Principal == { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        if !can(statement.Condition)
      ]
    ]))
    error_message = "Only the account itself may manage a key without a condition."
  }

  assert {
    condition = {
      for name, document in data.aws_iam_policy_document.key : name => [
        for statement in jsondecode(document.json).Statement : statement.Principal.Service if can(statement.Principal.Service)
      ]
      } == {
      data      = []
      secrets   = []
      logs      = ["logs.${var.region}.amazonaws.com"]
      edge_logs = ["logs.us-east-1.amazonaws.com"]
      messages  = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
      buckets   = ["cloudtrail.amazonaws.com", "config.amazonaws.com"]
    }
    error_message = "Only the services of its purpose may use a key."
  }

  assert {
    condition = [
      for name, document in data.aws_iam_policy_document.key : name
      if anytrue([for statement in jsondecode(document.json).Statement : try(statement.Principal.AWS == "*", false)])
    ] == ["data"]
    error_message = "Only the data key may be used through EC2, for the instances' volumes."
  }

  # Certificates.

  assert {
    condition = { for name, certificate in aws_acm_certificate.this : name => [certificate.domain_name, certificate.region] } == {
      edge   = [var.domain_name, "us-east-1"]
      origin = ["origin.${var.domain_name}", var.region]
    }
    error_message = "CloudFront's certificate must be in us-east-1, the load balancer's in its region."
  }
}

run "secrets_alerts_wiring_and_operations" {
  command = apply

  # Secrets and alerts.

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == aws_kms_key.this["secrets"].arn])
    error_message = "Secrets must be encrypted with the secrets key."
  }

  assert {
    condition = alltrue([
      for name in ["banxico_token", "operator_token", "signing_key"] :
      aws_ssm_parameter.this["secrets/${name}_arn"].value == aws_secretsmanager_secret.this[name].arn
    ])
    error_message = "Secrets must be passed only by ARN."
  }

  assert {
    condition     = aws_sns_topic.alerts.kms_master_key_id == aws_kms_key.this["messages"].arn
    error_message = "Alerts must be encrypted."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.alerts.policy).Statement :
      [statement.Principal.Service, statement.Condition.StringEquals["aws:SourceAccount"]] if statement.Sid == "FromAlarmsOfThisAccount"
    ] == [["cloudwatch.amazonaws.com", data.aws_caller_identity.current.account_id]]
    error_message = "This account's alarms must be able to publish to the topic; anyone else needs an explicit permission."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_sns_topic_policy.alerts.policy).Statement : can(statement.Condition)
    ])
    error_message = "Nobody may publish without a condition."
  }

  assert {
    condition     = toset([for key, subscription in aws_sns_topic_subscription.email : key]) == toset([for pair in setproduct(["alerts", "approvals"], var.alert_emails) : join(" ", pair)]) && toset(values(aws_sns_topic_subscription.email)[*].endpoint) == var.alert_emails
    error_message = "Everybody in the variable file must get the alerts, and what waits for an approval."
  }

  assert {
    condition = { for key, rule in aws_cloudwatch_event_rule.failure : key => jsondecode(rule.event_pattern) } == {
      for key, failure in local.failures : key => jsondecode(jsonencode(failure.pattern))
      } && toset(keys(local.failures)) == toset(["rotation", "backup", "backup-copy", "configuration", "vulnerability"]) && alltrue([
        for target in aws_cloudwatch_event_target.failure : target.arn == aws_sns_topic.alerts.arn
    ])
    error_message = "A failed rotation, backup or copy, a broken rule and a vulnerability must be told."
  }

  # EventBridge publishes in its own name: topic and key must let it.
  assert {
    condition = anytrue([for statement in jsondecode(aws_sns_topic_policy.alerts.policy).Statement :
      try(statement.Principal.Service == "events.amazonaws.com" && alltrue([for rule in aws_cloudwatch_event_rule.failure : startswith(rule.name, "${local.name}-failed-")])
      && endswith(statement.Condition.ArnLike["aws:SourceArn"], ":rule/${local.name}-failed-*"), false)
    ])
    error_message = "The rules' events must be let into the topic."
  }

  # Wiring.

  assert {
    condition = (
      aws_ssm_parameter.this["network/vpc_id"].value == module.network.vpc_id
      && aws_ssm_parameter.this["network/security_groups/rates_api"].value == module.network.security_group_ids["rates_api"]
      && aws_ssm_parameter.this["network/security_groups/rates_sync"].value == module.network.security_group_ids["rates_sync"]
      && toset(split(",", aws_ssm_parameter.list["network/private_subnet_ids"].value)) == toset(values(module.network.private_subnet_ids))
    )
    error_message = "Each service must get its own security group and the private subnets."
  }

  assert {
    condition = (
      aws_ssm_parameter.this["edge/target_group_arn"].value == module.edge.target_group_arn
      && aws_ssm_parameter.this["edge/distribution_arn"].value == module.edge.distribution_arn
      && aws_ssm_parameter.this["alerts/topic_arn"].value == aws_sns_topic.alerts.arn
    )
    error_message = "The services must get the edge and the topic."
  }

  assert {
    condition     = alltrue([for bucket in merge(module.edge.buckets, module.audit.buckets) : bucket.private && contains(["AES256", "aws:kms"], bucket.encryption)])
    error_message = "Every bucket must be private and encrypted."
  }

  assert {
    condition     = toset(keys(module.network.database_subnet_ids)) == toset(var.availability_zones)
    error_message = "The databases must have a subnet in every zone."
  }

  # Secrets by ARN.

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_secret_arn"].value == module.database.writer_secret_arn
      && aws_ssm_parameter.this["database/reader_secret_arn"].value == module.database.reader_secret_arn
      && aws_ssm_parameter.this["cache/writer_secret_arn"].value == module.cache.writer_secret_arn
      && aws_ssm_parameter.this["cache/reader_secret_arn"].value == module.cache.reader_secret_arn
    )
    error_message = "Each service must get the location of its own credentials."
  }

  assert {
    condition = alltrue([
      for key, parameter in aws_ssm_parameter.this : startswith(parameter.value, "arn:") if endswith(key, "_arn")
    ])
    error_message = "A parameter named ARN must be an ARN: no secret may be passed instead."
  }

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_endpoint"].value == module.database.writer_endpoint
      && aws_ssm_parameter.this["database/reader_endpoint"].value == module.database.reader_endpoint
      && module.database.writer_endpoint != module.database.reader_endpoint
      && aws_ssm_parameter.this["cache/primary_endpoint"].value == module.cache.primary_endpoint
    )
    error_message = "The services must get separate endpoints of writer, reader and Redis."
  }

  # Operations.

  assert {
    condition     = length(module.observability.alarm_arns) == 15 + 8
    error_message = "There must be the fifteen alarms of the requirements and eight more."
  }

  assert {
    condition     = module.observability.alarm_names != null && length(module.observability.dashboard_names) == 3
    error_message = "There must be three dashboards."
  }

  assert {
    condition     = toset(module.cache.member_cluster_ids) == toset([for node in range(1 + var.cache_replicas) : format("rates-%s-%03d", var.environment, node + 1)])
    error_message = "Redis' nodes must be monitored under the names that AWS gives them."
  }

  assert {
    condition     = local.rates_api_group == "rates-${var.environment}-rates-api" && local.rates_sync_group == "rates-${var.environment}-rates-sync"
    error_message = "The names of the services' groups must match their roots'."
  }

  assert {
    condition     = var.drills == false
    error_message = "Drills must be off by default."
  }
}
