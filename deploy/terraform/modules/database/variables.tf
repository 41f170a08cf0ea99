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
    error_message = "Aurora needs subnets in two availability zones at least."
  }
}

variable "availability_zones" {
  description = "The zones of the instances, the writer's first; as many at least as there are instances."
  type        = list(string)

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones names each zone once: writer and reader must not share one."
  }
}

variable "security_group_id" {
  description = "The security group that admits the two services on 3306."
  type        = string
}

variable "kms_key_arn" {
  description = "The key for the record, its backups and Performance Insights."
  type        = string
}

variable "secrets_kms_key_arn" {
  description = "The key for the secrets of the database's users."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The key for the logs that Aurora exports to CloudWatch."
  type        = string
}

variable "rotation_subnet_ids" {
  description = "Private subnets, with a way out, for the functions that rotate the users' passwords."
  type        = list(string)

  validation {
    condition     = length(distinct(var.rotation_subnet_ids)) >= 2
    error_message = "The rotation runs in two subnets at least, so that it survives a zone."
  }
}

variable "rotation_security_group_id" {
  description = "A security group that may reach the database on 3306 and AWS on 443: that of rates-sync."
  type        = string
}

variable "rotate_passwords" {
  description = "Whether the users' passwords rotate; false until files/accounts.sh has made the accounts."
  type        = bool
  default     = true
}

variable "engine_version" {
  description = "The version of Aurora MySQL, of the line that is compatible with MySQL 8.0."
  type        = string
  default     = "8.0.mysql_aurora.3.10.0"

  validation {
    condition     = can(regex("^8\\.0\\.mysql_aurora\\.3\\.[0-9]+\\.[0-9]+$", var.engine_version))
    error_message = "engine_version is a full version of Aurora MySQL 3, such as 8.0.mysql_aurora.3.10.0."
  }
}

variable "instance_count" {
  description = "The writer and its readers."
  type        = number
  default     = 2

  validation {
    condition     = var.instance_count >= 2 && var.instance_count <= 15
    error_message = "instance_count is from 2 to 15: without a reader there is nothing to fail over to."
  }
}

variable "min_acu" {
  description = "The least capacity of an instance, in Aurora capacity units (2 GiB each)."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_acu >= 0.5 && var.min_acu * 2 == floor(var.min_acu * 2)
    error_message = "min_acu is 0.5 or more in steps of 0.5; 0 would pause the database, and rates-sync's lease with it."
  }
}

variable "max_acu" {
  description = "The greatest capacity of an instance, in Aurora capacity units."
  type        = number
  default     = 16

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256 && var.max_acu * 2 == floor(var.max_acu * 2)
    error_message = "max_acu is from 1 to 256 in steps of 0.5."
  }
}

variable "backup_retention_days" {
  description = "How far back the record can be restored to any second."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is from 7 to 35, Aurora's longest."
  }
}

variable "backup_copy_vault_arn" {
  description = "A backup vault in another region that every snapshot is copied to; none if null."
  type        = string
  default     = null

  validation {
    condition     = var.backup_copy_vault_arn == null || can(regex("^arn:[^:]+:backup:[^:]+:[0-9]{12}:backup-vault:", var.backup_copy_vault_arn))
    error_message = "backup_copy_vault_arn is the ARN of a backup vault."
  }
}

variable "deletion_protection" {
  description = "Whether Aurora refuses to delete the cluster."
  type        = bool
  default     = true
}
