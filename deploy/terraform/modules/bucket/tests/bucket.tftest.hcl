variables {
  name        = "rates-staging-test"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/aaaa"
}

run "private_and_encrypted" {
  command = plan

  assert {
    condition     = output.protection.private
    error_message = "A bucket must block public ACLs and public policies."
  }

  assert {
    condition     = output.protection.encryption == "aws:kms"
    error_message = "A bucket with our own key must be encrypted with it."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off: the bucket's owner owns every object."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "Overwritten objects must be kept as versions unless versioning is off."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : length(rule.expiration) == 0])
    error_message = "Without expire_days nothing may be deleted."
  }
}

run "tls_only" {
  command = apply

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && statement.Action == "s3:*" && statement.Condition.Bool["aws:SecureTransport"] == "false"
      && contains(statement.Resource, aws_s3_bucket.this.arn) && contains(statement.Resource, "${aws_s3_bucket.this.arn}/*")
    ])
    error_message = "Requests without TLS must be denied, on the bucket and on its objects."
  }
}

run "grants" {
  command = apply

  variables {
    grants = [
      { sid = "Asked", service = "config.amazonaws.com", actions = ["s3:GetBucketAcl"], equals = { "AWS:SourceAccount" = "1" } },
      { sid = "Written", service = "config.amazonaws.com", actions = ["s3:PutObject"], path = "logs/*", equals = { "AWS:SourceAccount" = "1" } },
    ]
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Resource if statement.Effect == "Allow"] == [
      aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/logs/*",
    ]
    error_message = "A grant must apply to the objects under its path, or to the bucket itself without a path."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Principal.Service == "config.amazonaws.com" && statement.Condition.StringEquals["AWS:SourceAccount"] == "1"
      if statement.Effect == "Allow"
    ])
    error_message = "A grant must apply only to its service, under its conditions."
  }
}

run "a_grant_to_everybody" {
  command = plan

  variables {
    grants = [{ sid = "Read", service = "*", actions = ["s3:GetObject"], path = "*", equals = { "AWS:SourceAccount" = "1" } }]
  }

  expect_failures = [var.grants]
}

run "a_grant_without_condition" {
  command = plan

  variables {
    grants = [{ sid = "Read", service = "cloudfront.amazonaws.com", actions = ["s3:GetObject"], path = "*", equals = {} }]
  }

  expect_failures = [var.grants]
}

run "without_a_key_of_ours" {
  command = plan

  variables {
    kms_key_arn = null
    expire_days = 7
    versioned   = false
  }

  assert {
    condition     = output.protection.encryption == "AES256"
    error_message = "A bucket without our own key must be encrypted with S3's."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration[0].days if rule.id == "expire"] == [7]
    error_message = "Objects must be deleted after expire_days."
  }
}

# Every one of these must be rejected.
run "too_long_a_name_and_no_days" {
  command = plan

  variables {
    name        = "a-name-that-is-far-too-long-for-a-prefix"
    expire_days = 0
  }

  expect_failures = [var.name, var.expire_days]
}
