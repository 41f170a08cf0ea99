# Whatever a plan knows is asserted on the plan; one apply checks the rest, because each costs seconds.

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

run "rules_of_each_request" {
  command = plan

  # Targets.

  assert {
    condition     = aws_lb_target_group.rates_api.port == 8000 && aws_lb_target_group.rates_api.target_type == "instance"
    error_message = "The target group must reach rates-api's public port."
  }

  assert {
    condition     = one(aws_lb_target_group.rates_api.health_check).path == "/readyz/fed" && one(aws_lb_target_group.rates_api.health_check).matcher == "200"
    error_message = "Targets' health checks must use /readyz/fed."
  }

  assert {
    condition = (
      one(aws_lb_target_group.rates_api.health_check).interval * one(aws_lb_target_group.rates_api.health_check).unhealthy_threshold
      + one(aws_lb_target_group.rates_api.health_check).timeout
    ) < tonumber(aws_lb_target_group.rates_api.deregistration_delay)
    error_message = "A deregistered target must drain before its connections are closed."
  }

  assert {
    condition     = aws_lb_target_group.rates_api.load_balancing_algorithm_type == "round_robin"
    error_message = "Balancing must be round robin, as in compose (ADR 0013)."
  }

  assert {
    condition     = one(aws_lb_target_group.rates_api.stickiness).enabled == false
    error_message = "There must be no sticky sessions: all instances send the same bytes."
  }

  assert {
    condition     = aws_lb_target_group.rates_api.protocol == "HTTPS" && one(aws_lb_target_group.rates_api.health_check).protocol == "HTTPS"
    error_message = "The last hop must be TLS, for requests and for health checks: the port speaks nothing else."
  }

  # Idle timeouts: the client side must close first, or a request hits a closing connection and becomes a 502.

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin if origin.origin_id == "balancer"]).custom_origin_config[0].origin_keepalive_timeout < aws_lb.this.idle_timeout
    error_message = "CloudFront must close an idle connection before the load balancer does."
  }

  assert {
    condition     = aws_lb.this.idle_timeout < 30
    error_message = "The load balancer must close an idle connection before rates-api does, at 30 s."
  }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin if origin.origin_id == "balancer"]).custom_origin_config[0].origin_read_timeout < aws_lb.this.idle_timeout
    error_message = "CloudFront must time out before the load balancer does: its 504 has the static page."
  }

  # Streams.

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin :
      origin.custom_origin_config[0].origin_read_timeout > 15 && origin.custom_origin_config[0].origin_read_timeout < aws_lb.this.idle_timeout
      if origin.origin_id == "streams"
    ])
    error_message = "A stream is silent for 15 s: CloudFront must wait for longer, and less long than the load balancer."
  }

  assert {
    condition = anytrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behaviour.path_pattern == "/api/v1/stream" && behaviour.target_origin_id == "streams"
    ])
    error_message = "Streams must have an origin of their own, which may be silent for longer."
  }

  # Caching.

  assert {
    condition = (
      aws_cloudfront_cache_policy.origin_decides.min_ttl == 0
      && aws_cloudfront_cache_policy.origin_decides.default_ttl == 0
      && aws_cloudfront_cache_policy.origin_decides.max_ttl == 3600
    )
    error_message = "CloudFront must cache an answer for its s-maxage, an hour at most, and not at all without it."
  }

  assert {
    condition     = one(one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_string_behavior == "all"
    error_message = "Every query parameter must be part of the cache key: each changes the answer."
  }

  assert {
    condition = (
      one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_gzip
      && !one(aws_cloudfront_cache_policy.origin_decides.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_brotli
    )
    error_message = "The plain and the gzip variant must be two cache entries; Brotli must be off, because the API does not have it."
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
    error_message = "The edge must allow only the API's methods and must not cache answers to OPTIONS."
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
    error_message = "Headers that CloudFront handles itself, or that could identify a client, must not be forwarded."
  }

  # Pages, charts, files.

  assert {
    condition     = { for kind, policy in aws_cloudfront_cache_policy.kept : kind => one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_string_behavior } == { home = "whitelist", pages = "none", charts = "whitelist", assets = "none" }
    error_message = "No parameter may be part of the key of a guide, the reference or a file."
  }

  assert {
    condition     = toset(one(one(one(aws_cloudfront_cache_policy.kept["charts"].parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_strings).items) == toset(["range", "theme", "lang"])
    error_message = "A chart's key must have its three parameters and no others."
  }

  assert {
    condition     = { for kind, policy in aws_cloudfront_cache_policy.kept : kind => [policy.min_ttl, policy.default_ttl, policy.max_ttl] } == { home = [0, 0, 3600], pages = [0, 0, 3600], charts = [0, 0, 3600], assets = [0, 0, 31536000] }
    error_message = "What changes is kept an hour at most; files, whose names hold their hash, for a year."
  }

  assert {
    condition     = alltrue([for policy in aws_cloudfront_cache_policy.kept : one(policy.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_gzip && !one(policy.parameters_in_cache_key_and_forwarded_to_origin).enable_accept_encoding_brotli])
    error_message = "Accept-Encoding must make two entries at most."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_cloudfront_cache_policy.kept : [
        one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).headers_config).header_behavior == "none",
        one(one(policy.parameters_in_cache_key_and_forwarded_to_origin).cookies_config).cookie_behavior == "none",
      ]
    ]))
    error_message = "No header and no cookie may split the cache of pages, charts and files."
  }

  assert {
    condition     = aws_cloudfront_function.one_spelling.runtime == "cloudfront-js-2.0" && aws_cloudfront_function.one_spelling.publish
    error_message = "Only a published function runs."
  }

  # Errors.

  assert {
    condition     = alltrue([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_caching_min_ttl == 0])
    error_message = "No error may be cached."
  }

  assert {
    condition = toset([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_code]) == toset([
      400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504,
    ])
    error_message = "Every error that CloudFront would cache by default must be listed."
  }

  assert {
    condition     = toset([for response in aws_cloudfront_distribution.this.custom_error_response : response.error_code if try(length(response.response_page_path), 0) > 0]) == toset([502, 504])
    error_message = "The static page must be served only for 502 and 504: 503 carries the API's problem documents."
  }

  assert {
    condition = alltrue([
      for response in aws_cloudfront_distribution.this.custom_error_response :
      response.response_code == response.error_code && response.response_page_path == "/${aws_s3_object.fallback.key}"
      if contains([502, 504], response.error_code)
    ])
    error_message = "The static page must be the one in the bucket, with the error's original status."
  }

  assert {
    condition = anytrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behaviour.path_pattern == "/fallback/*" && behaviour.target_origin_id == "fallback" && startswith(aws_s3_object.fallback.key, "fallback/")
    ])
    error_message = "The static page must come from its bucket, not from the origin that failed."
  }

  assert {
    condition     = aws_lambda_function.no_target.publish && aws_lambda_function.no_target.region == "us-east-1" && aws_lambda_function.no_target.handler == "no_target.answer"
    error_message = "CloudFront takes a published version from us-east-1, and the file's function must be its handler."
  }

  # Transport.

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
    error_message = "Without TLS the only answer must be a redirect to it."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin :
      origin.custom_origin_config[0].origin_protocol_policy == "https-only" && toset(origin.custom_origin_config[0].origin_ssl_protocols) == toset(["TLSv1.2"])
      && origin.domain_name == var.origin_domain_name
      if length(origin.custom_origin_config) > 0
    ])
    error_message = "CloudFront must reach the load balancer only over TLS, by the name in its certificate."
  }

  assert {
    condition     = toset(aws_cloudfront_distribution.this.aliases) == toset([var.domain_name]) && toset([for record in aws_route53_record.public : record.type]) == toset(["A", "AAAA"])
    error_message = "The public name must point to CloudFront, over IPv4 and IPv6."
  }

  # The firewall: rate.

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.statement[0].rate_based_statement[0].limit == 60000
      && rule.statement[0].rate_based_statement[0].evaluation_window_sec == 60
      && rule.statement[0].rate_based_statement[0].aggregate_key_type == "IP"
      if rule.name == "requests-per-address"
    ])
    error_message = "An address must be blocked above 1,000 requests a second: 60,000 in the shortest window, 60 s."
  }

  assert {
    condition     = [for rule in aws_wafv2_web_acl.this.rule : rule.name if rule.priority == min([for other in aws_wafv2_web_acl.this.rule : other.priority]...)] == ["requests-per-address"]
    error_message = "The rate limit must be the first rule, so that it counts every request."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.action[0].block[0].custom_response[0].response_code == 429
      && rule.action[0].block[0].custom_response[0].custom_response_body_key == one(aws_wafv2_web_acl.this.custom_response_body).key
      if rule.name == "requests-per-address"
    ])
    error_message = "A client above the limit must get 429 with the problem document as its body."
  }

  assert {
    condition = anytrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for header in rule.action[0].block[0].custom_response[0].response_header : header.name == "Retry-After" && header.value == "60"
      ] if rule.name == "requests-per-address"
    ]))
    error_message = "A 429 must have a Retry-After of the window's length."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : alltrue([
        for name, value in { "RateLimit" = "\"edge\";r=0;t=60", "RateLimit-Policy" = "\"edge\";q=60000;w=60" } :
        contains([for header in rule.action[0].block[0].custom_response[0].response_header : header.value if header.name == name], value)
      ]) if rule.name == "requests-per-address"
    ])
    error_message = "A 429 must name the limit, and that nothing is left of it."
  }

  assert {
    condition     = output.rate_limit == 60000 && output.rate_window_seconds == 60
    error_message = "rates-api must tell clients the limit that AWS WAF enforces."
  }

  assert {
    condition = anytrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for header in rule.action[0].block[0].custom_response[0].response_header : header.name == "Cache-Control" && header.value == "no-store"
      ] if rule.name == "requests-per-address"
    ]))
    error_message = "A 429 must not be cached."
  }

  assert {
    condition     = toset(keys(jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content))) == toset(["type", "title", "status", "detail", "code", "errors"])
    error_message = "The 429's body must be one of the API's problem documents, without `instance`."
  }

  assert {
    condition = (
      jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).status == 429
      && jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).type == "/problems/${jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).code}"
    )
    error_message = "The problem's status must be the answer's, and its type the page for its code."
  }

  # Managed rules.

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [for statement in rule.statement : [for group in statement.managed_rule_group_statement : group.name]]
    ])) == toset(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"])
    error_message = "The managed rule groups for bad addresses, bad inputs and common attacks must be active."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : length(rule.override_action[0].none) == 1 && length(rule.override_action[0].count) == 0
      if rule.name != "requests-per-address"
    ])
    error_message = "Managed rules must block, not only count."
  }

  assert {
    condition = flatten([
      for rule in aws_wafv2_web_acl.this.rule : [for override in rule.statement[0].managed_rule_group_statement[0].rule_action_override : override.name]
      if rule.name != "requests-per-address"
    ]) == ["NoUserAgent_HEADER", "SizeRestrictions_QUERYSTRING"]
    error_message = "Clients without a User-Agent and questions for a year of days must be served, and no other rule may be relaxed."
  }

  assert {
    condition     = length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == 4
    error_message = "No two rules may have the same priority."
  }
}

