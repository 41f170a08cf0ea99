output "autoscaling_group_name" {
  description = "The Auto Scaling group."
  value       = aws_autoscaling_group.this.name
}

output "role_arn" {
  description = "The role of the instances."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "The log group of the service."
  value       = aws_cloudwatch_log_group.this.name
}

output "repository_url" {
  description = "Where the service's images are pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "policies" {
  description = "The policy documents of the role, by name: what tests of the roots look at."
  value = merge(
    { host = data.aws_iam_policy_document.host.json, secrets = data.aws_iam_policy_document.secrets.json },
    { for key, document in data.aws_iam_policy_document.announces : "announces" => document.json },
  )
}

output "files" {
  description = "What lies on an instance: path => { mode, content }; no secret is among it."
  value       = module.host.files
}

output "sizes" {
  description = "The least and the greatest number of instances."
  value       = { min = aws_autoscaling_group.this.min_size, max = aws_autoscaling_group.this.max_size }
}
