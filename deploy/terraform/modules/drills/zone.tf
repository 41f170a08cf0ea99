# A zone without power: its instances stop, their groups can't start new ones there, its Redis nodes go
# down, and the database fails over if its writer was there. After half an hour the zone is back.

locals {
  outage = "PT30M"
}

resource "aws_fis_experiment_template" "zone" {
  for_each = toset(var.availability_zones)

  description = "${var.name}: the zone ${each.value} is lost for half an hour."
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
        path   = "Placement.AvailabilityZone"
        values = [each.value]
      }

      filter {
        path   = "State.Name"
        values = ["running"]
      }
    }
  }

  dynamic "action" {
    for_each = local.groups

    content {
      name      = "stop-${action.key}"
      action_id = "aws:ec2:stop-instances"

      target {
        key   = "Instances"
        value = "${action.key}-instances"
      }

      parameter {
        key   = "startInstancesAfterDuration"
        value = local.outage
      }

      # The group replaces a stopped instance and terminates it: that is not a failure of the drill.
      parameter {
        key   = "completeIfInstancesTerminated"
        value = "true"
      }
    }
  }

  target {
    name           = "groups"
    resource_type  = "aws:ec2:autoscaling-group"
    selection_mode = "ALL"

    resource_tag {
      key   = "Environment"
      value = var.environment
    }

    resource_tag {
      key   = "Project"
      value = "rates"
    }
  }

  # Otherwise the groups would start instances in the zone that is meant to be lost.
  action {
    name      = "no-capacity"
    action_id = "aws:ec2:asg-insufficient-instance-capacity-error"

    target {
      key   = "AutoScalingGroups"
      value = "groups"
    }

    parameter {
      key   = "availabilityZoneIdentifiers"
      value = each.value
    }

    parameter {
      key   = "duration"
      value = local.outage
    }

    parameter {
      key   = "percentage"
      value = "100"
    }
  }

  target {
    name           = "writer"
    resource_type  = "aws:rds:cluster"
    selection_mode = "ALL"
    resource_arns  = [var.database_cluster_arn]
    parameters     = { writerAvailabilityZoneIdentifiers = each.value }
  }

  action {
    name      = "fail-over-database"
    action_id = "aws:rds:failover-db-cluster"

    target {
      key   = "Clusters"
      value = "writer"
    }
  }

  target {
    name           = "redis"
    resource_type  = "aws:elasticache:replicationgroup"
    selection_mode = "ALL"
    resource_arns  = [var.cache_replication_group_arn]
    parameters     = { availabilityZoneIdentifier = each.value }
  }

  action {
    name      = "redis-without-power"
    action_id = "aws:elasticache:replicationgroup-interrupt-az-power"

    target {
      key   = "ReplicationGroups"
      value = "redis"
    }

    parameter {
      key   = "duration"
      value = local.outage
    }
  }

  # Two instances of a service can't be in all three zones: a zone may have none of them, or not the writer.
  experiment_options {
    account_targeting            = "single-account"
    empty_target_resolution_mode = "skip"
  }

  log_configuration {
    log_schema_version = 2

    cloudwatch_logs_configuration {
      log_group_arn = "${aws_cloudwatch_log_group.drills.arn}:*"
    }
  }

  tags = { Name = "${var.name}-zone-${each.value}" }

  depends_on = [aws_iam_role_policy.experiment]
}
