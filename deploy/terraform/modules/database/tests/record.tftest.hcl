# The record's database: zones, sizes, encryption, recovery.
variables {
  name                       = "rates-production"
  subnet_ids                 = ["subnet-a", "subnet-b", "subnet-c"]
  availability_zones         = ["us-east-1a", "us-east-1b", "us-east-1c"]
  security_group_id          = "sg-0123456789abcdef0"
  kms_key_arn                = "arn:aws:kms:us-east-1:123456789012:key/data"
  secrets_kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn           = "arn:aws:kms:us-east-1:123456789012:key/logs"
  rotation_subnet_ids        = ["subnet-p", "subnet-q"]
  rotation_security_group_id = "sg-0fedcba9876543210"
}

run "is_a_record_to_count_on" {
  command = plan

  # Aurora Serverless, MySQL 8.

  assert {
    condition     = aws_rds_cluster.this.engine == "aurora-mysql" && startswith(aws_rds_cluster.this.engine_version, "8.0.")
    error_message = "The engine is Aurora MySQL, compatible with 8.0."
  }

  assert {
    condition     = one(aws_rds_cluster.this.serverlessv2_scaling_configuration).min_capacity == 0.5 && one(aws_rds_cluster.this.serverlessv2_scaling_configuration).max_capacity == 16
    error_message = "Capacity is 0.5 to 16 units by default."
  }

  assert {
    condition     = alltrue([for i in aws_rds_cluster_instance.this : i.instance_class == "db.serverless"])
    error_message = "Every instance is serverless."
  }

  # Availability.

  assert {
    condition     = length(aws_rds_cluster_instance.this) >= 2
    error_message = "There is a reader to fail over to."
  }

  assert {
    condition     = length(distinct(aws_rds_cluster_instance.this[*].availability_zone)) == length(aws_rds_cluster_instance.this)
    error_message = "Writer and reader are in different zones."
  }

  assert {
    condition     = alltrue([for i in aws_rds_cluster_instance.this : i.promotion_tier <= 1])
    error_message = "Readers are as large as the writer, so that a failover has full capacity at once."
  }

  # Encryption and isolation.

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.kms_key_arn
    error_message = "The record is encrypted with the data key."
  }

  assert {
    condition     = alltrue([for i in aws_rds_cluster_instance.this : i.performance_insights_kms_key_id == var.kms_key_arn])
    error_message = "Performance Insights' data is encrypted with the data key."
  }

  assert {
    condition     = local.parameters.require_secure_transport == "ON"
    error_message = "Aurora accepts only TLS connections."
  }

  assert {
    condition     = { for p in aws_rds_cluster_parameter_group.this.parameter : p.name => p.value } == local.parameters
    error_message = "Every parameter is in the cluster's parameter group."
  }

  assert {
    condition     = !can(regex("TLSv1(,|$)|TLSv1\\.1", local.parameters.tls_version))
    error_message = "No TLS before 1.2."
  }

  assert {
    condition     = alltrue([for i in aws_rds_cluster_instance.this : i.publicly_accessible == false])
    error_message = "No instance has a public address."
  }

  assert {
    condition     = aws_rds_cluster.this.vpc_security_group_ids == toset([var.security_group_id]) && aws_db_subnet_group.this.subnet_ids == toset(var.subnet_ids)
    error_message = "The database is in the isolated subnets, with only its own security group."
  }

  # Settings that the services rely on.

  assert {
    condition     = local.parameters.time_zone == "UTC" && local.parameters.character_set_server == "utf8mb4"
    error_message = "Time is UTC and text utf8mb4, as in compose.yaml."
  }

  assert {
    condition     = local.parameters.innodb_flush_log_at_trx_commit == "1"
    error_message = "An acknowledged commit is durable (rule R3)."
  }

  assert {
    condition     = length(setintersection(keys(local.parameters), ["transaction_isolation", "sql_mode", "innodb_lock_wait_timeout", "wait_timeout"])) == 0
    error_message = "Settings that the services set per session are not set here too."
  }

  # Recovery.

  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 35
    error_message = "Any second of the last 35 days can be restored."
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && aws_rds_cluster.this.skip_final_snapshot == false && aws_rds_cluster.this.delete_automated_backups == false
    error_message = "The record can't be deleted by mistake, nor without a final snapshot."
  }

  assert {
    condition     = aws_backup_vault.this.kms_key_arn == var.kms_key_arn && aws_backup_vault_lock_configuration.this.min_retention_days >= 7
    error_message = "Snapshots are encrypted, and none can be deleted in its first week."
  }

  assert {
    condition     = { for r in aws_backup_plan.this.rule : r.rule_name => one(r.lifecycle).delete_after } == { daily = 35, monthly = 366 }
    error_message = "Daily snapshots are kept for 35 days, monthly ones for a year."
  }

  assert {
    condition     = alltrue([for r in aws_backup_plan.this.rule : length(r.copy_action) == 0])
    error_message = "Nothing is copied to another region unless a vault is configured."
  }

  assert {
    condition = alltrue([
      for r in aws_backup_plan.this.rule :
      one(r.lifecycle).delete_after >= aws_backup_vault_lock_configuration.this.min_retention_days &&
      one(r.lifecycle).delete_after <= aws_backup_vault_lock_configuration.this.max_retention_days
    ])
    error_message = "The vault's lock allows the plan's retention periods."
  }

  # Logs.

  assert {
    condition     = alltrue([for g in aws_cloudwatch_log_group.this : g.retention_in_days == 7 && g.kms_key_id == var.logs_kms_key_arn])
    error_message = "Logs are kept 7 days, encrypted with the logs key."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_log_group.this)) == aws_rds_cluster.this.enabled_cloudwatch_logs_exports
    error_message = "Every exported log has a log group; otherwise Aurora would create one with unlimited retention."
  }
}

run "copies_to_another_region_where_asked" {
  command = plan

  variables {
    backup_copy_vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:rates-production"
  }

  assert {
    condition     = alltrue([for r in aws_backup_plan.this.rule : one(r.copy_action).destination_vault_arn == var.backup_copy_vault_arn])
    error_message = "Every snapshot is copied to the configured vault."
  }
}

# Every one of these must be rejected.
run "refuses_a_lone_writer_a_shared_zone_and_a_pause" {
  command = plan

  variables {
    instance_count     = 1
    availability_zones = ["us-east-1a", "us-east-1a"]
    min_acu            = 0
  }

  expect_failures = [var.instance_count, var.availability_zones, var.min_acu]
}

run "refuses_more_instances_than_zones" {
  command = plan

  variables {
    availability_zones = ["us-east-1a"]
  }

  expect_failures = [aws_rds_cluster.this]
}

run "refuses_capacities_the_wrong_way_round" {
  command = plan

  variables {
    min_acu = 8
    max_acu = 4
  }

  expect_failures = [aws_rds_cluster.this]
}
