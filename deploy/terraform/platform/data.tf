# The record and Redis, in isolated subnets without a route out.

module "database" {
  source = "../modules/database"

  name                       = local.name
  subnet_ids                 = values(module.network.database_subnet_ids)
  availability_zones         = var.availability_zones
  security_group_id          = module.network.security_group_ids["database"]
  kms_key_arn                = aws_kms_key.this["data"].arn
  secrets_kms_key_arn        = aws_kms_key.this["secrets"].arn
  logs_kms_key_arn           = aws_kms_key.this["logs"].arn
  rotation_subnet_ids        = values(module.network.private_subnet_ids)
  rotation_security_group_id = module.network.security_group_ids["rates_sync"]
  instance_count             = var.database_instances
  min_acu                    = var.min_acu
  max_acu                    = var.max_acu
  backup_retention_days      = var.backup_retention_days
  backup_copy_vault_arn      = var.backup_copy_vault_arn
  deletion_protection        = var.deletion_protection
  rotate_passwords           = var.rotate_passwords
}

module "cache" {
  source = "../modules/cache"

  name                = local.name
  subnet_ids          = values(module.network.database_subnet_ids)
  security_group_id   = module.network.security_group_ids["cache"]
  kms_key_arn         = aws_kms_key.this["data"].arn
  secrets_kms_key_arn = aws_kms_key.this["secrets"].arn
  logs_kms_key_arn    = aws_kms_key.this["logs"].arn
  node_type           = var.cache_node_type
  replicas            = var.cache_replicas
  rotate_passwords    = var.rotate_passwords
}

locals {
  data_parameters = {
    "database/writer_endpoint"   = module.database.writer_endpoint
    "database/reader_endpoint"   = module.database.reader_endpoint
    "database/name"              = module.database.database_name
    "database/writer_secret_arn" = module.database.writer_secret_arn
    "database/reader_secret_arn" = module.database.reader_secret_arn
    "cache/primary_endpoint"     = module.cache.primary_endpoint
    "cache/writer_secret_arn"    = module.cache.writer_secret_arn
    "cache/reader_secret_arn"    = module.cache.reader_secret_arn
  }
}
