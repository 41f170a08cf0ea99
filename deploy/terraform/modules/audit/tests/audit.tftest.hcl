variables {
  name        = "rates-staging"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/buckets"
}

run "trail_and_configurations" {
  command = apply

  # Trail.

  assert {
    condition     = aws_cloudtrail.this.is_multi_region_trail && aws_cloudtrail.this.include_global_service_events && aws_cloudtrail.this.enable_logging
    error_message = "The trail must cover every region and the global services."
  }

  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation
    error_message = "Changed or deleted log files must be detectable."
  }

  assert {
    condition     = aws_cloudtrail.this.kms_key_id == var.kms_key_arn && aws_cloudtrail.this.s3_bucket_name == module.trail.id
    error_message = "The trail must be encrypted with our key, in our bucket."
  }

  assert {
    condition     = alltrue([for bucket in output.buckets : bucket.private && bucket.encryption == "aws:kms"]) && length(output.buckets) == 2
    error_message = "Every bucket must be private and encrypted with our key."
  }

  assert {
    condition     = alltrue([for bucket in output.buckets : bucket.expire_days >= 731])
    error_message = "The audit trail must be kept 2 years."
  }

  # The ARN in the policy is composed: it must match the trail's.
  assert {
    condition = alltrue([
      for statement in jsondecode(output.buckets.trail.policy).Statement :
      statement.Principal.Service == "cloudtrail.amazonaws.com"
      && endswith(statement.Condition.StringEquals["aws:SourceArn"], ":trail/${aws_cloudtrail.this.name}")
      if statement.Effect == "Allow"
    ])
    error_message = "Only this trail may write to its bucket."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.buckets.configurations.policy).Statement :
      statement.Principal.Service == "config.amazonaws.com" && statement.Condition.StringEquals["AWS:SourceAccount"] == data.aws_caller_identity.current.account_id
      if statement.Effect == "Allow"
    ])
    error_message = "Only this account's Config may write to its bucket."
  }

  assert {
    condition     = length(aws_inspector2_enabler.this) == 0
    error_message = "Inspector must be off by default."
  }

  # Configurations.

  assert {
    condition     = one(aws_config_configuration_recorder.this["this"].recording_group).all_supported && aws_config_configuration_recorder_status.this["this"].is_enabled
    error_message = "Config must record every kind of resource."
  }

  assert {
    condition     = aws_config_delivery_channel.this["this"].s3_kms_key_arn == var.kms_key_arn
    error_message = "Config's files must be encrypted with our key."
  }

  assert {
    condition = length(setsubtract(
      ["S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "RDS_STORAGE_ENCRYPTED", "RDS_CLUSTER_DELETION_PROTECTION_ENABLED", "ENCRYPTED_VOLUMES", "EC2_IMDSV2_CHECK", "CLOUD_TRAIL_ENABLED"],
      [for rule in aws_config_config_rule.this : one(rule.source).source_identifier],
    )) == 0
    error_message = "Private buckets, encryption, deletion protection and the trail must also be monitored after the apply."
  }
}

run "recorded_elsewhere_and_inspected" {
  command = plan

  variables {
    record_configuration = false
    inspect              = true
  }

  assert {
    condition     = length(aws_config_configuration_recorder.this) + length(aws_config_config_rule.this) + length(module.configurations) == 0
    error_message = "Where Config is managed elsewhere, this module must create none of it."
  }

  assert {
    condition     = toset(aws_inspector2_enabler.this[0].resource_types) == toset(["EC2", "ECR"])
    error_message = "Inspector must scan instances and images."
  }
}

run "forgotten_too_early" {
  command = plan

  variables {
    retention_days = 365
  }

  expect_failures = [var.retention_days]
}
