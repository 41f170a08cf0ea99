# Redis holds the stream and the documents. Both are derived (rule R1): losing them loses nothing, so
# nothing is persisted, and the relay repairs the stream after a failover to a lagging replica.

resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "The isolated subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-redis7"
  family      = "redis7"
  description = "As in compose.yaml: a full Redis refuses writes and never evicts"

  # Eviction would remove stream entries; the relay would treat that as data loss and refill the stream.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:Who connects is one of the users of users.tf; a token would let everybody do everything.
  replication_group_id = var.name
  description          = "The stream and the documents of ${var.name}"

  engine               = "redis"
  engine_version       = var.engine_version
  node_type            = var.node_type
  parameter_group_name = aws_elasticache_parameter_group.this.name
  port                 = 6379

  num_cache_clusters         = 1 + var.replicas
  multi_az_enabled           = true
  automatic_failover_enabled = true

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [var.security_group_id]
  user_group_ids     = [aws_elasticache_user_group.this.user_group_id]

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn

  # A snapshot would bring back a stream that the record has left behind (protocol rule 9).
  snapshot_retention_limit   = 0
  auto_minor_version_upgrade = true
  maintenance_window         = "sun:08:00-sun:09:00" # UTC: early Sunday in Mexico City
  apply_immediately          = false

  lifecycle {
    precondition {
      condition     = 1 + var.replicas <= 2 * length(var.subnet_ids)
      error_message = "There are more than two nodes per availability zone; add subnets or remove replicas."
    }
  }
}
