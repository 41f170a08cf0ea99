# Availability and latency, each with a fast and a slow burn, and freshness.
#
# Missing data: a burn rate without requests is no burn (notBreaching); that nothing arrives because
# nothing runs is for `unhealthy_hosts`. Freshness takes the silence of both services for a fault
# (breaching); the silence of rates-sync alone it can't see (alarms_services.tf), which is for `no_leader`.

locals {
  slo_alarms = merge(
    { for speed, window in local.windows : "availability_${speed}_burn" => {
      says       = "Errors burn the 30-day availability budget at ${window.availability} times the sustainable rate (${window.seconds / 3600} h)."
      runbook    = "availability.md"
      label      = "availability burn rate"
      metrics    = local.request_metrics
      steps      = local.request_steps
      expression = "IF(total >= ${var.least_requests}, 100 * errors / total / ${local.budgets.availability}, 0)"
      limit      = window.availability
      period     = window.seconds
      of         = 1
      breaching  = 1
      missing    = "notBreaching"
    } },
    { for speed, window in local.windows : "latency_${speed}_burn" => {
      says       = "${window.latency * local.budgets.latency} % of the requests in ${window.seconds / 3600} h took more than ${local.fast_seconds * 1000} ms."
      runbook    = "high-latency.md"
      label      = "latency burn rate"
      metrics    = local.latency_metrics
      expression = "IF(requests >= ${var.least_requests}, (100 - fast) / ${local.budgets.latency}, 0)"
      limit      = window.latency
      period     = window.seconds
      of         = 1
      breaching  = 1
      missing    = "notBreaching"
    } },
    { freshness = {
      says       = "Rates are stale: Banxico has not confirmed them in time, or no metrics arrive."
      runbook    = "stale-rates.md"
      label      = "stale"
      metrics    = local.freshness_metrics
      steps      = local.stale_steps
      expression = local.stale
      limit      = 1
      period     = 60
      of         = 5
      breaching  = 3
      missing    = "breaching"
    } },
  )
}
