# The topic for alerts: from alarms, and from rates-sync and the automations, whose own roles allow it. The variable
# file lists the subscribers.

resource "aws_sns_topic" "alerts" {
  name              = "${local.name}-alerts"
  kms_master_key_id = aws_kms_key.this["messages"].arn
}

data "aws_iam_policy_document" "alerts" {
  statement {
    sid       = "FromAlarmsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  statement {
    sid       = "FromRulesOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:events:${var.region}:${local.account}:rule/${local.name}-failed-*"]
    }
  }

  statement {
    sid       = "OverTlsOnly"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = data.aws_iam_policy_document.alerts.json
}

# aws:approve asks by a topic whose name begins with Automation, and by no other. The runbooks' own roles publish to it.
resource "aws_sns_topic" "approvals" {
  name              = "Automation-${local.name}-approvals"
  kms_master_key_id = aws_kms_key.this["messages"].arn
}

# Each address gets a message to confirm first, of each topic.
resource "aws_sns_topic_subscription" "email" {
  for_each = { for pair in setproduct(["alerts", "approvals"], var.alert_emails) : join(" ", pair) => pair }

  topic_arn = { alerts = aws_sns_topic.alerts.arn, approvals = aws_sns_topic.approvals.arn }[each.value[0]]
  protocol  = "email"
  endpoint  = each.value[1]
}
