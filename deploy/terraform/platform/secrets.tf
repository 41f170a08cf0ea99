# Secrets set by people: Terraform creates the secret but never sees its value, so the state has none (README.md shows
# how to set one). The secrets of the database's and Redis' users are in their modules.

locals {
  secrets = {
    banxico_token  = "Token for Banco de Mexico's SIE API; read by rates-sync alone"
    operator_token = "Bearer token of the operator actions; read by rates-sync alone"
    signing_key    = "Private key that receipts, events and documents are signed with (Ed25519, PEM); read by rates-sync alone"
  }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets

  #checkov:skip=CKV2_AWS_57:Banxico issues its token manually and has no API for it; the operators' token is for people; workers and receipts know the signing key. All are replaced by hand.
  name                    = "${local.name}/${replace(each.key, "_", "-")}"
  description             = each.value
  kms_key_id              = aws_kms_key.this["secrets"].arn
  recovery_window_in_days = 7
}
