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
    error_message = "A bucket with a key of ours must be encrypted with it."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "ACLs must be off: the bucket's owner owns every object."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "Overwritten objects must be kept as versions unless versioning is turned off."
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

run "without_a_key_of_ours" {
  command = plan

  variables {
    kms_key_arn = null
    expire_days = 7
    versioned   = false
  }

  assert {
    condition     = output.protection.encryption == "AES256"
    error_message = "A bucket without a key of ours must be encrypted with S3's."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration[0].days if rule.id == "expire"] == [7]
    error_message = "Objects must be deleted after expire_days."
  }
}

run "too_long_a_name" {
  command = plan

  variables {
    name = "a-name-that-is-far-too-long-for-a-prefix"
  }

  expect_failures = [var.name]
}

run "no_days" {
  command = plan

  variables {
    expire_days = 0
  }

  expect_failures = [var.expire_days]
}
