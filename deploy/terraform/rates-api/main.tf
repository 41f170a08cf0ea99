# rates-api: answers clients from memory, behind the load balancer.

locals {
  handed = toset([
    "cache/primary_endpoint", "cache/reader_secret_arn", "database/name", "database/reader_endpoint",
    "database/reader_secret_arn", "database/writer_endpoint", "edge/alb_arn_suffix", "edge/rate_limit",
    "edge/rate_window_seconds", "edge/target_group_arn", "edge/target_group_arn_suffix", "keys/data_arn",
    "keys/logs_arn", "keys/secrets_arn", "network/private_subnet_ids", "network/security_groups/rates_api",
    "rates-api/image",
  ])

  # The requirements allow 20 connections per instance; a worker's pool is beside the two that it reads evidence by.
  connections          = 20
  evidence_connections = 2

  # Longer than the balancer needs to notice that an instance is not ready: two checks, 5 s apart.
  drain_seconds = 20
}

module "service" {
  source = "../modules/service"

  environment = var.environment
  service     = "rates-api"
  image       = coalesce(var.image, local.platform["rates-api/image"])

  instance_type     = var.instance_type
  memory_mib        = var.memory_mib
  min_size          = var.min_size
  max_size          = var.max_size
  subnet_ids        = split(",", local.platform["network/private_subnet_ids"])
  security_group_id = local.platform["network/security_groups/rates_api"]

  balanced = {
    target_group_arn        = local.platform["edge/target_group_arn"]
    target_group_arn_suffix = local.platform["edge/target_group_arn_suffix"]
    alb_arn_suffix          = local.platform["edge/alb_arn_suffix"]
    requests_per_second     = var.requests_per_second
  }

  refresh_watches_alarm = var.refresh_watches_alarm

  probe_port   = 8000
  metrics_port = 8010
  stop_seconds = local.drain_seconds + 20
  metrics      = jsondecode(file("${path.module}/../metrics.json"))

  settings = merge(length(var.signing_keys) > 0 ? { RATES_API_SIGNING_KEYS = join(",", var.signing_keys) } : {}, {
    RATES_API_WORKERS           = tostring(var.workers)
    RATES_API_DATABASE_POOL     = tostring(local.connections / var.workers - local.evidence_connections)
    RATES_API_DRAIN             = tostring(local.drain_seconds)
    RATES_API_EDGE_LIMIT        = local.platform["edge/rate_limit"]
    RATES_API_EDGE_LIMIT_WINDOW = local.platform["edge/rate_window_seconds"]
    RATES_API_OTLP_ENDPOINT     = "http://127.0.0.1:4318/v1/traces"
  })

  # The read-only user for both endpoints; the writer endpoint is tried last and only read (rule R2).
  secrets = {
    RATES_API_DATABASE_URL = {
      arn      = local.platform["database/reader_secret_arn"]
      template = "mysql+asyncmy://{username}:{password}@${local.platform["database/reader_endpoint"]}:3306/${local.platform["database/name"]}?ssl_ca=/etc/rates/authorities.pem"
    }
    RATES_API_DATABASE_PRIMARY_URL = {
      arn      = local.platform["database/reader_secret_arn"]
      template = "mysql+asyncmy://{username}:{password}@${local.platform["database/writer_endpoint"]}:3306/${local.platform["database/name"]}?ssl_ca=/etc/rates/authorities.pem"
    }
    RATES_API_REDIS_URL = {
      arn      = local.platform["cache/reader_secret_arn"]
      template = "rediss://{username}:{password}@${local.platform["cache/primary_endpoint"]}:6379/0"
    }
  }

  authorities         = data.http.authorities.response_body
  secrets_kms_key_arn = local.platform["keys/secrets_arn"]
  logs_kms_key_arn    = local.platform["keys/logs_arn"]
  data_kms_key_arn    = local.platform["keys/data_arn"]
}
