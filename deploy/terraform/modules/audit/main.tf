# Who did what (CloudTrail), how the configuration changed (Config), what is vulnerable (Inspector).

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  trail   = "${var.name}-trail"
  # Composed, not looked up: the bucket's policy must name the trail before it exists.
  trail_arn = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.region}:${local.account}:trail/${local.trail}"
}

module "trail" {
  source = "../bucket"

  name          = local.trail
  kms_key_arn   = var.kms_key_arn
  expire_days   = var.retention_days
  force_destroy = var.force_destroy

  grants = [
    {
      sid     = "AskedByCloudTrail"
      service = "cloudtrail.amazonaws.com"
      actions = ["s3:GetBucketAcl"]
      equals  = { "aws:SourceArn" = local.trail_arn }
    },
    {
      sid     = "WrittenByCloudTrail"
      service = "cloudtrail.amazonaws.com"
      actions = ["s3:PutObject"]
      path    = "AWSLogs/${local.account}/*"
      equals  = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" }
    },
  ]
}

resource "aws_cloudtrail" "this" {
  #checkov:skip=CKV_AWS_252:Nobody waits for a log file; whatever needs a reaction has an alarm.
  #checkov:skip=CKV2_AWS_10:The trail is read from its bucket, which keeps it for 2 years; CloudWatch keeps 7 days.
  name                          = local.trail
  s3_bucket_name                = module.trail.id
  kms_key_id                    = var.kms_key_arn
  is_multi_region_trail         = true
  include_global_service_events = true
  # A signed digest every hour: it reveals log files that were changed or deleted later.
  enable_log_file_validation = true
  enable_logging             = true
}

resource "aws_inspector2_enabler" "this" {
  count = var.inspect ? 1 : 0

  account_ids    = [local.account]
  resource_types = ["EC2", "ECR"]
}
