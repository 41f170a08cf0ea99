output "name_servers" {
  description = "The zone's name servers, for the delegation at the registrar."
  value       = data.aws_route53_zone.this.name_servers
}

output "secrets_to_set" {
  description = "The secrets whose values people set (README.md)."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}

output "parameters" {
  description = "The SSM parameters for the services' roots."
  value       = sort([for parameter in aws_ssm_parameter.this : parameter.name])
}
