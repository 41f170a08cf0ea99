resource "aws_autoscaling_group" "this" {
  name                = local.full_name
  min_size            = var.min_size
  max_size            = var.max_size
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = var.balanced[*].target_group_arn

  # EC2, not ELB. The balancer asks /readyz and takes an instance out of rotation; were that the group's
  # measure too, whatever makes all instances unready at once would have it replace them all, and the new
  # ones, in a loop, while the old ones still answered from memory. What replaces an instance: EC2's status
  # checks, and `set-instance-health` by its own watch when restarts don't bring /livez back (host/files/
  # watch.sh). A version that never lives is not put into service at all, by the hook below.
  health_check_type         = "EC2"
  health_check_grace_period = 60
  default_instance_warmup   = var.warm_up_seconds
  default_cooldown          = var.warm_up_seconds

  # Two instances are in two zones; three zones share the rest.
  availability_zone_distribution {
    capacity_distribution_strategy = "balanced-best-effort"
  }

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # Here and not as resources of their own: the first instances are to be held by them too. What changes in
  # them later reaches a new group only.
  initial_lifecycle_hook {
    name                 = "launch"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_LAUNCHING"
    heartbeat_timeout    = 600
    default_result       = "ABANDON"
  }

  # The group first takes the instance out of the target group and lets its connections drain; then this
  # hook gives the service the time to end in good order (host/files/watch.sh).
  initial_lifecycle_hook {
    name                 = "terminate"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    heartbeat_timeout    = 120
    default_result       = "CONTINUE"
  }

  # A new version of the launch template (an image, a setting, a newer AMI) replaces the instances. Behind
  # the balancer the new ones come first; a pair of which one leads changes one by one, or there would be
  # three to contend for the lease.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = var.balanced != null ? 100 : 50
      max_healthy_percentage = var.balanced != null ? 150 : 100
      instance_warmup        = var.warm_up_seconds
      skip_matching          = true
      auto_rollback          = true

      alarm_specification {
        alarms = [aws_cloudwatch_metric_alarm.refresh.alarm_name]
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
      error_message = "min_size is above max_size."
    }

    precondition {
      condition     = (var.balanced == null) != (var.singleton_metric == null)
      error_message = "A refresh needs one measure of whether a version works: a target group to look at (balanced) or a leader to look for (singleton_metric)."
    }
  }

  depends_on = [aws_iam_role_policy.host, aws_iam_role_policy.secrets, aws_iam_role_policy.announces, aws_cloudwatch_log_group.this]
}

# What ends a refresh and brings the version before it back. It tells nobody: the alarms that people get
# are those of module observability.
resource "aws_cloudwatch_metric_alarm" "refresh" {
  alarm_name        = "${local.full_name}-refresh"
  alarm_description = "Ends a refresh of ${local.full_name} and rolls it back; not a page."

  namespace           = var.balanced != null ? "AWS/ApplicationELB" : var.metric_namespace
  metric_name         = var.balanced != null ? "UnHealthyHostCount" : var.singleton_metric
  dimensions          = var.balanced != null ? local.target : { environment = var.environment, service = var.service }
  statistic           = "Maximum"
  comparison_operator = var.balanced != null ? "GreaterThanOrEqualToThreshold" : "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5

  # Before the first instance, and while none is registered, there is nothing to roll back to.
  treat_missing_data = "notBreaching"
}
