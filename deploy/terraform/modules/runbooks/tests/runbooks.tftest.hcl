# Applied with made-up values: the documents refer to their roles by ARN, which a plan does not know.
provider "aws" {
  region = "us-east-1"
}

variables {
  name                  = "rates-production"
  environment           = "production"
  alarm_topic_arn       = "arn:aws:sns:us-east-1:123456789012:rates-production-alerts"
  approval_topic_arn    = "arn:aws:sns:us-east-1:123456789012:Automation-rates-production-approvals"
  messages_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  alb_arn_suffix        = "app/rates-production/0123456789abcdef"
  rates_api_group_name  = "rates-production-rates-api"
  rates_sync_group_name = "rates-production-rates-sync"
  database_cluster_id   = "rates-production"
  min_acu               = 0.5
  max_acu               = 16
  database_instances    = 2
  approvers             = ["arn:aws:iam::123456789012:role/on-call"]
  runbook_base_url      = "https://example.org/rates/docs/runbooks"

  emergency_dollars_per_hour = 0

  alarm_arns = {
    latency_p95            = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-latency-p95"
    latency_fast_burn      = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-latency-fast-burn"
    latency_slow_burn      = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-latency-slow-burn"
    breaker_open           = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-breaker-open"
    banxico_failures       = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-banxico-failures"
    aurora_acu_at_maximum  = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-aurora-acu-at-maximum"
    aurora_connections     = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-aurora-connections"
    availability_fast_burn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:rates-production-availability-fast-burn"
  }
}

