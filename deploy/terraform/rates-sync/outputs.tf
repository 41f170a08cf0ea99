output "autoscaling_group_name" {
  description = "The Auto Scaling group, whose refresh a deploy waits for."
  value       = module.service.autoscaling_group_name
}

output "repository_url" {
  description = "Where images are pushed to."
  value       = module.service.repository_url
}

output "role_arn" {
  description = "The role of the instances."
  value       = module.service.role_arn
}

output "files" {
  description = "What lies on an instance; no secret is among it."
  value       = module.service.files
}
