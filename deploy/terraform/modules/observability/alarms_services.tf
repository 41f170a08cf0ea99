# Beyond the fifteen of the requirements: what would otherwise reach nobody.
#
# Metric math takes a missing value for 0 beside one that is there, and `0 > 300 AND …` is 0: an expression over a gauge
# of rates-sync stays quiet when rates-sync is gone. So who leads is asked of the gauge itself, without an expression.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (comparison and logical operators)

locals {
  service_alarms = {
    no_leader = {
      says       = "No instance of rates-sync leads, or none says so: nobody asks Banxico."
      runbook    = "no-leader.md"
      label      = "an instance leads"
      comparison = "LessThanThreshold"
      limit      = 1
      metrics = {
        watched = { namespace = var.metric_namespace, name = "rates_sync_leader", dimensions = local.sync, stat = "Maximum" }
      }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "breaching" # an instance that runs reports 0 or 1
    }

    # The cause, not the objective: what starts the automation at once, where the burns would wait for 30 % in an hour.
    latency_p95 = {
      says       = "p95 was above ${local.fast_seconds * 1000} ms over five minutes."
      runbook    = "high-latency.md"
      label      = "p95 in milliseconds"
      comparison = "GreaterThanThreshold"
      expression = "IF(requests >= ${var.least_requests}, 1000 * p95, 0)"
      limit      = 200
      metrics = {
        requests = local.request_metrics.requests
        p95      = merge(local.latency_metrics.fast, { stat = "p95" })
      }
      period    = 300
      of        = 1
      breaching = 1
      missing   = "notBreaching" # without requests nothing is slow
    }

    database_unreachable = {
      says       = "A worker of rates-api could not read the database for five minutes; it serves from memory."
      runbook    = "database-lost.md"
      label      = "the database answered"
      comparison = "LessThanThreshold"
      limit      = 1
      metrics = {
        watched = { namespace = var.metric_namespace, name = "rates_api_database_up", dimensions = local.api, stat = "Minimum" }
      }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "ignore" # absent until first asked; that rates-api is gone, unhealthy_hosts tells
    }

    store_failures = {
      says       = "The database refused rates-sync three times in five minutes."
      runbook    = "database-lost.md"
      label      = "refused by the database"
      expression = "SUM([${join(", ", local.store_tasks)}])"
      limit      = 3
      metrics = { for task in local.store_tasks : task => {
        namespace = var.metric_namespace, name = "rates_sync_store_failures_total", dimensions = merge(local.sync, { task = task }), stat = "Sum"
      } }
      period    = 300
      of        = 1
      breaching = 1
      missing   = "notBreaching" # a counter that nobody raises
    }

    notices_refused = {
      says       = "SNS or CloudFront refused three alerts or purges in a quarter of an hour; they are tried again."
      runbook    = "alerts-and-purges.md"
      label      = "refused alerts and purges"
      expression = "SUM([${join(", ", local.notices)}])"
      limit      = 3
      metrics = { for notice in local.notices : notice => {
        namespace = var.metric_namespace, name = "rates_sync_notices_total", dimensions = merge(local.sync, { notice = notice, outcome = "failed" }), stat = "Sum"
      } }
      period    = 900
      of        = 1
      breaching = 1
      missing   = "notBreaching"
    }

    redis_unverified = {
      says       = "Redis carried what rates-sync has not signed: rates-sync has lost its key, or somebody else writes to Redis. No answer uses it."
      runbook    = "foreign-stream.md"
      label      = "unsigned events and documents"
      expression = "SUM([${join(", ", local.carriers)}])"
      limit      = 1
      metrics = { for carrier in local.carriers : carrier => {
        namespace = var.metric_namespace, name = "rates_api_unverified_total", dimensions = merge(local.api, { carrier = carrier }), stat = "Sum"
      } }
      period    = 300
      of        = 1
      breaching = 1
      missing   = "notBreaching"
    }

    # A task is done once a day: two and a half days are two nights without it. 0 says that nobody leads, or only just.
    nights_missed = {
      says       = "A nightly task of rates-sync has not been finished for two nights; it is tried again every hour."
      runbook    = "nightly-work.md"
      label      = "seconds since the night that was finished last"
      steps      = { night = "MIN([${join(", ", local.nightly_tasks)}])" }
      expression = "IF(night > 0, EPOCH(night) - night, 0)"
      limit      = 216000
      metrics = { for task in local.nightly_tasks : task => {
        namespace = var.metric_namespace, name = "rates_sync_night_timestamp_seconds", dimensions = merge(local.sync, { task = task }), stat = "Maximum"
      } }
      period    = 300
      of        = 3
      breaching = 3
      missing   = "ignore"
    }

    # Its budget is 0.01 %: one failure would page below some 700 requests an hour, so that there must be ten.
    current_fast_burn = {
      says    = "Errors of `current` spend its budget (99.99 %) 14.4 times as fast as it lasts for 30 days (1 h)."
      runbook = "availability.md"
      label   = "burn rate of current"
      metrics = local.current_metrics
      steps = {
        failed = "SUM([${join(", ", [for status in local.failed_statuses : "status${status}"])}])"
        all    = "SUM([${join(", ", keys(local.current_metrics))}])"
      }
      expression = "IF(failed >= 10, 100 * failed / all / ${local.budgets.current}, 0)"
      limit      = local.windows.fast.availability
      period     = local.windows.fast.seconds
      of         = 1
      breaching  = 1
      missing    = "notBreaching"
    }
  }

  store_tasks   = ["lease", "poll", "breaker", "nightly"]
  nightly_tasks = ["calendar", "slice", "receipts", "pruning", "outbox"]
  notices       = ["alert", "purge", "second_purge"]
  carriers      = ["event", "document"]
}
