output "template_ids" {
  description = "The experiments by drill, for beginning one by hand."
  value       = { for key, drill in local.drills : key => drill.template }
}

output "role_arn" {
  description = "What an experiment runs as."
  value       = aws_iam_role.experiment.arn
}
