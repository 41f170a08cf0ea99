# The CloudWatch agent is both: the agent for memory and disk, and (it is a distribution of the
# OpenTelemetry Collector) the collector of traces and of /metrics. One signed package of the system's own
# repository, one process.

locals {
  # Names that only the collector's own configuration may use, so that the agent's can't clash with them.
  suffix = "rates"

  identity = { environment = var.environment, service = var.service }

  agent = {
    agent = { region = var.region, metrics_collection_interval = 60, omit_hostname = true }

    metrics = {
      namespace              = var.namespace
      aggregation_dimensions = [keys(local.identity)]
      metrics_collected = {
        mem  = { measurement = ["mem_used_percent"], append_dimensions = local.identity }
        disk = { measurement = ["used_percent"], resources = ["/"], append_dimensions = local.identity }
      }
    }

    logs = {
      logs_collected = {
        files = {
          collect_list = [{
            file_path       = "/var/log/cloud-init-output.log"
            log_group_name  = var.log_group
            log_stream_name = "{instance_id}/boot"
          }]
        }
      }
    }
  }

  # A gauge of one instance is aggregated with those of the others by CloudWatch: no instance is a
  # dimension, and an alarm says by its statistic (Minimum, Maximum) what it means of the group.
  dimensions = { for wanted in var.metrics : wanted.metric => distinct(concat(keys(local.identity), wanted.dimensions))... }

  # Only this service's own: metrics.json is of both.
  wanted = { for metric, dimensions in local.dimensions : metric => dimensions if startswith(metric, lower(local.prefix)) }

  collector = {
    receivers = {
      # Traces are sampled where they begin, in the service: a tenth (rates_telemetry.tracing). Whatever
      # arrives here is sent on, or a tenth of a tenth would be left.
      "otlp/${local.suffix}" = { protocols = { http = { endpoint = "127.0.0.1:4318" } } }

      "prometheus/${local.suffix}" = {
        config = {
          scrape_configs = [{
            job_name        = var.service
            scrape_interval = "30s" # twice a minute, so that no minute of an alarm is without a value
            static_configs  = [{ targets = ["127.0.0.1:${var.metrics_port}"], labels = local.identity }]
            metric_relabel_configs = [{
              source_labels = ["__name__"]
              regex         = "(${join("|", keys(local.wanted))})(_bucket|_sum|_count)?"
              action        = "keep"
            }]
          }]
        }
      }
    }

    processors = { "batch/${local.suffix}" = { timeout = "5s" } }

    exporters = {
      "awsxray/${local.suffix}" = { region = var.region }

      "awsemf/${local.suffix}" = {
        region                  = var.region
        namespace               = var.namespace
        log_group_name          = var.log_group
        log_stream_name         = "metrics"
        dimension_rollup_option = "NoDimensionRollup"
        metric_declarations = [for metric, dimensions in local.wanted : {
          # \b ends the name, as $ would, which the collector takes for a variable.
          metric_name_selectors = ["^${metric}\\b"]
          dimensions            = dimensions
        }]
      }
    }

    service = {
      pipelines = {
        "traces/${local.suffix}"  = { receivers = ["otlp/${local.suffix}"], processors = ["batch/${local.suffix}"], exporters = ["awsxray/${local.suffix}"] }
        "metrics/${local.suffix}" = { receivers = ["prometheus/${local.suffix}"], processors = ["batch/${local.suffix}"], exporters = ["awsemf/${local.suffix}"] }
      }
    }
  }
}
