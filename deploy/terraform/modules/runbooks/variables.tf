variable "name" {
  description = "What every name here begins with, rates-<environment>."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "The name is 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "environment" {
  description = "The environment, also a dimension of the services' metrics."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

variable "alarm_topic_arn" {
  description = "The SNS topic that hears what an automation does and asks for."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "The alarm topic is the ARN of an SNS topic."
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
    error_message = "The messages' key is the ARN of a KMS key."
  }
}

variable "alarm_arns" {
  description = "The alarms by key, from the module observability."
  type        = map(string)

  validation {
    condition = alltrue([for key in [
      "latency_fast_burn", "latency_slow_burn", "breaker_open", "banxico_failures",
      "aurora_acu_at_maximum", "aurora_connections", "availability_fast_burn",
    ] : contains(keys(var.alarm_arns), key)])
    error_message = "Alarms that start an automation, or that one watches, are missing from alarm_arns."
  }
}

variable "alb_arn_suffix" {
  description = "The load balancer as CloudWatch names it."
  type        = string
}

variable "rates_api_group_name" {
  description = "The Auto Scaling group of rates-api, which an emergency enlarges."
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
  description = "The capacity that the database falls back to, in ACUs."
  type        = number
}

variable "max_acu" {
  description = "The capacity that the database is raised to, in ACUs."
  type        = number

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256 && var.max_acu > var.min_acu
    error_message = "The greatest capacity is 1 to 256 ACUs and above the least: else there is nothing to raise."
  }
}

variable "approvers" {
  description = "ARNs of the users or roles who may approve what costs money; one of them is enough."
  type        = list(string)

  validation {
    condition     = length(var.approvers) >= 1 && alltrue([for arn in var.approvers : can(regex("^arn:[a-z-]+:(iam|sts)::", arn))])
    error_message = "At least one approver, each an IAM ARN: without one an automation would wait for nobody."
  }
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the services' metrics."
  type        = string
  default     = "Rates"
}

variable "runbook_base_url" {
  description = "Where docs/runbooks can be read."
  type        = string
}
