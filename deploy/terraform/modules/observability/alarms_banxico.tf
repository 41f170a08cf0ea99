# What rates-sync reports about Banxico. Both instances export each gauge, but only the leader's has a
# current value: the maximum counts.
#
# Missing data: `ignore` where a gauge holds a state. If rates-sync falls silent, `no_leader` tells;
# an alarm here must then neither fire as a second page for one cause nor say that all is well.

locals {
  # Outcomes of cycles that got no usable answer from Banxico. Not `breaker_open` (no request was sent),
  # `quota_exhausted` (our own budget, with its own alarm) or `store_unavailable` (our own database).
  failures = [
    "timeout", "connection", "server_error", "html", "malformed", "redirect", "refused", "rate_limited", "bad_token",
  ]

  banxico_alarms = {
    breaker_open = {
      says       = "The circuit breaker is open: cached rates are served with a warning."
      runbook    = "banxico-failure.md"
      label      = "breaker open"
      expression = "IF(open > 0, 1, 0)"
      limit      = 1
      metrics = {
        open = { namespace = var.metric_namespace, name = "rates_sync_breaker_state", dimensions = merge(local.sync, { state = "open" }), stat = "Maximum" }
      }
      period    = 60
      of        = 1 # it stays open for at least 60 s, and every opening counts
      breaching = 1
      missing   = "ignore"
    }

    banxico_failures = {
      says       = "Three polls of Banxico failed within 15 minutes."
      runbook    = "banxico-failure.md"
      label      = "failed cycles"
      expression = "SUM([${join(", ", local.failures)}])"
      limit      = 3
      metrics = { for outcome in local.failures : outcome => {
        namespace = var.metric_namespace, name = "rates_sync_polls_total", dimensions = merge(local.sync, { outcome = outcome }), stat = "Sum"
      } }
      period    = 900
      of        = 1
      breaching = 1
      missing   = "notBreaching" # the counter did not rise: no polls
    }

    quota = {
      says       = "80 % of the daily quota of requests to Banxico is spent."
      runbook    = "quota.md"
      label      = "quota used in percent"
      expression = "100 * used / allowed"
      limit      = 80
      metrics = {
        used    = { namespace = var.metric_namespace, name = "rates_sync_quota_used", dimensions = local.sync, stat = "Maximum" }
        allowed = { namespace = var.metric_namespace, name = "rates_sync_quota_limit", dimensions = local.sync, stat = "Maximum" }
      }
      period    = 300
      of        = 1
      breaching = 1
      missing   = "ignore"
    }

    late_fix = {
      says       = "A FIX is overdue: it was due at 13:00 in Mexico City."
      runbook    = "late-fix.md"
      label      = "FIX is late"
      expression = "IF(late > 0, 1, 0)"
      limit      = 1
      metrics = {
        late = { namespace = var.metric_namespace, name = "rates_sync_fix_late", dimensions = local.sync, stat = "Maximum" }
      }
      period    = 300
      of        = 3 # 1.3 % of the FIXes arrive after 13:00, most within minutes
      breaching = 3
      missing   = "ignore"
    }
  }
}
