# One user per service, with the commands that it calls on the platform's keys and no others (protocol rule 45): whoever
# takes over rates-api can't write. The commands are compose's, and Kubernetes' (compose/redis/start.sh).
#
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html

locals {
  compose  = file("${path.module}/../../../compose/redis/start.sh")
  commands = { for list in ["everybody", "sync", "api"] : list => one(regex("(?m)^${list}='([^']*)'$", local.compose)) }

  # Redis learns this one in 7.2, and a user with a command that it does not know is refused. The services' client asks
  # it at each connection and passes over the refusal.
  everybody = replace(local.commands["everybody"], " +client|setinfo", "")

  users = {
    rates_sync = { commands = local.commands["sync"], access = "write what Redis carries", hour = 10 }
    rates_api  = { commands = local.commands["api"], access = "read what Redis carries", hour = 13 }
  }
}

# What nobody knows: users are closed until files/users.sh gives them the passwords of their secrets. Terraform sends it
# once, and neither keeps nor reads it.
ephemeral "random_password" "unknown" {
  length  = 64
  special = false
}

resource "aws_elasticache_user" "service" {
  for_each = local.users

  user_id       = "${var.name}-${replace(each.key, "_", "-")}"
  user_name     = each.key
  engine        = "redis"
  access_string = "on ~{rates:v1}:* resetchannels -@all ${local.everybody} ${each.value.commands}"

  passwords_wo         = ephemeral.random_password.unknown.result
  passwords_wo_version = 1
}

# A group must have a user of this name: whoever connects without one is this, and may do nothing.
resource "aws_elasticache_user" "default" {
  user_id       = "${var.name}-default"
  user_name     = "default"
  engine        = "redis"
  access_string = "off ~{rates:v1}:* resetchannels -@all"

  passwords_wo         = ephemeral.random_password.unknown.result
  passwords_wo_version = 1
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "redis"
  user_ids      = concat([aws_elasticache_user.default.user_id], [for user in aws_elasticache_user.service : user.user_id])
}

# {"username": …, "password": …, "user_arn": …}; made by files/users.sh, then by the rotation, never by Terraform.
resource "aws_secretsmanager_secret" "user" {
  #checkov:skip=CKV2_AWS_57:rotation.tf rotates them; the check does not see that.
  for_each = local.users

  name                    = "${var.name}/redis/${each.key}"
  description             = "The user of Redis that may ${each.value.access}"
  kms_key_id              = var.secrets_kms_key_arn
  recovery_window_in_days = 7
}
