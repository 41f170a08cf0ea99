output "alb_arn_suffix" {
  description = "The load balancer as CloudWatch's dimension LoadBalancer."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn" {
  description = "The target group that rates-api's instances join."
  value       = aws_lb_target_group.rates_api.arn
}

output "target_group_arn_suffix" {
  description = "The same as CloudWatch's dimension TargetGroup."
  value       = aws_lb_target_group.rates_api.arn_suffix
}

output "distribution_id" {
  description = "The CloudFront distribution, which rates-sync purges."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_arn" {
  description = "Its ARN, for the policy that lets rates-sync do so."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "The name at which clients reach the API."
  value       = var.domain_name
}

output "web_acl_name" {
  description = "The web ACL as CloudWatch's dimension WebACL."
  value       = aws_wafv2_web_acl.this.name
}

output "buckets" {
  description = "How the module's buckets are protected, by purpose."
  value       = { access_logs = module.access_logs.protection, fallback = module.fallback.protection }
}
