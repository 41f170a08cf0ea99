variable "name" {
  description = "Prefix of every name here, rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name must be 3 to 31 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "environment" {
  description = "The environment; only resources tagged with it can be targets."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "enabled" {
  description = "Whether the drills run on schedule. If not, they can still be started by hand."
  type        = bool
  default     = false
}

variable "stop_alarm_arns" {
  description = "Alarms that stop a drill and prevent one from starting: the fast burns."
  type        = list(string)

  validation {
    condition     = length(var.stop_alarm_arns) >= 1 && alltrue([for arn in var.stop_alarm_arns : can(regex("^arn:[a-z-]+:cloudwatch:.*:alarm:", arn))])
    error_message = "A drill needs an alarm that stops it: at least one ARN of a CloudWatch alarm."
  }
}

variable "availability_zones" {
  description = "The three zones, one per month of a quarter."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == 3 && length(distinct(var.availability_zones)) == 3
    error_message = "availability_zones must be three different zones."
  }
}

variable "rates_api_group_name" {
  description = "The Auto Scaling group of rates-api."
  type        = string
}

variable "rates_sync_group_name" {
  description = "The Auto Scaling group of rates-sync."
  type        = string
}

variable "database_cluster_arn" {
  description = "The ARN of the Aurora cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:rds:.*:cluster:", var.database_cluster_arn))
    error_message = "database_cluster_arn must be the ARN of an RDS cluster."
  }
}

variable "cache_replication_group_arn" {
  description = "The ARN of the ElastiCache replication group."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:elasticache:.*:replicationgroup:", var.cache_replication_group_arn))
    error_message = "cache_replication_group_arn must be the ARN of an ElastiCache replication group."
  }
}

variable "volumes_key_arn" {
  description = "The KMS key of the instances' volumes: a stopped instance needs a grant on it to start again."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.volumes_key_arn))
    error_message = "volumes_key_arn must be the ARN of a KMS key."
  }
}

variable "logs_key_arn" {
  description = "The KMS key that encrypts the drills' log."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a KMS key."
  }
}

variable "log_retention_days" {
  description = "How many days the drills' log is kept."
  type        = number
  default     = 7
}
