# Banxico fails: the breaker and cached data handle it without help. Collect the status, confirm that answers
# are marked, watch the burn rate, notify people. Nothing here costs money or changes anything.

locals {
  burn_alarm_name = regex("alarm:(.+)$", var.alarm_arns["availability_fast_burn"])[0]
  burn_state = {
    action  = "aws:executeAwsApi"
    inputs  = { Service = "cloudwatch", Api = "DescribeAlarms", AlarmNames = [local.burn_alarm_name] }
    outputs = [{ Name = "state", Selector = "$.MetricAlarms[0].StateValue", Type = "String" }]
  }
  look_at_banxico = {
    action = "aws:executeScript"
    inputs = {
      Runtime      = "python3.11"
      Handler      = "latest"
      Script       = local.look
      InputPayload = { metrics = [for id in ["breaker_open", "degraded"] : merge(local.metrics[id], { id = id })] }
    }
    outputs = [for id in ["breaker_open", "degraded"] : { Name = id, Selector = "$.Payload.${id}", Type = "Integer" }]
  }

  banxico_failure = {
    description = "Banxico fails: collect the status, confirm that cached data is marked, watch the burn rate."
    page        = "banxico-failure.md"
    steps = [
      merge(local.look_at_banxico, { name = "look" }),
      merge(local.burn_state, { name = "burn" }),
      merge(local.ask_sync, {
        name = "status"
        inputs = merge(local.asking, {
          InputPayload = { group = var.rates_sync_group_name, command = "docker exec rates-sync rates-sync status" }
        })
      }),
      {
        name   = "isMarked"
        action = "aws:branch"
        inputs = {
          Choices = [{
            NextStep = "tellUnmarked"
            And = [
              { Variable = "{{ look.breaker_open }}", NumericEquals = 1 },
              { Variable = "{{ look.degraded }}", NumericEquals = 0 },
            ]
          }]
          Default = "tell"
        }
      },
      {
        name   = "tellUnmarked"
        action = "aws:executeAwsApi"
        inputs = merge(local.publish, {
          Subject = "${var.name}: Banxico fails, level not degraded"
          Message = "The breaker is open and no worker is degraded. Outside 07:00-17:00 of a banking day that is right; inside, workers don't hear of rates-sync. ${var.runbook_base_url}/banxico-failure.md"
        })
        nextStep = "tell"
      },
      {
        name   = "tell"
        action = "aws:executeAwsApi"
        inputs = merge(local.publish, {
          Subject = "${var.name}: Banxico fails"
          Message = join("\n", [
            "Started by {{ Alarm }}. Breaker open: {{ look.breaker_open }}; a worker degraded: {{ look.degraded }} (-1: no value);",
            "availability burn alarm: {{ burn.state }}. Cached rates are served; another look follows in 30 minutes.",
            "${var.runbook_base_url}/banxico-failure.md",
          ])
        })
      },
      {
        # Apart, since a step that failed has no output, and a step that names it fails with it.
        name      = "tellStatus"
        action    = "aws:executeAwsApi"
        onFailure = "Continue"
        inputs    = merge(local.publish, { Subject = "${var.name}: rates-sync status", Message = "{{ status.text }}" })
      },
      { name = "watch", action = "aws:sleep", inputs = { Duration = "PT30M" } },
      merge(local.look_at_banxico, { name = "lookAgain" }),
      merge(local.burn_state, { name = "burnAgain" }),
      {
        name   = "report"
        action = "aws:executeAwsApi"
        isEnd  = true
        inputs = merge(local.publish, {
          Subject = "${var.name}: Banxico, 30 minutes later"
          Message = "Breaker open: {{ lookAgain.breaker_open }}; a worker degraded: {{ lookAgain.degraded }}; availability burn alarm: {{ burnAgain.state }}."
        })
      },
    ]
  }
}
