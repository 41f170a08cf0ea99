# The load balancer: TLS from CloudFront, requests only with its secret header, round robin over the ready instances.
# It never retries a request (docs/adr/0013-the-edge-repeats-nothing.md).

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:The WAF is attached to CloudFront, and only CloudFront reaches the load balancer.
  #checkov:skip=CKV_AWS_150:deletion_protection is on by default; a variable file turns it off for disposable environments.
  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = var.public_subnet_ids
  security_groups    = [var.security_group_id]

  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
  drop_invalid_header_fields       = true
  desync_mitigation_mode           = "defensive"
  # The client side closes idle connections first: CloudFront after 15 s, the balancer after 25, rates-api after 30.
  # Otherwise a request could hit a closing connection and become a 502.
  idle_timeout = 25

  access_logs {
    bucket  = module.access_logs.id
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "rates_api" {
  name        = "${var.name}-rates-api"
  vpc_id      = var.vpc_id
  target_type = "instance"
  port        = 8000
  # With a certificate that each instance makes for itself; a load balancer checks none (modules/service/host).
  protocol = "HTTPS"

  load_balancing_algorithm_type     = "round_robin"
  load_balancing_cross_zone_enabled = "true"
  # Open requests take milliseconds; the rest is for connections that CloudFront keeps open.
  deregistration_delay = 30

  # Readiness, not the level, and a source for the rates: an instance that is cut off would alternate its old rate with
  # the others' new one. While all targets are unhealthy the load balancer sends requests to all of them.
  health_check {
    path                = "/readyz/fed"
    protocol            = "HTTPS"
    port                = "traffic-port"
    matcher             = "200"
    interval            = 5
    timeout             = 3
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  stickiness {
    type    = "lb_cookie"
    enabled = false
  }
}

# Requests without the secret learn nothing, not even that there is an API.
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.origin_certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      status_code  = "403"
      content_type = "text/plain"
      message_body = "Forbidden"
    }
  }
}

resource "aws_lb_listener_rule" "from_cloudfront" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    http_header {
      http_header_name = local.origin_header
      values           = local.origin_secrets
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.rates_api.arn
  }
}
