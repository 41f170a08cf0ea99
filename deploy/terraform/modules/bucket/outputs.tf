output "id" {
  description = "The bucket's name, known once its policy is in force."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this]
}

output "arn" {
  description = "The bucket's ARN; known before the policy, which may name it."
  value       = aws_s3_bucket.this.arn
}

output "regional_domain_name" {
  description = "The host name at which CloudFront reads it."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "protection" {
  description = "What holds of the bucket, for the tests of those who use it."
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
