# Automations for three kinds of incident, started by alarms, or by hand with the same documents.
#
# high_latency.tf, banxico_failure.tf, database_trouble.tf   the steps of each
# roles.tf      permissions of each, and who may start it
# triggers.tf   which alarm starts which
#
# Steps that cost more than emergency_dollars_per_hour wait for an approval. What the services do automatically (the breaker, cached
# data, longer TTLs) is not repeated here but confirmed and reported.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  documents = {
    high_latency     = local.high_latency
    banxico_failure  = local.banxico_failure
    database_trouble = local.database_trouble
  }
  document_names = { for key, _ in local.documents : key => "${var.name}-${replace(key, "_", "-")}" }

  # What the emergency measures cost an hour at most, and whether that is within the bound.
  dollars_per_hour = {
    instances = local.more * var.instance_dollars_per_hour
    capacity  = var.database_instances * (var.max_acu - var.min_acu) * var.acu_dollars_per_hour
  }
  asks = { for measure, dollars in local.dollars_per_hour : measure => dollars > var.emergency_dollars_per_hour }

  look = file("${path.module}/files/look.py")
  api  = { environment = var.environment, service = "rates-api" }
  sync = { environment = var.environment, service = "rates-sync" }

  # Parts that several steps share.
  publish = { Service = "sns", Api = "Publish", TopicArn = var.alarm_topic_arn }
  approve = {
    NotificationArn      = var.approval_topic_arn
    MinRequiredApprovals = 1
    Approvers            = var.approvers
  }
  # Merged with an InputPayload: a command on each instance of rates-sync, and what each said.
  ask_sync = {
    action    = "aws:executeScript"
    onFailure = "Continue"
    outputs   = [{ Name = "text", Selector = "$.Payload.text", Type = "String" }]
  }
  asking = { Runtime = "python3.11", Handler = "ask", Script = local.look }
  # The container bears the service's name (modules/service).
  in_container = "docker exec --interactive rates-sync python -"

  metrics = {
    p95_ms = {
      namespace  = "AWS/ApplicationELB", name = "TargetResponseTime", stat = "p95", period = 300, scale = 1000
      dimensions = { LoadBalancer = var.alb_arn_suffix }
    }
    hits = {
      namespace  = var.metric_namespace, name = "rates_api_rendered_total", stat = "Sum", period = 300, scale = 1
      dimensions = merge(local.api, { result = "hit" })
    }
    misses = {
      namespace  = var.metric_namespace, name = "rates_api_rendered_total", stat = "Sum", period = 300, scale = 1
      dimensions = merge(local.api, { result = "miss" })
    }
    connections = {
      namespace  = "AWS/RDS", name = "DatabaseConnections", stat = "Maximum", period = 60, scale = 1
      dimensions = { DBClusterIdentifier = var.database_cluster_id }
    }
    acu_percent = {
      namespace  = "AWS/RDS", name = "ServerlessDatabaseCapacity", stat = "Maximum", period = 60, scale = 100 / var.max_acu
      dimensions = { DBClusterIdentifier = var.database_cluster_id }
    }
    database_up = {
      namespace  = var.metric_namespace, name = "rates_api_database_up", stat = "Minimum", period = 60, scale = 1
      dimensions = local.api
    }
    primary_loads = {
      namespace  = var.metric_namespace, name = "rates_api_reloads_total", stat = "Sum", period = 900, scale = 1
      dimensions = merge(local.api, { source = "database_primary" })
    }
    breaker_open = {
      namespace  = var.metric_namespace, name = "rates_sync_breaker_state", stat = "Maximum", period = 60, scale = 1
      dimensions = merge(local.sync, { state = "open" })
    }
    degraded = {
      namespace  = var.metric_namespace, name = "rates_api_level", stat = "Maximum", period = 60, scale = 1
      dimensions = merge(local.api, { level = "degraded" })
    }
  }
}

resource "aws_ssm_document" "this" {
  for_each = local.documents

  name            = local.document_names[each.key]
  document_type   = "Automation"
  document_format = "YAML"

  content = yamlencode({
    schemaVersion = "0.3"
    description   = "${each.value.description} ${var.runbook_base_url}/${each.value.page}"
    assumeRole    = aws_iam_role.automation[each.key].arn
    parameters = {
      Alarm = {
        type           = "String"
        description    = "The alarm that started it."
        default        = "by-hand"
        allowedPattern = "^[A-Za-z0-9-]{1,255}$"
      }
    }
    mainSteps = each.value.steps
  })
}
