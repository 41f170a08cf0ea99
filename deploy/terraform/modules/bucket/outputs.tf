output "id" {
  description = "The bucket's name, known once its policy is in effect."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this]
}

output "arn" {
  description = "The bucket's ARN, known before the policy, which may refer to it."
  value       = aws_s3_bucket.this.arn
}

output "regional_domain_name" {
  description = "The host name from which CloudFront reads."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "protection" {
  description = "The bucket's protection settings, for tests."
  value = {
    private = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    encryption  = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm
    expire_days = var.expire_days
    policy      = data.aws_iam_policy_document.this.json
  }
}
