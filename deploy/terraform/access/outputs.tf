output "role_arns" {
  description = "The roles of the workflows, for GitHub's variables (the comment at the top of deploy-service.yml)."
  value       = { for key, role in aws_iam_role.workflow : key => role.arn }
}

output "on_call_role" {
  description = "The role of whoever is on call, for `approver_roles` of the root platform."
  value       = aws_iam_role.on_call.name
}
