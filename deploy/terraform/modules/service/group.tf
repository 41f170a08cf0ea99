resource "aws_autoscaling_group" "this" {
  name                = local.full_name
  min_size            = var.min_size
  max_size            = var.max_size
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = var.balanced[*].target_group_arn

  # EC2, not ELB. The balancer checks /readyz/fed and takes an instance out of rotation. If the group used the
  # same check, anything that makes all instances unready at once would make it replace them all, again and
  # again, although the old ones could still answer from memory. An instance is replaced if EC2's status checks
  # fail, or if its watchdog calls `set-instance-health` because restarts don't bring /livez back
  # (host/files/watch.sh). The hook below keeps a version that never becomes alive out of service.
  health_check_type         = "EC2"
  health_check_grace_period = 60
  default_instance_warmup   = var.warm_up_seconds
  default_cooldown          = var.warm_up_seconds

  # Two instances are in two zones; more are spread over all three.
  availability_zone_distribution {
    capacity_distribution_strategy = "balanced-best-effort"
  }

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # Inline, not as separate resources, so that they also apply to the first instances. Later changes to them
  # take effect only in a new group.
  initial_lifecycle_hook {
    name                 = "launch"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
    heartbeat_timeout    = 600
    default_result       = "ABANDON"
  }

  # The group first deregisters the instance from the target group and drains its connections; then this
  # hook gives the service time to shut down cleanly (host/files/watch.sh).
  initial_lifecycle_hook {
    name                 = "terminate"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    heartbeat_timeout    = 120
    default_result       = "CONTINUE"
  }

  # A new version of the launch template (an image, a setting, a newer AMI) replaces the instances. Behind
  # the balancer new ones start first; a leader-standby pair is replaced one by one, or three instances would
  # contend for the lease.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = var.balanced != null ? 100 : 50
      max_healthy_percentage = var.balanced != null ? 150 : 100
      instance_warmup        = var.warm_up_seconds
      skip_matching          = true
      auto_rollback          = true

      dynamic "alarm_specification" {
        for_each = var.refresh_watches_alarm ? [1] : []

        content {
          alarms = [aws_cloudwatch_metric_alarm.refresh.alarm_name]
        }
      }
    }
  }

  enabled_metrics = [
    "GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances",
    "GroupTerminatingInstances", "GroupTotalInstances",
  ]

  dynamic "tag" {
    for_each = { Name = local.full_name, Project = "rates", Environment = var.environment, Service = var.service, ManagedBy = "terraform" }

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    precondition {
      condition     = var.min_size <= var.max_size
      error_message = "min_size must not be greater than max_size."
    }

    precondition {
      condition     = (var.balanced == null) != (var.singleton_metric == null)
      error_message = "A refresh needs one way to tell whether a version works: a target group (balanced) or a leader's gauge (singleton_metric)."
    }
  }

  depends_on = [aws_iam_role_policy.host, aws_iam_role_policy.secrets, aws_iam_role_policy.announces, aws_cloudwatch_log_group.this]
}

# Stops an instance refresh and rolls it back. It notifies nobody: the alarms for people are in the module
# observability.
resource "aws_cloudwatch_metric_alarm" "refresh" {
  alarm_name        = "${local.full_name}-refresh"
  alarm_description = "Stops a refresh of ${local.full_name} and rolls it back; not a page."

  namespace           = var.balanced != null ? "AWS/ApplicationELB" : var.metric_namespace
  metric_name         = var.balanced != null ? "UnHealthyHostCount" : var.singleton_metric
  dimensions          = var.balanced != null ? local.target : { environment = var.environment, service = var.service }
  statistic           = "Maximum"
  comparison_operator = var.balanced != null ? "GreaterThanOrEqualToThreshold" : "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5

  # Without any registered instance there is nothing to roll back to.
  treat_missing_data = "notBreaching"
}
