# What the platform hands over: SSM parameters, and no other state. The image is the one of them that the
# deploy writes.

data "aws_ssm_parameter" "handed" {
  for_each = local.handed

  name = "/rates/${var.environment}/${each.key}"
}

locals {
  # None of these is a secret: they are names, addresses and ARNs.
  platform = { for name, parameter in data.aws_ssm_parameter.handed : name => parameter.insecure_value }
}

# The authorities of Aurora's certificates. Read here and not by instances: those of rates-api reach no
# address outside AWS. A plan shows when AWS adds one.
data "http" "authorities" {
  url = "https://truststore.pki.rds.amazonaws.com/${var.region}/${var.region}-bundle.pem"

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "AWS gave no certificates for ${var.region}; is it a region?"
    }
  }
}
