# Drills: every month a zone is lost, a different one each time, and every quarter the whole service.
# docs/runbooks/drills.md lists what to expect.
#
# zone.tf      the loss of a zone: an experiment for each
# service.tf   the loss of the whole service, part by part
# roles.tf     what an experiment may break
# schedule.tf  when they run, if enabled

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  arn       = "arn:${local.partition}"

  groups    = { api = var.rates_api_group_name, sync = var.rates_sync_group_name }
  group_arn = { for key, name in local.groups : key => "${local.arn}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${name}" }

  # Experiments find instances by these tags; modules/service sets them at launch.
  instance_tags = {
    api  = { Project = "rates", Environment = var.environment, Service = "rates-api" }
    sync = { Project = "rates", Environment = var.environment, Service = "rates-sync" }
  }
}

resource "aws_cloudwatch_log_group" "drills" {
  name              = "/rates/${var.environment}/drills"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_key_arn
}
