output "document_names" {
  description = "The names of the automations, to start one by hand."
  value       = { for key, document in aws_ssm_document.this : key => document.name }
}

output "role_arns" {
  description = "The role of each automation."
  value       = { for key, role in aws_iam_role.automation : key => role.arn }
}
