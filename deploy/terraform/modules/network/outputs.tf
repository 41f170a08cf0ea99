output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "Its address range."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Zone to public subnet."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "private_subnet_ids" {
  description = "Zone to private subnet."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "database_subnet_ids" {
  description = "Zone to the databases' subnet."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "security_group_ids" {
  description = "The security groups: alb, rates_api, rates_sync, database, cache, endpoints."
  value       = { for name, group in aws_security_group.this : name => group.id }
}
