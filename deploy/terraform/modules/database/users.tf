# The two users of the database, and how their passwords change.
#
# Rotation by alternating users: AWS's own function (hosted: the transform below writes it, AWS keeps it
# up to date) makes a clone beside the user, rates_sync_clone, gives it a new password and puts it into
# the secret; the next time it is the other's turn. Whoever connected with the old password can connect
# again for another 30 days, so that no instance has to restart in the same minute: each looks for a new
# secret within the hour (modules/service, files/secrets.sh).
#
# Why so: a user that changes its own password locks out every instance that still has the old one. The
# same function as a serverless application would need the account id of its publisher in this file; a
# function of our own would be code that holds the master's password. The functions run where rates-sync
# runs, with its group: only the two services' groups reach the database.
#
# Accounts, grants and the first passwords are made once, by files/accounts.sh, and only then the rotation
# (rotate_passwords). Terraform never sees a password: a version that it kept track of would lose its label to the
# second rotation, be gone to the provider, and be made anew, as the current one, by the next apply.

locals {
  users = {
    rates_sync = { access = "read and write", hour = 9 }
    rates_api  = { access = "read the views", hour = 12 }
  }
}

resource "aws_secretsmanager_secret" "user" {
  #checkov:skip=CKV2_AWS_57:They are rotated, by the stack below, which the check does not see.
  for_each = local.users

  name                    = "${var.name}/database/${each.key}"
  description             = "The database user that may ${each.value.access}"
  kms_key_id              = var.secrets_kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_cloudformation_stack" "rotation" {
  #checkov:skip=CKV_AWS_124:A rotation that fails is an event of Secrets Manager, not of this stack, which only ever changes with this file.
  for_each = var.rotate_passwords ? local.users : {}

  name         = "${var.name}-rotation-${replace(each.key, "_", "-")}"
  capabilities = ["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM"]

  template_body = jsonencode({
    Transform = "AWS::SecretsManager-2024-09-16"
    Resources = {
      Rotation = {
        Type = "AWS::SecretsManager::RotationSchedule"
        Properties = {
          SecretId = aws_secretsmanager_secret.user[each.key].arn
          # On the first of the month, not at every change of this file.
          RotateImmediatelyOnUpdate = false
          RotationRules = {
            # Every month on the first, at night in Mexico City, the users at different hours.
            ScheduleExpression = "cron(0 ${each.value.hour} 1 * ? *)"
            Duration           = "2h"
          }
          HostedRotationLambda = {
            RotationType             = "MySQLMultiUser"
            RotationLambdaName       = "${var.name}-rotate-${replace(each.key, "_", "-")}"
            KmsKeyArn                = var.secrets_kms_key_arn
            SuperuserSecretArn       = one(aws_rds_cluster.this.master_user_secret).secret_arn
            SuperuserSecretKmsKeyArn = var.secrets_kms_key_arn
            VpcSubnetIds             = join(",", var.rotation_subnet_ids)
            VpcSecurityGroupIds      = var.rotation_security_group_id
            # What a URL or a shell would have to escape.
            ExcludeCharacters = " '\"`\\/@:%?#&$<>{}[]|^~,;="
          }
        }
      }
    }
  })
}
