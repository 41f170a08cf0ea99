# When the group scales out and in. Three rules, and why they don't conflict:
#
# - Out: +2 above 50 requests/s per target; +3 at a p95 above 500 ms. Step scaling without a cooldown, so that
#   the second alarm need not wait. Instances that are warming up count, so the same alarm in the next minute
#   adds none, and if both rules apply the group takes the larger size, not the sum. Scale-in can't start
#   before they have warmed up.
# - In: -1, at most once in 10 minutes (simple scaling, whose cooldown applies to this rule only). CPU below
#   30 % for 10 minutes is not enough: rates-api answers from memory, so 50 requests/s hardly use CPU, and a
#   rule on CPU alone would remove what the request rule has just added. So in each of the 10 minutes the
#   requests, divided among one instance fewer, must also stay below four fifths of the limit, and p95 below
#   its threshold. The gap between scaling out at 50/s and scaling in below 40/s prevents flapping.
# - Slow answers at low CPU (a slow dependency, for example) make the group grow to its maximum and stay there
#   until answers are fast again: this costs money but never loops.

locals {
  is_balanced = var.balanced != null
  scaled      = local.is_balanced ? { this = var.balanced } : {}
  target      = local.is_balanced ? { TargetGroup = var.balanced.target_group_arn_suffix, LoadBalancer = var.balanced.alb_arn_suffix } : {}

  # CloudWatch counts requests per target per minute.
  requests_per_minute = { for key, b in local.scaled : key => b.requests_per_second * 60 }
  headroom            = 0.8
}

resource "aws_autoscaling_policy" "requests" {
  for_each = local.scaled

  name                      = "requests"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  metric_aggregation_type   = "Average"
  estimated_instance_warmup = var.warm_up_seconds

  step_adjustment {
    metric_interval_lower_bound = 0
    scaling_adjustment          = 2
  }
}

resource "aws_autoscaling_policy" "latency" {
  for_each = local.scaled

  name                      = "latency"
  autoscaling_group_name    = aws_autoscaling_group.this.name
  policy_type               = "StepScaling"
  adjustment_type           = "ChangeInCapacity"
  metric_aggregation_type   = "Average"
  estimated_instance_warmup = var.warm_up_seconds

  step_adjustment {
    metric_interval_lower_bound = 0
    scaling_adjustment          = 3
  }
}

resource "aws_autoscaling_policy" "idle" {
  for_each = local.scaled

  name                   = "idle"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "SimpleScaling"
  adjustment_type        = "ChangeInCapacity"
  scaling_adjustment     = -1
  cooldown               = 600
}

resource "aws_cloudwatch_metric_alarm" "requests" {
  for_each = local.scaled

  alarm_name          = "${local.full_name}-scale-out-requests"
  alarm_description   = "More than ${each.value.requests_per_second} requests per second per instance: adds two. Scales, does not page."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "RequestCountPerTarget"
  dimensions          = local.target
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = local.requests_per_minute[each.key]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # no requests, no value
  alarm_actions       = [aws_autoscaling_policy.requests[each.key].arn]
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  for_each = local.scaled

  alarm_name          = "${local.full_name}-scale-out-latency"
  alarm_description   = "p95 above ${each.value.latency_seconds * 1000} ms for two minutes: adds three. Scales, does not page."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "TargetResponseTime"
  dimensions          = local.target
  extended_statistic  = "p95"
  period              = 60
  evaluation_periods  = 2 # one slow minute with few requests is not load
  threshold           = each.value.latency_seconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_autoscaling_policy.latency[each.key].arn]

  # A percentile of a handful of requests means nothing.
  evaluate_low_sample_count_percentiles = "ignore"
}

resource "aws_cloudwatch_metric_alarm" "idle" {
  for_each = local.scaled

  alarm_name          = "${local.full_name}-scale-in"
  alarm_description   = "CPU below ${each.value.idle_cpu_percent} % for 10 minutes, and one instance fewer would do: removes one. Scales, does not page."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 10
  datapoints_to_alarm = 10
  treat_missing_data  = "notBreaching" # never scale in without data
  alarm_actions       = [aws_autoscaling_policy.idle[each.key].arn]

  metric_query {
    id          = "idle"
    label       = "1 while one instance less would do"
    return_data = true
    expression = join(" ", [
      "IF(cpu < ${each.value.idle_cpu_percent}",
      "AND FILL(requests, 0) * instances < ${local.headroom * local.requests_per_minute[each.key]} * (instances - 1)",
      "AND FILL(p95, 0) < ${each.value.latency_seconds}, 1, 0)",
    ])
  }

  dynamic "metric_query" {
    for_each = {
      cpu       = { namespace = "AWS/EC2", name = "CPUUtilization", stat = "Average", dimensions = local.group }
      instances = { namespace = "AWS/AutoScaling", name = "GroupInServiceInstances", stat = "Average", dimensions = local.group }
      requests  = { namespace = "AWS/ApplicationELB", name = "RequestCountPerTarget", stat = "Sum", dimensions = local.target }
      p95       = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", stat = "p95", dimensions = local.target }
    }

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = 60
      }
    }
  }
}

locals {
  group = { AutoScalingGroupName = aws_autoscaling_group.this.name }
}
