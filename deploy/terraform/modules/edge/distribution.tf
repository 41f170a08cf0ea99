# CloudFront: caches what the API allows, for as long as it allows, and no errors.

locals {
  # CloudFront is global; its web ACL, logs and metrics are in us-east-1, wherever the rest runs.
  cloudfront_region = "us-east-1"

  balancer = "balancer"
  streams  = "streams"
  fallback = "fallback"

  # By default CloudFront caches an error for 10 s; it lets us override that for these statuses. The API sends
  # no-store with every error, which covers the others (422, 429).
  errors = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
  # The origin did not answer. Not 503: that status carries the API's problem documents (no_target.tf has the rest).
  fallback_for  = [502, 504]
  fallback_page = "fallback/unavailable.html"
}

data "aws_cloudfront_cache_policy" "none" {
  name = "Managed-CachingDisabled"
}

data "aws_cloudfront_response_headers_policy" "security" {
  name = "Managed-SecurityHeadersPolicy"
}

resource "aws_cloudfront_cache_policy" "origin_decides" {
  name    = "${var.name}-origin-decides"
  comment = "For the time in s-maxage, an hour at most; not at all without it"

  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 3600

  parameters_in_cache_key_and_forwarded_to_origin {
    # Every parameter changes the answer; an unknown one is a 422. Their order does not: one_spelling.js.
    query_strings_config {
      query_string_behavior = "all"
    }

    # CORS headers are the same for every origin, and no answer depends on the client.
    headers_config {
      header_behavior = "none"
    }

    cookies_config {
      cookie_behavior = "none"
    }

    # The key contains "gzip" or nothing: the API's plain and compressed variants, each with its own ETag, are two
    # entries. The API has no Brotli variant.
    enable_accept_encoding_gzip   = true
    enable_accept_encoding_brotli = false
  }
}

# For the API's logs and traces, for CORS preflights, and for where a stream continues; none of these is part of the key. If-None-Match is not listed:
# CloudFront answers it from its cache and revalidates at the origin with its own ETag.
resource "aws_cloudfront_origin_request_policy" "tracing" {
  name    = "${var.name}-tracing"
  comment = "Trace context, request id and preflights"

  headers_config {
    header_behavior = "whitelist"

    headers {
      items = [
        "traceparent", "tracestate", "X-Request-Id", "Origin", "Access-Control-Request-Method",
        "Access-Control-Request-Headers", "Last-Event-ID",
      ]
    }
  }

  cookies_config {
    cookie_behavior = "none"
  }

  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_origin_access_control" "fallback" {
  name                              = "${var.name}-fallback"
  description                       = "Only this distribution reads the fallback page"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_86:Access logs use log delivery (logs.tf), which needs no ACL on its bucket.
  #checkov:skip=CKV_AWS_305:rates-api answers the root itself.
  #checkov:skip=CKV_AWS_310:There is one origin; if it fails, the static page is served, which can't be the second origin of a group.
  #checkov:skip=CKV_AWS_374:Clients may be anywhere.
  #checkov:skip=CKV2_AWS_47:The web ACL has the managed rules for known bad inputs, including Log4j (firewall.tf).
  comment         = var.name
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  aliases         = [var.domain_name]
  web_acl_id      = aws_wafv2_web_acl.this.arn

  origin {
    origin_id   = local.balancer
    domain_name = var.origin_domain_name
    # If one zone's address is dead, the second attempt reaches another. Retrying is safe even when an answer was
    # lost, because every request only reads.
    connection_attempts = 2
    connection_timeout  = 3

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      # The API answers from memory in milliseconds: after this time no answer will come.
      origin_read_timeout      = 10
      origin_keepalive_timeout = 15
    }

    custom_header {
      name  = local.origin_header
      value = local.origin_secrets[0]
    }
  }

  # The same balancer for streams: it is silent for 15 s between two comments. Above that, and below the balancer's own
  # idle timeout.
  origin {
    origin_id           = local.streams
    domain_name         = var.origin_domain_name
    connection_attempts = 2
    connection_timeout  = 3

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 20
      origin_keepalive_timeout = 15
    }

    custom_header {
      name  = local.origin_header
      value = local.origin_secrets[0]
    }
  }

  origin {
    origin_id                = local.fallback
    domain_name              = module.fallback.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.fallback.id
  }

  default_cache_behavior {
    target_origin_id           = local.balancer
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = aws_cloudfront_cache_policy.origin_decides.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.tracing.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    # CloudFront would send a body that it compressed with a weakened version of the plain one's ETag.
    compress = false

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.one_spelling.arn
    }

    lambda_function_association {
      event_type = "origin-response"
      lambda_arn = aws_lambda_function.no_target.qualified_arn
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.kept_paths

    content {
      path_pattern               = ordered_cache_behavior.key
      target_origin_id           = local.balancer
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = ["GET", "HEAD", "OPTIONS"]
      cached_methods             = ["GET", "HEAD"]
      cache_policy_id            = aws_cloudfront_cache_policy.kept[ordered_cache_behavior.value].id
      origin_request_policy_id   = aws_cloudfront_origin_request_policy.pages.id
      response_headers_policy_id = local.kept[ordered_cache_behavior.value].headers
      compress                   = false

      lambda_function_association {
        event_type = "origin-response"
        lambda_arn = aws_lambda_function.no_target.qualified_arn
      }
    }
  }

  # Nothing of a stream may be kept or compressed: it would reach its client when a buffer is full.
  ordered_cache_behavior {
    path_pattern               = "/api/v1/stream"
    target_origin_id           = local.streams
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = data.aws_cloudfront_cache_policy.none.id
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.tracing.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    compress                   = false

    lambda_function_association {
      event_type = "origin-response"
      lambda_arn = aws_lambda_function.no_target.qualified_arn
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/fallback/*"
    target_origin_id           = local.fallback
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = aws_cloudfront_cache_policy.origin_decides.id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.security.id
    compress                   = false
  }

  dynamic "custom_error_response" {
    for_each = local.errors

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
      # The status is unchanged: a program must not mistake the page for an answer.
      response_code      = contains(local.fallback_for, custom_error_response.value) ? custom_error_response.value : null
      response_page_path = contains(local.fallback_for, custom_error_response.value) ? "/${local.fallback_page}" : null
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # The load balancer must know a new secret before CloudFront sends it.
  depends_on = [aws_lb_listener_rule.from_cloudfront]
}
