# The AUTH token. AWS has no rotation for it (Secrets Manager's hosted functions know databases only),
# so that it is replaced by raising `auth_token_version`: strategy ROTATE admits the old token beside
# the new one, instances find the new one within an hour and restart one by one, and the next
# replacement ends the old one.

ephemeral "random_password" "auth_token" {
  length  = 64
  special = false
}

resource "aws_secretsmanager_secret" "auth" {
  #checkov:skip=CKV2_AWS_57:AWS has no rotation for an AUTH token; it is replaced as the head of this file says.
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
