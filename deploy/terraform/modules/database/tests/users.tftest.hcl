# Database users and password rotation.
variables {
  name                       = "rates-production"
  subnet_ids                 = ["subnet-a", "subnet-b", "subnet-c"]
  availability_zones         = ["us-east-1a", "us-east-1b", "us-east-1c"]
  security_group_id          = "sg-0123456789abcdef0"
  kms_key_arn                = "arn:aws:kms:us-east-1:123456789012:key/data"
  secrets_kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn           = "arn:aws:kms:us-east-1:123456789012:key/logs"
  rotation_subnet_ids        = ["subnet-p", "subnet-q"]
  rotation_security_group_id = "sg-0fedcba9876543210"
}

run "every_password_rotates" {
  command = apply

  # The master user.

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_user_secret_kms_key_id == var.secrets_kms_key_arn
    error_message = "RDS keeps the master password in Secrets Manager, encrypted with the secrets key, and rotates it."
  }

  assert {
    condition     = aws_rds_cluster.this.master_password == null && length(setintersection([output.master_secret_arn], [output.writer_secret_arn, output.reader_secret_arn])) == 0
    error_message = "RDS generates the master password, and no service has the master secret."
  }

  # The services' users.

  assert {
    condition     = toset(keys(aws_secretsmanager_secret.user)) == toset(["rates_sync", "rates_api"])
    error_message = "Each service has its own user."
  }

  assert {
    condition     = output.writer_secret_arn == aws_secretsmanager_secret.user["rates_sync"].arn && output.reader_secret_arn == aws_secretsmanager_secret.user["rates_api"].arn
    error_message = "The writer's secret is rates-sync's, the reader's rates-api's."
  }

  assert {
    condition     = alltrue([for s in aws_secretsmanager_secret.user : s.kms_key_id == var.secrets_kms_key_arn])
    error_message = "Every secret is encrypted with the secrets key."
  }

  assert {
    condition = alltrue([
      for user, stack in aws_cloudformation_stack.rotation :
      jsondecode(stack.template_body).Resources.Rotation.Properties.SecretId == aws_secretsmanager_secret.user[user].arn
    ]) && keys(aws_cloudformation_stack.rotation) == keys(aws_secretsmanager_secret.user)
    error_message = "Every user's secret is rotated."
  }

  assert {
    condition = alltrue([
      for stack in aws_cloudformation_stack.rotation :
      jsondecode(stack.template_body).Resources.Rotation.Properties.HostedRotationLambda.RotationType == "MySQLMultiUser" &&
      jsondecode(stack.template_body).Resources.Rotation.Properties.HostedRotationLambda.SuperuserSecretArn == output.master_secret_arn
    ])
    error_message = "The rotation alternates between two users through the master secret, so that the password in use stays valid."
  }

  assert {
    condition = alltrue([
      for stack in aws_cloudformation_stack.rotation :
      jsondecode(stack.template_body).Resources.Rotation.Properties.RotateImmediatelyOnUpdate == false
    ])
    error_message = "Nothing is rotated before the accounts exist."
  }

  assert {
    condition     = length(distinct([for stack in aws_cloudformation_stack.rotation : jsondecode(stack.template_body).Resources.Rotation.Properties.RotationRules.ScheduleExpression])) == 2
    error_message = "The two users rotate at different hours."
  }

  assert {
    condition = alltrue([
      for stack in aws_cloudformation_stack.rotation :
      jsondecode(stack.template_body).Resources.Rotation.Properties.HostedRotationLambda.VpcSecurityGroupIds == var.rotation_security_group_id
    ])
    error_message = "The rotation uses a security group that the database admits."
  }
  # On the first of every month, at night in Mexico City (UTC-6): a day that every month has.
  assert {
    condition = { for user, stack in aws_cloudformation_stack.rotation : user => jsondecode(stack.template_body).Resources.Rotation.Properties.RotationRules.ScheduleExpression } == {
      rates_sync = "cron(0 9 1 * ? *)", rates_api = "cron(0 12 1 * ? *)"
    }
    error_message = "Every month has the day on which passwords rotate."
  }

  assert {
    condition = toset([for group in aws_cloudwatch_log_group.rotation : group.name]) == toset([
      for stack in aws_cloudformation_stack.rotation : "/aws/lambda/${jsondecode(stack.template_body).Resources.Rotation.Properties.HostedRotationLambda.RotationLambdaName}"
    ]) && alltrue([for group in aws_cloudwatch_log_group.rotation : group.retention_in_days == 7 && group.kms_key_id == var.logs_kms_key_arn])
    error_message = "The functions that rotate write into groups that are kept 7 days."
  }
}

# The first apply: a secret without a value can't rotate, and its accounts are not there yet.
run "nothing_rotates_before_the_accounts_are_made" {
  command = plan

  variables {
    rotate_passwords = false
  }

  assert {
    condition     = length(aws_cloudformation_stack.rotation) == 0 && length(aws_secretsmanager_secret.user) == 2
    error_message = "The secrets are there, and nothing rotates them."
  }
}
