# An alarm that fires starts its automation. If two alarms share one, each starts it: the second run sees
# what the first has done, and its approval request can be left to expire (30 minutes).

locals {
  triggers = {
    high_latency     = ["latency_p95", "latency_fast_burn", "latency_slow_burn"]
    banxico_failure  = ["breaker_open", "banxico_failures"]
    database_trouble = ["aurora_acu_at_maximum", "aurora_connections"]
  }
}

resource "aws_cloudwatch_event_rule" "alarm" {
  for_each = local.triggers

  name        = local.document_names[each.key]
  description = "Starts the automation of the same name when its alarm fires."

  event_pattern = jsonencode({
    source      = ["aws.cloudwatch"]
    detail-type = ["CloudWatch Alarm State Change"]
    resources   = [for key in each.value : var.alarm_arns[key]]
    detail = {
      state         = { value = ["ALARM"] }
      previousState = { value = [{ "anything-but" = "ALARM" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "automation" {
  for_each = local.triggers

  rule     = aws_cloudwatch_event_rule.alarm[each.key].name
  arn      = "${local.arn}:ssm:${local.region}:${local.account}:automation-definition/${aws_ssm_document.this[each.key].name}:$DEFAULT"
  role_arn = aws_iam_role.start.arn

  input_transformer {
    input_paths    = { alarm = "$.detail.alarmName" }
    input_template = "{\"Alarm\": [<alarm>]}"
  }

  # An automation that could not start within five minutes is too late: people know by then.
  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 5
  }
}
