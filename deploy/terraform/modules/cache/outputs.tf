output "replication_group_id" {
  description = "The replication group's name."
  value       = aws_elasticache_replication_group.this.id
}

output "member_cluster_ids" {
  description = "The names of the nodes, a dimension of their metrics."
  # Not the attribute member_clusters: AWS names nodes <group>-001, -002, …, which is known before the
  # group exists, so that the alarms for each node can be planned.
  value = toset([for n in range(1 + var.replicas) : format("%s-%03d", var.name, n + 1)])
}

output "primary_endpoint" {
  description = "The host name of the primary, also after a failover."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "writer_secret_arn" {
  description = "The secret of the user that writes, rates_sync."
  value       = aws_secretsmanager_secret.user["rates_sync"].arn
}

output "reader_secret_arn" {
  description = "The secret of the user that only reads, rates_api."
  value       = aws_secretsmanager_secret.user["rates_api"].arn
}
