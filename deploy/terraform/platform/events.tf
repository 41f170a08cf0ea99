# Failures that no metric shows, told by e-mail: a password that did not rotate, a backup that was not made, a guarantee
# that somebody broke by hand, a vulnerability.

locals {
  failures = {
    # The detail-type and names: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
    rotation = {
      says = "A password did not rotate."
      pattern = {
        source      = ["aws.secretsmanager"]
        detail-type = ["AWS Service Event via CloudTrail"]
        detail = {
          eventSource = ["secretsmanager.amazonaws.com"]
          eventName   = ["RotationFailed", "RotationAbandoned", "TestRotationFailed"]
        }
      }
    }

    # https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    backup = {
      says = "A snapshot was not made."
      pattern = {
        source      = ["aws.backup"]
        detail-type = ["Backup Job State Change"]
        detail      = { state = ["FAILED", "EXPIRED", "ABORTED"] }
      }
    }

    backup-copy = {
      says = "A snapshot was not copied to the other region."
      pattern = {
        source      = ["aws.backup"]
        detail-type = ["Copy Job State Change"]
        detail      = { state = ["FAILED"] }
      }
    }

    # https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
    configuration = {
      says = "A resource breaks a rule of AWS Config."
      pattern = {
        source      = ["aws.config"]
        detail-type = ["Config Rules Compliance Change"]
        detail      = { newEvaluationResult = { complianceType = ["NON_COMPLIANT"] } }
      }
    }

    # https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html
    vulnerability = {
      says = "Inspector found a severe vulnerability."
      pattern = {
        source      = ["aws.inspector2"]
        detail-type = ["Inspector2 Finding"]
        detail      = { severity = ["HIGH", "CRITICAL"], status = ["ACTIVE"] }
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "failure" {
  for_each = local.failures

  name          = "${local.name}-failed-${each.key}"
  description   = each.value.says
  event_pattern = jsonencode(each.value.pattern)
}

resource "aws_cloudwatch_event_target" "failure" {
  for_each = local.failures

  rule = aws_cloudwatch_event_rule.failure[each.key].name
  arn  = aws_sns_topic.alerts.arn

  input_transformer {
    # JSON, with the detail as a value: what EventBridge puts into a string it does not escape, and a detail has quotes.
    input_paths    = { detail = "$.detail", at = "$.time" }
    input_template = "{\"what\": \"${local.name}: ${each.value.says}\", \"at\": <at>, \"detail\": <detail>}"
  }
}
