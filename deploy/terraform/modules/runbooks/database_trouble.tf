# The database is overloaded or down: raise its capacity if a person approves, confirm that reads go to a
# reader and that the documents in Redis persist, restore the capacity range.

locals {
  modify = {
    Service             = "rds"
    Api                 = "ModifyDBCluster"
    DBClusterIdentifier = var.database_cluster_id
    ApplyImmediately    = true
  }
  until_available = {
    action         = "aws:waitForAwsResourceProperty"
    timeoutSeconds = 900
    inputs = {
      Service             = "rds"
      Api                 = "DescribeDBClusters"
      DBClusterIdentifier = var.database_cluster_id
      PropertySelector    = "$.DBClusters[0].Status"
      DesiredValues       = ["available"]
    }
  }

  database_trouble = {
    description = "Database trouble: reports the cluster's state and the documents' TTLs, raises the capacity after an approval."
    page        = "database-overloaded.md"
    steps = concat([
      {
        name   = "look"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "latest"
          Script       = local.look
          InputPayload = { metrics = [for id in ["acu_percent", "connections", "database_up", "primary_loads"] : merge(local.metrics[id], { id = id })] }
        }
        outputs = [for id in ["acu_percent", "connections", "database_up", "primary_loads"] : { Name = id, Selector = "$.Payload.${id}", Type = "Integer" }]
      },
      {
        name   = "cluster"
        action = "aws:executeScript"
        inputs = {
          Runtime      = "python3.11"
          Handler      = "cluster"
          Script       = local.look
          InputPayload = { cluster = var.database_cluster_id }
        }
        outputs = [
          { Name = "status", Selector = "$.Payload.status", Type = "String" },
          { Name = "readers", Selector = "$.Payload.readers", Type = "Integer" },
        ]
      },
      merge(local.ask_sync, {
        # Sync lengthens them to 30 min by itself while the database is away: this only says what they have.
        name = "lifetimes"
        inputs = merge(local.asking, {
          InputPayload = {
            group   = var.rates_sync_group_name
            command = "${local.in_container} <<'SCRIPT'\n${file("${path.module}/files/documents.py")}SCRIPT"
          }
        })
      }),
      {
        # rates-api reads from the reader endpoint, which resolves to the writer while there is no reader,
        # and tries the writer endpoint last: there is nothing to switch here.
        name   = "tell"
        action = "aws:executeAwsApi"
        inputs = merge(local.publish, {
          Subject = "${var.name}: database trouble"
          Message = join("\n", [
            "Started by {{ Alarm }}. Cluster {{ cluster.status }}; readers: {{ cluster.readers }} (0: the reader endpoint leads to the writer);",
            "{{ look.acu_percent }} % of the capacity, {{ look.connections }} connections; answers rates-api: {{ look.database_up }};",
            "snapshots that had to come from the writer in 15 minutes: {{ look.primary_loads }} (-1: no value).",
            "${var.runbook_base_url}/database-overloaded.md",
          ])
        })
      },
      {
        # Apart, since a step that failed has no output, and a step that names it fails with it.
        name      = "tellLifetimes"
        action    = "aws:executeAwsApi"
        onFailure = "Continue"
        inputs = merge(local.publish, {
          Subject = "${var.name}: documents in Redis"
          Message = "They live on for up to 1,800 s while the database is away:\n{{ lifetimes.text }}"
        })
      },
      ], local.asks.capacity ? [{
        name           = "approveCapacity"
        action         = "aws:approve"
        timeoutSeconds = 1800
        onFailure      = "Abort"
        inputs = merge(local.approve, {
          Message = "Hold every instance of ${var.database_cluster_id} at ${var.max_acu} ACUs for two hours, instead of ${var.min_acu} to ${var.max_acu}?"
        })
      }] : [], [
      {
        # The minimum capacity too: an instance grows in steps that depend on its size, and a small one is slow.
        name   = "raise"
        action = "aws:executeAwsApi"
        inputs = merge(local.modify, {
          ServerlessV2ScalingConfiguration = { MinCapacity = var.max_acu, MaxCapacity = var.max_acu }
        })
      },
      merge(local.until_available, { name = "untilRaised", onFailure = "Continue" }),
      {
        name   = "tellRaised"
        action = "aws:executeAwsApi"
        inputs = merge(local.publish, {
          Subject = "${var.name}: database raised to ${var.max_acu} ACUs"
          Message = "For two hours; then the least capacity is ${var.min_acu} ACUs again. An automation that is cancelled leaves it raised: apply the root platform."
        })
      },
      { name = "hold", action = "aws:sleep", inputs = { Duration = "PT2H" } },
      {
        name   = "giveBack"
        action = "aws:executeAwsApi"
        inputs = merge(local.modify, {
          ServerlessV2ScalingConfiguration = { MinCapacity = var.min_acu, MaxCapacity = var.max_acu }
        })
      },
      {
        name   = "report"
        action = "aws:executeAwsApi"
        isEnd  = true
        inputs = merge(local.publish, {
          Subject = "${var.name}: database given back its range"
          Message = "${var.min_acu} to ${var.max_acu} ACUs again. If the load is still there, it grows by itself, and the alarm comes back."
        })
      },
    ])
  }
}
