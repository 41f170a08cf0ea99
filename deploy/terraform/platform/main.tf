# The infrastructure that the two services share. They read what they need from SSM parameters (parameters.tf), never
# from this root's state.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  name      = "rates-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
}

module "network" {
  source = "../modules/network"

  name               = local.name
  availability_zones = var.availability_zones
  nat_gateways       = var.nat_gateways
  kms_key_arn        = aws_kms_key.this["logs"].arn
  log_retention_days = var.log_retention_days
}

module "edge" {
  source = "../modules/edge"

  name                       = local.name
  vpc_id                     = module.network.vpc_id
  public_subnet_ids          = values(module.network.public_subnet_ids)
  security_group_id          = module.network.security_group_ids["alb"]
  domain_name                = var.domain_name
  origin_domain_name         = local.origin_domain_name
  zone_id                    = data.aws_route53_zone.this.zone_id
  certificate_arn            = aws_acm_certificate_validation.this["edge"].certificate_arn
  origin_certificate_arn     = aws_acm_certificate_validation.this["origin"].certificate_arn
  origin_header_generation   = var.origin_header_generation
  requests_per_second_per_ip = var.requests_per_second_per_ip
  price_class                = var.price_class
  deletion_protection        = var.deletion_protection
  logs_kms_key_arn           = aws_kms_key.this["edge_logs"].arn
  log_retention_days         = var.log_retention_days
}

module "audit" {
  source = "../modules/audit"

  name                 = local.name
  kms_key_arn          = aws_kms_key.this["buckets"].arn
  record_configuration = var.record_configuration
  inspect              = var.inspect
  force_destroy        = !var.deletion_protection
}
