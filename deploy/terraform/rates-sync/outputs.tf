output "autoscaling_group_name" {
  description = "The name of the Auto Scaling group, whose refresh a deploy waits for."
  value       = module.service.autoscaling_group_name
}

output "repository_url" {
  description = "The URL of the image repository."
  value       = module.service.repository_url
}

output "role_arn" {
  description = "The instances' role."
  value       = module.service.role_arn
}

output "files" {
  description = "The files on an instance, without secrets."
  value       = module.service.files
}
