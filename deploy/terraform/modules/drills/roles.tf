# What an experiment may break: instances of the two groups, this cluster, this replication group. The actions
# that find them don't support resource-level permissions.

data "aws_iam_policy_document" "experiment_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["fis.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:fis:${local.region}:${local.account}:experiment/*"]
    }
  }
}

data "aws_iam_policy_document" "experiment" {
  #checkov:skip=CKV_AWS_356:The actions on "*" support no resource-level permissions: lookups, log delivery, and the API error, which a condition limits to the groups.
  statement {
    sid = "Find"
    actions = [
      "ec2:DescribeInstances", "autoscaling:DescribeAutoScalingGroups", "rds:DescribeDBClusters",
      "elasticache:DescribeReplicationGroups", "tag:GetResources",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Stop"
    actions   = ["ec2:StopInstances", "ec2:StartInstances"]
    resources = ["${local.arn}:ec2:${local.region}:${local.account}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Service"
      values   = [for tags in local.instance_tags : tags.Service]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Environment"
      values   = [var.environment]
    }
  }

  # An instance with an encrypted volume needs a grant to start.
  statement {
    sid       = "Start"
    actions   = ["kms:CreateGrant"]
    resources = [var.volumes_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }

  statement {
    sid       = "Withhold"
    actions   = ["ec2:InjectApiError"]
    resources = ["*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "ec2:FisActionId"
      values   = ["aws:ec2:asg-insufficient-instance-capacity-error"]
    }

    condition {
      test     = "ForAnyValue:ArnLike"
      variable = "ec2:FisTargetArns"
      values   = values(local.group_arn)
    }
  }

  statement {
    sid       = "FailOver"
    actions   = ["rds:FailoverDBCluster"]
    resources = [var.database_cluster_arn]
  }

  statement {
    sid       = "CutPower"
    actions   = ["elasticache:InterruptClusterAzPower"]
    resources = [var.cache_replication_group_arn]
  }

  # The experiment sets up its log delivery; these actions support no resource-level permissions.
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogDelivery", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "experiment" {
  name               = "${var.name}-drills"
  description        = "What a drill may break."
  assume_role_policy = data.aws_iam_policy_document.experiment_trust.json
}

resource "aws_iam_role_policy" "experiment" {
  name   = "drills"
  role   = aws_iam_role.experiment.id
  policy = data.aws_iam_policy_document.experiment.json
}

# FIS would create it with the first experiment, if whoever starts it might; neither the schedules nor whoever is on call
# may create roles. https://docs.aws.amazon.com/fis/latest/userguide/using-service-linked-roles.html
resource "aws_iam_service_linked_role" "experiments" {
  aws_service_name = "fis.amazonaws.com"
}

data "aws_iam_policy_document" "schedule_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [aws_scheduler_schedule_group.drills.arn]
    }
  }
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid     = "Begin"
    actions = ["fis:StartExperiment"]
    resources = concat(
      [for template in local.templates : "${local.arn}:fis:${local.region}:${local.account}:experiment-template/${template}"],
      ["${local.arn}:fis:${local.region}:${local.account}:experiment/*"],
    )
  }
}

resource "aws_iam_role" "schedule" {
  name               = "${var.name}-drill-schedule"
  description        = "Lets the schedules start a drill."
  assume_role_policy = data.aws_iam_policy_document.schedule_trust.json
}

resource "aws_iam_role_policy" "schedule" {
  name   = "begin"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}
