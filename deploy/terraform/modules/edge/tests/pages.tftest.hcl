# What people see in a browser, at the edge: which parameters are part of a key, what reaches the API, for how long.

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

run "pages_charts_and_files" {
  command = apply

  assert {
    condition = { for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern => behaviour.cache_policy_id if behaviour.target_origin_id == "balancer" } == {
      "/"           = aws_cloudfront_cache_policy.kept["home"].id
      "/en"         = aws_cloudfront_cache_policy.kept["home"].id
      "/docs"       = aws_cloudfront_cache_policy.kept["pages"].id
      "/en/docs"    = aws_cloudfront_cache_policy.kept["pages"].id
      "/guia/*"     = aws_cloudfront_cache_policy.kept["pages"].id
      "/en/guide/*" = aws_cloudfront_cache_policy.kept["pages"].id
      "/charts/*"   = aws_cloudfront_cache_policy.kept["charts"].id
      "/assets/*"   = aws_cloudfront_cache_policy.kept["assets"].id
    }
    error_message = "Pages, charts and files must come from rates-api, each kept by its own policy."
  }

  assert {
    condition = {
      for kind, policy in aws_cloudfront_cache_policy.kept :
      kind => one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_string_behavior
    } == { home = "whitelist", pages = "none", charts = "whitelist", assets = "none" }
    error_message = "No parameter may be part of the key of a guide, the reference or a file."
  }

  assert {
    condition     = toset(one(one(one(aws_cloudfront_cache_policy.kept["charts"].parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_strings).items) == toset(["range", "theme", "lang"])
    error_message = "A chart's key must have its three parameters and no others."
  }

  assert {
    condition = alltrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.origin_request_policy_id == aws_cloudfront_origin_request_policy.pages.id
      if behaviour.target_origin_id == "balancer"
    ]) && one(aws_cloudfront_origin_request_policy.pages.query_strings_config).query_string_behavior == "none"
    error_message = "A parameter that is not part of the key must not reach the API: one client's would answer everybody."
  }

  assert {
    condition     = { for kind, policy in aws_cloudfront_cache_policy.kept : kind => [policy.min_ttl, policy.default_ttl, policy.max_ttl] } == { home = [0, 0, 3600], pages = [0, 0, 3600], charts = [0, 0, 3600], assets = [0, 0, 31536000] }
    error_message = "What changes is kept an hour at most; files, whose names hold their hash, for a year."
  }

  assert {
    condition = alltrue([
      for policy in concat(values(aws_cloudfront_cache_policy.kept), [aws_cloudfront_cache_policy.origin_decides]) :
      one(policy.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_gzip
      && !one(policy.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_brotli
      && one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).headers_config).header_behavior == "none"
      && one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).cookies_config).cookie_behavior == "none"
    ])
    error_message = "Accept-Encoding must make two entries at most; no other header and no cookie may split the cache."
  }

  assert {
    condition = alltrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      [for function in behaviour.lambda_function_association : function.lambda_arn] == [aws_lambda_function.no_target.qualified_arn]
      if behaviour.target_origin_id != "fallback"
    ])
    error_message = "Without a target each path must show the static page."
  }

  assert {
    condition = [
      for function in one(aws_cloudfront_distribution.this.default_cache_behavior).function_association : [function.event_type, function.function_arn]
    ] == [["viewer-request", aws_cloudfront_function.one_spelling.arn]]
    error_message = "A question to the API must have one spelling before its key is made."
  }

  assert {
    condition     = aws_cloudfront_function.one_spelling.runtime == "cloudfront-js-2.0" && aws_cloudfront_function.one_spelling.publish
    error_message = "Only a published function runs."
  }

  assert {
    condition = [
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern
      if behaviour.response_headers_policy_id == aws_cloudfront_response_headers_policy.embeddable.id
      ] == ["/charts/*"] && length(one(aws_cloudfront_response_headers_policy.embeddable.security_headers_config).frame_options) == 0 && (
      one(one(aws_cloudfront_response_headers_policy.embeddable.security_headers_config).strict_transport_security).access_control_max_age_sec == 31536000
    )
    error_message = "Charts, and nothing else, may stand in anybody's page."
  }
}
