# The whole service is lost, starting with the parts that clients must not notice:
#
# 1. every instance of rates-sync: rates-api keeps serving, degraded after five minutes;
# 2. ten minutes later the database's writer: rates-api keeps serving from memory;
# 3. ten minutes later every instance of rates-api: the edge serves what it has cached, everything else
#    fails, and the group must restore the service within 15 minutes (RTO).
#
# Before step 3 no burn alarm may fire; one that does stops the drill. In step 3 the fast burn fires if there
# is traffic: it starts the stopped instances again, which is part of what the drill verifies.

locals {
  parts = {
    stop-sync          = { action_id = "aws:ec2:stop-instances", after = [], target = { key = "Instances", value = "sync-instances" } }
    wait-without-sync  = { action_id = "aws:fis:wait", after = ["stop-sync"], target = null }
    fail-over-database = { action_id = "aws:rds:failover-db-cluster", after = ["wait-without-sync"], target = { key = "Clusters", value = "writer" } }
    wait-for-database  = { action_id = "aws:fis:wait", after = ["fail-over-database"], target = null }
    stop-api           = { action_id = "aws:ec2:stop-instances", after = ["wait-for-database"], target = { key = "Instances", value = "api-instances" } }
  }

  part_parameters = {
    stop-sync         = { startInstancesAfterDuration = "PT15M", completeIfInstancesTerminated = "true" }
    wait-without-sync = { duration = "PT10M" }
    wait-for-database = { duration = "PT10M" }
    stop-api          = { startInstancesAfterDuration = "PT15M", completeIfInstancesTerminated = "true" }
  }
}

resource "aws_fis_experiment_template" "service" {
  description = "${var.name}: the whole service is lost, part by part."
  role_arn    = aws_iam_role.experiment.arn

  dynamic "stop_condition" {
    for_each = var.stop_alarm_arns

    content {
      source = "aws:cloudwatch:alarm"
      value  = stop_condition.value
    }
  }

  dynamic "target" {
    for_each = local.instance_tags

    content {
      name           = "${target.key}-instances"
      resource_type  = "aws:ec2:instance"
      selection_mode = "ALL"

      dynamic "resource_tag" {
        for_each = target.value

        content {
          key   = resource_tag.key
          value = resource_tag.value
        }
      }

      filter {
        path   = "State.Name"
        values = ["running"]
      }
    }
  }

  target {
    name           = "writer"
    resource_type  = "aws:rds:cluster"
    selection_mode = "ALL"
    resource_arns  = [var.database_cluster_arn]
  }

  dynamic "action" {
    for_each = local.parts

    content {
      name        = action.key
      action_id   = action.value.action_id
      start_after = action.value.after

      dynamic "target" {
        for_each = action.value.target[*]

        content {
          key   = target.value.key
          value = target.value.value
        }
      }

      dynamic "parameter" {
        for_each = lookup(local.part_parameters, action.key, {})

        content {
          key   = parameter.key
          value = parameter.value
        }
      }
    }
  }

  experiment_options {
    account_targeting            = "single-account"
    empty_target_resolution_mode = "fail"
  }

  log_configuration {
    log_schema_version = 2

    cloudwatch_logs_configuration {
      log_group_arn = "${aws_cloudwatch_log_group.drills.arn}:*"
    }
  }

  tags = { Name = "${var.name}-service" }

  depends_on = [aws_iam_role_policy.experiment]
}
