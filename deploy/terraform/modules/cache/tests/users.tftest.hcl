# The users of Redis: who may do what, whose password is where, what rotates it.
variables {
  name                = "rates-production"
  subnet_ids          = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id   = "sg-0123456789abcdef0"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/data"
  secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/logs"
}

run "each_service_has_a_user_and_a_password_of_its_own_that_rotates" {
  command = apply

  assert {
    condition     = { for user in aws_elasticache_user.service : user.user_name => user.user_id } == { rates_sync = "rates-production-rates-sync", rates_api = "rates-production-rates-api" }
    error_message = "The users are compose's, and their ids those that users.sh asks for."
  }

  assert {
    condition     = alltrue([for user in aws_elasticache_user.service : startswith(user.access_string, "on ~{rates:v1}:* resetchannels -@all +")])
    error_message = "A user has the platform's keys, no channel, and only the commands that are named."
  }

  assert {
    condition     = alltrue([for user in aws_elasticache_user.service : !strcontains(user.access_string, "setinfo") && !strcontains(user.access_string, "+@")])
    error_message = "Redis 7.1 would refuse a command that it does not know; no category grants what nobody named."
  }

  assert {
    condition     = aws_elasticache_user.default.user_name == "default" && aws_elasticache_user.default.access_string == "off ~{rates:v1}:* resetchannels -@all"
    error_message = "Whoever connects without a name may do nothing."
  }

  assert {
    condition     = toset(aws_elasticache_user_group.this.user_ids) == toset(["rates-production-default", "rates-production-rates-sync", "rates-production-rates-api"])
    error_message = "The group has the three users, one of them named default, as ElastiCache asks."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.user_group_ids == toset([aws_elasticache_user_group.this.user_group_id])
    error_message = "Redis takes the users of the group and nobody else."
  }

  assert {
    condition = alltrue([
      for user in concat(values(aws_elasticache_user.service), [aws_elasticache_user.default]) :
      user.passwords == null && user.no_password_required != true && user.passwords_wo_version == 1
    ])
    error_message = "Until users.sh has run nobody knows a password, and no user goes without; no state has one."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.user : secret.kms_key_id == var.secrets_kms_key_arn])
    error_message = "The users' secrets are encrypted with the secrets key."
  }

  assert {
    condition     = output.writer_secret_arn != output.reader_secret_arn && aws_secretsmanager_secret.user["rates_api"].name == "rates-production/redis/rates_api"
    error_message = "Each user has a secret of its own."
  }

  # The rotation.

  assert {
    condition = [for user in ["rates_sync", "rates_api"] : one(aws_secretsmanager_secret_rotation.user[user].rotation_rules).schedule_expression] == [
      "cron(0 10 1 * ? *)", "cron(0 13 1 * ? *)",
    ]
    error_message = "Each password rotates on the first of the month, at an hour of its own."
  }

  assert {
    condition = alltrue([
      for user, rotation in aws_secretsmanager_secret_rotation.user :
      rotation.secret_id == aws_secretsmanager_secret.user[user].id && rotation.rotation_lambda_arn == aws_lambda_function.rotation.arn && !rotation.rotate_immediately
    ])
    error_message = "Each secret is rotated by the function, and not at each apply."
  }

  assert {
    condition     = aws_lambda_permission.rotation.principal == "secretsmanager.amazonaws.com" && aws_lambda_permission.rotation.source_account == data.aws_caller_identity.current.account_id
    error_message = "Secrets Manager may call the function, and only for this account."
  }

  assert {
    condition     = aws_lambda_function.rotation.timeout == 900 && aws_lambda_function.rotation.handler == "rotate.rotate"
    error_message = "The function has the minutes that a change of a user takes."
  }

  assert {
    condition     = aws_cloudwatch_log_group.rotation.retention_in_days == 7 && aws_cloudwatch_log_group.rotation.name == "/aws/lambda/${aws_lambda_function.rotation.function_name}"
    error_message = "Its log is kept for 7 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.rotation.kms_key_id == var.logs_kms_key_arn
    error_message = "Its log is encrypted with the logs key."
  }
}

run "nothing_rotates_before_the_users_have_their_passwords" {
  command = plan

  variables {
    rotate_passwords = false
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.user) == 0
    error_message = "The first apply rotates nothing: no secret has a value yet."
  }
}
