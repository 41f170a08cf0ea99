# When the group grows and shrinks, and that the rules don't fight each other.
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
      arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rates-production/redis-auth-AbCdEf"
      template = "rediss://:{token}@primary:6379/0"
    }
  }

  balanced = {
    target_group_arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-api/0123456789abcdef"
    target_group_arn_suffix = "targetgroup/rates-api/0123456789abcdef"
    alb_arn_suffix          = "app/rates-production/0123456789abcdef"
  }
}

run "grows_fast_and_shrinks_slowly" {
  command = plan

  # Grows with requests.

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.requests["this"].metric_name == "RequestCountPerTarget" && aws_cloudwatch_metric_alarm.requests["this"].statistic == "Sum" &&
      aws_cloudwatch_metric_alarm.requests["this"].period == 60 && aws_cloudwatch_metric_alarm.requests["this"].threshold == 3000 &&
      aws_cloudwatch_metric_alarm.requests["this"].comparison_operator == "GreaterThanThreshold"
    )
    error_message = "More than 50 requests a second and target, which CloudWatch counts as 3,000 a minute, is too much."
  }

  assert {
    condition     = one(aws_autoscaling_policy.requests["this"].step_adjustment).scaling_adjustment == 2
    error_message = "Too many requests bring two instances."
  }

  # Grows with latency.

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.latency["this"].metric_name == "TargetResponseTime" && aws_cloudwatch_metric_alarm.latency["this"].extended_statistic == "p95" &&
      aws_cloudwatch_metric_alarm.latency["this"].threshold == 0.5
    )
    error_message = "A p95 above 500 ms is too slow."
  }

  assert {
    condition     = one(aws_autoscaling_policy.latency["this"].step_adjustment).scaling_adjustment == 3
    error_message = "Slow answers bring three instances."
  }

  # Shrinks slowly and only with room.

  assert {
    condition     = aws_cloudwatch_metric_alarm.idle["this"].evaluation_periods == 10 && aws_cloudwatch_metric_alarm.idle["this"].datapoints_to_alarm == 10
    error_message = "Only ten idle minutes in a row take an instance away."
  }

  assert {
    condition     = aws_autoscaling_policy.idle["this"].scaling_adjustment == -1 && aws_autoscaling_policy.idle["this"].policy_type == "SimpleScaling" && aws_autoscaling_policy.idle["this"].cooldown == 600
    error_message = "One instance goes at a time, and ten minutes lie between two."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "cpu < 30 ")
    error_message = "Idle is a CPU below 30 %."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "FILL(requests, 0) * instances < 2400 * (instances - 1)")
    error_message = "The others would stay under four fifths of the limit: what shrank does not grow again at once."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "FILL(p95, 0) < 0.5")
    error_message = "While answers are slow nothing is taken away."
  }

  assert {
    condition = alltrue([
      for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : one(q.metric).period == 60 if !q.return_data
    ])
    error_message = "Ten periods are ten minutes."
  }

  assert {
    condition     = contains(aws_autoscaling_group.this.enabled_metrics, "GroupInServiceInstances") && one(aws_launch_template.this.monitoring).enabled
    error_message = "The figures that the rule asks for exist, a value a minute."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.idle["this"].treat_missing_data == "notBreaching"
    error_message = "Who can't see takes nothing away."
  }

  # The rules do not fight.

  assert {
    condition     = aws_autoscaling_policy.requests["this"].policy_type == "StepScaling" && aws_autoscaling_policy.latency["this"].policy_type == "StepScaling"
    error_message = "Growing knows no cooldown: the two rules take the larger size, not the sum."
  }

  assert {
    condition = (
      aws_autoscaling_policy.requests["this"].estimated_instance_warmup == tostring(var.warm_up_seconds) || aws_autoscaling_policy.requests["this"].estimated_instance_warmup == var.warm_up_seconds
    )
    error_message = "Instances that warm up count as there, so that one alarm does not bring them twice."
  }

  assert {
    condition     = aws_autoscaling_policy.idle["this"].cooldown > 2 * var.warm_up_seconds
    error_message = "Shrinking waits longer than growing takes."
  }

  assert {
    condition     = local.headroom < 1
    error_message = "Between the limit that grows and the one that shrinks there is a distance."
  }
}

run "the_limit_is_a_variable" {
  command = plan

  variables {
    balanced = {
      target_group_arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-api/0123456789abcdef"
      target_group_arn_suffix = "targetgroup/rates-api/0123456789abcdef"
      alb_arn_suffix          = "app/rates-production/0123456789abcdef"
      requests_per_second     = 500
    }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.requests["this"].threshold == 30000
    error_message = "The limit of requests per second is a variable."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.id == "idle"]), "< 24000 * (instances - 1)")
    error_message = "The rule that shrinks follows the limit of the one that grows."
  }
}

run "every_alarm_acts" {
  command = apply

  assert {
    condition = alltrue([
      for rule in ["requests", "latency", "idle"] : length({ requests = aws_cloudwatch_metric_alarm.requests, latency = aws_cloudwatch_metric_alarm.latency, idle = aws_cloudwatch_metric_alarm.idle }[rule]["this"].alarm_actions) == 1
    ])
    error_message = "Every alarm of a rule starts its policy."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.requests["this"].alarm_actions == toset([aws_autoscaling_policy.requests["this"].arn]) && aws_cloudwatch_metric_alarm.latency["this"].alarm_actions == toset([aws_autoscaling_policy.latency["this"].arn]) && aws_cloudwatch_metric_alarm.idle["this"].alarm_actions == toset([aws_autoscaling_policy.idle["this"].arn])
    error_message = "No alarm starts another's policy."
  }
}

run "refuses_to_call_a_busy_group_idle" {
  command = plan

  variables {
    balanced = {
      target_group_arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rates-api/0123456789abcdef"
      target_group_arn_suffix = "targetgroup/rates-api/0123456789abcdef"
      alb_arn_suffix          = "app/rates-production/0123456789abcdef"
      idle_cpu_percent        = 60
    }
  }

  expect_failures = [var.balanced]
}
