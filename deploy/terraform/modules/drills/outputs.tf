output "template_ids" {
  description = "The experiment templates by drill, to start one by hand."
  value       = { for key, drill in local.drills : key => drill.template }
}

output "role_arn" {
  description = "The role that experiments run with."
  value       = aws_iam_role.experiment.arn
}
