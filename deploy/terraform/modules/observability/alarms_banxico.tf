# What rates-sync says of Banxico. Two instances export each gauge, the leader the living ones: the
# greatest counts.
#
# Missing data: `ignore` where a gauge holds a state. If rates-sync falls silent, `no_leader` tells;
# an alarm here must then neither fire as a second page for one cause nor say that all is well.

locals {
  # Outcomes of a cycle in which Banxico was asked and gave nothing that could be used. Not
  # `breaker_open` (nobody was asked), not `quota_exhausted` (our own budget, an alarm of its own),
  # not `store_unavailable` (our own database).
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
      of        = 1 # open for 60 s at least, and every opening counts
      breaching = 1
      missing   = "ignore"
    }

    banxico_failures = {
      says       = "Banxico was asked three times in 15 minutes and gave nothing that could be used."
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
      missing   = "notBreaching" # a counter that nobody raises: nobody asked
    }

    quota = {
      says       = "80 % of the day's requests to Banxico are spent."
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
      says       = "A FIX was due at 13:00 in Mexico City and the newest is older."
      runbook    = "late-fix.md"
      label      = "FIX is late"
      expression = "IF(late > 0, 1, 0)"
      limit      = 1
      metrics = {
        late = { namespace = var.metric_namespace, name = "rates_sync_fix_late", dimensions = local.sync, stat = "Maximum" }
      }
      period    = 300
      of        = 3 # 1.3 % of the FIXes come after 13:00, most of them within minutes
      breaching = 3
      missing   = "ignore"
    }
  }
}
