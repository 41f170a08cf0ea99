variables {
  name                   = "rates-staging"
  vpc_id                 = "vpc-1"
  public_subnet_ids      = ["subnet-a", "subnet-b", "subnet-c"]
  security_group_id      = "sg-alb"
  domain_name            = "rates.example.com"
  origin_domain_name     = "origin.rates.example.com"
  zone_id                = "Z1"
  certificate_arn        = "arn:aws:acm:us-east-1:123456789012:certificate/edge"
  origin_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/origin"
  logs_kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/logs"
}

run "caching" {
  command = plan

  assert {
    condition = (
      aws_cloudfront_cache_policy.origin_decides.min_ttl == 0
      && aws_cloudfront_cache_policy.origin_decides.default_ttl == 0
      && aws_cloudfront_cache_policy.origin_decides.max_ttl == 3600
    )
    error_message = "CloudFront must keep an answer as long as its s-maxage says, an hour at most, and without it not at all."
  }

  assert {
    condition     = one(one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_string_behavior == "all"
    error_message = "Every query parameter must be part of the cache's key: each changes the answer."
  }

  assert {
    condition = (
      one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_gzip
      && !one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_brotli
    )
    error_message = "The plain and the gzip variant must be two entries, and no Brotli asked for, which the API has not."
  }

  assert {
    condition     = alltrue([for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) : !behaviour.compress])
    error_message = "CloudFront must not compress: the API's variants have their own ETags."
  }

  assert {
    condition = (
      one(one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).headers_config).header_behavior == "none"
      && one(one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).cookies_config).cookie_behavior == "none"
    )
    error_message = "Headers and cookies must not split the cache: no answer depends on them."
  }

  assert {
    condition = (
      toset(one(aws_cloudfront_distribution.this.default_cache_behavior).allowed_methods) == toset(["GET", "HEAD", "OPTIONS"])
      && toset(one(aws_cloudfront_distribution.this.default_cache_behavior).cached_methods) == toset(["GET", "HEAD"])
    )
    error_message = "The edge must let through the API's methods alone, and keep no answer to OPTIONS."
  }

  assert {
    condition = alltrue([
      for header in ["traceparent", "X-Request-Id", "Access-Control-Request-Method"] :
      contains(one(one(aws_cloudfront_origin_request_policy.tracing.headers_config).headers).items, header)
    ])
    error_message = "Trace context, request ids and preflights must reach the API."
  }

  assert {
    condition     = length(setintersection(["If-None-Match", "Accept-Encoding", "Host", "Cookie", "Authorization"], one(one(aws_cloudfront_origin_request_policy.tracing.headers_config).headers).items)) == 0
    error_message = "What CloudFront handles itself, and what could identify a client, must not be forwarded."
  }
}

run "policies_in_use" {
  command = apply

  assert {
    condition = (
      one(aws_cloudfront_distribution.this.default_cache_behavior).cache_policy_id == aws_cloudfront_cache_policy.origin_decides.id
      && one(aws_cloudfront_distribution.this.default_cache_behavior).origin_request_policy_id == aws_cloudfront_origin_request_policy.tracing.id
    )
    error_message = "The API's answers must be under the platform's policies."
  }

  assert {
    condition = data.aws_cloudfront_response_headers_policy.security.name == "Managed-SecurityHeadersPolicy" && alltrue([
      for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) :
      behaviour.response_headers_policy_id == data.aws_cloudfront_response_headers_policy.security.id
    ])
    error_message = "Every answer must carry the managed security headers."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this.arn
    error_message = "The WAF must stand before CloudFront."
  }

  assert {
    condition     = output.distribution_id == aws_cloudfront_distribution.this.id && output.distribution_arn == aws_cloudfront_distribution.this.arn
    error_message = "rates-sync must be told the distribution that it purges."
  }
}

