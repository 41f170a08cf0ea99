# Access logs: the load balancer's and CloudFront's in one bucket, requests blocked by the WAF in CloudWatch.

data "aws_caller_identity" "current" {}

# With S3-managed keys: a load balancer supports no other encryption for its logs.
module "access_logs" {
  source = "../bucket"

  name          = "${var.name}-access"
  expire_days   = var.log_retention_days
  versioned     = false
  force_destroy = true

  grants = [
    {
      sid     = "WrittenByTheLoadBalancer"
      service = "logdelivery.elasticloadbalancing.amazonaws.com"
      actions = ["s3:PutObject"]
      path    = "balancer/AWSLogs/${data.aws_caller_identity.current.account_id}/*"
      equals  = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
    },
    {
      sid     = "WrittenByLogDelivery"
      service = "delivery.logs.amazonaws.com"
      actions = ["s3:PutObject"]
      path    = "distribution/*"
      equals  = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
    },
  ]
}

resource "aws_cloudwatch_log_delivery_source" "distribution" {
  region = local.cloudfront_region

  name         = "${var.name}-distribution"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this.arn
}

resource "aws_cloudwatch_log_delivery_destination" "distribution" {
  region = local.cloudfront_region

  name          = "${var.name}-distribution"
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = "${module.access_logs.arn}/distribution"
  }
}

resource "aws_cloudwatch_log_delivery" "distribution" {
  region = local.cloudfront_region

  delivery_source_name     = aws_cloudwatch_log_delivery_source.distribution.name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.distribution.arn
}

resource "aws_cloudwatch_log_group" "firewall" {
  region = local.cloudfront_region

  #checkov:skip=CKV_AWS_338:Logs are kept 7 days, by requirement; the audit trail, 2 years, is CloudTrail's.
  # AWS WAF requires this prefix.
  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.logs_kms_key_arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  region = local.cloudfront_region

  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  # Allowed requests are in CloudFront's log, for a fraction of the price.
  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      condition {
        action_condition {
          action = "BLOCK"
        }
      }

      condition {
        action_condition {
          action = "COUNT"
        }
      }
    }
  }

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
}
