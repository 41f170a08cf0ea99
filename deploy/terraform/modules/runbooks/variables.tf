variable "name" {
  description = "Prefix of every name here, rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "name must be 3 to 31 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "environment" {
  description = "The environment; also a dimension of the services' metrics."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "alarm_topic_arn" {
  description = "The ARN of the SNS topic for an automation's reports and approval requests."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}

variable "approval_topic_arn" {
  description = "The SNS topic that asks for approvals."
  type        = string

  validation {
    # https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-approve.html
    condition     = can(regex("^arn:[a-z-]+:sns:[^:]*:[^:]*:Automation", var.approval_topic_arn))
    error_message = "The approvals' topic is the ARN of an SNS topic whose name begins with Automation: aws:approve takes no other."
  }
}

variable "messages_key_arn" {
  description = "The KMS key that the topics are encrypted with."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:", var.messages_key_arn))
    error_message = "messages_key_arn must be the ARN of a KMS key."
  }
}

variable "alarm_arns" {
  description = "The alarms' ARNs by key, from the module observability."
  type        = map(string)

  validation {
    condition = alltrue([for key in [
      "latency_p95", "latency_fast_burn", "latency_slow_burn", "breaker_open", "banxico_failures",
      "aurora_acu_at_maximum", "aurora_connections", "availability_fast_burn",
    ] : contains(keys(var.alarm_arns), key)])
    error_message = "alarm_arns lacks alarms that start an automation or that one reads."
  }
}

variable "alb_arn_suffix" {
  description = "The load balancer's name in CloudWatch."
  type        = string
}

variable "rates_api_group_name" {
  description = "The Auto Scaling group of rates-api, which an automation may enlarge."
  type        = string
}

variable "rates_sync_group_name" {
  description = "The Auto Scaling group of rates-sync, whose instances reach Redis."
  type        = string
}

variable "database_cluster_id" {
  description = "The identifier of the Aurora cluster."
  type        = string
}

variable "min_acu" {
  description = "The minimum capacity to restore, in ACUs."
  type        = number
}

variable "max_acu" {
  description = "The maximum capacity, to which the database is raised, in ACUs."
  type        = number

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256 && var.max_acu > var.min_acu
    error_message = "max_acu must be from 1 to 256 and greater than min_acu: otherwise there is nothing to raise."
  }
}

variable "approvers" {
  description = "ARNs of the users or roles that may approve steps that cost money; one approval is enough."
  type        = list(string)

  validation {
    condition     = length(var.approvers) >= 1 && alltrue([for arn in var.approvers : can(regex("^arn:[a-z-]+:(iam|sts)::", arn))])
    error_message = "approvers must be at least one IAM ARN: without one nobody could approve."
  }
}

variable "emergency_dollars_per_hour" {
  description = "What an automation may spend an hour without asking anybody; above it, it asks for an approval."
  type        = number

  validation {
    condition     = var.emergency_dollars_per_hour >= 0
    error_message = "emergency_dollars_per_hour must be 0 (always ask) or more."
  }
}

variable "database_instances" {
  description = "Aurora's instances, each of which is raised."
  type        = number
}

variable "instance_dollars_per_hour" {
  description = "List price of an instance of rates-api (docs/cost.md)."
  type        = number
  default     = 0.0416
}

variable "acu_dollars_per_hour" {
  description = "List price of an Aurora capacity unit (docs/cost.md)."
  type        = number
  default     = 0.12
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the services' metrics."
  type        = string
  default     = "Rates"
}

variable "runbook_base_url" {
  description = "The base URL of docs/runbooks."
  type        = string
}
