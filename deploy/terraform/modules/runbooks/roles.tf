# A role per automation, with only the permissions that its steps need, and one for the events that start
# them. The document sets assumeRole, so whoever starts it can't choose another role.

locals {
  arn = "arn:${local.partition}"
  of_account = {
    cluster     = "${local.arn}:rds:${local.region}:${local.account}:cluster:${var.database_cluster_id}"
    api_group   = "${local.arn}:autoscaling:${local.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${var.rates_api_group_name}"
    instances   = "${local.arn}:ec2:${local.region}:${local.account}:instance/*"
    shell       = "${local.arn}:ssm:${local.region}::document/AWS-RunShellScript"
    automations = [for name in local.document_names : "${local.arn}:ssm:${local.region}:${local.account}:automation-definition/${name}:*"]
  }

  # Reading metrics, groups and commands has no resource-level permissions: IAM accepts only "*".
  possible = {
    high_latency = {
      read  = { actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
      ask   = { actions = ["sns:Publish"], resources = [var.approval_topic_arn] }
      scale = { actions = ["autoscaling:SetDesiredCapacity"], resources = [local.of_account.api_group] }
    }
    banxico_failure = {
      read  = { actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
      alarm = { actions = ["cloudwatch:DescribeAlarms"], resources = [var.alarm_arns["availability_fast_burn"]] }
    }
    database_trouble = {
      read  = { actions = ["cloudwatch:GetMetricData"], resources = ["*"] }
      look  = { actions = ["rds:DescribeDBClusters"], resources = [local.of_account.cluster] }
      ask   = { actions = ["sns:Publish"], resources = [var.approval_topic_arn] }
      raise = { actions = ["rds:ModifyDBCluster"], resources = [local.of_account.cluster] }
    }
  }

  # An automation that asks nobody has no topic to ask by.
  asking_documents = { high_latency = local.asks.instances, banxico_failure = false, database_trouble = local.asks.capacity }
  permissions = { for document, statements in local.possible : document => {
    for key, statement in statements : key => statement if key != "ask" || local.asking_documents[document]
  } }
}

data "aws_iam_policy_document" "automation_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ssm.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:ssm:${local.region}:${local.account}:automation-execution/*"]
    }
  }
}

data "aws_iam_policy_document" "automation" {
  for_each = local.permissions

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = title(statement.key)
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  statement {
    sid       = "Tell"
    actions   = ["sns:Publish"]
    resources = [var.alarm_topic_arn]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [var.messages_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${local.region}.amazonaws.com"]
    }
  }

  # A shell on the instances of rates-sync only.
  statement {
    sid       = "Command"
    actions   = ["ssm:SendCommand"]
    resources = [local.of_account.shell]
  }

  statement {
    sid       = "CommandSync"
    actions   = ["ssm:SendCommand"]
    resources = [local.of_account.instances]

    condition {
      test     = "StringEquals"
      variable = "ssm:resourceTag/aws:autoscaling:groupName"
      values   = [var.rates_sync_group_name]
    }
  }

  # Neither knows resources.
  statement {
    sid       = "InstancesAndAnswers"
    actions   = ["autoscaling:DescribeAutoScalingGroups", "ssm:ListCommandInvocations"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "automation" {
  for_each = local.permissions

  name               = local.document_names[each.key]
  description        = "What the automation ${local.document_names[each.key]} may do."
  assume_role_policy = data.aws_iam_policy_document.automation_trust.json
}

resource "aws_iam_role_policy" "automation" {
  for_each = local.permissions

  name   = "automation"
  role   = aws_iam_role.automation[each.key].id
  policy = data.aws_iam_policy_document.automation[each.key].json
}

data "aws_iam_policy_document" "start_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:events:${local.region}:${local.account}:rule/${var.name}-*"]
    }
  }
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "Start"
    actions   = ["ssm:StartAutomationExecution"]
    resources = local.of_account.automations
  }

  statement {
    sid       = "HandOver"
    actions   = ["iam:PassRole"]
    resources = [for role in aws_iam_role.automation : role.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ssm.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "start" {
  name               = "${var.name}-start-automation"
  description        = "Lets alarms start the automations."
  assume_role_policy = data.aws_iam_policy_document.start_trust.json
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}
