# The CloudWatch agent does both: it reports memory and disk, and, being a distribution of the OpenTelemetry
# Collector, it collects traces and scrapes /metrics. One signed package from the distribution's repository, one
# process.

locals {
  # Names used only by the collector's configuration, so that they can't clash with the agent's.
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

  # CloudWatch aggregates a gauge over all instances: the instance is not a dimension, and an alarm's
  # statistic (Minimum, Maximum) decides how the group's values are combined.
  dimensions = { for wanted in var.metrics : wanted.metric => distinct(concat(keys(local.identity), wanted.dimensions))... }

  # Only this service's metrics: metrics.json lists both services'.
  wanted = { for metric, dimensions in local.dimensions : metric => dimensions if startswith(metric, lower(local.prefix)) }

  collector = {
    receivers = {
      # The service itself samples its traces, one in ten (rates_telemetry.tracing). The collector must forward
      # all that arrive, or only one in a hundred would be left.
      "otlp/${local.suffix}" = { protocols = { http = { endpoint = "127.0.0.1:4318" } } }

      "prometheus/${local.suffix}" = {
        config = {
          scrape_configs = [{
            job_name        = var.service
            scrape_interval = "30s" # twice a minute, so that every one-minute period of an alarm has a value
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
          # \b ends the name; the collector would read $ as a variable.
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
