# One key per purpose: permission to read a log must not include permission to read a secret. The account's IAM policies
# decide who may use a key; these key policies cover what AWS services do on their own behalf.

locals {
  # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
  of_trails = {
    test     = "ArnLike"
    variable = "aws:SourceArn"
    value    = "arn:${local.partition}:cloudtrail:${var.region}:${local.account}:trail/*"
  }
  of_this_account = { test = "StringEquals", variable = "aws:SourceAccount", value = local.account }

  keys = {
    data = {
      description = "The record, its backups, Redis, the instances' volumes"
      region      = var.region
      users       = []
    }
    secrets = {
      description = "What is in Secrets Manager"
      region      = var.region
      users       = []
    }
    logs = {
      description = "Log groups"
      region      = var.region
      users       = [{ service = "logs.${var.region}.amazonaws.com", condition = local.of_log_groups[var.region] }]
    }
    edge_logs = {
      description = "Log groups of CloudFront's WAF, which are in us-east-1"
      region      = "us-east-1"
      users       = [{ service = "logs.us-east-1.amazonaws.com", condition = local.of_log_groups["us-east-1"] }]
    }
    messages = {
      description = "Alerts"
      region      = var.region
      users = [
        { service = "cloudwatch.amazonaws.com", condition = local.of_this_account },
        { service = "events.amazonaws.com", condition = local.of_this_account },
      ]
    }
    buckets = {
      description = "The audit trail and recorded configurations"
      region      = var.region
      users = [
        { service = "cloudtrail.amazonaws.com", condition = local.of_trails },
        { service = "config.amazonaws.com", condition = local.of_this_account },
      ]
    }
  }

  of_log_groups = {
    for region in toset([var.region, "us-east-1"]) : region => {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      value    = "arn:${local.partition}:logs:${region}:${local.account}:log-group:*"
    }
  }
}

data "aws_iam_policy_document" "key" {
  for_each = local.keys

  #checkov:skip=CKV_AWS_109:In a key policy "*" means the key itself.
  #checkov:skip=CKV_AWS_111:In a key policy "*" means the key itself.
  #checkov:skip=CKV_AWS_356:In a key policy "*" means the key itself.
  statement {
    sid       = "GovernedByTheAccountsPolicies"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  dynamic "statement" {
    for_each = each.value.users

    content {
      sid       = "UsedBy${replace(title(split(".", statement.value.service)[0]), "-", "")}"
      actions   = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = statement.value.condition.test
        variable = statement.value.condition.variable
        values   = [statement.value.condition.value]
      }
    }
  }

  # As in AWS's managed key for volumes: Auto Scaling starts instances under its service-linked role, whose policies we can't change.
  dynamic "statement" {
    for_each = each.key == "data" ? [1] : []

    content {
      sid = "VolumesOfThisAccount"
      actions = [
        "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey",
      ]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:CallerAccount"
        values   = [local.account]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["ec2.${var.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  for_each = local.keys

  region                  = each.value.region
  description             = "${local.name}: ${each.value.description}"
  policy                  = data.aws_iam_policy_document.key[each.key].json
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "this" {
  for_each = local.keys

  region        = each.value.region
  name          = "alias/${local.name}-${replace(each.key, "_", "-")}"
  target_key_id = aws_kms_key.this[each.key].key_id
}
