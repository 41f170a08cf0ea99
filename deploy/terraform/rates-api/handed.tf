# What this root reads from the platform: SSM parameters, never its state. One of them, the image, is written
# by the deploy.

data "aws_ssm_parameter" "handed" {
  for_each = local.handed

  name = "/rates/${var.environment}/${each.key}"
}

locals {
  # No secrets: names, addresses and ARNs.
  platform = { for name, parameter in data.aws_ssm_parameter.handed : name => parameter.insecure_value }
}

# The CA certificates for Aurora. Downloaded here, not by instances: those of rates-api reach nothing outside
# AWS. A plan shows when AWS adds one.
data "http" "authorities" {
  url = "https://truststore.pki.rds.amazonaws.com/${var.region}/${var.region}-bundle.pem"

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "AWS has no CA certificates for ${var.region}: is that a region?"
    }
  }
}
