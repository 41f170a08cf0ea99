# The service level objectives, over 30 days, and their indicators as metric math.
#
# What counts, and why at the load balancer:
# - Availability: requests that the origin answered with less than 500, of all that reached it. The 503
#   of the levels `limited` and `critical` is a failure: the client got no rate, whoever is to blame.
#   Answers of the edge's cache don't reach the origin and are not counted: they are all good, so that
#   clients see more than the figure here. What the WAF turns away (429) never reaches it either.
# - The balancer's own 5xx are added, and the total is at least the errors: RequestCount leaves out
#   requests for which there was no target at all.
# - Latency: the share of the same requests answered within 200 ms, from the request's leaving the
#   balancer to the first byte: it holds the queue before a busy worker, which a service's own
#   histogram does not.
# - Freshness: minutes in which a worker said that its rate was not verified in time. See `stale`.

locals {
  objectives = {
    availability = 99.95 # percent of requests
    current      = 99.99 # the same of GET /api/v1/rates/current
    latency      = 95    # percent of requests within `fast_seconds`
    freshness    = 99    # percent of minutes
  }
  fast_seconds = 0.2

  # The share that may fail, in percent. Written down, since 100 - 99.95 is not 0.05 to the last digit
  # and each of its 130 digits would stand in the expressions.
  budgets = {
    availability = 0.05
    current      = 0.01
    latency      = 5
    freshness    = 1
  }

  # CloudWatch's metric math has one period an alarm, so that "the last hour and the last five
  # minutes" would take three alarms each (two and a composite). One sliding window each is enough:
  # it tells as early as the pair does, since the long window decides when a pair fires. What the
  # short one adds is an end as soon as errors end; here an alarm stays for up to its window, and
  # the five-minute burn rate on the SRE dashboard says whether it still burns.
  #
  # Fast: 14.4 for an hour spends 2 % of the month's budget; of a full outage 26 s suffice.
  # Slow: 3 for a day spends 10 %, and no burn of 3 or more spends more than that unnoticed. (6 for
  # six hours would tell of 5 % but overlook a 5, with which the month's budget lasts six days.)
  # Latency's budget is 5 % of the requests: no burn exceeds 20, and 14.4 would be 72 % slow requests.
  # So its fast alarm fires at 6: 30 % in an hour, 0.8 % of the budget.
  windows = {
    fast = { seconds = 3600, availability = 14.4, latency = 6 }
    slow = { seconds = 86400, availability = 3, latency = 3 }
  }

  request_metrics = {
    requests   = { namespace = "AWS/ApplicationELB", name = "RequestCount", dimensions = local.load_balancer, stat = "Sum" }
    target_5xx = { namespace = "AWS/ApplicationELB", name = "HTTPCode_Target_5XX_Count", dimensions = local.load_balancer, stat = "Sum" }
    elb_5xx    = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", dimensions = local.load_balancer, stat = "Sum" }
  }
  # A count of nothing is not reported. Of a list, SUM and MAX take what there is, where a plus with a
  # missing side says nothing at all. Without any error there is no burn rate, which is no burn.
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
  # Whether a rate is stale is the calendar's matter, and CloudWatch has no bank calendar; sync has,
  # and the workers say `degraded` or worse once `fresh_until` has passed. So: the last good answer is
  # older than five minutes, and a worker is not healthy. On a night or weekend that closed verified
  # the workers are healthy, however old the answer. If they are not healthy because Redis is away,
  # the next poll tells the hour: inside the window it is never more than four minutes ahead.
  # A point bears the time at which its period begins; what counts is how old the answer is at its end.
  stale_steps = {
    age     = "EPOCH(verified) + PERIOD(verified) - verified"
    waiting = "next_poll - EPOCH(next_poll) - PERIOD(next_poll)"
  }
  stale = "IF(age > 300 AND (degraded > 0 OR limited > 0) AND (no_redis < 1 OR waiting <= 240), 1, 0)"
}
