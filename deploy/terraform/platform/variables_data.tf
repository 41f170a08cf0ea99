variable "database_instances" {
  description = "Aurora's writer and its readers."
  type        = number
  default     = 2
}

variable "min_acu" {
  description = "The least capacity of a database instance, in Aurora capacity units."
  type        = number
  default     = 0.5
}

variable "max_acu" {
  description = "The greatest."
  type        = number

  validation {
    condition     = var.max_acu > var.min_acu
    error_message = "max_acu must be above min_acu, or the database could not grow."
  }
}

variable "backup_retention_days" {
  description = "Days back to any second of which the record can be restored."
  type        = number
  default     = 35

  validation {
    condition     = var.environment != "production" || var.backup_retention_days == 35
    error_message = "production must keep 35 days, the longest that Aurora offers."
  }
}

variable "backup_copy_vault_arn" {
  description = "A backup vault in another region that snapshots are copied to. Given by TF_VAR_backup_copy_vault_arn, not by file: it holds the account's number."
  type        = string
  default     = null
}

variable "cache_node_type" {
  description = "The type of Redis' nodes."
  type        = string

  validation {
    condition     = var.environment != "production" || var.cache_node_type == "cache.r6g.large"
    error_message = "production must run on cache.r6g.large, by requirement."
  }
}

variable "cache_replicas" {
  description = "Redis' replicas beside the primary."
  type        = number
  default     = 1
}

variable "rotate_database_passwords" {
  description = "Whether the database users' passwords rotate: not before the accounts are there (README.md, the first apply)."
  type        = bool
  default     = true
}
