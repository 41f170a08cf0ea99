resource "aws_rds_cluster_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "aurora-mysql8.0"
  description = "Settings that the services rely on but do not set per session"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
      # Valid for both kinds of parameters; "immediate" is rejected for static ones.
      apply_method = "pending-reboot"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # Not here: isolation, SQL mode, lock waits and idle time. rates-sync and rates-api set them per session
  # (store/engine.py, fallback/engine.py), so that they apply on every server.
  parameters = {
    require_secure_transport = "ON"
    tls_version              = "TLSv1.2,TLSv1.3"

    # As in compose.yaml: instants are naive UTC, text is utf8mb4.
    time_zone            = "UTC"
    character_set_server = "utf8mb4"
    collation_server     = "utf8mb4_0900_ai_ci"

    # An acknowledged commit is durable (rule R3).
    innodb_flush_log_at_trx_commit = "1"

    slow_query_log       = "1"
    long_query_time      = "1"
    log_output           = "FILE"
    server_audit_logging = "1"
    server_audit_events  = "CONNECT,QUERY_DDL,QUERY_DCL"
  }
}
