# AWS Config: records every resource's configuration at every change, with rules that flag violations.

locals {
  recorders = var.record_configuration ? toset(["this"]) : toset([])

  # What Terraform asserts before an apply, monitored afterwards: no plan shows a manual change in the console.
  rules = {
    buckets-private              = "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED"
    buckets-encrypted            = "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"
    buckets-over-tls             = "S3_BUCKET_SSL_REQUESTS_ONLY"
    database-encrypted           = "RDS_STORAGE_ENCRYPTED"
    database-not-public          = "RDS_INSTANCE_PUBLIC_ACCESS_CHECK"
    database-undeletable         = "RDS_CLUSTER_DELETION_PROTECTION_ENABLED"
    default-group-closed         = "VPC_DEFAULT_SECURITY_GROUP_CLOSED"
    flow-logs-on                 = "VPC_FLOW_LOGS_ENABLED"
    instances-without-public-ip  = "EC2_INSTANCE_NO_PUBLIC_IP"
    instances-need-metadata-v2   = "EC2_IMDSV2_CHECK"
    keys-not-about-to-be-deleted = "KMS_CMK_NOT_SCHEDULED_FOR_DELETION"
    root-without-access-keys     = "IAM_ROOT_ACCESS_KEY_CHECK"
    trail-on                     = "CLOUD_TRAIL_ENABLED"
    volumes-encrypted            = "ENCRYPTED_VOLUMES"
  }
}

module "configurations" {
  source   = "../bucket"
  for_each = local.recorders

  name          = "${var.name}-config"
  kms_key_arn   = var.kms_key_arn
  expire_days   = var.retention_days
  force_destroy = var.force_destroy

  grants = [
    {
      sid     = "AskedByConfig"
      service = "config.amazonaws.com"
      actions = ["s3:GetBucketAcl", "s3:ListBucket"]
      equals  = { "AWS:SourceAccount" = local.account }
    },
    {
      sid     = "WrittenByConfig"
      service = "config.amazonaws.com"
      actions = ["s3:PutObject"]
      path    = "AWSLogs/${local.account}/Config/*"
      equals  = { "AWS:SourceAccount" = local.account, "s3:x-amz-acl" = "bucket-owner-full-control" }
    },
  ]
}

# AWS's service-linked role for Config: it can read every kind of resource, and AWS keeps its policy current.
resource "aws_iam_service_linked_role" "config" {
  for_each = local.recorders

  aws_service_name = "config.amazonaws.com"
}

resource "aws_config_configuration_recorder" "this" {
  for_each = local.recorders

  name     = var.name
  role_arn = aws_iam_service_linked_role.config[each.key].arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  for_each = local.recorders

  name           = var.name
  s3_bucket_name = module.configurations[each.key].id
  s3_kms_key_arn = var.kms_key_arn

  depends_on = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  for_each = local.recorders

  name       = aws_config_configuration_recorder.this[each.key].name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.this]
}

resource "aws_config_config_rule" "this" {
  for_each = var.record_configuration ? local.rules : {}

  name = "${var.name}-${each.key}"

  source {
    owner             = "AWS"
    source_identifier = each.value
  }

  depends_on = [aws_config_configuration_recorder.this]
}
