output "vpc_id" {
  description = "The id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "The VPC's address range."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Public subnet ids by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "private_subnet_ids" {
  description = "Private subnet ids by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "database_subnet_ids" {
  description = "Database subnet ids by zone."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "security_group_ids" {
  description = "Security group ids: alb, rates_api, rates_sync, database, cache, endpoints."
  value       = { for name, group in aws_security_group.this : name => group.id }
}
