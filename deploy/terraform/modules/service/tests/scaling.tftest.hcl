# When the group scales out and in, and that the rules don't conflict.
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

run "grows_fast_and_shrinks_slowly" {
  command = plan

  # Scales out with requests.

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.requests["this"].metric_name == "RequestCountPerTarget" && aws_cloudwatch_metric_alarm.requests["this"].statistic == "Sum" &&
      aws_cloudwatch_metric_alarm.requests["this"].period == 60 && aws_cloudwatch_metric_alarm.requests["this"].threshold == 3000 &&
      aws_cloudwatch_metric_alarm.requests["this"].comparison_operator == "GreaterThanThreshold"
    )
    error_message = "The alarm fires above 50 requests per second per target, which CloudWatch counts as 3,000 a minute."
  }

  assert {
    condition     = one(aws_autoscaling_policy.requests["this"].step_adjustment).scaling_adjustment == 2
    error_message = "Too many requests add two instances."
  }

  # Scales out with latency.

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.latency["this"].metric_name == "TargetResponseTime" && aws_cloudwatch_metric_alarm.latency["this"].extended_statistic == "p95" &&
      aws_cloudwatch_metric_alarm.latency["this"].threshold == 0.5
    )
    error_message = "The alarm fires above a p95 of 500 ms."
  }

  assert {
    condition     = one(aws_autoscaling_policy.latency["this"].step_adjustment).scaling_adjustment == 3
    error_message = "Slow answers add three instances."
  }

  # Scales in slowly, and only with headroom.

  assert {
    condition     = aws_cloudwatch_metric_alarm.idle["this"].evaluation_periods == 10 && aws_cloudwatch_metric_alarm.idle["this"].datapoints_to_alarm == 10
    error_message = "Only ten consecutive idle minutes remove an instance."
  }

  assert {
    condition     = aws_autoscaling_policy.idle["this"].scaling_adjustment == -1 && aws_autoscaling_policy.idle["this"].policy_type == "SimpleScaling" && aws_autoscaling_policy.idle["this"].cooldown == 600
    error_message = "Instances are removed one at a time, ten minutes apart."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "cpu < 30 ")
    error_message = "Idle means CPU below 30 %."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "FILL(requests, 0) * instances < 2400 * (instances - 1)")
    error_message = "The remaining instances would stay below four fifths of the limit, so that the group does not grow again at once."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.return_data]), "FILL(p95, 0) < 0.5")
    error_message = "While answers are slow no instance is removed."
  }

  assert {
    condition = alltrue([
      for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : one(q.metric).period == 60 if !q.return_data
    ])
    error_message = "Ten periods are ten minutes."
  }

  assert {
    condition     = contains(aws_autoscaling_group.this.enabled_metrics, "GroupInServiceInstances") && one(aws_launch_template.this.monitoring).enabled
    error_message = "The metrics that the rule needs exist, with a value every minute."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.idle["this"].treat_missing_data == "notBreaching"
    error_message = "Without data no instance is removed."
  }

  # The rules don't conflict.

  assert {
    condition     = aws_autoscaling_policy.requests["this"].policy_type == "StepScaling" && aws_autoscaling_policy.latency["this"].policy_type == "StepScaling"
    error_message = "Scaling out has no cooldown: of the two rules the larger size applies, not the sum."
  }

  assert {
    condition = (
      aws_autoscaling_policy.requests["this"].estimated_instance_warmup == tostring(var.warm_up_seconds) || aws_autoscaling_policy.requests["this"].estimated_instance_warmup == var.warm_up_seconds
    )
    error_message = "Instances that are warming up count, so that one alarm does not add them twice."
  }

  assert {
    condition     = aws_autoscaling_policy.idle["this"].cooldown > 2 * var.warm_up_seconds
    error_message = "Scaling in waits longer than scaling out takes."
  }

  assert {
    condition     = local.headroom < 1
    error_message = "There is a gap between the thresholds for scaling out and in."
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
    error_message = "The threshold of requests per second is a variable."
  }

  assert {
    condition     = strcontains(one([for q in aws_cloudwatch_metric_alarm.idle["this"].metric_query : q.expression if q.id == "idle"]), "< 24000 * (instances - 1)")
    error_message = "The scale-in rule follows the scale-out threshold."
  }
}

run "every_alarm_acts" {
  command = apply

  assert {
    condition = alltrue([
      for rule in ["requests", "latency", "idle"] : length({ requests = aws_cloudwatch_metric_alarm.requests, latency = aws_cloudwatch_metric_alarm.latency, idle = aws_cloudwatch_metric_alarm.idle }[rule]["this"].alarm_actions) == 1
    ])
    error_message = "Every rule's alarm triggers its policy."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.requests["this"].alarm_actions == toset([aws_autoscaling_policy.requests["this"].arn]) && aws_cloudwatch_metric_alarm.latency["this"].alarm_actions == toset([aws_autoscaling_policy.latency["this"].arn]) && aws_cloudwatch_metric_alarm.idle["this"].alarm_actions == toset([aws_autoscaling_policy.idle["this"].arn])
    error_message = "No alarm triggers another rule's policy."
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
