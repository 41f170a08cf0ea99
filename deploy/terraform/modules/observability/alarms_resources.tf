# Caches, database and instances.

locals {
  nodes = { for index, id in var.cache_member_cluster_ids : "node${index}" => { CacheClusterId = id } }

  # Aurora MySQL's default max_connections by the greatest capacity, in ACUs:
  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
  connections_by_acu = { "1" = 90, "4" = 135, "8" = 1000, "16" = 2000, "32" = 3000, "64" = 4000, "128" = 5000, "256" = 6000 }
  most_connections   = max([for acu, connections in local.connections_by_acu : connections if tonumber(acu) <= var.max_acu]...)

  resource_alarms = {
    cache_hit_ratio = {
      says       = "Less than 80 % of the answers were found rendered."
      runbook    = "cache-hit-ratio.md"
      label      = "answers rendered anew in percent"
      expression = "IF(hits + misses >= ${var.least_requests}, 100 * misses / (hits + misses), 0)"
      limit      = 20
      metrics    = local.rendered_metrics
      period     = 300
      of         = 3
      breaching  = 3
      missing    = "notBreaching" # a ratio of no requests
    }

    redis_memory = {
      says       = "A node of Redis has filled 70 % of its memory, or its nodes are silent."
      runbook    = "redis-memory.md"
      label      = "fullest node in percent"
      expression = "MAX([${join(", ", keys(local.nodes))}])"
      # Stream and documents are some MB of 13 GiB: this much is something else, and is growing.
      limit = 70
      metrics = { for node, dimensions in local.nodes : node => {
        namespace = "AWS/ElastiCache", name = "DatabaseMemoryUsagePercentage", dimensions = dimensions, stat = "Maximum"
      } }
      period    = 60
      of        = 5
      breaching = 5
      missing   = "breaching" # memory has always a size: a group that says nothing is gone
    }

    redis_failover = {
      says       = "Another node of Redis has become the primary."
      runbook    = "redis-lost.md"
      label      = "nodes that changed their role"
      steps      = { for node, _ in local.nodes : "${node}_changes" => "ABS(DIFF(${node}))" }
      expression = "SUM([${join(", ", [for node, _ in local.nodes : "${node}_changes"])}])"
      limit      = 1
      metrics = { for node, dimensions in local.nodes : node => {
        namespace = "AWS/ElastiCache", name = "IsMaster", dimensions = dimensions, stat = "Maximum"
      } }
      period    = 60
      of        = 15 # a change is one point; the alarm stands for a quarter of an hour
      breaching = 1
      missing   = "notBreaching" # a role changes only in what is reported; silence is redis_memory's
    }

    aurora_acu_at_maximum = {
      says       = "An instance of the database has grown to the greatest capacity."
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
      missing   = "breaching" # 0.5 ACU at least: a database without capacity is not there
    }

    aurora_connections = {
      says       = "80 % of the connections that the database admits are open."
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
      missing   = "ignore" # the same silence as above: one page is enough, and it is no recovery
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
      missing   = "breaching" # reported as long as a target is registered: without one nobody serves
    }
  }

  rendered_metrics = {
    hits   = { namespace = var.metric_namespace, name = "rates_api_rendered_total", dimensions = merge(local.api, { result = "hit" }), stat = "Sum" }
    misses = { namespace = var.metric_namespace, name = "rates_api_rendered_total", dimensions = merge(local.api, { result = "miss" }), stat = "Sum" }
  }
}
