# What the three dashboards share. A graph has a title, metrics as in the alarms, and lines: the
# expressions or metrics to draw.

locals {
  region = data.aws_region.current.region

  dashboards = {
    executive   = local.executive
    operational = local.operational
    sre         = local.sre
  }

  # Where each alarm is shown.
  shown = {
    executive   = ["availability_fast_burn", "availability_slow_burn", "latency_fast_burn", "latency_slow_burn", "freshness", "current_fast_burn", "latency_p95"]
    operational = ["breaker_open", "banxico_failures", "quota", "late_fix", "unhealthy_hosts", "redis_failover", "no_leader", "notices_refused"]
    sre         = ["cache_hit_ratio", "redis_memory", "aurora_acu_at_maximum", "aurora_connections", "database_unreachable", "store_failures", "nights_missed", "redis_unverified"]
  }

  alarm_widgets = { for dashboard, keys in local.shown : dashboard => {
    type       = "alarm"
    properties = { title = "Alarms", alarms = [for key in keys : aws_cloudwatch_metric_alarm.this[key].arn] }
  } }

  graphs = merge(local.executive_graphs, local.operational_graphs, local.sre_graphs)

  # [namespace, name, dimension, value, ..., {id, ...}]: the format of a widget's metrics.
  rendered = { for title, graph in local.graphs : title => concat(
    [for id, metric in graph.metrics : concat(
      [metric.namespace, metric.name],
      flatten([for dimension, value in metric.dimensions : [dimension, value]]),
      [merge(
        { id = id, stat = metric.stat, visible = contains(keys(graph.lines), id) },
        { label = lookup(graph.lines, id, id) },
        # CloudFront and its WAF report metrics in us-east-1, wherever the rest runs.
        contains(["AWS/CloudFront", "AWS/WAFV2"], metric.namespace) ? { region = "us-east-1" } : {},
      )],
    )],
    [for id, expression in graph.expressions : [{
      id = id, expression = expression, visible = contains(keys(graph.lines), id), label = lookup(graph.lines, id, id)
    }]],
  ) }

  widgets = { for title, graph in local.graphs : title => {
    type = "metric"
    properties = merge(
      {
        title   = title
        region  = local.region
        view    = lookup(graph, "view", "timeSeries")
        period  = lookup(graph, "period", 60)
        metrics = local.rendered[title]
        yAxis   = { left = lookup(graph, "axis", { min = 0 }) }
      },
      lookup(graph, "limits", null) == null ? {} : { annotations = { horizontal = graph.limits } },
      lookup(graph, "month", false) ? { start = "-P30D", end = "P0D" } : {},
      lookup(graph, "whole", false) ? { setPeriodToTimeRange = true } : {},
    )
  } }
}

# Widgets are laid out three in a row, in the order of the lists; texts and alarms take a whole row.
resource "aws_cloudwatch_dashboard" "this" {
  for_each = local.dashboards

  dashboard_name = "${var.name}-${each.key}"
  dashboard_body = jsonencode({
    widgets = concat(
      [for widget in [local.alarm_widgets[each.key]] : merge(widget, { x = 0, y = 0, width = 24, height = 3 })],
      [for text in each.value.texts : {
        type = "text", x = 0, y = 3, width = 24, height = 5, properties = { markdown = text }
      }],
      [for index, title in each.value.graphs : merge(local.widgets[title], {
        x = index % 3 * 8, y = 8 + floor(index / 3) * 6, width = 8, height = 6
      })],
    )
  })
}
