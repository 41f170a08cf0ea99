# rates-sync: polls Banxico, records, announces. Two instances in two zones; only the one that holds the lease is
# active (rule R2).

locals {
  # Until the secret has a value no instance could fetch its secrets (secrets.sh).
  signs = var.issuer != ""

  handed = toset([
    "alerts/topic_arn", "cache/primary_endpoint", "cache/writer_secret_arn", "database/name", "database/writer_endpoint",
    "database/writer_secret_arn", "edge/distribution_arn", "edge/distribution_id", "keys/data_arn", "keys/logs_arn",
    "keys/messages_arn", "keys/secrets_arn", "network/private_subnet_ids", "network/security_groups/rates_sync",
    "rates-sync/image", "secrets/banxico_token_arn", "secrets/operator_token_arn", "secrets/signing_key_arn",
  ])
}

module "service" {
  source = "../modules/service"

  environment = var.environment
  service     = "rates-sync"
  image       = coalesce(var.image, local.platform["rates-sync/image"])

  instance_type     = var.instance_type
  memory_mib        = var.memory_mib
  min_size          = 2
  max_size          = 2
  subnet_ids        = split(",", local.platform["network/private_subnet_ids"])
  security_group_id = local.platform["network/security_groups/rates_sync"]
  singleton_metric  = "rates_sync_leader"

  refresh_watches_alarm = var.refresh_watches_alarm

  probe_port   = 8001
  metrics_port = 8001
  metrics      = jsondecode(file("${path.module}/../metrics.json"))

  settings = merge(local.signs ? { RATES_SYNC_ISSUER = var.issuer } : {}, {
    # No inbound access: probes, metrics and operator actions are used on the instance itself, through Session Manager.
    RATES_SYNC_HOST                       = "127.0.0.1"
    RATES_SYNC_DAILY_QUOTA                = tostring(var.daily_quota)
    RATES_SYNC_SNS_TOPIC_ARN              = local.platform["alerts/topic_arn"]
    RATES_SYNC_CLOUDFRONT_DISTRIBUTION_ID = local.platform["edge/distribution_id"]
    RATES_SYNC_AWS_REGION                 = var.region
    RATES_SYNC_OTLP_ENDPOINT              = "http://127.0.0.1:4318/v1/traces"
    RATES_SYNC_TRACE_SHARE                = "0.1"
  })

  secrets = merge(local.signs ? { RATES_SYNC_SIGNING_KEY = { arn = local.platform["secrets/signing_key_arn"], template = null } } : {}, {
    RATES_SYNC_DATABASE_URL = {
      arn      = local.platform["database/writer_secret_arn"]
      template = "mysql+asyncmy://{username}:{password}@${local.platform["database/writer_endpoint"]}:3306/${local.platform["database/name"]}?ssl_ca=/etc/rates/authorities.pem"
    }
    RATES_SYNC_REDIS_URL = {
      arn      = local.platform["cache/writer_secret_arn"]
      template = "rediss://{username}:{password}@${local.platform["cache/primary_endpoint"]}:6379/0"
    }
    RATES_SYNC_BANXICO_TOKEN  = { arn = local.platform["secrets/banxico_token_arn"], template = null }
    RATES_SYNC_OPERATOR_TOKEN = { arn = local.platform["secrets/operator_token_arn"], template = null }
  })

  announces = {
    topic_arn        = local.platform["alerts/topic_arn"]
    topic_key_arn    = local.platform["keys/messages_arn"]
    distribution_arn = local.platform["edge/distribution_arn"]
  }

  authorities         = data.http.authorities.response_body
  secrets_kms_key_arn = local.platform["keys/secrets_arn"]
  logs_kms_key_arn    = local.platform["keys/logs_arn"]
  data_kms_key_arn    = local.platform["keys/data_arn"]
}
