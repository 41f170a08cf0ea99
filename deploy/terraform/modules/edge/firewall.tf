# AWS WAF, before CloudFront's cache: who asks too often gets a 429 problem, known attacks a plain 403.
#
# "1,000 requests a second" as AWS WAF counts: it has no limit by the second. It estimates, every ten seconds or so, how
# many requests an address sent within a window of 60, 120, 300 or 600 s, and blocks while that is above the limit. So
# 1,000/s is 60,000 in 60 s, the shortest window: a burst above 1,000/s is let through until its sum passes the limit
# and the estimate notices; a client that keeps to 1,000/s is never blocked.

locals {
  # Also as the name of its metric, which is what CloudWatch's dimension WebACL means.
  web_acl_name = "${var.name}-edge"

  rate_limit = var.requests_per_second_per_ip * var.rate_window_seconds

  # The API's problem (docs/api); `type` is a page that rates-api serves. AWS WAF has no problem+json among its content
  # types and lets no header say so: it goes out as application/json. It can't name the path, so `instance` is left out.
  too_many_requests = {
    type   = "/problems/too-many-requests"
    title  = "Too many requests"
    status = 429
    detail = "This address sends more than ${var.requests_per_second_per_ip} requests a second. Answers may be kept as their Cache-Control says."
    code   = "too-many-requests"
    errors = []
  }

  too_many_requests_headers = {
    "Retry-After"                   = tostring(var.rate_window_seconds)
    "Cache-Control"                 = "no-store"
    "Access-Control-Allow-Origin"   = "*"
    "Access-Control-Expose-Headers" = "ETag, Retry-After, X-Request-Id"
  }

  # Rules that count instead of blocking: programs need not name themselves, as browsers do.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 2, counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 3, counted = [] }
    AWSManagedRulesCommonRuleSet          = { priority = 4, counted = ["NoUserAgent_HEADER"] }
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The group for known bad inputs, Log4j included, is there; the scan does not look into dynamic rules.
  region = local.cloudfront_region

  name        = local.web_acl_name
  description = "Before CloudFront"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "too-many-requests"
    content_type = "APPLICATION_JSON"
    content      = jsonencode(local.too_many_requests)
  }

  # First, since it is the cheapest, and so that it counts every request.
  rule {
    name     = "requests-per-address"
    priority = 1

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "too-many-requests"

          dynamic "response_header" {
            for_each = local.too_many_requests_headers

            content {
              name  = response_header.key
              value = response_header.value
            }
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        limit                 = local.rate_limit
        evaluation_window_sec = var.rate_window_seconds
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "requests-per-address"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.web_acl_name
    sampled_requests_enabled   = true
  }
}
