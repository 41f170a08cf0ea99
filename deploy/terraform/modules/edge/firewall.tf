# AWS WAF, in front of CloudFront's cache: clients above the rate limit get a 429 problem document, known attacks a
# plain 403.
#
# How AWS WAF counts "1,000 requests a second": it has no per-second limit. About every ten seconds it estimates how many
# requests an address sent within a window of 60, 120, 300 or 600 s, and blocks while that is above the limit. So 1,000/s
# is 60,000 in 60 s, the shortest window: a burst above 1,000/s passes until its sum exceeds the limit and the estimate
# notices; a client that stays at 1,000/s is never blocked.

locals {
  # Also the name of its metric, to which CloudWatch's dimension WebACL refers.
  web_acl_name = "${var.name}-edge"

  rate_limit = var.requests_per_second_per_ip * var.rate_window_seconds

  # The API's problem document (docs/api); `type` is a page that rates-api serves. AWS WAF supports neither the content
  # type problem+json nor a header for it, so it sends application/json. It can't insert the path, so `instance` is
  # omitted.
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
    "RateLimit"                     = "\"edge\";r=0;t=${var.rate_window_seconds}"
    "RateLimit-Policy"              = "\"edge\";q=${local.rate_limit};w=${var.rate_window_seconds}"
    "Cache-Control"                 = "no-store"
    "Access-Control-Allow-Origin"   = "*"
    "Access-Control-Expose-Headers" = "ETag, Link, Retry-After, X-Request-Id"
  }

  # Rules that only count: unlike browsers, programs need not send a User-Agent; a question for 366 days has up to 6,300
  # characters, and AWS's rule blocks a query string above 2,048 (the API itself refuses one above 8,192).
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 2, counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 3, counted = [] }
    AWSManagedRulesCommonRuleSet          = { priority = 4, counted = ["NoUserAgent_HEADER", "SizeRestrictions_QUERYSTRING"] }
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The managed rules for known bad inputs, including Log4j, are there; the scan does not evaluate dynamic rules.
  region = local.cloudfront_region

  name        = local.web_acl_name
  description = "In front of CloudFront"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "too-many-requests"
    content_type = "APPLICATION_JSON"
    content      = jsonencode(local.too_many_requests)
  }

  # First, because it is the cheapest and must count every request.
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
