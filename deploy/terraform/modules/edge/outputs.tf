output "alb_arn_suffix" {
  description = "The load balancer's value of CloudWatch's dimension LoadBalancer."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn" {
  description = "The target group that rates-api's instances register with."
  value       = aws_lb_target_group.rates_api.arn
}

output "target_group_arn_suffix" {
  description = "The target group's value of CloudWatch's dimension TargetGroup."
  value       = aws_lb_target_group.rates_api.arn_suffix
}

output "distribution_id" {
  description = "The id of the CloudFront distribution, which rates-sync purges."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_arn" {
  description = "The distribution's ARN, for the policy that allows rates-sync to purge it."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "The host name at which clients reach the API."
  value       = var.domain_name
}

output "rate_limit" {
  description = "Requests that an address may send in a window, for rates-api to tell clients."
  value       = local.rate_limit
}

output "rate_window_seconds" {
  description = "That window, in seconds."
  value       = var.rate_window_seconds
}

output "web_acl_name" {
  description = "The web ACL's value of CloudWatch's dimension WebACL."
  value       = aws_wafv2_web_acl.this.name
}

output "buckets" {
  description = "The protection settings of the module's buckets, by purpose."
  value       = { access_logs = module.access_logs.protection, fallback = module.fallback.protection }
}
