# Where instances run, their configuration, and how a new version is rolled out.
variables {
  environment  = "production"
  service      = "rates-api"
  image        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rates-production/rates-api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  min_size     = 2
  max_size     = 10
  subnet_ids   = ["subnet-a", "subnet-b", "subnet-c"]
  probe_port   = 8000
  metrics_port = 8010
  settings     = { RATES_API_WORKERS = "2" }
  authorities  = "-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----\n"
  metrics      = [{ metric = "rates_api_redis_up", dimensions = [] }]

  security_group_id   = "sg-0123456789abcdef0"
  secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/logs"
  data_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/data"

  secrets = {
    RATES_API_DATABASE_URL = {
      arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/database/rates_api-AbCdEf"
      template = "mysql+asyncmy://{username}:{password}@reader:3306/rates?ssl_ca=/etc/rates/authorities.pem"
    }
    RATES_API_REDIS_URL = {
      arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis/rates_api-AbCdEf"
      template = "rediss://{username}:{password}@primary:6379/0"
    }
  }

  balanced = {
    target_group_arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-api/0123456789abcdef"
    target_group_arn_suffix = "targetgroup/rates-api/0123456789abcdef"
    alb_arn_suffix          = "app/rates-production/0123456789abcdef"
  }
}

run "runs_in_a_group" {
  command = plan

  # At least two zones.

  assert {
    condition     = aws_autoscaling_group.this.min_size == 2 && aws_autoscaling_group.this.max_size == 10
    error_message = "The group has 2 to 10 instances."
  }

  assert {
    condition     = aws_autoscaling_group.this.vpc_zone_identifier == toset(var.subnet_ids)
    error_message = "The group uses every private subnet, one per zone."
  }

  assert {
    condition     = one(aws_autoscaling_group.this.availability_zone_distribution).capacity_distribution_strategy == "balanced-best-effort"
    error_message = "Instances are spread over the zones, and those of a lost zone are replaced in the others."
  }

  assert {
    condition     = aws_launch_template.this.instance_type == "t3.medium"
    error_message = "Instances are t3.medium by default."
  }

  assert {
    condition     = aws_autoscaling_group.this.name == "rates-production-rates-api"
    error_message = "The group has the name that alarms, runbooks and drills use."
  }

  # No access from outside.

  assert {
    condition     = one(aws_launch_template.this.metadata_options).http_tokens == "required" && one(aws_launch_template.this.metadata_options).http_put_response_hop_limit == 1
    error_message = "Metadata, including credentials, requires a token and is available only on the host itself."
  }

  assert {
    condition     = one(aws_launch_template.this.network_interfaces).associate_public_ip_address == "false"
    error_message = "No instance has a public address."
  }

  assert {
    condition     = one(aws_launch_template.this.network_interfaces).security_groups == toset([var.security_group_id])
    error_message = "An instance has only its service's security group."
  }

  assert {
    condition     = aws_launch_template.this.key_name == null
    error_message = "There is no SSH key."
  }

  assert {
    condition     = one(one(aws_launch_template.this.block_device_mappings).ebs).encrypted == "true" && one(one(aws_launch_template.this.block_device_mappings).ebs).kms_key_id == var.data_kms_key_arn
    error_message = "The root volume is encrypted with the data key."
  }

  # Health: EC2 and /livez.

  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "EC2"
    error_message = "The balancer's /readyz check takes an instance out of rotation but does not replace it."
  }

  assert {
    condition     = strcontains(output.files["/etc/rates/host.env"].content, "PROBE=${var.balanced == null ? "http" : "https"}://")
    error_message = "What is behind the balancer speaks TLS, and is asked so; rates-sync has no balancer."
  }

  assert {
    condition     = strcontains(output.files["/etc/rates/host.env"].content, "/livez\n") && !strcontains(output.files["/etc/rates/host.env"].content, "/readyz")
    error_message = "The watchdog on an instance checks /livez, not /readyz."
  }

  assert {
    condition = { for h in aws_autoscaling_group.this.initial_lifecycle_hook : h.name => [h.lifecycle_transition, h.default_result] } == {
      launch    = ["autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON"]
      terminate = ["autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE"]
    }
    error_message = "An instance that never becomes alive does not go into service; one that terminates gets time to shut down."
  }

  assert {
    condition     = alltrue([for h in aws_autoscaling_group.this.initial_lifecycle_hook : strcontains(join("", [for f in output.files : f.content]), "--lifecycle-hook-name ${h.name}")])
    error_message = "The scripts complete the hooks by their actual names."
  }

  assert {
    condition     = one([for h in aws_autoscaling_group.this.initial_lifecycle_hook : h.heartbeat_timeout if h.name == "terminate"]) > var.stop_seconds + 10
    error_message = "The hook waits longer than the service may take to shut down."
  }

  # Rollback of a bad version.

  assert {
    condition     = one(one(aws_autoscaling_group.this.instance_refresh).preferences).auto_rollback
    error_message = "A failed refresh rolls back to the previous version."
  }

  assert {
    condition     = one(one(one(aws_autoscaling_group.this.instance_refresh).preferences).alarm_specification).alarms == tolist([aws_cloudwatch_metric_alarm.refresh.alarm_name])
    error_message = "Unhealthy hosts stop a refresh."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.refresh.metric_name == "UnHealthyHostCount" && aws_cloudwatch_metric_alarm.refresh.dimensions["TargetGroup"] == var.balanced.target_group_arn_suffix
    error_message = "Behind a balancer, a version is good if the balancer's health checks pass."
  }

  assert {
    condition     = one(one(aws_autoscaling_group.this.instance_refresh).preferences).min_healthy_percentage == 100
    error_message = "No request waits for a deploy: new instances start before old ones stop."
  }

  # Logs.

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/rates/production/rates-api" && aws_cloudwatch_log_group.this.retention_in_days == 7 && aws_cloudwatch_log_group.this.kms_key_id == var.logs_kms_key_arn
    error_message = "The log is kept 7 days, encrypted."
  }

  # Images.

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push
    error_message = "Tags are immutable, and every image is scanned."
  }
}

