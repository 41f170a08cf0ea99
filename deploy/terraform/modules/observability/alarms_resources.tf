# Redis, the response cache, the database and the instances.

locals {
  nodes = { for index, id in var.cache_member_cluster_ids : "node${index}" => { CacheClusterId = id } }

  # Aurora MySQL's default max_connections by maximum capacity, in ACUs:
  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
  connections_by_acu = { "1" = 90, "4" = 135, "8" = 1000, "16" = 2000, "32" = 3000, "64" = 4000, "128" = 5000, "256" = 6000 }
  most_connections   = max([for acu, connections in local.connections_by_acu : connections if tonumber(acu) <= var.max_acu]...)

  resource_alarms = {
    cache_hit_ratio = {
      says       = "The cache hit ratio of rates-api is below 80 %."
      runbook    = "cache-hit-ratio.md"
      label      = "answers rendered anew in percent"
      expression = "IF(hits + misses >= ${var.least_requests}, 100 * misses / (hits + misses), 0)"
      limit      = 20
      metrics    = local.rendered_metrics
      period     = 300
      of         = 3
      breaching  = 3
      missing    = "notBreaching" # no requests, no ratio
    }

    redis_memory = {
      says       = "A Redis node uses 70 % of its memory, or no node reports."
      runbook    = "redis-memory.md"
      label      = "fullest node in percent"
      expression = "MAX([${join(", ", keys(local.nodes))}])"
      # Stream and documents take a few MB of 13 GiB: this much is something else, and it is growing.
      limit = 70
      metrics = { for node, dimensions in local.nodes : node => {
        namespace = "AWS/ElastiCache", name = "DatabaseMemoryUsagePercentage", dimensions = dimensions, stat = "Maximum"
      } }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "breaching" # memory use is always reported: no data means that the group is gone
    }

    redis_failover = {
      says       = "Redis failed over: another node is the primary."
      runbook    = "redis-lost.md"
      label      = "nodes that changed their role"
      steps      = { for node, _ in local.nodes : "${node}_changes" => "ABS(DIFF(${node}))" }
      expression = "SUM([${join(", ", [for node, _ in local.nodes : "${node}_changes"])}])"
      limit      = 1
      metrics = { for node, dimensions in local.nodes : node => {
        namespace = "AWS/ElastiCache", name = "IsMaster", dimensions = dimensions, stat = "Maximum"
      } }
      period    = 60
      of        = 15 # a change is a single datapoint; this keeps the alarm on for 15 minutes
      breaching = 1
      missing   = "notBreaching" # missing nodes are redis_memory's concern
    }

    aurora_acu_at_maximum = {
      says       = "A database instance is at its maximum capacity."
      runbook    = "database-overloaded.md"
      label      = "capacity in percent of the greatest"
      expression = "100 * capacity / ${var.max_acu}"
      limit      = 100
      metrics = {
        capacity = { namespace = "AWS/RDS", name = "ServerlessDatabaseCapacity", dimensions = local.cluster, stat = "Maximum" }
      }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "breaching" # always at least 0.5 ACU: no data means no database
    }

    aurora_connections = {
      says       = "80 % of the database's maximum connections are open."
      runbook    = "database-overloaded.md"
      label      = "connections in percent"
      expression = "100 * connections / ${local.most_connections}"
      limit      = 80
      metrics = {
        connections = { namespace = "AWS/RDS", name = "DatabaseConnections", dimensions = local.cluster, stat = "Maximum" }
      }
      period    = 60
      of        = 5
      breaching = 3
      missing   = "ignore" # the alarm above covers missing data: no second page, and no false OK
    }

    unhealthy_hosts = {
      says       = "An instance of rates-api is unhealthy, or fewer than ${var.least_healthy_hosts} are healthy."
      runbook    = "unhealthy-hosts.md"
      label      = "unhealthy or missing instances"
      expression = "IF(unhealthy > 0 OR healthy < ${var.least_healthy_hosts}, 1, 0)"
      limit      = 1
      metrics = {
        unhealthy = { namespace = "AWS/ApplicationELB", name = "UnHealthyHostCount", dimensions = local.target_group, stat = "Maximum" }
        healthy   = { namespace = "AWS/ApplicationELB", name = "HealthyHostCount", dimensions = local.target_group, stat = "Minimum" }
      }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "breaching" # reported while a target is registered: no data means that there is none
    }
  }

  rendered_metrics = {
    hits   = { namespace = var.metric_namespace, name = "rates_api_rendered_total", dimensions = merge(local.api, { result = "hit" }), stat = "Sum" }
    misses = { namespace = var.metric_namespace, name = "rates_api_rendered_total", dimensions = merge(local.api, { result = "miss" }), stat = "Sum" }
  }
}
