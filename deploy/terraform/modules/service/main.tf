# A service: an Auto Scaling group whose instances each run one container, pinned by digest.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_ssm_parameter" "ami" {
  name = var.ami_parameter
}

locals {
  name      = "rates-${var.environment}"
  full_name = "${local.name}-${var.service}"
  log_group = "/rates/${var.environment}/${var.service}"
  region    = data.aws_region.current.region
}

module "host" {
  source = "./host"

  environment  = var.environment
  service      = var.service
  region       = local.region
  group        = local.full_name
  image        = var.image
  probe_port   = var.probe_port
  serves_tls   = var.balanced != null
  metrics_port = var.metrics_port
  settings     = var.settings
  secrets      = var.secrets
  authorities  = var.authorities
  calls_aws    = var.announces != null
  stop_seconds = var.stop_seconds
  memory_mib   = var.memory_mib
  log_group    = local.log_group
  namespace    = var.metric_namespace
  metrics      = var.metrics
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept 7 days, by requirement; the record's own audit table is kept 2 years.
  name              = local.log_group
  retention_in_days = 7
  kms_key_id        = var.logs_kms_key_arn
}

resource "aws_launch_template" "this" {
  name                   = local.full_name
  description            = "One ${var.service} of ${var.environment}"
  image_id               = data.aws_ssm_parameter.ami.insecure_value
  instance_type          = var.instance_type
  update_default_version = true

  # Compressed, because EC2's limit is 16 KiB; cloud-init detects gzip.
  user_data = base64gzip(module.host.user_data)

  iam_instance_profile {
    arn = aws_iam_instance_profile.this.arn
  }

  # No key pair: people connect through Session Manager, which is audited.
  network_interfaces {
    associate_public_ip_address = false
    security_groups             = [var.security_group_id]
    delete_on_termination       = true
  }

  # A hop limit of 1: a container in its own network could not get the instance's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  # The scaling rules need one-minute metrics.
  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = 16
      volume_type           = "gp3"
      encrypted             = true
      kms_key_id            = var.data_kms_key_arn
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.key
      tags          = { Name = local.full_name, Environment = var.environment, Service = var.service, Project = "rates" }
    }
  }
}
