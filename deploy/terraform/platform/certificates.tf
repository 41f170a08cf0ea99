# A certificate for CloudFront in us-east-1, and one for the load balancer in its region. ACM renews both as long as
# their DNS records exist.

data "aws_route53_zone" "this" {
  name = var.zone_name
}

locals {
  origin_domain_name = "origin.${var.domain_name}"

  certificates = {
    edge   = { domain = var.domain_name, region = "us-east-1" }
    origin = { domain = local.origin_domain_name, region = var.region }
  }
}

resource "aws_acm_certificate" "this" {
  for_each = local.certificates

  region            = each.value.region
  domain_name       = each.value.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.certificates

  zone_id = data.aws_route53_zone.this.zone_id
  name    = tolist(aws_acm_certificate.this[each.key].domain_validation_options)[0].resource_record_name
  type    = tolist(aws_acm_certificate.this[each.key].domain_validation_options)[0].resource_record_type
  records = [tolist(aws_acm_certificate.this[each.key].domain_validation_options)[0].resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.certificates

  region                  = each.value.region
  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}