run "a_pair_of_which_one_leads" {
  command = plan

  variables {
    service          = "rates-sync"
    max_size         = 2
    balanced         = null
    singleton_metric = "rates_sync_leader"
  }

  assert {
    condition     = one(one(aws_autoscaling_group.this.instance_refresh).preferences).min_healthy_percentage == 50 && one(one(aws_autoscaling_group.this.instance_refresh).preferences).max_healthy_percentage == 100
    error_message = "The pair is replaced one by one: there are never three instances."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.refresh.metric_name == "rates_sync_leader" && aws_cloudwatch_metric_alarm.refresh.statistic == "Maximum" &&
      aws_cloudwatch_metric_alarm.refresh.comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.refresh.threshold == 1
    )
    error_message = "A refresh that leaves no leader is rolled back."
  }

  assert {
    condition     = length(aws_autoscaling_policy.requests) + length(aws_autoscaling_policy.latency) + length(aws_autoscaling_policy.idle) == 0 && length(aws_autoscaling_group.this.target_group_arns) == 0
    error_message = "It is not behind a balancer, and it does not scale."
  }
}

run "begins_a_refresh_while_its_alarm_fires" {
  command = plan

  variables {
    refresh_watches_alarm = false
  }

  assert {
    condition     = length(one(one(aws_autoscaling_group.this.instance_refresh).preferences).alarm_specification) == 0
    error_message = "The alarm that fires already must not roll back the fix."
  }
}

# Every one of these must be rejected.
run "refuses_a_tag_a_single_instance_more_than_ten_and_a_single_zone" {
  command = plan

  variables {
    image      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rates-production/rates-api:latest"
    min_size   = 1
    max_size   = 11
    subnet_ids = ["subnet-a"]
  }

  expect_failures = [var.image, var.min_size, var.max_size, var.subnet_ids]
}

run "refuses_a_refresh_without_a_measure" {
  command = plan

  variables {
    balanced = null
  }

  expect_failures = [aws_autoscaling_group.this]
}
