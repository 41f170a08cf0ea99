variable "name" {
  description = "Prefix of every name: rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^rates-(staging|production)$", var.name))
    error_message = "name must be rates-staging or rates-production."
  }
}

variable "subnet_ids" {
  description = "The isolated database subnets, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "Multi-AZ needs subnets in at least two availability zones."
  }
}

variable "security_group_id" {
  description = "The security group that allows the two services to connect to port 6379."
  type        = string
}

variable "kms_key_arn" {
  description = "The KMS key for the nodes' data at rest."
  type        = string
}

variable "secrets_kms_key_arn" {
  description = "The KMS key for the users' secrets."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The KMS key for the log of the rotation."
  type        = string
}

variable "rotate_passwords" {
  description = "Whether the users' passwords rotate: not before files/users.sh has made them (README.md, the first apply)."
  type        = bool
  default     = true
}

variable "node_type" {
  description = "The node type; the requirements name r6g.large (13 GiB)."
  type        = string
  default     = "cache.r6g.large"

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type must be an ElastiCache node type, such as cache.r6g.large."
  }
}

variable "replicas" {
  description = "Number of replicas; a failover needs at least one."
  type        = number
  default     = 1

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 5
    error_message = "replicas must be from 1 to 5: without a replica there is nothing to fail over to."
  }
}

variable "engine_version" {
  description = "The Redis version, major and minor."
  type        = string
  default     = "7.1"

  validation {
    condition     = can(regex("^7\\.[0-9]+$", var.engine_version))
    error_message = "engine_version must be 7.x: the parameter group's family is redis7."
  }
}
