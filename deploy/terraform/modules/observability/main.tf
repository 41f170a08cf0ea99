# The fifteen alarms of the requirements, seven more, and three dashboards over the same metrics.
#
# objectives.tf   the SLOs, and how their SLIs are computed
# alarms_*.tf     each alarm: metrics, expression, threshold, runbook
# dashboards.tf   what the three dashboards share; executive.tf, operational.tf, sre.tf: their widgets
#
# deploy/terraform/metrics.json lists the services' metrics; tests/terraform/test_metrics.py compares.

data "aws_region" "current" {}

locals {
  alarms = merge(local.slo_alarms, local.banxico_alarms, local.resource_alarms, local.service_alarms)

  load_balancer = { LoadBalancer = var.alb_arn_suffix }
  target_group  = { LoadBalancer = var.alb_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  edge          = { DistributionId = var.distribution_id, Region = "Global" }
  cluster       = { DBClusterIdentifier = var.database_cluster_id }

  api  = { environment = var.environment, service = "rates-api" }
  sync = { environment = var.environment, service = "rates-sync" }

  runbooks = { for key, alarm in local.alarms : key => "${var.runbook_base_url}/${alarm.runbook}" }
}

# One resource for all, so that every alarm has an action, a runbook and a rule for missing data.
resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description = "${each.value.says} Runbook: ${local.runbooks[each.key]}"

  comparison_operator = lookup(each.value, "comparison", "GreaterThanOrEqualToThreshold")
  threshold           = each.value.limit
  evaluation_periods  = each.value.of
  datapoints_to_alarm = each.value.breaching
  treat_missing_data  = each.value.missing

  alarm_actions = [var.alarm_topic_arn]
  ok_actions    = [var.alarm_topic_arn]

  # Without an expression the one metric is watched as it is.
  dynamic "metric_query" {
    for_each = lookup(each.value, "expression", null)[*]

    content {
      id          = "watched"
      label       = each.value.label
      expression  = metric_query.value
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = lookup(each.value, "steps", {})

    content {
      id          = metric_query.key
      expression  = metric_query.value
      return_data = false
    }
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      label       = metric_query.key == "watched" ? each.value.label : null
      return_data = metric_query.key == "watched"

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.stat
        period      = each.value.period
      }
    }
  }
}
