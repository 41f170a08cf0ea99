# The place of the AUTH token. files/token.sh makes the token, tells Redis and puts it here, in an order that can break
# off anywhere: the current version is always one that Redis takes. Terraform never sees it. Were it made here, an apply
# that breaks off between the two would leave Redis and the secret with a token each.
#
# AWS has no rotation for it (Secrets Manager's hosted functions know databases only).

resource "aws_secretsmanager_secret" "auth" {
  #checkov:skip=CKV2_AWS_57:AWS has no rotation for an AUTH token; files/token.sh replaces it.
  name                    = "${var.name}/redis-auth"
  description             = "The AUTH token of Redis: {\"token\": …}"
  kms_key_id              = var.secrets_kms_key_arn
  recovery_window_in_days = 7
}