run "wiring_secrets_and_logs" {
  command = apply

  # Balancer.

  assert {
    condition     = aws_lb.this.enable_cross_zone_load_balancing && aws_lb_target_group.rates_api.load_balancing_cross_zone_enabled == "true"
    error_message = "The load balancer must distribute requests across all zones."
  }

  assert {
    condition     = toset(aws_lb.this.subnets) == toset(var.public_subnet_ids) && toset(aws_lb.this.security_groups) == toset([var.security_group_id])
    error_message = "The load balancer must be in every public subnet, with the security group that admits only CloudFront."
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection
    error_message = "The load balancer must have deletion protection by default."
  }

  assert {
    condition     = one(aws_lb.this.access_logs).enabled && one(aws_lb.this.access_logs).bucket == module.access_logs.id
    error_message = "The load balancer must write access logs to the platform's bucket."
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields
    error_message = "Malformed headers must not reach the API."
  }

  assert {
    condition = (
      aws_lb_listener.https.port == 443 && aws_lb_listener.https.protocol == "HTTPS"
      && aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"
      && aws_lb_listener.https.certificate_arn == var.origin_certificate_arn
    )
    error_message = "The load balancer must accept only TLS 1.2 or newer."
  }

  # Secret header.

  assert {
    condition     = one(aws_lb_listener.https.default_action).type == "fixed-response" && one(one(aws_lb_listener.https.default_action).fixed_response).status_code == "403"
    error_message = "Without the secret header the load balancer must reject a request."
  }

  assert {
    condition = toset(flatten([
      for condition in aws_lb_listener_rule.from_cloudfront.condition : [for header in condition.http_header : header.values]
    ])) == toset([for password in random_password.origin : password.result])
    error_message = "The load balancer must accept the current and the previous secret, and no other."
  }

  assert {
    condition = (
      one(one([for origin in aws_cloudfront_distribution.this.origin : origin if origin.origin_id == "balancer"]).custom_header).value
      == random_password.origin["1"].result
      && one(one([for origin in aws_cloudfront_distribution.this.origin : origin if origin.origin_id == "balancer"]).custom_header).name
      == one(flatten([for condition in aws_lb_listener_rule.from_cloudfront.condition : [for header in condition.http_header : header.http_header_name]]))
    )
    error_message = "CloudFront must send the current secret, in the header that the load balancer checks."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin : one(origin.custom_header).value == random_password.origin["1"].result
      if contains(["balancer", "streams"], origin.origin_id)
    ])
    error_message = "Both origins are the load balancer, which rejects requests without the secret."
  }

  assert {
    condition     = one(aws_lb_listener_rule.from_cloudfront.action).target_group_arn == aws_lb_target_group.rates_api.arn
    error_message = "With the secret header a request must be forwarded to rates-api."
  }

  assert {
    condition     = alltrue([for password in random_password.origin : password.length >= 32 && !password.special])
    error_message = "The secret must be unguessable and free of the rule's wildcards."
  }

  # Policies in use.

  assert {
    condition = (
      one(aws_cloudfront_distribution.this.default_cache_behavior).cache_policy_id == aws_cloudfront_cache_policy.origin_decides.id
      && one(aws_cloudfront_distribution.this.default_cache_behavior).origin_request_policy_id == aws_cloudfront_origin_request_policy.tracing.id
    )
    error_message = "The API's path must use the platform's policies."
  }

  assert {
    condition = data.aws_cloudfront_cache_policy.none.name == "Managed-CachingDisabled" && anytrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behaviour.path_pattern == "/api/v1/stream" && behaviour.cache_policy_id == data.aws_cloudfront_cache_policy.none.id
      && behaviour.origin_request_policy_id == aws_cloudfront_origin_request_policy.tracing.id
    ])
    error_message = "Streams must reach the API uncached, with the id to continue after."
  }

  assert {
    condition = data.aws_cloudfront_response_headers_policy.security.name == "Managed-SecurityHeadersPolicy" && alltrue([
      for behaviour in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) :
      behaviour.response_headers_policy_id == data.aws_cloudfront_response_headers_policy.security.id || try(behaviour.path_pattern, "") == "/charts/*"
    ])
    error_message = "Every answer must have the managed security headers, but for charts."
  }

  assert {
    condition = [
      for function in one(aws_cloudfront_distribution.this.default_cache_behavior).lambda_function_association : [function.event_type, function.lambda_arn]
    ] == [["origin-response", aws_lambda_function.no_target.qualified_arn]]
    error_message = "The function that shows the static page must see what the load balancer answers."
  }

  assert {
    condition     = toset(one(jsondecode(aws_iam_role.no_target.assume_role_policy).Statement).Principal.Service) == toset(["lambda.amazonaws.com", "edgelambda.amazonaws.com"])
    error_message = "Lambda and its edge must be allowed to assume the function's role."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this.arn
    error_message = "The WAF must be attached to CloudFront."
  }

  assert {
    condition     = output.distribution_id == aws_cloudfront_distribution.this.id && output.distribution_arn == aws_cloudfront_distribution.this.arn
    error_message = "rates-sync must get the distribution that it purges."
  }

  # Pages, charts, files.

  assert {
    condition = { for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern => behaviour.cache_policy_id if behaviour.target_origin_id == "balancer" } == {
      "/"          = aws_cloudfront_cache_policy.kept["home"].id
      "/en"        = aws_cloudfront_cache_policy.kept["home"].id
      "/docs"      = aws_cloudfront_cache_policy.kept["pages"].id
      "/en/docs"   = aws_cloudfront_cache_policy.kept["pages"].id
      "/guia*"     = aws_cloudfront_cache_policy.kept["pages"].id
      "/en/guide*" = aws_cloudfront_cache_policy.kept["pages"].id
      "/charts/*"  = aws_cloudfront_cache_policy.kept["charts"].id
      "/assets/*"  = aws_cloudfront_cache_policy.kept["assets"].id
    }
    error_message = "Pages, charts and files must come from rates-api, each kept by its own policy."
  }

  assert {
    condition = alltrue([
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.origin_request_policy_id == aws_cloudfront_origin_request_policy.pages.id
      if behaviour.target_origin_id == "balancer"
    ]) && one(aws_cloudfront_origin_request_policy.pages.query_strings_config).query_string_behavior == "none"
    error_message = "A parameter that is not part of the key must not reach the API: one client's would answer everybody."
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
    condition = [
      for behaviour in aws_cloudfront_distribution.this.ordered_cache_behavior : behaviour.path_pattern
      if behaviour.response_headers_policy_id == aws_cloudfront_response_headers_policy.embeddable.id
      ] == ["/charts/*"] && length(one(aws_cloudfront_response_headers_policy.embeddable.security_headers_config).frame_options) == 0 && (
      one(one(aws_cloudfront_response_headers_policy.embeddable.security_headers_config).strict_transport_security).access_control_max_age_sec == 31536000
    )
    error_message = "Charts, and nothing else, may stand in anybody's page."
  }

  # Buckets.

  assert {
    condition     = alltrue([for bucket in output.buckets : bucket.private && contains(["AES256", "aws:kms"], bucket.encryption)])
    error_message = "Every bucket must be private and encrypted."
  }

  assert {
    condition = [
      for statement in jsondecode(output.buckets.fallback.policy).Statement :
      [statement.Principal.Service, statement.Action, statement.Condition.StringEquals["AWS:SourceArn"]] if statement.Effect == "Allow"
    ] == [["cloudfront.amazonaws.com", "s3:GetObject", aws_cloudfront_distribution.this.arn]]
    error_message = "Only this distribution may read the fallback page, and nobody may write it."
  }

  assert {
    condition     = output.buckets.access_logs.encryption == "AES256"
    error_message = "Access logs must use S3-managed keys: a load balancer supports nothing else."
  }

  assert {
    condition     = output.buckets.access_logs.expire_days == 7
    error_message = "Access logs contain clients' addresses and must be deleted after 7 days."
  }

  assert {
    condition = (
      aws_cloudwatch_log_delivery_source.distribution.resource_arn == aws_cloudfront_distribution.this.arn
      && aws_cloudwatch_log_delivery_source.distribution.log_type == "ACCESS_LOGS"
      && startswith(aws_cloudwatch_log_delivery_destination.distribution.delivery_destination_configuration[0].destination_resource_arn, module.access_logs.arn)
    )
    error_message = "CloudFront must write access logs to the platform's bucket."
  }

  # The firewall: scope and log.

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "CLOUDFRONT" && aws_wafv2_web_acl.this.region == "us-east-1"
    error_message = "The web ACL must have CloudFront's scope, in us-east-1."
  }

  assert {
    condition = (
      aws_wafv2_web_acl_logging_configuration.this.resource_arn == aws_wafv2_web_acl.this.arn
      && toset(aws_wafv2_web_acl_logging_configuration.this.log_destination_configs) == toset([aws_cloudwatch_log_group.firewall.arn])
    )
    error_message = "The WAF's actions must be logged."
  }

  assert {
    condition = toset(flatten([
      for filter in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).filter :
      [for condition in filter.condition : [for action in condition.action_condition : action.action]] if filter.behavior == "KEEP"
    ])) == toset(["BLOCK", "COUNT"])
    error_message = "All blocked or counted requests must be in the log."
  }

  assert {
    condition = (
      startswith(aws_cloudwatch_log_group.firewall.name, "aws-waf-logs-")
      && aws_cloudwatch_log_group.firewall.retention_in_days == 7
      && aws_cloudwatch_log_group.firewall.kms_key_id == var.logs_kms_key_arn
      && aws_cloudwatch_log_group.firewall.region == "us-east-1"
    )
    error_message = "The WAF's log must have a name that AWS WAF accepts, be encrypted and be kept 7 days."
  }

  assert {
    condition     = output.web_acl_name == one(aws_wafv2_web_acl.this.visibility_config).metric_name
    error_message = "Alarms must get the web ACL's metric name."
  }
}

