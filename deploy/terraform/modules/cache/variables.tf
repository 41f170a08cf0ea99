variable "name" {
  description = "What names begin with: rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^rates-(staging|production)$", var.name))
    error_message = "name is rates-staging or rates-production."
  }
}

variable "subnet_ids" {
  description = "The isolated database subnets, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "Multi-AZ needs subnets in two availability zones at least."
  }
}

variable "security_group_id" {
  description = "The security group that admits the two services on 6379."
  type        = string
}

variable "kms_key_arn" {
  description = "The key for what the nodes keep on disk."
  type        = string
}

variable "secrets_kms_key_arn" {
  description = "The key for the secret that holds the AUTH token."
  type        = string
}

variable "node_type" {
  description = "The node type; the requirements name r6g.large (13 GiB)."
  type        = string
  default     = "cache.r6g.large"

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type is an ElastiCache node type, such as cache.r6g.large."
  }
}

variable "replicas" {
  description = "Replicas beside the primary; a failover needs one at least."
  type        = number
  default     = 1

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 5
    error_message = "replicas is from 1 to 5: without a replica there is nothing to fail over to."
  }
}

variable "engine_version" {
  description = "The Redis version, major and minor."
  type        = string
  default     = "7.1"

  validation {
    condition     = can(regex("^7\\.[0-9]+$", var.engine_version))
    error_message = "engine_version is 7.x: the parameter group belongs to redis7."
  }
}
