# The load balancer: TLS from CloudFront, whose secret header opens it, round robin over the instances that are ready.
# It repeats no request (docs/adr/0013-the-edge-repeats-nothing.md).

resource "aws_lb" "this" {
  #checkov:skip=CKV2_AWS_28:The WAF stands before CloudFront, and nobody else reaches the load balancer.
  #checkov:skip=CKV_AWS_150:deletion_protection is on by default; a variable file turns it off where things are thrown away.
  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = var.public_subnet_ids
  security_groups    = [var.security_group_id]

  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
  drop_invalid_header_fields       = true
  desync_mitigation_mode           = "defensive"
  # Who sends closes first: CloudFront after 15 s, this after 25, rates-api after 30. Otherwise a request meets a closing
  # connection and becomes a 502.
  idle_timeout = 25

  access_logs {
    bucket  = module.access_logs.id
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "rates_api" {
  #checkov:skip=CKV_AWS_378:The last hop, inside private subnets, carries public data and no credentials; TLS ends here.
  name        = "${var.name}-rates-api"
  vpc_id      = var.vpc_id
  target_type = "instance"
  port        = 8000
  protocol    = "HTTP"

  load_balancing_algorithm_type     = "round_robin"
  load_balancing_cross_zone_enabled = "true"
  # What an instance is still answering takes milliseconds; the rest is for connections that CloudFront holds open.
  deregistration_delay = 30

  # Readiness, not the level: an instance without data answers a problem, and stays. If all were unready the load
  # balancer would send to all of them.
  health_check {
    path                = "/readyz"
    protocol            = "HTTP"
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

# Whoever has no secret learns nothing, not even that there is an API.
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
