# How fast is the error budget burning, how much is left, and what is burning it?

locals {
  sre = {
    texts = ["# Error budget\n${join("\n", [
      "",
      "| used | left | policy |",
      "|---|---|---|",
      "| 0-50 % | 50-100 % | normal work |",
      "| 50-75 % | 25-50 % | changes that can wait are frozen |",
      "| 75-100 % | 0-25 % | emergency fixes only; no drills |",
      "",
      "Database: cluster ${var.database_cluster_id}. Redis: replication group ${var.cache_replication_group_id}.",
    ])}"]
    graphs = [
      "Availability budget left, 30 days", "Latency budget left, 30 days", "Freshness budget left, 30 days",
      "Availability burn rate, 5 min", "Availability burn rate, 1 h", "Latency burn rate, 1 h",
      "Latency at the balancer", "Answers by status", "Answers found rendered",
      "Snapshots loaded whole", "Alerts and purges refused", "What the database did not do",
      "Database capacity", "Database connections", "Replica lag",
      "Redis memory", "Redis CPU", "Redis roles",
      "Record and workers", "Age of the last good answer", "Set aside",
      "Attempts to ask Banxico", "Changes of the breaker",
    ]
  }

  # The policy's bands, by remaining budget.
  policy = [
    { label = "normal", value = 50, fill = "above", color = "#2ca02c" },
    [{ label = "freeze", value = 50, color = "#ff7f0e" }, { value = 25 }],
    { label = "emergency fixes only", value = 25, fill = "below", color = "#d62728" },
  ]
  budget_gauge = { view = "gauge", month = true, axis = { min = 0, max = 100 }, limits = local.policy }

  burn_graphs = { for title, seconds in { "Availability burn rate, 5 min" = 300, "Availability burn rate, 1 h" = 3600 } : title => {
    period      = seconds
    metrics     = local.request_metrics
    expressions = merge(local.request_steps, { burn = "100 * FILL(errors, 0) / total / ${local.budgets.availability}" })
    lines       = { burn = "times the sustainable rate" }
    limits      = [for speed, window in local.windows : { label = speed, value = window.availability }]
  } }

  sre_graphs = merge(local.burn_graphs, {
    "Availability budget left, 30 days" = merge(local.budget_gauge, {
      whole       = true
      metrics     = local.request_metrics
      expressions = merge(local.request_steps, { left = "100 * (1 - 100 * FILL(errors, 0) / total / ${local.budgets.availability})" })
      lines       = { left = "percent" }
    })
    "Latency budget left, 30 days" = merge(local.budget_gauge, {
      whole       = true
      metrics     = { fast = local.latency_metrics.fast }
      expressions = { left = "100 * (1 - (100 - fast) / ${local.budgets.latency})" }
      lines       = { left = "percent" }
    })
    "Freshness budget left, 30 days" = merge(local.budget_gauge, {
      period      = 300
      metrics     = local.freshness_metrics
      expressions = merge(local.stale_steps, { stale = local.stale, left = "TIME_SERIES(100 * (1 - 100 * AVG(stale) / ${local.budgets.freshness}))" })
      lines       = { left = "percent" }
    })
    "Latency burn rate, 1 h" = {
      period      = 3600
      metrics     = { fast = local.latency_metrics.fast }
      expressions = { burn = "(100 - fast) / ${local.budgets.latency}" }
      lines       = { burn = "times the sustainable rate" }
      limits      = [for speed, window in local.windows : { label = speed, value = window.latency }]
    }
    "Latency at the balancer" = {
      metrics     = { for stat in ["p50", "p95", "p99"] : stat => merge(local.latency_metrics.fast, { stat = stat }) }
      expressions = {}
      lines       = { p50 = "p50", p95 = "p95", p99 = "p99" }
      limits      = [{ label = "objective of the p95", value = local.fast_seconds }]
    }
    "Answers by status" = {
      metrics     = {}
      expressions = { all = "SEARCH('{${var.metric_namespace},environment,route,service,status} MetricName=\"rates_api_requests_total\" environment=\"${var.environment}\"', 'Sum', 60)" }
      lines       = { all = "$${PROP('Dim.route')} $${PROP('Dim.status')}" }
    }
    "Answers found rendered" = {
      period      = 300
      metrics     = local.rendered_metrics
      expressions = { ratio = "100 * hits / (hits + misses)" }
      lines       = { ratio = "percent" }
      limits      = [{ label = "alarm", value = 80 }]
      axis        = { min = 0, max = 100 }
    }
    "Snapshots loaded whole" = {
      metrics = { for source in ["documents", "database", "database_primary"] : source => {
        namespace = var.metric_namespace, name = "rates_api_reloads_total", dimensions = merge(local.api, { source = source }), stat = "Sum"
      } }
      expressions = {}
      lines       = { documents = "Redis' documents", database = "a reader", database_primary = "the writer" }
    }
    "Alerts and purges refused" = {
      metrics = { for notice in local.notices : notice => {
        namespace = var.metric_namespace, name = "rates_sync_notices_total", dimensions = merge(local.sync, { notice = notice, outcome = "failed" }), stat = "Sum"
      } }
      expressions = {}
      lines       = { alert = "alerts", purge = "purges", second_purge = "second purges" }
    }
    "What the database did not do" = {
      metrics = { for task in local.store_tasks : task => {
        namespace = var.metric_namespace, name = "rates_sync_store_failures_total", dimensions = merge(local.sync, { task = task }), stat = "Sum"
      } }
      expressions = {}
      lines       = { lease = "lease", poll = "poll", breaker = "breaker", nightly = "nightly" }
    }
    "Database capacity" = {
      metrics = {
        greatest = local.resource_alarms.aurora_acu_at_maximum.metrics.capacity
        least    = merge(local.resource_alarms.aurora_acu_at_maximum.metrics.capacity, { stat = "Minimum" })
      }
      expressions = {}
      lines       = { greatest = "ACUs of the greatest instance", least = "ACUs of the least" }
      limits      = [{ label = "greatest", value = var.max_acu }]
    }
    "Database connections" = {
      metrics     = local.resource_alarms.aurora_connections.metrics
      expressions = {}
      lines       = { connections = "of the instance that has most" }
      limits      = [{ label = "alarm", value = local.most_connections * 0.8 }]
    }
    "Replica lag" = {
      metrics     = { lag = { namespace = "AWS/RDS", name = "AuroraReplicaLagMaximum", dimensions = local.cluster, stat = "Maximum" } }
      expressions = {}
      lines       = { lag = "milliseconds" }
    }
    "Redis memory" = {
      metrics     = local.resource_alarms.redis_memory.metrics
      expressions = {}
      lines       = { for node, dimensions in local.nodes : node => "percent, ${dimensions.CacheClusterId}" }
      limits      = [{ label = "alarm", value = 70 }]
    }
    "Redis CPU" = {
      metrics = { for node, dimensions in local.nodes : node => {
        namespace = "AWS/ElastiCache", name = "EngineCPUUtilization", dimensions = dimensions, stat = "Maximum"
      } }
      expressions = {}
      lines       = { for node, dimensions in local.nodes : node => "percent, ${dimensions.CacheClusterId}" }
    }
    "Redis roles" = {
      metrics     = local.resource_alarms.redis_failover.metrics
      expressions = {}
      lines       = { for node, dimensions in local.nodes : node => "primary, ${dimensions.CacheClusterId}" }
    }
    "Record and workers" = {
      metrics = {
        least    = { namespace = var.metric_namespace, name = "rates_api_snapshot_position", dimensions = local.api, stat = "Minimum" }
        greatest = { namespace = var.metric_namespace, name = "rates_api_snapshot_position", dimensions = local.api, stat = "Maximum" }
      }
      expressions = { behind = "greatest - least" }
      lines       = { behind = "events that the last instance lacks of the first" }
    }
    "Age of the last good answer" = {
      metrics     = { verified = local.freshness_metrics.verified }
      expressions = { age = local.stale_steps.age }
      lines       = { age = "seconds; nights and weekends are long" }
    }
    "Set aside" = {
      metrics = { for reason in ["rejected", "suspicious"] : reason => {
        namespace = var.metric_namespace, name = "rates_sync_quarantined_total", dimensions = merge(local.sync, { reason = reason }), stat = "Sum"
      } }
      expressions = {}
      lines       = { rejected = "rejected", suspicious = "suspicious" }
    }
    "Attempts to ask Banxico" = {
      metrics = { for outcome in concat(["success"], local.failures) : outcome => {
        namespace = var.metric_namespace, name = "rates_sync_requests_total", dimensions = merge(local.sync, { outcome = outcome }), stat = "Sum"
      } }
      expressions = {}
      lines       = { for outcome in concat(["success"], local.failures) : outcome => replace(outcome, "_", " ") }
    }
    "Changes of the breaker" = {
      metrics = { for state in ["closed", "half_open", "open"] : state => {
        namespace = var.metric_namespace, name = "rates_sync_breaker_changes_total", dimensions = merge(local.sync, { to = state }), stat = "Sum"
      } }
      expressions = {}
      lines       = { closed = "closed", half_open = "half open", open = "open" }
    }
  })
}
