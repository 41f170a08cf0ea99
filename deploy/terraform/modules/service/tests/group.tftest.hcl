# Where instances run, what they are like, and how one version follows another.
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

run "runs_in_a_group" {
  command = plan

  # Runs over two zones at least.

  assert {
    condition     = aws_autoscaling_group.this.min_size == 2 && aws_autoscaling_group.this.max_size == 10
    error_message = "There are from 2 to 10 instances."
  }

  assert {
    condition     = aws_autoscaling_group.this.vpc_zone_identifier == toset(var.subnet_ids)
    error_message = "Every private subnet, one a zone, may hold instances."
  }

  assert {
    condition     = one(aws_autoscaling_group.this.availability_zone_distribution).capacity_distribution_strategy == "balanced-best-effort"
    error_message = "Instances are spread over the zones, and a lost zone's are made up for in the others."
  }

  assert {
    condition     = aws_launch_template.this.instance_type == "t3.medium"
    error_message = "Instances are t3.medium unless said otherwise."
  }

  assert {
    condition     = aws_autoscaling_group.this.name == "rates-production-rates-api"
    error_message = "The group is named as alarms, runbooks and drills name it."
  }

  # Nobody gets in.

  assert {
    condition     = one(aws_launch_template.this.metadata_options).http_tokens == "required" && one(aws_launch_template.this.metadata_options).http_put_response_hop_limit == 1
    error_message = "Metadata, credentials among them, is given for a token alone, and no further than the host."
  }

  assert {
    condition     = one(aws_launch_template.this.network_interfaces).associate_public_ip_address == "false"
    error_message = "No instance has a public address."
  }

  assert {
    condition     = one(aws_launch_template.this.network_interfaces).security_groups == toset([var.security_group_id])
    error_message = "An instance has the security group of its service alone."
  }

  assert {
    condition     = aws_launch_template.this.key_name == null
    error_message = "There is no key for SSH."
  }

  assert {
    condition     = one(one(aws_launch_template.this.block_device_mappings).ebs).encrypted == "true" && one(one(aws_launch_template.this.block_device_mappings).ebs).kms_key_id == var.data_kms_key_arn
    error_message = "The root volume is encrypted with the key for data."
  }

  # Health is EC2's and /livez.

  assert {
    condition     = aws_autoscaling_group.this.health_check_type == "EC2"
    error_message = "The balancer's /readyz takes an instance out of rotation, it replaces none."
  }

  assert {
    condition     = strcontains(output.files["/opt/rates/watch.sh"].content, "/livez") && !strcontains(output.files["/opt/rates/watch.sh"].content, "\"http://127.0.0.1:$PORT/readyz\"")
    error_message = "The watch on an instance asks /livez, not /readyz."
  }

  assert {
    condition = { for h in aws_autoscaling_group.this.initial_lifecycle_hook : h.name => [h.lifecycle_transition, h.default_result] } == {
      launch    = ["autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON"]
      terminate = ["autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE"]
    }
    error_message = "An instance that never lives is not put into service; one that leaves is given time."
  }

  assert {
    condition     = alltrue([for h in aws_autoscaling_group.this.initial_lifecycle_hook : strcontains(join("", [for f in output.files : f.content]), "--lifecycle-hook-name ${h.name}")])
    error_message = "The scripts answer the hooks by the names that these have."
  }

  assert {
    condition     = one([for h in aws_autoscaling_group.this.initial_lifecycle_hook : h.heartbeat_timeout if h.name == "terminate"]) > var.stop_seconds + 10
    error_message = "The hook waits longer than the service may take to end."
  }

  # A bad version is rolled back.

  assert {
    condition     = one(one(aws_autoscaling_group.this.instance_refresh).preferences).auto_rollback
    error_message = "A refresh that fails brings the version before it back."
  }

  assert {
    condition     = one(one(one(aws_autoscaling_group.this.instance_refresh).preferences).alarm_specification).alarms == tolist([aws_cloudwatch_metric_alarm.refresh.alarm_name])
    error_message = "Unhealthy hosts end a refresh."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.refresh.metric_name == "UnHealthyHostCount" && aws_cloudwatch_metric_alarm.refresh.dimensions["TargetGroup"] == var.balanced.target_group_arn_suffix
    error_message = "Behind a balancer, a version works if the balancer finds it ready."
  }

  assert {
    condition     = one(one(aws_autoscaling_group.this.instance_refresh).preferences).min_healthy_percentage == 100
    error_message = "No request waits for a deploy: new instances come before old ones go."
  }

  # Keeps its log a week.

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/rates/production/rates-api" && aws_cloudwatch_log_group.this.retention_in_days == 7 && aws_cloudwatch_log_group.this.kms_key_id == var.logs_kms_key_arn
    error_message = "The log is kept 7 days, encrypted."
  }

  # Images stay what they are.

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && one(aws_ecr_repository.this.image_scanning_configuration).scan_on_push
    error_message = "A tag is never moved to another image, and every image is scanned."
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
    error_message = "The pair changes one by one: there are never three."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.refresh.metric_name == "rates_sync_leader" && aws_cloudwatch_metric_alarm.refresh.statistic == "Maximum" &&
      aws_cloudwatch_metric_alarm.refresh.comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.refresh.threshold == 1
    )
    error_message = "A refresh after which nobody leads is rolled back."
  }

  assert {
    condition     = length(aws_autoscaling_policy.requests) + length(aws_autoscaling_policy.latency) + length(aws_autoscaling_policy.idle) == 0 && length(aws_autoscaling_group.this.target_group_arns) == 0
    error_message = "Nobody sends it requests, and it does not scale."
  }
}

# Each of them must be refused.
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