run "errors" {
  command = plan

  assert {
    condition     = alltrue([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_caching_min_ttl == 0])
    error_message = "No error may be kept."
  }

  assert {
    condition = toset([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_code]) == toset([
      400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504,
    ])
    error_message = "Every error that CloudFront would keep on its own account must be named."
  }

  assert {
    condition     = toset([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_code if try(length(response.response_page_path), 0) > 0]) == toset([502, 504])
    error_message = "The static page must answer for 502 and 504 alone: 503 carries the API's problems."
  }

  assert {
    condition = alltrue([
      for response in aws_cloudfront_distribution.this.custom_error_response :
      response.response_code == response.error_code && response.response_page_path == "/${aws_s3_object.fallback.key}"
      if contains([502, 504], response.error_code)
    ])
    error_message = "The static page must be the one in the bucket, under the error's own status."
  }

  assert {
    condition = anytrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behaviour.path_pattern == "/fallback/*" && behaviour.target_origin_id == "fallback" && startswith(aws_s3_object.fallback.key, "fallback/")
    ])
    error_message = "The static page must come from its bucket, not from the origin that failed."
  }
}

run "transport" {
  command = plan

  assert {
    condition = (
      one(aws_cloudfront_distribution.this.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
      && one(aws_cloudfront_distribution.this.viewer_certificate).acm_certificate_arn == var.certificate_arn
      && one(aws_cloudfront_distribution.this.viewer_certificate).ssl_support_method == "sni-only"
    )
    error_message = "Clients must use TLS 1.2 or newer, with our certificate."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.http_version == "http2and3" && aws_cloudfront_distribution.this.is_ipv6_enabled
    error_message = "HTTP/3 and IPv6 must be offered."
  }

  assert {
    condition     = alltrue([for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) : behaviour.viewer_protocol_policy == "redirect-to-https"])
    error_message = "Nothing may be answered without TLS but a redirect to it."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin :
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && toset(origin.custom_origin_config[0].origin_ssl_protocols) == toset(["TLSv1.2"])
      && origin.domain_name == var.origin_domain_name
      if length(origin.custom_origin_config) > 0
    ])
    error_message = "CloudFront must reach the load balancer by TLS alone, by the name of its certificate."
  }

  assert {
    condition     = toset(aws_cloudfront_distribution.this.aliases) == toset([var.domain_name]) && toset([for record in aws_route53_record.public : record.type]) == toset(["A", "AAAA"])
    error_message = "The public name must lead to CloudFront, over IPv4 and IPv6."
  }
}

run "buckets" {
  command = apply

  assert {
    condition     = alltrue([for bucket in output.buckets : bucket.private && contains(["AES256", "aws:kms"], bucket.encryption)])
    error_message = "Every bucket must be private and encrypted."
  }

  assert {
    condition = [
      for statement in jsondecode(output.buckets.fallback.policy).Statement :
      [statement.Principal.Service, statement.Action, statement.Condition.StringEquals["AWS:SourceArn"]] if statement.Effect == "Allow"
    ] == [["cloudfront.amazonaws.com", "s3:GetObject", aws_cloudfront_distribution.this.arn]]
    error_message = "Only this distribution may read the fallback page, and nobody write it."
  }

  assert {
    condition     = output.buckets.access_logs.encryption == "AES256"
    error_message = "Access logs must be under S3's own keys: a load balancer writes nowhere else."
  }

  assert {
    condition     = output.buckets.access_logs.expire_days == 7
    error_message = "Access logs hold clients' addresses and must go after 7 days."
  }

  assert {
    condition = (
      aws_cloudwatch_log_delivery_source.distribution.resource_arn == aws_cloudfront_distribution.this.arn
      && aws_cloudwatch_log_delivery_source.distribution.log_type == "ACCESS_LOGS"
      && startswith(aws_cloudwatch_log_delivery_destination.distribution.delivery_destination_configuration[0].destination_resource_arn, module.access_logs.arn)
    )
    error_message = "CloudFront must write access logs, into the platform's bucket."
  }
}
