# Monitoring, automated runbooks and failure drills. The services' groups belong to other roots: their names are a
# convention, not looked up.

locals {
  rates_api_group  = "${local.name}-rates-api"
  rates_sync_group = "${local.name}-rates-sync"
}

module "observability" {
  source = "../modules/observability"

  name                       = local.name
  environment                = var.environment
  alarm_topic_arn            = aws_sns_topic.alerts.arn
  alb_arn_suffix             = module.edge.alb_arn_suffix
  target_group_arn_suffix    = module.edge.target_group_arn_suffix
  distribution_id            = module.edge.distribution_id
  web_acl_name               = module.edge.web_acl_name
  database_cluster_id        = module.database.cluster_id
  max_acu                    = var.max_acu
  cache_replication_group_id = module.cache.replication_group_id
  cache_member_cluster_ids   = sort(module.cache.member_cluster_ids)
  rates_api_group_name       = local.rates_api_group
  rates_sync_group_name      = local.rates_sync_group
  runbook_base_url           = var.runbook_base_url
}

module "runbooks" {
  source = "../modules/runbooks"

  name                  = local.name
  environment           = var.environment
  alarm_topic_arn       = aws_sns_topic.alerts.arn
  approval_topic_arn    = aws_sns_topic.approvals.arn
  messages_key_arn      = aws_kms_key.this["messages"].arn
  alarm_arns            = module.observability.alarm_arns
  alb_arn_suffix        = module.edge.alb_arn_suffix
  rates_api_group_name  = local.rates_api_group
  rates_sync_group_name = local.rates_sync_group
  database_cluster_id   = module.database.cluster_id
  min_acu               = var.min_acu
  max_acu               = var.max_acu
  database_instances    = var.database_instances

  emergency_dollars_per_hour = var.emergency_dollars_per_hour

  approvers        = [for role in var.approver_roles : "arn:${local.partition}:iam::${local.account}:role/${role}"]
  runbook_base_url = var.runbook_base_url
}

module "drills" {
  source = "../modules/drills"

  name                        = local.name
  environment                 = var.environment
  enabled                     = var.drills
  stop_alarm_arns             = module.observability.burn_alarm_arns
  availability_zones          = var.availability_zones
  rates_api_group_name        = local.rates_api_group
  rates_sync_group_name       = local.rates_sync_group
  database_cluster_arn        = module.database.cluster_arn
  cache_replication_group_arn = "arn:${local.partition}:elasticache:${var.region}:${local.account}:replicationgroup:${module.cache.replication_group_id}"
  volumes_key_arn             = aws_kms_key.this["data"].arn
  logs_key_arn                = aws_kms_key.this["logs"].arn
  log_retention_days          = var.log_retention_days
}
