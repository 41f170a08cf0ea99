output "trail_arn" {
  description = "The trail."
  value       = aws_cloudtrail.this.arn
}

output "buckets" {
  description = "How the module's buckets are protected, by purpose."
  value = merge(
    { trail = module.trail.protection },
    { for key, bucket in module.configurations : "configurations" => bucket.protection },
  )
}
