variable "name" {
  description = "Prefix of every name, such as rates-production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}$", var.name))
    error_message = "name must be 2-24 lower-case letters, digits and hyphens: 32 is the limit for a load balancer's name."
  }
}

variable "cidr" {
  description = "The VPC's address range, a /16."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16 such as 10.0.0.0/16: the subnets are carved from it in fixed sizes."
  }
}

variable "availability_zones" {
  description = "The three availability zones to use. A fixed list, not a lookup: a zone that AWS adds must not move anything."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == 3 && length(distinct(var.availability_zones)) == 3
    error_message = "availability_zones must be three different zones."
  }
}

variable "nat_gateways" {
  description = "Number of zones with a NAT gateway and interface endpoints: 3, or 1 where losing a zone may cut off egress."
  type        = number

  validation {
    condition     = contains([1, 3], var.nat_gateways)
    error_message = "nat_gateways must be 1 (cheap) or 3 (one per zone)."
  }
}

variable "interface_endpoints" {
  description = "AWS services that instances reach through interface endpoints."
  type        = set(string)
  default = [
    "autoscaling", "ecr.api", "ecr.dkr", "ec2messages", "kms", "logs", "monitoring", "secretsmanager", "ssm",
    "ssmmessages", "xray",
  ]

  validation {
    condition     = length(setsubtract(["ssm", "ssmmessages", "ec2messages", "secretsmanager", "logs", "ecr.api", "ecr.dkr", "kms"], var.interface_endpoints)) == 0
    error_message = "interface_endpoints must contain the services that instances need to start: ssm, ssmmessages, ec2messages, secretsmanager, logs, ecr.api, ecr.dkr, kms."
  }
}

variable "kms_key_arn" {
  description = "The KMS key for the flow logs."
  type        = string
}

variable "log_retention_days" {
  description = "How many days flow logs are kept."
  type        = number
  default     = 7

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch supports: 1, 3, 5, 7, 14, 30, 60 or 90."
  }
}