run "documents_triggers_and_roles" {
  command = apply

  # Documents.

  assert {
    condition     = toset(keys(aws_ssm_document.this)) == toset(["high_latency", "banxico_failure", "database_trouble"])
    error_message = "There are the three automations of the requirements."
  }

  assert {
    condition     = alltrue([for document in aws_ssm_document.this : yamldecode(document.content).schemaVersion == "0.3" && document.document_type == "Automation"])
    error_message = "Each is an automation with schema version 0.3."
  }

  assert {
    condition     = alltrue([for key, document in aws_ssm_document.this : yamldecode(document.content).assumeRole == aws_iam_role.automation[key].arn])
    error_message = "Each runs with its own role, which whoever starts it can't replace."
  }

  assert {
    condition     = alltrue([for document in aws_ssm_document.this : can(regex("https://example\\.org/rates/docs/runbooks/[a-z-]+\\.md$", yamldecode(document.content).description))])
    error_message = "Each has the URL of its page."
  }

  assert {
    condition = alltrue([for document in aws_ssm_document.this :
      length(distinct(yamldecode(document.content).mainSteps[*].name)) == length(yamldecode(document.content).mainSteps)
    ])
    error_message = "No two steps of a document have the same name."
  }

  # A branch, next step or output of a step that does not exist would fail only at run time.
  assert {
    condition = alltrue(flatten([for document in aws_ssm_document.this : [
      for step in flatten([
        regexall("\"NextStep\": \"(\\w+)\"", document.content),
        regexall("\"Default\": \"(\\w+)\"", document.content),
        regexall("\"nextStep\": \"(\\w+)\"", document.content),
        regexall("\\{\\{ (\\w+)\\.\\w+ \\}\\}", document.content),
      ]) : contains(yamldecode(document.content).mainSteps[*].name, step)
    ]]))
    error_message = "Every step that is branched to or referenced exists."
  }

  assert {
    condition = alltrue(flatten([for document in aws_ssm_document.this : [for step in yamldecode(document.content).mainSteps :
      length(step.inputs.Subject) <= 100 if can(step.inputs.Subject)
    ]]))
    error_message = "SNS allows subjects of 100 characters at most."
  }

  # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
  assert {
    condition     = alltrue([for document in aws_ssm_document.this : length(document.content) <= 65536])
    error_message = "A document has 64 KB at most: the script stands in it once for each step that runs it."
  }

  # Approvals.

  # Steps that cost money: more instances, more capacity. Each must directly follow an approval that aborts.
  assert {
    condition = [for index, step in local.high_latency.steps : local.high_latency.steps[index - 1].action
    if try(step.inputs.Api, "") == "SetDesiredCapacity"] == ["aws:approve"]
    error_message = "Above the bound instances are added only after an approval."
  }

  assert {
    condition = [for index, step in local.database_trouble.steps : local.database_trouble.steps[index - 1].action
    if try(step.inputs.ServerlessV2ScalingConfiguration.MinCapacity, 0) == 16] == ["aws:approve"]
    error_message = "Above the bound capacity is raised only after an approval."
  }

  assert {
    condition = alltrue(flatten([for document in aws_ssm_document.this : [
      for step in flatten(regexall("\"(?:NextStep|Default|nextStep)\": \"(\\w+)\"", document.content)) : !contains(["addInstances", "raise"], step)
    ]]))
    error_message = "No branch skips an approval."
  }

  assert {
    condition = alltrue(flatten([for document in aws_ssm_document.this : [for step in yamldecode(document.content).mainSteps :
      step.onFailure == "Abort" && tolist(step.inputs.Approvers) == var.approvers && step.inputs.NotificationArn == var.approval_topic_arn
      if step.action == "aws:approve"
    ]]))
    error_message = "A rejected or expired approval ends the automation; requests go to the topic, and only the approvers can answer."
  }

  # Any new call that writes must be added here deliberately.
  assert {
    condition = toset(flatten([for document in aws_ssm_document.this : [for step in yamldecode(document.content).mainSteps :
      step.inputs.Api if step.action == "aws:executeAwsApi"
    ]])) == toset(["Publish", "DescribeAlarms", "SetDesiredCapacity", "ModifyDBCluster"])
    error_message = "No automation makes a call that is not listed here."
  }

  assert {
    condition     = alltrue([for step in local.banxico_failure.steps : !contains(["aws:approve"], step.action)])
    error_message = "The automation for a failure of Banxico waits for nobody."
  }

  # What they do.

  # -1 is no ratio: nothing is cleared for it.
  assert {
    condition = one([for step in local.high_latency.steps : jsonencode(step.inputs.Choices[0].And) if step.name == "isCacheOfHelp"]) == jsonencode([
      { Variable = "{{ ratio.percent }}", NumericGreaterOrEquals = 0 },
      { Variable = "{{ ratio.percent }}", NumericLesser = 80 },
    ])
    error_message = "The cache is cleared only if there is a hit ratio."
  }

  assert {
    condition     = one([for step in local.high_latency.steps : step.inputs.Choices[0].And[1].NumericLesser if step.name == "isCacheOfHelp"]) == 80
    error_message = "The documents are deleted if the hit ratio is below 80 %."
  }

  assert {
    condition     = one([for step in local.high_latency.steps : step.inputs.Choices[0].And[0].NumericGreater if step.name == "isSlow"]) == 200
    error_message = "Instances are requested if p95 is above 200 ms."
  }

  assert {
    condition     = contains([for query in local.high_latency.steps[0].inputs.InputPayload.metrics : query.id], "connections")
    error_message = "The automation for high latency reports the database's connections."
  }

  assert {
    condition     = strcontains(aws_ssm_document.this["high_latency"].content, "python - clear") && !strcontains(aws_ssm_document.this["database_trouble"].content, "python - clear")
    error_message = "Documents are deleted only for high latency: while the database is down they are all that a restarted worker has."
  }

  assert {
    condition = [for step in local.database_trouble.steps : step.inputs.ServerlessV2ScalingConfiguration
      if try(step.inputs.Api, "") == "ModifyDBCluster"] == [
      { MinCapacity = 16, MaxCapacity = 16 },
      { MinCapacity = 0.5, MaxCapacity = 16 },
    ]
    error_message = "The database is held at maximum capacity, then its range is restored."
  }

  assert {
    condition = alltrue(flatten([for document in local.documents : [for step in document.steps :
      step.inputs.InputPayload.group == "rates-production-rates-sync" if try(step.inputs.Handler, "") == "ask"
    ]]))
    error_message = "Commands run on instances of rates-sync only."
  }

  # With a tag for a target aws:runCommand has no output; what is told must be of each instance.
  assert {
    condition = !strcontains(join("", values(aws_ssm_document.this)[*].content), "\"action\": \"aws:runCommand\"") && alltrue([
      for quoted in ["status.text", "lifetimes.text"] : strcontains(join("", values(aws_ssm_document.this)[*].content), "{{ ${quoted} }}")
    ])
    error_message = "What the instances said is asked for by the script, and told."
  }

  assert {
    condition     = !strcontains(local.look, "{{") && !strcontains(file("${path.module}/files/documents.py"), "{{")
    error_message = "Nothing in a script looks like a reference to a step."
  }

  # Triggers.

  assert {
    condition = { for key, rule in aws_cloudwatch_event_rule.alarm : key => toset(jsondecode(rule.event_pattern).resources) } == {
      high_latency     = toset([var.alarm_arns["latency_p95"], var.alarm_arns["latency_fast_burn"], var.alarm_arns["latency_slow_burn"]])
      banxico_failure  = toset([var.alarm_arns["breaker_open"], var.alarm_arns["banxico_failures"]])
      database_trouble = toset([var.alarm_arns["aurora_acu_at_maximum"], var.alarm_arns["aurora_connections"]])
    }
    error_message = "Each automation is started by its own alarms."
  }

  assert {
    condition = alltrue([for rule in aws_cloudwatch_event_rule.alarm :
      jsondecode(rule.event_pattern).detail.state.value == ["ALARM"] && jsondecode(rule.event_pattern).source == ["aws.cloudwatch"]
    ])
    error_message = "Only an alarm that starts to fire starts an automation."
  }

  assert {
    condition = alltrue([for key, target in aws_cloudwatch_event_target.automation :
      target.role_arn == aws_iam_role.start.arn && endswith(target.arn, ":automation-definition/${aws_ssm_document.this[key].name}:$DEFAULT")
    ])
    error_message = "Each rule starts the automation of the same name, with the role for it."
  }

  # Roles.

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.automation : [for statement in jsondecode(policy.policy).Statement :
      !strcontains(join(" ", flatten([statement.Action])), "*")
    ]]))
    error_message = "No role has a wildcard among its actions."
  }

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.automation : [for statement in jsondecode(policy.policy).Statement :
      alltrue([for action in flatten([statement.Action]) : contains(["cloudwatch:GetMetricData", "autoscaling:DescribeAutoScalingGroups", "ssm:ListCommandInvocations"], action)])
      if contains(flatten([statement.Resource]), "*")
    ]]))
    error_message = "Only reads without resource-level permissions are allowed on \"*\"."
  }

  assert {
    condition = {
      for key, policy in aws_iam_role_policy.automation : key => toset([for statement in jsondecode(policy.policy).Statement : flatten([statement.Action])[0]
      if contains(["Scale", "Raise", "Alarm"], statement.Sid)])
      } == {
      high_latency     = toset(["autoscaling:SetDesiredCapacity"])
      banxico_failure  = toset(["cloudwatch:DescribeAlarms"])
      database_trouble = toset(["rds:ModifyDBCluster"])
    }
    error_message = "Each role has the permissions that its automation needs."
  }

  assert {
    condition = alltrue(flatten([for policy in aws_iam_role_policy.automation : [for statement in jsondecode(policy.policy).Statement :
      statement.Condition.StringEquals["ssm:resourceTag/aws:autoscaling:groupName"] == "rates-production-rates-sync"
      if statement.Sid == "CommandSync"
    ]]))
    error_message = "Commands may be sent to instances of rates-sync only."
  }

  assert {
    condition = alltrue([for role in aws_iam_role.automation :
      jsondecode(role.assume_role_policy).Statement[0].Principal.Service == "ssm.amazonaws.com" &&
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    ])
    error_message = "Only Systems Manager, for this account, can assume the automations' roles."
  }

  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.start.policy).Statement : flatten([statement.Action])])) == toset([
      "ssm:StartAutomationExecution", "iam:PassRole",
    ])
    error_message = "An event may start the automations and nothing else."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_role_policy.start.policy).Statement :
      alltrue([for resource in flatten([statement.Resource]) : strcontains(resource, "rates-production-") || contains(values(output.role_arns), resource)])
    ])
    error_message = "An event starts only these automations, and passes only their roles."
  }
}

