output "trail_arn" {
  description = "The CloudTrail trail."
  value       = aws_cloudtrail.this.arn
}

output "buckets" {
  description = "The protection settings of the module's buckets, by purpose."
  value = merge(
    { trail = module.trail.protection },
    { for key, bucket in module.configurations : "configurations" => bucket.protection },
  )
}
