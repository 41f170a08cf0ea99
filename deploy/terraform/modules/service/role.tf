# The permissions of an instance, one policy document per purpose. No managed policy: AmazonSSMManagedInstanceCore
# would let every instance read every SSM parameter.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = local.full_name
  description        = "The instances of ${local.full_name}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_instance_profile" "this" {
  name = local.full_name
  role = aws_iam_role.this.name
}

resource "aws_iam_role_policy" "host" {
  name   = "host"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.host.json
}

resource "aws_iam_role_policy" "secrets" {
  name   = "secrets"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.secrets.json
}

resource "aws_iam_role_policy" "announces" {
  for_each = local.announces

  name   = "announces"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.announces[each.key].json
}

locals {
  announces = var.announces == null ? {} : { this = var.announces }
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  group_arn = "arn:${local.partition}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${local.full_name}"
}

data "aws_iam_policy_document" "host" {
  #checkov:skip=CKV_AWS_111:Only actions without resource-level permissions are allowed on "*"; a test lists the four statements.
  #checkov:skip=CKV_AWS_356:Only actions without resource-level permissions are allowed on "*"; a test lists the four statements.
  statement {
    sid = "BeManagedBySessionManagerAndRunCommand"
    actions = [
      "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage", "ec2messages:GetEndpoint",
      "ec2messages:GetMessages", "ec2messages:SendReply", "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # no resource-level permissions
  }

  statement {
    sid       = "TellTheGroup"
    actions   = ["autoscaling:CompleteLifecycleAction", "autoscaling:SetInstanceHealth"]
    resources = [local.group_arn]
  }

  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # no resource-level permissions
  }

  statement {
    sid       = "PullTheImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [aws_ecr_repository.this.arn]
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    sid       = "SendFigures"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"] # no resource-level permissions, but a condition on the namespace

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [var.metric_namespace]
    }
  }

  statement {
    sid       = "SendTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"] # no resource-level permissions
  }
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "ReadItsOwnSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = distinct([for secret in var.secrets : secret.arn])
  }

  statement {
    sid       = "DecryptThem"
    actions   = ["kms:Decrypt"]
    resources = [var.secrets_kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = distinct([for secret in var.secrets : secret.arn])
    }
  }
}

data "aws_iam_policy_document" "announces" {
  for_each = local.announces

  statement {
    sid       = "PublishAlerts"
    actions   = ["sns:Publish"]
    resources = [each.value.topic_arn]
  }

  statement {
    sid       = "EncryptThem"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [each.value.topic_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${local.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "PurgeTheEdge"
    actions   = ["cloudfront:CreateInvalidation"]
    resources = [each.value.distribution_arn]
  }
}
