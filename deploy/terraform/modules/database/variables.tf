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
    error_message = "Aurora needs subnets in at least two availability zones."
  }
}

variable "availability_zones" {
  description = "The zones of the instances, the writer's first; at least as many as instances."
  type        = list(string)

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "availability_zones must not repeat a zone: writer and reader must not share one."
  }
}

variable "security_group_id" {
  description = "The security group that allows the two services to connect to port 3306."
  type        = string
}

variable "kms_key_arn" {
  description = "The KMS key for the record, its backups and Performance Insights."
  type        = string
}

variable "secrets_kms_key_arn" {
  description = "The KMS key for the secrets of the database users."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The KMS key for the logs that Aurora exports to CloudWatch."
  type        = string
}

variable "rotation_subnet_ids" {
  description = "Private subnets with outbound access, for the functions that rotate the users' passwords."
  type        = list(string)

  validation {
    condition     = length(distinct(var.rotation_subnet_ids)) >= 2
    error_message = "The rotation needs at least two subnets, to survive the loss of a zone."
  }
}

variable "rotation_security_group_id" {
  description = "A security group that can reach the database on 3306 and AWS on 443: that of rates-sync."
  type        = string
}

variable "rotate_passwords" {
  description = "Whether the users' passwords rotate; false until files/accounts.sh has made the accounts."
  type        = bool
  default     = true
}

variable "engine_version" {
  description = "The Aurora MySQL version, compatible with MySQL 8.0."
  type        = string
  default     = "8.0.mysql_aurora.3.10.0"

  validation {
    condition     = can(regex("^8\\.0\\.mysql_aurora\\.3\\.[0-9]+\\.[0-9]+$", var.engine_version))
    error_message = "engine_version must be a full Aurora MySQL 3 version, such as 8.0.mysql_aurora.3.10.0."
  }
}

variable "instance_count" {
  description = "Number of instances, writer and readers."
  type        = number
  default     = 2

  validation {
    condition     = var.instance_count >= 2 && var.instance_count <= 15
    error_message = "instance_count must be from 2 to 15: without a reader there is nothing to fail over to."
  }
}

variable "min_acu" {
  description = "The minimum capacity of an instance, in Aurora capacity units (2 GiB each)."
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_acu >= 0.5 && var.min_acu * 2 == floor(var.min_acu * 2)
    error_message = "min_acu must be at least 0.5, in steps of 0.5; 0 would pause the database and with it rates-sync's lease."
  }
}

variable "max_acu" {
  description = "The maximum capacity of an instance, in Aurora capacity units."
  type        = number
  default     = 16

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256 && var.max_acu * 2 == floor(var.max_acu * 2)
    error_message = "max_acu must be from 1 to 256, in steps of 0.5."
  }
}

variable "backup_retention_days" {
  description = "How many days back the record can be restored, to any second."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be from 7 to 35, Aurora's maximum."
  }
}

variable "backup_copy_vault_arn" {
  description = "The ARN of a backup vault in another region to copy every snapshot to; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.backup_copy_vault_arn == null || can(regex("^arn:[^:]+:backup:[^:]+:[0-9]{12}:backup-vault:", var.backup_copy_vault_arn))
    error_message = "backup_copy_vault_arn must be the ARN of a backup vault."
  }
}

variable "deletion_protection" {
  description = "Whether deletion protection of the cluster is on."
  type        = bool
  default     = true
}
