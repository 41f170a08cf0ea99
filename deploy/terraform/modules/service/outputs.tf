output "autoscaling_group_name" {
  description = "The name of the Auto Scaling group."
  value       = aws_autoscaling_group.this.name
}

output "role_arn" {
  description = "The instances' role."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "The service's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "repository_url" {
  description = "The URL of the repository for the service's images."
  value       = aws_ecr_repository.this.repository_url
}

output "policies" {
  description = "The role's policy documents by name, for the tests of the roots."
  value = merge(
    { host = data.aws_iam_policy_document.host.json, secrets = data.aws_iam_policy_document.secrets.json },
    { for key, document in data.aws_iam_policy_document.announces : "announces" => document.json },
  )
}

output "files" {
  description = "The files on an instance, without secrets: path => { mode, content }."
  value       = module.host.files
}

output "sizes" {
  description = "The minimum and maximum number of instances."
  value       = { min = aws_autoscaling_group.this.min_size, max = aws_autoscaling_group.this.max_size }
}
