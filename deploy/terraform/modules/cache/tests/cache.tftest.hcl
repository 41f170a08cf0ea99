# Redis: failover, encryption.
variables {
  name                = "rates-production"
  subnet_ids          = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id   = "sg-0123456789abcdef0"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/data"
  secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/secrets"
  logs_kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/logs"
}

run "survives_a_zone_encrypted_and_keeps_nothing" {
  command = plan

  # Availability.

  assert {
    condition     = aws_elasticache_replication_group.this.node_type == "cache.r6g.large"
    error_message = "The nodes are r6g.large by default."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "Losing a zone triggers an automatic failover."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters >= 2
    error_message = "There is a replica to fail over to."
  }

  assert {
    condition     = length(output.member_cluster_ids) == aws_elasticache_replication_group.this.num_cache_clusters
    error_message = "Every node is listed, so that every node has its alarm."
  }

  assert {
    condition     = output.member_cluster_ids == toset(["rates-production-001", "rates-production-002"])
    error_message = "Nodes are named as ElastiCache names them."
  }

  # Encryption.

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "Redis accepts only TLS connections."
  }

  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "Redis is encrypted at rest with the data key."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null && aws_elasticache_replication_group.this.auth_token_wo_version == null
    error_message = "There is no token, which would let whoever has it do everything."
  }

  # No persistence.

  assert {
    condition     = aws_elasticache_replication_group.this.snapshot_retention_limit == 0
    error_message = "Redis has no snapshots: stream and documents are rebuilt from the record (rule R1)."
  }

  assert {
    condition     = { for p in aws_elasticache_parameter_group.this.parameter : p.name => p.value }["maxmemory-policy"] == "noeviction"
    error_message = "As in compose.yaml, a full Redis refuses writes and never evicts."
  }
}

# Every one of these must be rejected.
run "refuses_a_single_zone_and_no_replica" {
  command = plan

  variables {
    replicas   = 0
    subnet_ids = ["subnet-a", "subnet-a"]
  }

  expect_failures = [var.replicas, var.subnet_ids]
}

run "refuses_more_nodes_than_zones_can_hold" {
  command = plan

  variables {
    subnet_ids = ["subnet-a", "subnet-b"]
    replicas   = 4
  }

  expect_failures = [aws_elasticache_replication_group.this]
}
