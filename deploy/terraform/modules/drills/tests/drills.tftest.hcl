# Applied with made-up values: a schedule refers to its experiment by id, which a plan does not know.
provider "aws" {
  region = "us-east-1"
}

variables {
  name                        = "rates-production"
  environment                 = "production"
  availability_zones          = ["us-east-1a", "us-east-1b", "us-east-1c"]
  rates_api_group_name        = "rates-production-rates-api"
  rates_sync_group_name       = "rates-production-rates-sync"
  database_cluster_arn        = "arn:aws:rds:us-east-1:123456789012:cluster:rates-production"
  cache_replication_group_arn = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:rates-production"
  volumes_key_arn             = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000001"
  logs_key_arn                = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000002"

  stop_alarm_arns = [
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-availability-fast-burn",
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-latency-fast-burn",
  ]
}

run "schedules_experiments_and_roles" {
  command = apply

  # Schedules.

  assert {
    condition     = length(aws_scheduler_schedule.drill) == 4 && alltrue([for schedule in aws_scheduler_schedule.drill : schedule.state == "DISABLED"])
    error_message = "All schedules are off by default."
  }

  assert {
    condition = toset(flatten([for zone in var.availability_zones : split(",", regex("\\? ([0-9,]+) ", aws_scheduler_schedule.drill["zone-${zone}"].schedule_expression)[0])])) == toset([
      for month in range(1, 13) : tostring(month)
    ])
    error_message = "Every month has a zone drill."
  }

  assert {
    condition     = length(flatten([for zone in var.availability_zones : split(",", regex("\\? ([0-9,]+) ", aws_scheduler_schedule.drill["zone-${zone}"].schedule_expression)[0])])) == 12
    error_message = "No month has two zone drills."
  }

  assert {
    condition     = aws_scheduler_schedule.drill["service"].schedule_expression == "cron(0 10 ? 3,6,9,12 3#4 *)"
    error_message = "Every quarter has a drill of the whole service, on a different day than the zone drill."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.drill : schedule.schedule_expression_timezone == "America/Mexico_City"])
    error_message = "Drills run in Mexico City's working hours."
  }

  assert {
    condition     = { for key, schedule in aws_scheduler_schedule.drill : key => jsondecode(schedule.target[0].input).ExperimentTemplateId } == output.template_ids
    error_message = "Each schedule starts its own drill."
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.drill : strcontains(schedule.target[0].input, "<aws.scheduler.execution-id>")])
    error_message = "A retried start does not start a second drill."
  }

  # Experiments.

  assert {
    condition = alltrue([for template in concat(values(aws_fis_experiment_template.zone), [aws_fis_experiment_template.service]) :
      toset([for stop in template.stop_condition : stop.value]) == toset(var.stop_alarm_arns) &&
      alltrue([for stop in template.stop_condition : stop.source == "aws:cloudwatch:alarm"])
    ])
    error_message = "Every drill stops when the error budget burns."
  }

  assert {
    condition     = toset(keys(aws_fis_experiment_template.zone)) == toset(var.availability_zones)
    error_message = "Each zone has its drill."
  }

  assert {
    condition = alltrue([for zone, template in aws_fis_experiment_template.zone : alltrue([for target in template.target :
      contains(flatten([for filter in target.filter : filter.values if filter.path == "Placement.AvailabilityZone"]), zone)
      if target.resource_type == "aws:ec2:instance"
    ])])
    error_message = "Only instances in the lost zone are stopped."
  }

  assert {
    condition = alltrue([for zone, template in aws_fis_experiment_template.zone :
      toset([for target in template.target : target.parameters["availabilityZoneIdentifier"] if target.name == "redis"]) == toset([zone]) &&
      toset([for target in template.target : target.parameters["writerAvailabilityZoneIdentifiers"] if target.name == "writer"]) == toset([zone])
    ])
    error_message = "Redis loses that zone, and the database fails over if its writer is there."
  }

  assert {
    condition = alltrue([for template in aws_fis_experiment_template.zone : toset([for action in template.action : action.action_id]) == toset([
      "aws:ec2:stop-instances", "aws:ec2:asg-insufficient-instance-capacity-error",
      "aws:rds:failover-db-cluster", "aws:elasticache:replicationgroup-interrupt-az-power",
    ])])
    error_message = "Losing a zone affects instances, their replacements, the writer and the Redis nodes."
  }

  assert {
    condition = toset([for action in aws_fis_experiment_template.service.action : action.name if action.action_id == "aws:ec2:stop-instances"]) == toset([
      "stop-sync", "stop-api",
    ])
    error_message = "The drill of the whole service covers both groups."
  }

  assert {
    condition = alltrue([for action in aws_fis_experiment_template.service.action :
      action.start_after == toset(["wait-for-database"]) if action.name == "stop-api"
    ])
    error_message = "The parts that clients notice are lost last."
  }

  assert {
    condition = alltrue(flatten([for template in concat(values(aws_fis_experiment_template.zone), [aws_fis_experiment_template.service]) : [for action in template.action :
      contains([for parameter in action.parameter : parameter.key], "startInstancesAfterDuration") if action.action_id == "aws:ec2:stop-instances"
    ]]))
    error_message = "Stopped instances start again, even if the drill is aborted."
  }

  assert {
    condition = alltrue(flatten([for template in concat(values(aws_fis_experiment_template.zone), [aws_fis_experiment_template.service]) : [for action in template.action : [for target in action.target :
      contains([for one in template.target : one.name], target.value)
    ]]]))
    error_message = "Every action's target exists."
  }

  # Roles.

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.experiment.policy).Statement :
      !strcontains(join(" ", flatten([statement.Action])), "*") && !contains(flatten([statement.Action]), "ec2:TerminateInstances")
    ])
    error_message = "A drill has only the listed permissions and may not terminate instances."
  }

  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.experiment.policy).Statement : statement.Sid
      if contains(flatten([statement.Resource]), "*") && !can(statement.Condition)
    ])) == toset(["Find", "Log"])
    error_message = "Only lookups and logging are allowed on \"*\"."
  }

  assert {
    condition = one([for statement in jsondecode(aws_iam_role_policy.experiment.policy).Statement :
      join(" ", flatten([statement.Condition.StringEquals["aws:ResourceTag/Environment"], sort(statement.Condition.StringEquals["aws:ResourceTag/Service"])]))
      if statement.Sid == "Stop"
    ]) == "production rates-api rates-sync"
    error_message = "Only instances of the two services in this environment can be stopped."
  }

  assert {
    condition = alltrue(flatten([for template in concat(values(aws_fis_experiment_template.zone), [aws_fis_experiment_template.service]) : [for target in template.target :
      contains([for tag in target.resource_tag : "${tag.key}=${tag.value}"], "Environment=production")
      if length(target.resource_tag) > 0
    ]]))
    error_message = "Targets found by tag belong to this environment."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.experiment.policy).Statement : statement.Sid => statement.Resource if contains(["FailOver", "CutPower"], statement.Sid) } == {
      FailOver = var.database_cluster_arn
      CutPower = var.cache_replication_group_arn
    }
    error_message = "A drill may fail over only this database and cut the power of only this cache."
  }

  assert {
    condition     = aws_iam_service_linked_role.experiments.aws_service_name == "fis.amazonaws.com"
    error_message = "FIS needs its own role before the first drill: whoever starts one may not create it."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.schedule.policy).Statement :
      statement.Action == "fis:StartExperiment" && !contains(flatten([statement.Resource]), "*")
    ])
    error_message = "A schedule may start these drills and nothing else."
  }

  assert {
    condition = alltrue([for role in [aws_iam_role.experiment, aws_iam_role.schedule] :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    ])
    error_message = "No other account's drills can assume these roles."
  }
}

run "switched_on" {
  command = plan

  variables {
    enabled = true
  }

  assert {
    condition     = alltrue([for schedule in aws_scheduler_schedule.drill : schedule.state == "ENABLED"])
    error_message = "An environment can turn its drills on."
  }
}

# Every one of these must be rejected.
run "nothing_to_end_it_and_a_zone_twice" {
  command = plan

  variables {
    stop_alarm_arns    = []
    availability_zones = ["us-east-1a", "us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.stop_alarm_arns, var.availability_zones]
}
