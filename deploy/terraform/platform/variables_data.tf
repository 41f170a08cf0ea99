variable "database_instances" {
  description = "Number of Aurora instances, writer and readers."
  type        = number
  default     = 2
}

variable "min_acu" {
  description = "The minimum capacity of a database instance, in Aurora capacity units."
  type        = number
  default     = 0.5
}

variable "max_acu" {
  description = "The maximum capacity of a database instance, in Aurora capacity units."
  type        = number

  validation {
    condition     = var.max_acu > var.min_acu
    error_message = "max_acu must be greater than min_acu: otherwise the database could not grow."
  }
}

variable "backup_retention_days" {
  description = "How many days back the record can be restored, to any second."
  type        = number
  default     = 35

  validation {
    condition     = var.environment != "production" || var.backup_retention_days == 35
    error_message = "production must keep 35 days, Aurora's maximum."
  }
}

variable "backup_copy_vault_arn" {
  description = "The ARN of a backup vault in another region to copy snapshots to. Set by TF_VAR_backup_copy_vault_arn, not in a file, because it contains the account number."
  type        = string
  default     = null
}

variable "cache_node_type" {
  description = "The node type of Redis."
  type        = string

  validation {
    condition     = var.environment != "production" || var.cache_node_type == "cache.r6g.large"
    error_message = "production must run on cache.r6g.large, by requirement."
  }
}

variable "cache_replicas" {
  description = "Number of Redis replicas."
  type        = number
  default     = 1
}

variable "rotate_passwords" {
  description = "Whether the passwords of the database's users and of Redis' rotate: not before they are there (README.md, the first apply)."
  type        = bool
  default     = true
}
