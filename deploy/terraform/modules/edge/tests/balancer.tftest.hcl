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

run "balancer" {
  command = apply

  assert {
    condition     = aws_lb.this.enable_cross_zone_load_balancing && aws_lb_target_group.rates_api.load_balancing_cross_zone_enabled == "true"
    error_message = "The load balancer must spread over the instances of every zone."
  }

  assert {
    condition     = toset(aws_lb.this.subnets) == toset(var.public_subnet_ids) && toset(aws_lb.this.security_groups) == toset([var.security_group_id])
    error_message = "The load balancer must stand in every public subnet, behind the group that admits CloudFront alone."
  }

  assert {
    condition     = aws_lb.this.enable_deletion_protection
    error_message = "The load balancer must be protected from deletion unless a variable file says otherwise."
  }

  assert {
    condition     = one(aws_lb.this.access_logs).enabled && one(aws_lb.this.access_logs).bucket == module.access_logs.id
    error_message = "The load balancer must write access logs, into the platform's bucket."
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
    error_message = "The load balancer must speak TLS 1.2 or newer, and nothing else."
  }
}

run "targets" {
  command = plan

  assert {
    condition     = aws_lb_target_group.rates_api.port == 8000 && aws_lb_target_group.rates_api.target_type == "instance"
    error_message = "The target group must reach rates-api's public port."
  }

  assert {
    condition     = one(aws_lb_target_group.rates_api.health_check).path == "/readyz" && one(aws_lb_target_group.rates_api.health_check).matcher == "200"
    error_message = "Targets must be asked for their readiness."
  }

  assert {
    condition = (
      one(aws_lb_target_group.rates_api.health_check).interval * one(aws_lb_target_group.rates_api.health_check).unhealthy_threshold
      + one(aws_lb_target_group.rates_api.health_check).timeout
    ) < tonumber(aws_lb_target_group.rates_api.deregistration_delay)
    error_message = "A target that leaves must be out of rotation before its connections are cut."
  }

  assert {
    condition     = aws_lb_target_group.rates_api.load_balancing_algorithm_type == "round_robin"
    error_message = "Instances must take turns, as in compose (ADR 0013)."
  }

  assert {
    condition     = one(aws_lb_target_group.rates_api.stickiness).enabled == false
    error_message = "No client may be tied to an instance: they all answer the same bytes."
  }
}

# Timeouts in a row: whoever sends must close first, or a request meets a closing connection and becomes a 502.
run "timeouts" {
  command = plan

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin if length(origin.custom_origin_config) > 0]).custom_origin_config[0].origin_keepalive_timeout < aws_lb.this.idle_timeout
    error_message = "CloudFront must close an idle connection before the load balancer does."
  }

  assert {
    condition     = aws_lb.this.idle_timeout < 30
    error_message = "The load balancer must close an idle connection before rates-api does, at 30 s."
  }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin if length(origin.custom_origin_config) > 0]).custom_origin_config[0].origin_read_timeout < aws_lb.this.idle_timeout
    error_message = "CloudFront must give a request up before the load balancer does: its 504 has the static page."
  }
}

run "secret_header" {
  command = apply

  assert {
    condition     = one(aws_lb_listener.https.default_action).type == "fixed-response" && one(one(aws_lb_listener.https.default_action).fixed_response).status_code == "403"
    error_message = "Without the secret header the load balancer must refuse."
  }

  assert {
    condition = toset(flatten([
      for condition in aws_lb_listener_rule.from_cloudfront.condition : [for header in condition.http_header : header.values]
    ])) == toset([for password in random_password.origin : password.result])
    error_message = "The load balancer must take the secret of this generation and the one before, and no other."
  }

  assert {
    condition = (
      one(one([for origin in aws_cloudfront_distribution.this.origin : origin if length(origin.custom_header) > 0]).custom_header).value
      == random_password.origin["1"].result
      && one(one([for origin in aws_cloudfront_distribution.this.origin : origin if length(origin.custom_header) > 0]).custom_header).name
      == one(flatten([for condition in aws_lb_listener_rule.from_cloudfront.condition : [for header in condition.http_header : header.http_header_name]]))
    )
    error_message = "CloudFront must show the secret of this generation, in the header that the load balancer looks at."
  }

  assert {
    condition     = one(aws_lb_listener_rule.from_cloudfront.action).target_group_arn == aws_lb_target_group.rates_api.arn
    error_message = "With the secret header a request must reach rates-api."
  }

  assert {
    condition     = alltrue([for password in random_password.origin : password.length >= 32 && !password.special])
    error_message = "The secret must be beyond guessing and free of the rule's wildcards."
  }
}

run "rotation" {
  command   = apply
  state_key = "rotated"

  variables {
    origin_header_generation = 2
  }

  assert {
    condition     = toset(keys(random_password.origin)) == toset(["1", "2"])
    error_message = "After a rotation the secret before it must still be taken: CloudFront changes over place by place."
  }

  assert {
    condition     = one(one([for origin in aws_cloudfront_distribution.this.origin : origin if length(origin.custom_header) > 0]).custom_header).value == random_password.origin["2"].result
    error_message = "After a rotation CloudFront must show the new secret."
  }
}
