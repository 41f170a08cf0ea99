# The AUTH token. AWS can't rotate it automatically (Secrets Manager's hosted functions support only
# databases), so it is replaced by raising `auth_token_version`: strategy ROTATE accepts the old token
# alongside the new one, instances pick up the new one within an hour and restart one by one, and the
# next replacement revokes the old one.

ephemeral "random_password" "auth_token" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "auth" {
  #checkov:skip=CKV2_AWS_57:AWS can't rotate an AUTH token; the comment at the top of this file describes how it is replaced.
  name                    = "${var.name}/redis-auth"
  description             = "The AUTH token of Redis: {\"token\": …}"
  kms_key_id              = var.secrets_kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "auth" {
  secret_id                = aws_secretsmanager_secret.auth.id
  secret_string_wo         = jsonencode({ token = ephemeral.random_password.auth_token.result })
  secret_string_wo_version = var.auth_token_version
}
