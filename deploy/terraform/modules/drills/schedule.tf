# On Tuesdays at 10:00 in Mexico City: the window is open and people are at work (3#2 is the month's second
# Tuesday). The zones take turns, one a month; the drill of the whole service is in the last month of a
# quarter, two weeks after that month's zone.

locals {
  drills = merge(
    { for index, zone in var.availability_zones : "zone-${zone}" => {
      template = aws_fis_experiment_template.zone[zone].id
      when     = "cron(0 10 ? ${join(",", [for quarter in range(4) : 3 * quarter + index + 1])} 3#2 *)"
    } },
    { service = {
      template = aws_fis_experiment_template.service.id
      when     = "cron(0 10 ? 3,6,9,12 3#4 *)"
    } },
  )
  templates = [for drill in local.drills : drill.template]
}

resource "aws_scheduler_schedule_group" "drills" {
  name = "${var.name}-drills"
}

resource "aws_scheduler_schedule" "drill" {
  for_each = local.drills

  #checkov:skip=CKV_AWS_297:A schedule contains only a template's id, which is not secret.
  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.drills.name
  description                  = "Starts the drill ${each.key}; off by default."
  state                        = var.enabled ? "ENABLED" : "DISABLED"
  schedule_expression          = each.value.when
  schedule_expression_timezone = "America/Mexico_City"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "${local.arn}:scheduler:::aws-sdk:fis:startExperiment"
    role_arn = aws_iam_role.schedule.arn
    # Not jsonencode: it escapes < as \\u003c, and the scheduler would not recognise its keyword.
    input = "{\"ExperimentTemplateId\": \"${each.value.template}\", \"ClientToken\": \"<aws.scheduler.execution-id>\"}"

    # A drill that could not start is not rescheduled.
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 2
    }
  }
}
