output "document_names" {
  description = "The automations, for starting one by hand."
  value       = { for key, document in aws_ssm_document.this : key => document.name }
}

output "role_arns" {
  description = "What each automation runs as."
  value       = { for key, role in aws_iam_role.automation : key => role.arn }
}