run "rotated_and_with_another_window" {
  command   = apply
  state_key = "rotated"

  variables {
    origin_header_generation = 2
    rate_window_seconds      = 300
  }

  assert {
    condition     = toset(keys(random_password.origin)) == toset(["1", "2"])
    error_message = "After a rotation the previous secret must still be accepted: CloudFront switches over location by location."
  }

  assert {
    condition     = one(one([for origin in aws_cloudfront_distribution.this.origin : origin if origin.origin_id == "balancer"]).custom_header).value == random_password.origin["2"].result
    error_message = "After a rotation CloudFront must send the new secret."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].rate_based_statement[0].limit == 300000 if rule.name == "requests-per-address"])
    error_message = "The limit must scale with the window, for the same rate."
  }
}

# Every one of these must be rejected.
run "inputs_that_can_not_work" {
  command = plan

  variables {
    public_subnet_ids        = ["subnet-a", "subnet-a"]
    origin_domain_name       = "rates.example.com"
    certificate_arn          = "arn:aws:acm:eu-west-1:123456789012:certificate/edge"
    origin_header_generation = 1.5
    price_class              = "PriceClass_300"
    rate_window_seconds      = 1
    log_retention_days       = 8
  }

  expect_failures = [
    var.public_subnet_ids, var.origin_domain_name, var.certificate_arn, var.origin_header_generation, var.price_class,
    var.rate_window_seconds, var.log_retention_days,
  ]
}
