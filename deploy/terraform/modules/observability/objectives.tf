# The service level objectives, over 30 days, and their indicators as metric math.
#
# What counts, and why at the load balancer:
# - Availability: the share of requests at the origin that got a status below 500. A 503 of the levels
#   `limited` and `critical` is a failure: the client got no rate, whatever the cause. Answers from the
#   edge's cache don't reach the origin and are not counted: all of them succeed, so clients see a better
#   figure than this one. Requests that the WAF rejects (429) never reach the origin either.
# - The balancer's own 5xx are added, and the total is at least the errors: RequestCount omits requests
#   for which there was no target at all.
# - Latency: the share of the same requests answered within 200 ms, from when the request leaves the
#   balancer to the first byte: this includes the queue in front of a busy worker, which a service's own
#   histogram does not.
# - Freshness: minutes in which a worker reported that its rate was not verified in time. See `stale`.

locals {
  objectives = {
    availability = 99.95 # percent of requests
    current      = 99.99 # the same for GET /api/v1/rates/current
    latency      = 95    # percent of requests within `fast_seconds`
    freshness    = 99    # percent of minutes
  }
  fast_seconds = 0.2

  # The share that may fail, in percent. Literals, because 100 - 99.95 is not exactly 0.05, and all of its
  # 130 digits would appear in the expressions.
  budgets = {
    availability = 0.05
    current      = 0.01
    latency      = 5
    freshness    = 1
  }

  # CloudWatch's metric math has one period per alarm, so "the last hour and the last five minutes"
  # would take three alarms each (two and a composite). One sliding window each is enough: it fires as
  # early as the pair would, because the long window decides when a pair fires. The short window would
  # only clear the alarm as soon as errors stop; here an alarm stays on for up to its window, and the
  # five-minute burn rate on the SRE dashboard shows whether the budget is still burning.
  #
  # Fast: 14.4 for an hour spends 2 % of the month's budget; 26 s of a full outage are enough.
  # Slow: 3 for a day spends 10 %, and no burn rate of 3 or more can spend more than that unnoticed. (6
  # for six hours would fire at 5 % but miss a rate of 5, at which the month's budget lasts six days.)
  # Latency's budget is 5 % of the requests: the burn rate can't exceed 20, and 14.4 would mean 72 % slow
  # requests. So its fast alarm fires at 6: 30 % in an hour, 0.8 % of the budget.
  windows = {
    fast = { seconds = 3600, availability = 14.4, latency = 6 }
    slow = { seconds = 86400, availability = 3, latency = 3 }
  }

  request_metrics = {
    requests   = { namespace = "AWS/ApplicationELB", name = "RequestCount", dimensions = local.load_balancer, stat = "Sum" }
    target_5xx = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", dimensions = local.load_balancer, stat = "Sum" }
    elb_5xx    = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", dimensions = local.load_balancer, stat = "Sum" }
  }
  # CloudWatch reports no zero counts. SUM and MAX of a list use the values that exist, whereas + with a
  # missing operand has no value. Without errors there is no burn rate, which counts as no burn.
  request_steps = {
    errors = "SUM([target_5xx, elb_5xx])"
    total  = "MAX([requests, errors])"
  }

  # PR(:0.2): the percentage of values up to 0.2.
  latency_metrics = {
    requests = local.request_metrics.requests
    fast     = { namespace = "AWS/ApplicationELB", name = "TargetResponseTime", dimensions = local.load_balancer, stat = "PR(:${local.fast_seconds})" }
  }

  freshness_metrics = {
    verified  = { namespace = var.metric_namespace, name = "rates_sync_verified_timestamp_seconds", dimensions = local.sync, stat = "Maximum" }
    next_poll = { namespace = var.metric_namespace, name = "rates_sync_next_cycle_timestamp_seconds", dimensions = local.sync, stat = "Maximum" }
    degraded  = { namespace = var.metric_namespace, name = "rates_api_level", dimensions = merge(local.api, { level = "degraded" }), stat = "Maximum" }
    limited   = { namespace = var.metric_namespace, name = "rates_api_level", dimensions = merge(local.api, { level = "limited" }), stat = "Maximum" }
    no_redis  = { namespace = var.metric_namespace, name = "rates_api_feed", dimensions = merge(local.api, { feed = "database" }), stat = "Maximum" }
  }
  # Whether a rate is stale depends on the bank calendar, which CloudWatch lacks. rates-sync has it, and
  # workers report `degraded` or worse once `fresh_until` has passed. So: stale means that the last good
  # answer is older than five minutes and a worker is not healthy. On nights and weekends that closed
  # verified the workers are healthy, however old the answer is. If they are not healthy because Redis is
  # down, the next poll shows whether the window is open: inside it is at most four minutes away.
  # A datapoint has the time at which its period starts; what counts is the answer's age at its end.
  stale_steps = {
    age     = "EPOCH(verified) + PERIOD(verified) - verified"
    waiting = "next_poll - EPOCH(next_poll) - PERIOD(next_poll)"
  }
  stale = "IF(age > 300 AND (degraded > 0 OR limited > 0) AND (no_redis < 1 OR waiting <= 240), 1, 0)"
}
