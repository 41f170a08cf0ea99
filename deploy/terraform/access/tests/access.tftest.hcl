run "roles_of_the_workflows_and_on_call" {
  command = apply

  assert {
    condition = jsonencode({ for key, document in data.aws_iam_policy_document.trust : key => sort(flatten([jsondecode(document.json).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]])) }) == jsonencode({
      push  = ["repo:example/rates:ref:refs/heads/main"]
      plan  = ["repo:example/rates:environment:${var.environment}-plan"]
      apply = ["repo:example/rates:environment:${var.environment}", "repo:example/rates:environment:${var.environment}-rollback"]
    })
    error_message = "Each role is assumed from its own environment or from main, by exact names."
  }

  assert {
    condition = alltrue([for document in data.aws_iam_policy_document.trust :
      jsondecode(document.json).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com" &&
      jsondecode(document.json).Statement[0].Principal.Federated == aws_iam_openid_connect_provider.github.arn
    ])
    error_message = "Only GitHub's tokens for AWS are accepted."
  }

  assert {
    condition     = aws_iam_role.workflow["apply"].max_session_duration == 7200 && aws_iam_role.workflow["plan"].max_session_duration == 3600
    error_message = "An apply's credentials last two hours, a plan's one."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.plan.policy_arn == "arn:aws:iam::aws:policy/ReadOnlyAccess" && aws_iam_role_policy_attachment.plan.role == aws_iam_role.workflow["plan"].name
    error_message = "The role that plans only reads."
  }
}

run "a_wildcard_for_a_repository_and_nobody_on_call" {
  command = plan

  variables {
    repository    = "example/*"
    on_call_roles = []
  }

  expect_failures = [var.repository, var.on_call_roles]
}
