# The monthly rotation of both passwords. ElastiCache takes two passwords a user: the new one stands beside the current
# one, which ends with the next rotation, so that instances may look for theirs once an hour (modules/service,
# files/secrets.sh).
#
# A function of our own: AWS's for ElastiCache is a serverless application, which would need its publisher's account id in
# this file, and no hosted one. It reaches the API alone, so it needs neither subnets nor a way to Redis.
#
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/User-Secrets-Manager.html

locals {
  rotation    = "${var.name}-rotate-redis"
  secret_arns = [for secret in aws_secretsmanager_secret.user : secret.arn]
  user_arns = [
    for user in aws_elasticache_user.service :
    "arn:${data.aws_partition.current.partition}:elasticache:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:user:${user.user_id}"
  ]
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "archive_file" "rotation" {
  type        = "zip"
  source_file = "${path.module}/files/rotate.py"
  output_path = "${path.root}/.terraform/rotate-redis.zip"
}

data "aws_iam_policy_document" "rotation_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "rotation" {
  #checkov:skip=CKV_AWS_111:Only what has no resource-level permissions is allowed on "*": to make up a password.
  #checkov:skip=CKV_AWS_356:Only what has no resource-level permissions is allowed on "*": to make up a password.
  statement {
    sid = "RotateTheSecrets"
    actions = [
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = local.secret_arns
  }

  statement {
    sid       = "MakeUpAPassword"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"] # no resource-level permissions
  }

  statement {
    sid       = "EncryptThem"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.secrets_kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.region}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = local.secret_arns
    }
  }

  statement {
    sid       = "TellRedis"
    actions   = ["elasticache:DescribeUsers", "elasticache:ModifyUser"]
    resources = local.user_arns
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.rotation.arn}:*"]
  }
}

resource "aws_iam_role" "rotation" {
  name               = local.rotation
  description        = "The function that rotates the passwords of Redis' users."
  assume_role_policy = data.aws_iam_policy_document.rotation_trust.json
}

resource "aws_iam_role_policy" "rotation" {
  name   = "rotate"
  role   = aws_iam_role.rotation.id
  policy = data.aws_iam_policy_document.rotation.json
}

# Lambda would create it itself and never expire it.
resource "aws_cloudwatch_log_group" "rotation" {
  #checkov:skip=CKV_AWS_338:Logs are kept 7 days, by requirement; rotations are in the audit trail, 2 years.
  name              = "/aws/lambda/${local.rotation}"
  retention_in_days = 7
  kms_key_id        = var.logs_kms_key_arn
}

resource "aws_lambda_function" "rotation" {
  #checkov:skip=CKV_AWS_50:It is not traced: its log and the events of Secrets Manager tell enough.
  #checkov:skip=CKV_AWS_115:Secrets Manager calls it once a month and secret; a reservation would take from the account's.
  #checkov:skip=CKV_AWS_116:Secrets Manager repeats a rotation that fails and tells of it; nothing is left in a queue.
  #checkov:skip=CKV_AWS_117:It calls AWS's API alone, and needs no way to Redis.
  #checkov:skip=CKV_AWS_272:Its code comes with the configuration, from the repository.
  function_name    = local.rotation
  description      = "Rotates the passwords of the users of Redis"
  role             = aws_iam_role.rotation.arn
  runtime          = "python3.13"
  handler          = "rotate.rotate"
  filename         = data.archive_file.rotation.output_path
  source_code_hash = data.archive_file.rotation.output_base64sha256
  # A change of a user takes minutes.
  timeout = 900

  depends_on = [aws_cloudwatch_log_group.rotation]
}

resource "aws_lambda_permission" "rotation" {
  function_name  = aws_lambda_function.rotation.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_secretsmanager_secret_rotation" "user" {
  for_each = var.rotate_passwords ? local.users : {}

  secret_id           = aws_secretsmanager_secret.user[each.key].id
  rotation_lambda_arn = aws_lambda_function.rotation.arn
  # On the first of the month, not at every change of this file.
  rotate_immediately = false

  rotation_rules {
    # At night in Mexico City, each user at a different hour.
    schedule_expression = "cron(0 ${each.value.hour} 1 * ? *)"
    duration            = "2h"
  }

  depends_on = [aws_iam_role_policy.rotation, aws_lambda_permission.rotation]
}
