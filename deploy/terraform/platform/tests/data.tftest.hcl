# Run once for each environment, with its variable file.

# Names as AWS gives them: the alarms refuse others.
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

run "secrets_by_arn" {
  command = apply

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_secret_arn"].value == module.database.writer_secret_arn
      && aws_ssm_parameter.this["database/reader_secret_arn"].value == module.database.reader_secret_arn
      && aws_ssm_parameter.this["cache/auth_secret_arn"].value == module.cache.auth_secret_arn
    )
    error_message = "The services must be told where their credentials are, each its own."
  }

  assert {
    condition = alltrue([
      for key, parameter in aws_ssm_parameter.this : startswith(parameter.value, "arn:") if endswith(key, "_arn")
    ])
    error_message = "What is called an ARN must be one: no secret may be handed over in its place."
  }

  assert {
    condition = (
      aws_ssm_parameter.this["database/writer_endpoint"].value == module.database.writer_endpoint
      && aws_ssm_parameter.this["database/reader_endpoint"].value == module.database.reader_endpoint
      && module.database.writer_endpoint != module.database.reader_endpoint
      && aws_ssm_parameter.this["cache/primary_endpoint"].value == module.cache.primary_endpoint
    )
    error_message = "The services must be told writer, reader and Redis apart."
  }
}

run "operations" {
  command = apply

  assert {
    condition     = length(module.observability.alarm_arns) == 15
    error_message = "There must be fifteen alarms."
  }

  assert {
    condition     = module.observability.alarm_names != null && length(module.observability.dashboard_names) == 3
    error_message = "There must be three dashboards."
  }

  assert {
    condition     = toset(module.cache.member_cluster_ids) == toset([for node in range(1 + var.cache_replicas) : format("rates-%s-%03d", var.environment, node + 1)])
    error_message = "Redis' nodes must be watched by the names that AWS gives them."
  }

  assert {
    condition     = local.rates_api_group == "rates-${var.environment}-rates-api" && local.rates_sync_group == "rates-${var.environment}-rates-sync"
    error_message = "The services' groups must be named as their roots name them."
  }

  assert {
    condition     = var.drills == false
    error_message = "Drills must be off until somebody turns them on."
  }
}
