# Who may change this account, and as what: the roles of the workflows, assumed through GitHub's OpenID Connect, and the
# role of whoever is on call. Applied by an administrator, not by a workflow: a role must not be able to widen itself.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  name      = "rates-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  arn       = "arn:${data.aws_partition.current.partition}"
  managed   = "${local.arn}:iam::aws:policy"
  states    = "${local.arn}:s3:::${local.name}-states-${local.account}"
  issuer    = "token.actions.githubusercontent.com"
  of_github = "repo:${var.repository}"

  # The claim `sub` of a job's token: by the job's environment, else by the branch.
  # https://docs.github.com/en/actions/reference/security/oidc
  subjects = {
    push  = ["${local.of_github}:ref:refs/heads/main"]
    plan  = ["${local.of_github}:environment:${var.environment}-plan"]
    apply = ["${local.of_github}:environment:${var.environment}", "${local.of_github}:environment:${var.environment}-rollback"]
  }
}

# AWS verifies GitHub's certificate by its own list of authorities; it needs no thumbprint.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value
    }
  }
}

resource "aws_iam_role" "workflow" {
  #checkov:skip=CKV_AWS_274:The role that applies makes roles: it is an administrator in all but what workflow_limits deny.
  for_each = local.subjects

  name               = "${local.name}-${each.key}"
  description        = "Assumed by the workflows of ${var.repository}."
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
  # A deploy waits for instances: its credentials must outlast its job (90 minutes).
  max_session_duration = each.key == "apply" ? 7200 : 3600
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.workflow["plan"].name
  policy_arn = "${local.managed}/ReadOnlyAccess"
}

resource "aws_iam_role_policy_attachment" "apply" {
  #checkov:skip=CKV_AWS_274:See aws_iam_role.workflow.
  role       = aws_iam_role.workflow["apply"].name
  policy_arn = "${local.managed}/AdministratorAccess"
}

# No value of a secret passes through Terraform, so that neither role has a reason to read one.
data "aws_iam_policy_document" "limits" {
  #checkov:skip=CKV_AWS_109:It denies.
  #checkov:skip=CKV_AWS_111:It denies.
  #checkov:skip=CKV_AWS_356:It denies.
  for_each = toset(["plan", "apply"])

  statement {
    sid       = "ReadNoSecrets"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "rds-data:*"]
    resources = ["*"]
  }

  statement {
    sid     = "ChangeNoAccess"
    effect  = "Deny"
    actions = ["iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:Put*", "iam:Remove*", "iam:Tag*", "iam:Untag*", "iam:Update*"]
    resources = concat(
      [for role in ["push", "plan", "apply", "on-call"] : "${local.arn}:iam::${local.account}:role/${local.name}-${role}"],
      ["${local.arn}:iam::${local.account}:oidc-provider/${local.issuer}"],
    )
  }

  # What is in logs, in the trail and in the record is for people.
  dynamic "statement" {
    for_each = each.key == "plan" ? [1] : []

    content {
      sid       = "ReadNoContents"
      effect    = "Deny"
      actions   = ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery", "logs:StartLiveTail", "ssm:GetCommandInvocation"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "plan" ? [1] : []

    content {
      sid           = "ReadNoOtherObjects"
      effect        = "Deny"
      actions       = ["s3:GetObject", "s3:GetObjectVersion"]
      not_resources = ["${local.states}/*", "${local.arn}:s3:::${local.name}-fallback-*/*"]
    }
  }
}

resource "aws_iam_role_policy" "limits" {
  for_each = data.aws_iam_policy_document.limits

  name   = "limits"
  role   = aws_iam_role.workflow[each.key].id
  policy = each.value.json
}

# Images, their signatures and attestations: pushed, read back to be verified, never deleted.
data "aws_iam_policy_document" "push" {
  #checkov:skip=CKV_AWS_111:Logging in knows no resources.
  #checkov:skip=CKV_AWS_356:Logging in knows no resources.
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = ["${local.arn}:ecr:${var.region}:${local.account}:repository/${local.name}/*"]
  }
}

resource "aws_iam_role_policy" "push" {
  name   = "push"
  role   = aws_iam_role.workflow["push"].id
  policy = data.aws_iam_policy_document.push.json
}
