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

# Each of them must be refused.
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
