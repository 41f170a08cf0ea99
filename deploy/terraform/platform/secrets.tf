# Secrets that people give: Terraform makes the place, never sees the value, and has none in its state (README.md says
# how a value is set). The database's users and Redis' token are with their modules.

locals {
  secrets = {
    banxico_token  = "Token for Banco de Mexico's SIE API; read by rates-sync alone"
    operator_token = "Bearer token of the operator actions; read by rates-sync alone"
  }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets

  #checkov:skip=CKV2_AWS_57:Banxico issues its token by hand and has no API for it; the operators' goes to people. Both are replaced by hand.
  name                    = "${local.name}/${replace(each.key, "_", "-")}"
  description             = each.value
  kms_key_id              = aws_kms_key.this["secrets"].arn
  recovery_window_in_days = 7
}
