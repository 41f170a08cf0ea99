# Applied with made-up values: a dashboard refers to alarms by ARN, which a plan does not know.
provider "aws" {
  region = "us-east-1"
}

variables {
  name                       = "rates-production"
  environment                = "production"
  alarm_topic_arn            = "arn:aws:sns:us-east-1:123456789012:rates-production-alerts"
  alb_arn_suffix             = "app/rates-production/0123456789abcdef"
  target_group_arn_suffix    = "targetgroup/rates-api/0123456789abcdef"
  distribution_id            = "E123EXAMPLE"
  web_acl_name               = "rates-production"
  database_cluster_id        = "rates-production"
  max_acu                    = 16
  cache_replication_group_id = "rates-production"
  cache_member_cluster_ids   = ["rates-production-001", "rates-production-002"]
  rates_api_group_name       = "rates-production-rates-api"
  rates_sync_group_name      = "rates-production-rates-sync"
  runbook_base_url           = "https://example.org/rates/docs/runbooks"
}

run "alarms_and_dashboards" {
  command = apply

  # Alarms.

  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset([
      "availability_fast_burn", "availability_slow_burn", "latency_fast_burn", "latency_slow_burn", "freshness",
      "breaker_open", "banxico_failures", "quota", "late_fix", "cache_hit_ratio", "redis_memory", "redis_failover",
      "aurora_acu_at_maximum", "aurora_connections", "unhealthy_hosts",
      "no_leader", "database_unreachable", "store_failures", "notices_refused", "current_fast_burn", "latency_p95",
      "nights_missed", "redis_unverified",
    ])
    error_message = "There are the fifteen alarms that the requirements name, and eight more."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.alarm_actions == toset([var.alarm_topic_arn]) && alarm.ok_actions == toset([var.alarm_topic_arn])
    ])
    error_message = "Every alarm notifies the topic when it fires and when it clears."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this :
      can(regex("Runbook: https://example\\.org/rates/docs/runbooks/[a-z-]+\\.md$", alarm.alarm_description))
    ])
    error_message = "Every alarm's description ends with the URL of its runbook."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : startswith(alarm.alarm_name, "rates-production-")])
    error_message = "Every alarm's name contains the environment."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.treat_missing_data } == {
      availability_fast_burn = "notBreaching", availability_slow_burn = "notBreaching"
      latency_fast_burn      = "notBreaching", latency_slow_burn = "notBreaching"
      freshness              = "breaching", breaker_open = "ignore", banxico_failures = "notBreaching"
      quota                  = "ignore", late_fix = "ignore", cache_hit_ratio = "notBreaching"
      redis_memory           = "breaching", redis_failover = "notBreaching"
      aurora_acu_at_maximum  = "breaching", aurora_connections = "ignore", unhealthy_hosts = "breaching"
      no_leader              = "breaching", database_unreachable = "ignore", store_failures = "notBreaching"
      notices_refused        = "notBreaching", current_fast_burn = "notBreaching", latency_p95 = "notBreaching"
      nights_missed          = "ignore", redis_unverified = "notBreaching"
    }
    error_message = "Missing data: no traffic is no burn, a state is kept, and a metric that must always exist triggers the alarm."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this :
      length([for query in alarm.metric_query : query if query.return_data]) == 1
    ])
    error_message = "Every alarm watches one thing."
  }

  # In metric math a missing gauge counts as 0, and AND makes 0 of it: only without an expression is silence seen.
  assert {
    condition = jsonencode([for query in aws_cloudwatch_metric_alarm.this["no_leader"].metric_query : [
      query.expression, query.return_data, query.metric[*].metric_name, query.metric[*].stat, query.metric[*].period
      ]]) == jsonencode([[null, true, ["rates_sync_leader"], ["Maximum"], [60]]]) && (
      aws_cloudwatch_metric_alarm.this["no_leader"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["no_leader"].threshold == 1
    )
    error_message = "A rates-sync that is gone is a page: who leads is one metric, and its absence breaches."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.comparison_operator if alarm.comparison_operator != "GreaterThanOrEqualToThreshold" } == {
      no_leader = "LessThanThreshold", database_unreachable = "LessThanThreshold", latency_p95 = "GreaterThanThreshold"
    }
    error_message = "What must be 1 is breached below it, p95 above 200 ms, everything else at its limit."
  }

  # What is the state of the worst instance or node, and what is a sum.
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => join(" ", sort(distinct(flatten([for query in alarm.metric_query : query.metric[*].stat])))) } == {
      availability_fast_burn = "Sum", availability_slow_burn = "Sum", latency_fast_burn = "PR(:0.2) Sum", latency_slow_burn = "PR(:0.2) Sum"
      freshness              = "Maximum", breaker_open = "Maximum", banxico_failures = "Sum", quota = "Maximum", late_fix = "Maximum"
      cache_hit_ratio        = "Sum", redis_memory = "Maximum", redis_failover = "Maximum", aurora_acu_at_maximum = "Maximum"
      aurora_connections     = "Maximum", unhealthy_hosts = "Maximum Minimum", no_leader = "Maximum", database_unreachable = "Minimum"
      store_failures         = "Sum", notices_refused = "Sum", current_fast_burn = "Sum", latency_p95 = "Sum p95"
      nights_missed          = "Maximum", redis_unverified = "Sum"
    }
    error_message = "An alarm looks at the worst instance or node, or counts; never at the best."
  }

  assert {
    condition = [for query in aws_cloudwatch_metric_alarm.this["unhealthy_hosts"].metric_query : "${query.id} ${query.metric[0].stat}" if length(query.metric) > 0] == [
      "healthy Minimum", "unhealthy Maximum",
    ]
    error_message = "Healthy hosts count by their least, unhealthy ones by their most."
  }

  assert {
    condition = alltrue([for key in ["availability_fast_burn", "availability_slow_burn"] : {
      for query in aws_cloudwatch_metric_alarm.this[key].metric_query : query.id => query.expression if query.expression != null
      } == {
      errors  = "SUM([target_5xx, elb_5xx])"
      total   = "MAX([requests, errors])"
      watched = "IF(total >= 500, 100 * errors / total / 0.05, 0)"
    }])
    error_message = "Availability burns by the balancer's own errors, too, also where it had no target to count a request for."
  }

  assert {
    condition = { for query in aws_cloudwatch_metric_alarm.this["current_fast_burn"].metric_query : query.id => query.expression if query.expression != null } == {
      failed  = "SUM([status500, status503])"
      all     = "SUM([status200, status304, status404, status405, status422, status500, status503])"
      watched = "IF(failed >= 10, 100 * failed / all / 0.01, 0)"
    }
    error_message = "`current` burns by its own budget, and by ten failures at least."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this :
      length([for query in alarm.metric_query : query if length(query.metric) > 0]) <= 10
    ])
    error_message = "CloudWatch allows ten metrics per alarm at most."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alltrue([for query in alarm.metric_query :
      alltrue([for metric in query.metric : metric.period * alarm.evaluation_periods <= 86400])
    ])])
    error_message = "No alarm looks back further than a day, CloudWatch's limit."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.datapoints_to_alarm <= alarm.evaluation_periods])
    error_message = "No alarm needs more datapoints than it evaluates."
  }

  # Burn rates.

  assert {
    condition = { for key in ["availability_fast_burn", "availability_slow_burn", "latency_fast_burn", "latency_slow_burn"] : key => [
      aws_cloudwatch_metric_alarm.this[key].threshold,
      one(distinct(flatten([for query in aws_cloudwatch_metric_alarm.this[key].metric_query : query.metric[*].period]))),
      ] } == {
      availability_fast_burn = [14.4, 3600], availability_slow_burn = [3, 86400]
      latency_fast_burn      = [6, 3600], latency_slow_burn = [3, 86400]
    }
    error_message = "The fast alarms evaluate an hour, the slow ones a day, with the burn rates of objectives.tf."
  }

  assert {
    condition = toset(flatten([for query in aws_cloudwatch_metric_alarm.this["availability_fast_burn"].metric_query : query.metric[*].metric_name])) == toset([
      "RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count",
    ])
    error_message = "Availability counts the balancer's own errors as well as those of rates-api."
  }

  assert {
    condition     = contains(flatten([for query in aws_cloudwatch_metric_alarm.this["latency_slow_burn"].metric_query : query.metric[*].stat]), "PR(:0.2)")
    error_message = "Latency is the share of requests up to 200 ms."
  }

  assert {
    condition     = alltrue([for slo, budget in local.budgets : abs(100 - local.objectives[slo] - budget) < 0.000001])
    error_message = "Each budget is 100 % minus its objective."
  }

  assert {
    condition = local.objectives.availability == 99.95 && local.objectives.current == 99.99 && local.objectives.latency == 95 && (
      local.objectives.freshness == 99 && local.fast_seconds == 0.2
    )
    error_message = "The objectives are those of the requirements."
  }

  assert {
    condition = !anytrue(flatten([for alarm in aws_cloudwatch_metric_alarm.this : [for query in alarm.metric_query :
      can(regex("\\.[0-9]{4}", query.expression)) if query.expression != null
    ]]))
    error_message = "No number in an expression has floating-point noise."
  }

  assert {
    condition = toset(output.burn_alarm_arns) == toset([
      output.alarm_arns["availability_fast_burn"], output.alarm_arns["latency_fast_burn"],
    ])
    error_message = "Both fast-burn alarms can stop a drill."
  }

  assert {
    condition = aws_cloudwatch_metric_alarm.this["latency_p95"].threshold == 200 && aws_cloudwatch_metric_alarm.this["latency_p95"].evaluation_periods == 1 && (
      one([for query in aws_cloudwatch_metric_alarm.this["latency_p95"].metric_query : query.expression if query.return_data]) == "IF(requests >= 500, 1000 * p95, 0)"
      && alltrue([for query in aws_cloudwatch_metric_alarm.this["latency_p95"].metric_query : alltrue([for metric in query.metric : metric.period == 300])])
    )
    error_message = "High latency is a p95 above 200 ms over five minutes, of enough requests to tell."
  }

  # Limits.

  assert {
    condition     = local.most_connections == 2000 && strcontains(local.resource_alarms.aurora_connections.expression, "/ 2000")
    error_message = "With 16 ACUs the database allows 2,000 connections."
  }

  assert {
    condition     = strcontains(local.resource_alarms.aurora_acu_at_maximum.expression, "/ 16")
    error_message = "The capacity is compared with the configured maximum."
  }

  assert {
    condition     = length(local.resource_alarms.redis_memory.metrics) == 2 && length(local.resource_alarms.redis_failover.metrics) == 2
    error_message = "Each Redis node is monitored."
  }

  assert {
    condition     = strcontains(local.stale, "no_redis < 1") && contains(keys(local.freshness_metrics), "next_poll")
    error_message = "Without Redis the answer's age counts only inside the window."
  }

  # Dashboards.

  assert {
    condition     = toset(keys(aws_cloudwatch_dashboard.this)) == toset(["executive", "operational", "sre"])
    error_message = "There are exactly three dashboards."
  }

  assert {
    condition = toset(flatten([for dashboard in aws_cloudwatch_dashboard.this : [for widget in jsondecode(dashboard.dashboard_body).widgets :
      widget.properties.alarms if widget.type == "alarm"
    ]])) == toset(values(output.alarm_arns))
    error_message = "Every alarm is shown on a dashboard."
  }

  assert {
    condition = alltrue(flatten([for audience, dashboard in local.dashboards : [
      length(dashboard.graphs) == length([for widget in jsondecode(aws_cloudwatch_dashboard.this[audience].dashboard_body).widgets : widget if widget.type == "metric"]),
      length(distinct(dashboard.graphs)) == length(dashboard.graphs),
    ]]))
    error_message = "Every graph of a dashboard is shown once."
  }

  assert {
    condition     = toset(keys(local.graphs)) == toset(flatten([for dashboard in local.dashboards : dashboard.graphs]))
    error_message = "Every graph is shown on a dashboard."
  }

  assert {
    condition = alltrue([for title, graph in local.graphs :
      length(setsubtract(keys(graph.lines), concat(keys(graph.metrics), keys(graph.expressions)))) == 0
    ])
    error_message = "Every line of a graph is one of its metrics or expressions."
  }

  assert {
    condition = alltrue([for band in ["normal work", "frozen", "emergency fixes only"] :
      strcontains(aws_cloudwatch_dashboard.this["sre"].dashboard_body, band)
    ])
    error_message = "The SRE dashboard shows the error budget's policy."
  }

  assert {
    condition = alltrue([for slo in ["Availability", "Latency", "Freshness"] :
      local.widgets["${slo} budget left, 30 days"].properties.start == "-P30D" &&
      local.widgets["${slo} budget left, 30 days"].properties.view == "gauge" &&
      length(local.widgets["${slo} budget left, 30 days"].properties.annotations.horizontal) == 3
    ])
    error_message = "Each budget's remainder over 30 days is a gauge with the policy's three bands."
  }

  assert {
    condition = alltrue(flatten([for widget in local.widgets : [for row in widget.properties.metrics :
      contains(["AWS/CloudFront", "AWS/WAFV2"], row[0]) == (lookup(row[length(row) - 1], "region", "") == "us-east-1") if length(row) > 1
    ]]))
    error_message = "The edge's metrics, and no others, are read in us-east-1."
  }

  assert {
    condition = alltrue([for dashboard in aws_cloudwatch_dashboard.this : alltrue([for widget in jsondecode(dashboard.dashboard_body).widgets :
      widget.x + widget.width <= 24
    ])])
    error_message = "A dashboard is 24 columns wide."
  }
}

run "staging" {
  command = plan

  variables {
    name        = "rates-staging"
    environment = "staging"
    max_acu     = 4
  }

  assert {
    condition     = local.most_connections == 135
    error_message = "A smaller database allows fewer connections."
  }

  assert {
    condition = alltrue(flatten([for alarm in aws_cloudwatch_metric_alarm.this : [for query in alarm.metric_query : [for metric in query.metric :
      metric.dimensions["environment"] == "staging" if metric.namespace == "Rates"
    ]]]))
    error_message = "Every metric of the services has the environment's dimension."
  }
}

# Every one of these must be rejected.
run "inputs_that_can_not_work" {
  command = plan

  variables {
    environment              = "test"
    runbook_base_url         = "https://example.org/runbooks/"
    cache_member_cluster_ids = ["a", "b", "c", "d", "e", "f", "g"]
  }

  expect_failures = [var.environment, var.runbook_base_url, var.cache_member_cluster_ids]
}
