variable "name" {
  description = "Beginning of every name, as rates-production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}$", var.name))
    error_message = "name must be 2-24 lower-case letters, digits and hyphens: a load balancer's name has 32 at most."
  }
}

variable "cidr" {
  description = "Address range of the VPC, a /16."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16 such as 10.0.0.0/16: the subnets are cut from it by fixed sizes."
  }
}

variable "availability_zones" {
  description = "Names of the three zones that everything is spread over. A list, not what AWS lists today: a zone that AWS adds must move nothing."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == 3 && length(distinct(var.availability_zones)) == 3
    error_message = "availability_zones must be three different zones."
  }
}

variable "nat_gateways" {
  description = "In how many zones there are a NAT gateway and the interface endpoints: 3, or 1 where a zone's loss may cut the way out."
  type        = number

  validation {
    condition     = contains([1, 3], var.nat_gateways)
    error_message = "nat_gateways must be 1 (cheap) or 3 (one for each zone)."
  }
}

variable "interface_endpoints" {
  description = "AWS services that instances reach without the internet."
  type        = set(string)
  default = [
    "autoscaling", "ecr.api", "ecr.dkr", "ec2messages", "kms", "logs", "monitoring", "secretsmanager", "ssm",
    "ssmmessages", "xray",
  ]

  validation {
    condition     = length(setsubtract(["ssm", "ssmmessages", "ec2messages", "secretsmanager", "logs", "ecr.api", "ecr.dkr", "kms"], var.interface_endpoints)) == 0
    error_message = "interface_endpoints must hold what instances can't start without: ssm, ssmmessages, ec2messages, secretsmanager, logs, ecr.api, ecr.dkr, kms."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the flow logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 7

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60 or 90."
  }
}
