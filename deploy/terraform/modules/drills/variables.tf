variable "name" {
  description = "What every name here begins with, rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "The name is 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "environment" {
  description = "The environment; only what is tagged with it can be a target."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

variable "enabled" {
  description = "Whether the drills run on schedule. Off, they can be started by hand."
  type        = bool
  default     = false
}

variable "stop_alarm_arns" {
  description = "Alarms that end a drill, and that keep one from beginning: the fast burns."
  type        = list(string)

  validation {
    condition     = length(var.stop_alarm_arns) >= 1 && alltrue([for arn in var.stop_alarm_arns : can(regex("^arn:[a-z-]+:cloudwatch:.*:alarm:", arn))])
    error_message = "A drill needs an alarm that ends it: at least one ARN of a CloudWatch alarm."
  }
}

variable "availability_zones" {
  description = "The three zones; each has its month."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) == 3 && length(distinct(var.availability_zones)) == 3
    error_message = "The platform stands in three different zones."
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
  description = "The Aurora cluster."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:rds:.*:cluster:", var.database_cluster_arn))
    error_message = "The database is the ARN of an RDS cluster."
  }
}

variable "cache_replication_group_arn" {
  description = "The ElastiCache replication group."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:elasticache:.*:replicationgroup:", var.cache_replication_group_arn))
    error_message = "The cache is the ARN of an ElastiCache replication group."
  }
}

variable "volumes_key_arn" {
  description = "The KMS key of the instances' volumes: without a grant a stopped instance does not start again."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.volumes_key_arn))
    error_message = "The volumes' key is the ARN of a KMS key."
  }
}

variable "logs_key_arn" {
  description = "The KMS key that the drills' log is encrypted with."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.logs_key_arn))
    error_message = "The logs' key is the ARN of a KMS key."
  }
}

variable "log_retention_days" {
  description = "How long the log of the drills is kept, in days."
  type        = number
  default     = 7
}
