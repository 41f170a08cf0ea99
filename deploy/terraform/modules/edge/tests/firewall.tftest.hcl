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

run "rate" {
  command = plan

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
    error_message = "The rate must be the first rule, so that it counts every request."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule :
      rule.action[0].block[0].custom_response[0].response_code == 429
      && rule.action[0].block[0].custom_response[0].custom_response_body_key == one(aws_wafv2_web_acl.this.custom_response_body).key
      if rule.name == "requests-per-address"
    ])
    error_message = "Who asks too often must get 429 with the problem as its body."
  }

  assert {
    condition = anytrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for header in rule.action[0].block[0].custom_response[0].response_header : header.name == "Retry-After" && header.value == "60"
      ] if rule.name == "requests-per-address"
    ]))
    error_message = "A 429 must say when to come back: after the window."
  }

  assert {
    condition = anytrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for header in rule.action[0].block[0].custom_response[0].response_header : header.name == "Cache-Control" && header.value == "no-store"
      ] if rule.name == "requests-per-address"
    ]))
    error_message = "A 429 must be kept by nobody."
  }

  assert {
    condition     = toset(keys(jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content))) == toset(["type", "title", "status", "detail", "code", "errors"])
    error_message = "The 429's body must be a problem of the API, all but `instance`."
  }

  assert {
    condition = (
      jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).status == 429
      && jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).type == "/problems/${jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).code}"
    )
    error_message = "The problem's status must be the answer's, its type the page of its code."
  }
}

run "managed_rules" {
  command = plan

  assert {
    condition = toset(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [for statement in rule.statement : [for group in statement.managed_rule_group_statement : group.name]]
    ])) == toset(["AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet"])
    error_message = "The managed rule groups for bad addresses, bad inputs and common attacks must be in force."
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
    ]) == ["NoUserAgent_HEADER"]
    error_message = "Programs that don't name themselves must be served, and no other rule be softened."
  }

  assert {
    condition     = length(distinct([for rule in aws_wafv2_web_acl.this.rule : rule.priority])) == 4
    error_message = "No two rules may have the same priority."
  }
}

run "scope_and_log" {
  command = apply

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "CLOUDFRONT" && aws_wafv2_web_acl.this.region == "us-east-1"
    error_message = "The web ACL must be CloudFront's, which are in us-east-1."
  }

  assert {
    condition = (
      aws_wafv2_web_acl_logging_configuration.this.resource_arn == aws_wafv2_web_acl.this.arn
      && toset(aws_wafv2_web_acl_logging_configuration.this.log_destination_configs) == toset([aws_cloudwatch_log_group.firewall.arn])
    )
    error_message = "What the WAF does must be logged."
  }

  assert {
    condition = toset(flatten([
      for filter in one(aws_wafv2_web_acl_logging_configuration.this.logging_filter).filter :
      [for condition in filter.condition : [for action in condition.action_condition : action.action]] if filter.behavior == "KEEP"
    ])) == toset(["BLOCK", "COUNT"])
    error_message = "Everything blocked or counted must be in the log."
  }

  assert {
    condition = (
      startswith(aws_cloudwatch_log_group.firewall.name, "aws-waf-logs-")
      && aws_cloudwatch_log_group.firewall.retention_in_days == 7
      && aws_cloudwatch_log_group.firewall.kms_key_id == var.logs_kms_key_arn
      && aws_cloudwatch_log_group.firewall.region == "us-east-1"
    )
    error_message = "The WAF's log must have a name that AWS WAF takes, be encrypted and be kept 7 days."
  }

  assert {
    condition     = output.web_acl_name == one(aws_wafv2_web_acl.this.visibility_config).metric_name
    error_message = "Alarms must be told the web ACL by the name of its metric."
  }
}

run "another_window" {
  command = plan

  variables {
    rate_window_seconds = 300
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].rate_based_statement[0].limit == 300000 if rule.name == "requests-per-address"])
    error_message = "The limit must follow the window: the same rate."
  }
}
