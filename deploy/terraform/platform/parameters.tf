# What the services' roots read: names and ARNs, no secrets. This list is the complete contract between the roots.

locals {
  parameters = merge(local.foundation_parameters, local.data_parameters)

  foundation_parameters = {
    "network/vpc_id"                     = module.network.vpc_id
    "network/security_groups/rates_api"  = module.network.security_group_ids["rates_api"]
    "network/security_groups/rates_sync" = module.network.security_group_ids["rates_sync"]
    "edge/target_group_arn"              = module.edge.target_group_arn
    "edge/target_group_arn_suffix"       = module.edge.target_group_arn_suffix
    "edge/alb_arn_suffix"                = module.edge.alb_arn_suffix
    "edge/rate_limit"                    = tostring(module.edge.rate_limit)
    "edge/rate_window_seconds"           = tostring(module.edge.rate_window_seconds)
    "edge/distribution_id"               = module.edge.distribution_id
    "edge/distribution_arn"              = module.edge.distribution_arn
    "secrets/banxico_token_arn"          = aws_secretsmanager_secret.this["banxico_token"].arn
    "secrets/operator_token_arn"         = aws_secretsmanager_secret.this["operator_token"].arn
    "secrets/signing_key_arn"            = aws_secretsmanager_secret.this["signing_key"].arn
    "alerts/topic_arn"                   = aws_sns_topic.alerts.arn
    "keys/data_arn"                      = aws_kms_key.this["data"].arn
    "keys/secrets_arn"                   = aws_kms_key.this["secrets"].arn
    "keys/logs_arn"                      = aws_kms_key.this["logs"].arn
    "keys/messages_arn"                  = aws_kms_key.this["messages"].arn
    "keys/buckets_arn"                   = aws_kms_key.this["buckets"].arn
  }

  lists = {
    "network/private_subnet_ids" = values(module.network.private_subnet_ids)
  }
}

resource "aws_ssm_parameter" "this" {
  for_each = local.parameters

  #checkov:skip=CKV2_AWS_34:Names and ARNs are not secret; secrets are passed only by their ARN.
  #checkov:skip=CKV_AWS_337:Names and ARNs are not secret; secrets are passed only by their ARN.
  name  = "/rates/${var.environment}/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_ssm_parameter" "list" {
  for_each = local.lists

  #checkov:skip=CKV2_AWS_34:Names and ARNs are not secret; secrets are passed only by their ARN.
  #checkov:skip=CKV_AWS_337:Names and ARNs are not secret; secrets are passed only by their ARN.
  name  = "/rates/${var.environment}/${each.key}"
  type  = "StringList"
  value = join(",", each.value)
}
