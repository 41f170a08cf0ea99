# What clients of the platform may count on when Redis fails, and what nobody may read.
variables {
  name                = "rates-production"
  subnet_ids          = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id   = "sg-0123456789abcdef0"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/data"
  secrets_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/secrets"
}

run "survives_a_zone_encrypted_and_keeps_nothing" {
  command = plan

  # Survives a zone.

  assert {
    condition     = aws_elasticache_replication_group.this.node_type == "cache.r6g.large"
    error_message = "The nodes are r6g.large unless said otherwise."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.multi_az_enabled && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "A lost zone is a failover that nobody has to start."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters >= 2
    error_message = "There is a replica to fail over to."
  }

  assert {
    condition     = length(output.member_cluster_ids) == aws_elasticache_replication_group.this.num_cache_clusters
    error_message = "Every node is named, so that every node has its alarm."
  }

  assert {
    condition     = output.member_cluster_ids == toset(["rates-production-001", "rates-production-002"])
    error_message = "Nodes are named as ElastiCache names them."
  }

  # Is encrypted.

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "Redis answers nobody without TLS."
  }

  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "Redis is encrypted at rest with the key for data."
  }

  assert {
    condition     = aws_secretsmanager_secret.auth.kms_key_id == var.secrets_kms_key_arn
    error_message = "The AUTH token is encrypted with the key for secrets."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null && aws_elasticache_replication_group.this.auth_token_wo_version == null
    error_message = "The AUTH token is none of Terraform's business: no apply may set another one."
  }

  # Keeps nothing.

  assert {
    condition     = aws_elasticache_replication_group.this.snapshot_retention_limit == 0
    error_message = "Redis keeps no snapshot: stream and documents come from the record (rule R1)."
  }

  assert {
    condition     = { for p in aws_elasticache_parameter_group.this.parameter : p.name => p.value }["maxmemory-policy"] == "noeviction"
    error_message = "A full Redis refuses, it never evicts, as in compose.yaml."
  }
}

# Each of them must be refused.
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
