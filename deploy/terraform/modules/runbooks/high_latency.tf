# p95 above 200 ms: collect metrics, delete the documents in Redis if the hit ratio is low, add instances if
# a person approves, check again.

locals {
  slow_ms       = 200
  least_percent = 80
  more          = 3

  high_latency = {
    description = "High latency: reports metrics, deletes Redis' documents if the hit ratio is low, adds instances after an approval."
    page        = "high-latency.md"
    steps = concat([
      {
        name   = "look"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "latest"
          Script       = local.look
          InputPayload = { metrics = [for id in ["p95_ms", "hits", "misses", "connections", "acu_percent"] : merge(local.metrics[id], { id = id })] }
        }
        outputs = [for id in ["p95_ms", "hits", "misses", "connections", "acu_percent"] : { Name = id, Selector = "$.Payload.${id}", Type = "Integer" }]
      },
      {
        name   = "ratio"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "hit_percent"
          Script       = local.look
          InputPayload = { hits = "{{ look.hits }}", misses = "{{ look.misses }}" }
        }
        outputs = [{ Name = "percent", Selector = "$.Payload.percent", Type = "Integer" }]
      },
      {
        name   = "group"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "capacity"
          Script       = local.look
          InputPayload = { group = var.rates_api_group_name, more = local.more }
        }
        outputs = [for id in ["desired", "wanted", "room"] : { Name = id, Selector = "$.Payload.${id}", Type = "Integer" }]
      },
      {
        name   = "tell"
        action = "aws:executeAwsApi"
        inputs = merge(local.publish, {
          Subject = "${var.name}: high latency"
          Message = join("\n", [
            "Started by {{ Alarm }}. p95 {{ look.p95_ms }} ms at the balancer; answers found rendered: {{ ratio.percent }} %;",
            "database: {{ look.connections }} connections, {{ look.acu_percent }} % of its capacity (-1: no value).",
            "Instances: {{ group.desired }}; a scale-out to {{ group.wanted }} follows if it is slow now and there is room.",
            "${var.runbook_base_url}/high-latency.md",
          ])
        })
      },
      {
        name   = "isCacheOfHelp"
        action = "aws:branch"
        inputs = {
          Choices = [{
            NextStep = "clearDocuments"
            And = [
              { Variable = "{{ ratio.percent }}", NumericGreaterOrEquals = 0 },
              { Variable = "{{ ratio.percent }}", NumericLesser = local.least_percent },
            ]
          }]
          Default = "isSlow"
        }
      },
      merge(local.ask_sync, {
        name = "clearDocuments"
        inputs = merge(local.asking, {
          InputPayload = {
            group   = var.rates_sync_group_name
            command = "${local.in_container} clear <<'SCRIPT'\n${file("${path.module}/files/documents.py")}SCRIPT"
          }
        })
        nextStep = "isSlow"
      }),
      {
        name   = "isSlow"
        action = "aws:branch"
        inputs = {
          Choices = [{
            NextStep = local.asks.instances ? "approveInstances" : "addInstances"
            And = [
              { Variable = "{{ look.p95_ms }}", NumericGreater = local.slow_ms },
              { Variable = "{{ group.room }}", NumericGreater = 0 },
            ]
          }]
          Default = "done"
        }
      },
      ], local.asks.instances ? [{
        name           = "approveInstances"
        action         = "aws:approve"
        timeoutSeconds = 1800
        onFailure      = "Abort"
        inputs = merge(local.approve, {
          Message = "p95 is {{ look.p95_ms }} ms. Add instances of rates-api, from {{ group.desired }} to {{ group.wanted }}? They cost money until the load falls."
        })
      }] : [], [
      {
        name   = "addInstances"
        action = "aws:executeAwsApi"
        inputs = {
          Service              = "autoscaling"
          Api                  = "SetDesiredCapacity"
          AutoScalingGroupName = var.rates_api_group_name
          DesiredCapacity      = "{{ group.wanted }}"
          HonorCooldown        = false
        }
      },
      { name = "letThemWarmUp", action = "aws:sleep", inputs = { Duration = "PT10M" } },
      {
        name   = "lookAgain"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "latest"
          Script       = local.look
          InputPayload = { metrics = [merge(local.metrics.p95_ms, { id = "p95_ms" })] }
        }
        outputs = [{ Name = "p95_ms", Selector = "$.Payload.p95_ms", Type = "Integer" }]
      },
      {
        name   = "report"
        action = "aws:executeAwsApi"
        isEnd  = true
        inputs = merge(local.publish, {
          Subject = "${var.name}: high latency, after the scale-out"
          Message = "p95 was {{ look.p95_ms }} ms and is {{ lookAgain.p95_ms }} ms with {{ group.wanted }} instances. The group's own rules take them away again."
        })
      },
      {
        name   = "done"
        action = "aws:executeAwsApi"
        isEnd  = true
        inputs = merge(local.publish, {
          Subject = "${var.name}: high latency, nothing to add"
          Message = "p95 is {{ look.p95_ms }} ms, not above ${local.slow_ms}, or the group has all instances that it may have ({{ group.desired }})."
        })
      },
    ])
  }
}
