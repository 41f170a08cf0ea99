# The record (rule R1): everything else is derived from it.

locals {
  database_name = "rates"
  logs          = toset(["audit", "error", "slowquery"])
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "The isolated subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept 7 days, by requirement; the record's own audit table is kept 2 years.
  for_each = local.logs

  # Otherwise Aurora would create them, with unlimited retention.
  name              = "/aws/rds/cluster/${var.name}/${each.key}"
  retention_in_days = 7
  kms_key_id        = var.logs_kms_key_arn
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV_AWS_325:The audit log is exported (local.logs); the check does not resolve the local.
  #checkov:skip=CKV_AWS_326:A restore creates a new cluster (docs/disaster-recovery.md); backtracking this one would destroy the evidence.
  #checkov:skip=CKV_AWS_162:An IAM token lasts 15 minutes, but the services read their URL only at start; passwords are rotated instead (users.tf).
  cluster_identifier = var.name
  engine             = "aurora-mysql"
  engine_mode        = "provisioned"
  engine_version     = var.engine_version
  database_name      = local.database_name
  port               = 3306

  serverlessv2_scaling_configuration {
    min_capacity = var.min_acu
    max_capacity = var.max_acu
  }

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name

  storage_encrypted = true
  kms_key_id        = var.kms_key_arn

  # RDS generates the master password, keeps it in Secrets Manager and rotates it every 7 days.
  master_username               = "master"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.secrets_kms_key_arn

  # The Data API: SQL through the AWS API, for those who may read the master secret. Creating accounts
  # needs no host in the isolated subnets, so there is none to attack.
  enable_http_endpoint = true

  # Continuous backup: any second of the last 35 days, the newest at most 5 minutes old (RPO).
  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = "08:00-08:30" # UTC: 02:00 in Mexico City, outside the polling window
  preferred_maintenance_window = "sun:09:00-sun:09:30"
  copy_tags_to_snapshot        = true
  delete_automated_backups     = false
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = false
  final_snapshot_identifier    = "${var.name}-final"

  enabled_cloudwatch_logs_exports = local.logs

  lifecycle {
    precondition {
      condition     = var.min_acu <= var.max_acu
      error_message = "min_acu must not be greater than max_acu."
    }

    precondition {
      condition     = length(var.availability_zones) >= var.instance_count
      error_message = "There are more instances than availability zones: two would share a zone and fail together."
    }
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_118:The cluster's metrics and Performance Insights cover what the alarms need; metrics of AWS's host would add nothing.
  count = var.instance_count

  identifier         = "${var.name}-${count.index + 1}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = aws_rds_cluster.this.engine
  engine_version     = aws_rds_cluster.this.engine_version
  instance_class     = "db.serverless"
  availability_zone  = var.availability_zones[count.index]

  # Readers in tiers 0 and 1 are always as large as the writer, so a failover has full capacity at once.
  promotion_tier       = min(count.index, 1)
  publicly_accessible  = false
  ca_cert_identifier   = "rds-ca-rsa2048-g1"
  db_subnet_group_name = aws_db_subnet_group.this.name

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7
  auto_minor_version_upgrade            = true
}
