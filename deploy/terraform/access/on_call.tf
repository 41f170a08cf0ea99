# Whoever is on call: reads everything but secrets, approves and starts the automations, and does what docs/runbooks say.

data "aws_iam_policy_document" "on_call_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account}:root"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:PrincipalArn"
      values   = [for role in var.on_call_roles : "${local.arn}:iam::${local.account}:role/${role}"]
    }
  }
}

resource "aws_iam_role" "on_call" {
  name                 = "${local.name}-on-call"
  description          = "Whoever is on call."
  assume_role_policy   = data.aws_iam_policy_document.on_call_trust.json
  max_session_duration = 14400
}

resource "aws_iam_role_policy_attachment" "on_call" {
  role       = aws_iam_role.on_call.name
  policy_arn = "${local.managed}/ReadOnlyAccess"
}

data "aws_iam_policy_document" "on_call" {
  #checkov:skip=CKV_AWS_109:Signals and experiments know their own resources alone.
  #checkov:skip=CKV_AWS_111:Signals and experiments know their own resources alone.
  #checkov:skip=CKV_AWS_356:Signals and experiments know their own resources alone.
  statement {
    sid       = "StartAutomations"
    actions   = ["ssm:StartAutomationExecution"]
    resources = ["${local.arn}:ssm:${var.region}:${local.account}:automation-definition/${local.name}-*:*"]
  }

  statement {
    sid       = "ApproveAndEndThem"
    actions   = ["ssm:SendAutomationSignal", "ssm:StopAutomationExecution"]
    resources = ["${local.arn}:ssm:${var.region}:${local.account}:automation-execution/*"]
  }

  statement {
    sid       = "HandOverTheirRoles"
    actions   = ["iam:PassRole"]
    resources = [for name in ["high-latency", "banxico-failure", "database-trouble"] : "${local.arn}:iam::${local.account}:role/${local.name}-${name}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ssm.amazonaws.com"]
    }
  }

  statement {
    sid       = "BeginDrills"
    actions   = ["fis:StartExperiment"]
    resources = ["${local.arn}:fis:${var.region}:${local.account}:experiment-template/*", "${local.arn}:fis:${var.region}:${local.account}:experiment/*"]
  }

  statement {
    sid       = "EndDrills"
    actions   = ["fis:StopExperiment"]
    resources = ["${local.arn}:fis:${var.region}:${local.account}:experiment/*"]
  }

  statement {
    sid       = "OpenSessions"
    actions   = ["ssm:StartSession", "ssm:SendCommand"]
    resources = ["${local.arn}:ec2:${var.region}:${local.account}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Project"
      values   = ["rates"]
    }
  }

  statement {
    sid       = "ByTheirDocuments"
    actions   = ["ssm:StartSession", "ssm:SendCommand"]
    resources = ["${local.arn}:ssm:${var.region}:${local.account}:document/SSM-SessionManagerRunShell", "${local.arn}:ssm:${var.region}::document/AWS-RunShellScript"]
  }

  # https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-quickstart.html
  statement {
    sid       = "SpeakInTheirOwnSessions"
    actions   = ["ssmmessages:OpenDataChannel", "ssm:ResumeSession", "ssm:TerminateSession"]
    resources = ["${local.arn}:ssm:*:${local.account}:session/$${aws:userid}-*"]
  }

  statement {
    sid       = "EndAnInstance"
    actions   = ["autoscaling:TerminateInstanceInAutoScalingGroup"]
    resources = ["${local.arn}:autoscaling:${var.region}:${local.account}:autoScalingGroup:*:autoScalingGroupName/${local.name}-*"]
  }

  statement {
    sid       = "FailOverTheDatabase"
    actions   = ["rds:FailoverDBCluster"]
    resources = ["${local.arn}:rds:${var.region}:${local.account}:cluster:${local.name}"]
  }

  statement {
    sid       = "PurgeTheEdge"
    actions   = ["cloudfront:CreateInvalidation"]
    resources = ["${local.arn}:cloudfront::${local.account}:distribution/*"]
  }

  statement {
    sid       = "ReadNoSecrets"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "on_call" {
  name   = "on-call"
  role   = aws_iam_role.on_call.id
  policy = data.aws_iam_policy_document.on_call.json
}
