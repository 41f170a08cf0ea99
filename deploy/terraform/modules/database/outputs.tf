output "cluster_id" {
  description = "The cluster's identifier, a dimension of its metrics."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "cluster_arn" {
  description = "The cluster's ARN."
  value       = aws_rds_cluster.this.arn
}

output "writer_endpoint" {
  description = "The host name of the writer, also after a failover."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_endpoint" {
  description = "The host name of a reader, or of the writer if there is no reader."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "database_name" {
  description = "The name of the database with the record."
  value       = local.database_name
}

output "writer_secret_arn" {
  description = "The secret of the user rates_sync, which reads and writes."
  value       = aws_secretsmanager_secret.user["rates_sync"].arn
}

output "reader_secret_arn" {
  description = "The secret of the user rates_api, which reads the views."
  value       = aws_secretsmanager_secret.user["rates_api"].arn
}

output "master_secret_arn" {
  description = "The secret of the master user, created and rotated by RDS."
  value       = one(aws_rds_cluster.this.master_user_secret).secret_arn
}

output "backup_vault_arn" {
  description = "The vault with the snapshots."
  value       = aws_backup_vault.this.arn
}
