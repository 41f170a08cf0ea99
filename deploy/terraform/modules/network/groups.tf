# Who may connect to whom. Each connection is a row of this table and becomes two rules, one at each end; without a row
# there is no connection. Security groups do not apply to DNS, time and instance metadata.

locals {
  groups = {
    alb        = "Load balancer: from CloudFront alone"
    rates_api  = "rates-api: from the load balancer alone"
    rates_sync = "rates-sync: nobody connects to it; operators come through Session Manager"
    database   = "Aurora"
    cache      = "ElastiCache"
    endpoints  = "Interface endpoints of AWS services"
  }

  conversations = {
    alb_to_rates_api        = { from = "alb", to = "rates_api", port = 8000 }
    rates_api_to_database   = { from = "rates_api", to = "database", port = 3306 }
    rates_api_to_cache      = { from = "rates_api", to = "cache", port = 6379 }
    rates_api_to_endpoints  = { from = "rates_api", to = "endpoints", port = 443 }
    rates_sync_to_database  = { from = "rates_sync", to = "database", port = 3306 }
    rates_sync_to_cache     = { from = "rates_sync", to = "cache", port = 6379 }
    rates_sync_to_endpoints = { from = "rates_sync", to = "endpoints", port = 443 }
  }
}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_security_group" "this" {
  for_each = local.groups

  #checkov:skip=CKV2_AWS_5:The modules and roots that run something attach the groups.
  name        = "${var.name}-${replace(each.key, "_", "-")}"
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-${replace(each.key, "_", "-")}" }
}

resource "aws_vpc_security_group_egress_rule" "conversation" {
  for_each = local.conversations

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = "To ${each.value.to}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "conversation" {
  for_each = local.conversations

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = "From ${each.value.from}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# Anybody's distribution uses these addresses: the secret header (module edge) identifies ours.
resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  security_group_id = aws_security_group.this["alb"].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  description       = "From CloudFront"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Image layers and system packages come from S3; its gateway endpoint has a prefix list, not a security group.
resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = toset(["rates_api", "rates_sync"])

  security_group_id = aws_security_group.this[each.key].id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  description       = "To S3"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Banxico, CloudFront's API and SNS. Banxico does not publish its addresses, so a narrower rule would break sooner or
# later; rates-api, which gets requests from strangers, has no such egress.
resource "aws_vpc_security_group_egress_rule" "internet" {
  security_group_id = aws_security_group.this["rates_sync"].id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "To Banxico, the API of CloudFront, SNS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