run "what_costs_less_than_the_bound_asks_nobody" {
  command = plan

  variables {
    emergency_dollars_per_hour = 4
  }

  # Three instances are 0.12 dollars an hour, two database instances at 16 instead of 0.5 ACUs 3.72.
  assert {
    condition     = abs(local.dollars_per_hour.instances - 0.1248) < 0.0001 && abs(local.dollars_per_hour.capacity - 3.72) < 0.0001
    error_message = "The bound is held against what three instances and all capacity cost."
  }

  assert {
    condition     = !anytrue(flatten([for document in local.documents : [for step in document.steps : step.action == "aws:approve"]]))
    error_message = "Within the bound nobody is asked: it acts at once."
  }

  assert {
    condition     = one([for step in local.high_latency.steps : step.inputs.Choices[0].NextStep if step.name == "isSlow"]) == "addInstances"
    error_message = "Instances are added as soon as p95 is seen to be high."
  }

  assert {
    condition     = !anytrue([for statements in local.permissions : contains(keys(statements), "ask")])
    error_message = "Who asks nobody has no topic to ask by."
  }
}

run "more_than_the_bound_asks" {
  command = plan

  variables {
    emergency_dollars_per_hour = 1
  }

  assert {
    condition     = [for step in local.database_trouble.steps : step.name if step.action == "aws:approve"] == ["approveCapacity"] && length([for step in local.high_latency.steps : step if step.action == "aws:approve"]) == 0
    error_message = "Only what costs more than the bound waits for a person."
  }
}

# Every one of these must be rejected.
run "nobody_to_approve_alarms_missing_and_nothing_to_raise" {
  command = plan

  variables {
    approvers          = []
    approval_topic_arn = "arn:aws:sns:us-east-1:123456789012:rates-production-approvals"
    alarm_arns         = { breaker_open = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a" }
    min_acu            = 16
  }

  expect_failures = [var.approvers, var.approval_topic_arn, var.alarm_arns, var.max_acu]
}
