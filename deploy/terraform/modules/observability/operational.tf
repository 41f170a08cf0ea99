# Is every part healthy? For the on-call person.

locals {
  operational = {
    texts = ["# Runbooks\n${join(" · ", [for key in sort(keys(local.alarms)) : "[${replace(key, "_", " ")}](${local.runbooks[key]})"])}"]
    graphs = [
      "Level", "What feeds the workers", "Dependencies of rates-api",
      "Breaker", "Cycles", "Requests to Banxico today",
      "Leader", "Events that the stream lacks", "Instances behind the balancer",
      "CPU of the groups", "Answers of the balancer", "Blocked at the edge",
    ]
  }

  operational_graphs = {
    "Level" = {
      metrics = { for level in ["healthy", "degraded", "limited", "critical"] : level => {
        namespace = var.metric_namespace, name = "rates_api_level", dimensions = merge(local.api, { level = level }), stat = "Maximum"
      } }
      expressions = {}
      lines       = { healthy = "healthy", degraded = "degraded", limited = "limited", critical = "critical" }
    }
    "What feeds the workers" = {
      metrics = { for feed in ["redis", "database"] : feed => {
        namespace = var.metric_namespace, name = "rates_api_feed", dimensions = merge(local.api, { feed = feed }), stat = "Maximum"
      } }
      expressions = {}
      lines       = { redis = "Redis", database = "database" }
    }
    "Dependencies of rates-api" = {
      metrics = { for name in ["redis", "database"] : name => {
        namespace = var.metric_namespace, name = "rates_api_${name}_up", dimensions = local.api, stat = "Minimum"
      } }
      expressions = {}
      lines       = { redis = "Redis answers", database = "database answers" }
    }
    "Breaker" = {
      metrics = { for state in ["closed", "half_open", "open"] : state => {
        namespace = var.metric_namespace, name = "rates_sync_breaker_state", dimensions = merge(local.sync, { state = state }), stat = "Maximum"
      } }
      expressions = {}
      lines       = { closed = "closed", half_open = "half open", open = "open" }
    }
    "Cycles" = {
      period = 300
      metrics = merge(local.banxico_alarms.banxico_failures.metrics, { for outcome in ["success", "store_unavailable"] : outcome => {
        namespace = var.metric_namespace, name = "rates_sync_polls_total", dimensions = merge(local.sync, { outcome = outcome }), stat = "Sum"
      } })
      expressions = { failed = local.banxico_alarms.banxico_failures.expression }
      lines       = { success = "success", failed = "failed at Banxico", store_unavailable = "failed at the database" }
    }
    "Requests to Banxico today" = {
      metrics     = local.banxico_alarms.quota.metrics
      expressions = {}
      lines       = { used = "spent", allowed = "allowed" }
    }
    "Leader" = {
      metrics     = { leader = { namespace = var.metric_namespace, name = "rates_sync_leader", dimensions = local.sync, stat = "Maximum" } }
      expressions = {}
      lines       = { leader = "an instance leads" }
    }
    "Events that the stream lacks" = {
      metrics     = { lag = { namespace = var.metric_namespace, name = "rates_sync_relay_lag_events", dimensions = local.sync, stat = "Maximum" } }
      expressions = {}
      lines       = { lag = "events" }
    }
    "Instances behind the balancer" = {
      metrics     = local.resource_alarms.unhealthy_hosts.metrics
      expressions = {}
      lines       = { healthy = "healthy", unhealthy = "unhealthy" }
    }
    "CPU of the groups" = {
      metrics = {
        api  = { namespace = "AWS/EC2", name = "CPUUtilization", dimensions = { AutoScalingGroupName = var.rates_api_group_name }, stat = "Average" }
        sync = { namespace = "AWS/EC2", name = "CPUUtilization", dimensions = { AutoScalingGroupName = var.rates_sync_group_name }, stat = "Average" }
      }
      expressions = {}
      lines       = { api = "rates-api", sync = "rates-sync" }
    }
    "Answers of the balancer" = {
      metrics     = local.request_metrics
      expressions = {}
      lines       = { requests = "requests", target_5xx = "5xx of rates-api", elb_5xx = "5xx of the balancer" }
    }
    "Blocked at the edge" = {
      metrics     = { blocked = { namespace = "AWS/WAFV2", name = "BlockedRequests", dimensions = { WebACL = var.web_acl_name, Rule = "ALL" }, stat = "Sum" } }
      expressions = {}
      lines       = { blocked = "requests" }
    }
  }
}
