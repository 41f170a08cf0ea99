# Do we meet the objectives? Each over 30 days, plus the current traffic.

locals {
  executive = {
    texts = ["# Objectives over 30 days\n${join("\n", [
      "",
      "| objective | target |",
      "|---|---|",
      "| availability | ${local.objectives.availability} % of the requests; `current` ${local.objectives.current} % |",
      "| latency | ${local.objectives.latency} % of the requests within ${local.fast_seconds * 1000} ms |",
      "| freshness | ${local.objectives.freshness} % of the minutes |",
    ])}"]
    graphs = [
      "Availability, 30 days", "Availability of current, 30 days", "Within 200 ms, 30 days",
      "Fresh, 30 days", "Requests at the edge", "Answered by the edge",
      "p95 latency",
    ]
  }

  edge_metrics = {
    viewers = { namespace = "AWS/CloudFront", name = "Requests", dimensions = local.edge, stat = "Sum" }
  }

  # The statuses of rates-api's answers for `current`. A series exists once its status has occurred.
  good_statuses   = ["200", "304", "404", "405", "422"]
  failed_statuses = ["500", "503"]
  current_metrics = { for status in concat(local.good_statuses, local.failed_statuses) : "status${status}" => {
    namespace  = var.metric_namespace
    name       = "rates_api_requests_total"
    dimensions = merge(local.api, { route = "/api/v1/rates/current", status = status })
    stat       = "Sum"
  } }

  executive_graphs = {
    "Availability, 30 days" = {
      view        = "singleValue", month = true, whole = true
      metrics     = local.request_metrics
      expressions = merge(local.request_steps, { available = "100 * (1 - FILL(errors, 0) / total)" })
      lines       = { available = "percent" }
    }
    "Availability of current, 30 days" = {
      view    = "singleValue", month = true, whole = true
      metrics = local.current_metrics
      expressions = {
        good      = "SUM([${join(", ", [for status in local.good_statuses : "status${status}"])}])"
        all       = "SUM([${join(", ", keys(local.current_metrics))}])"
        available = "100 * good / all"
      }
      lines = { available = "percent" }
    }
    "Within 200 ms, 30 days" = {
      view        = "singleValue", month = true, whole = true
      metrics     = { fast = local.latency_metrics.fast }
      expressions = {}
      lines       = { fast = "percent" }
    }
    "Fresh, 30 days" = {
      view        = "singleValue", month = true, period = 300
      metrics     = local.freshness_metrics
      expressions = merge(local.stale_steps, { stale = local.stale, fresh = "TIME_SERIES(100 * (1 - AVG(stale)))" })
      lines       = { fresh = "percent" }
    }
    "Requests at the edge" = {
      metrics     = local.edge_metrics
      expressions = { rate = "viewers / PERIOD(viewers)" }
      lines       = { rate = "requests/s" }
    }
    # CloudFront's own CacheHitRate costs extra; the balancer's requests are the cache misses. Requests
    # that the WAF blocked count as answered by the edge, which they were.
    "Answered by the edge" = {
      metrics     = merge(local.edge_metrics, { requests = local.request_metrics.requests })
      expressions = { share = "100 * (1 - FILL(requests, 0) / viewers)" }
      lines       = { share = "percent" }
    }
    "p95 latency" = {
      metrics     = { p95 = merge(local.latency_metrics.fast, { stat = "p95" }) }
      expressions = {}
      lines       = { p95 = "seconds at the balancer" }
      limits      = [{ label = "objective", value = local.fast_seconds }]
    }
  }
}
