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
  description = "The ARN of the SNS topic that every alarm publishes to."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic."
  }
}

variable "alb_arn_suffix" {
  description = "The load balancer's name in CloudWatch, app/<name>/<id>."
  type        = string

  validation {
    condition     = startswith(var.alb_arn_suffix, "app/")
    error_message = "alb_arn_suffix must start with app/."
  }
}

variable "target_group_arn_suffix" {
  description = "The name of rates-api's target group in CloudWatch, targetgroup/<name>/<id>."
  type        = string

  validation {
    condition     = startswith(var.target_group_arn_suffix, "targetgroup/")
    error_message = "target_group_arn_suffix must start with targetgroup/."
  }
}

variable "distribution_id" {
  description = "The id of the CloudFront distribution."
  type        = string
}

variable "web_acl_name" {
  description = "The metric name of the WAF's web ACL."
  type        = string
}

variable "database_cluster_id" {
  description = "The identifier of the Aurora cluster."
  type        = string
}

variable "max_acu" {
  description = "The maximum capacity of an Aurora instance, in ACUs."
  type        = number

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256
    error_message = "max_acu must be from 1 to 256."
  }
}

variable "cache_replication_group_id" {
  description = "The id of the ElastiCache replication group, shown on the dashboards."
  type        = string
}

variable "cache_member_cluster_ids" {
  description = "The nodes of the replication group: CloudWatch has metrics only per node."
  type        = list(string)

  validation {
    # An alarm with metric math allows ten metrics at most.
    condition     = length(var.cache_member_cluster_ids) >= 1 && length(var.cache_member_cluster_ids) <= 6
    error_message = "cache_member_cluster_ids must be one to six nodes."
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

variable "runbook_base_url" {
  description = "The base URL of docs/runbooks; each alarm appends its page."
  type        = string

  validation {
    condition     = can(regex("^https://.*[^/]$", var.runbook_base_url))
    error_message = "runbook_base_url must start with https:// and must not end with a slash."
  }
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the services' metrics."
  type        = string
  default     = "Rates"
}

variable "least_requests" {
  description = "Minimum number of requests in a window for a share of them to count: one failure in ten is not an outage."
  type        = number
  default     = 500

  validation {
    condition     = var.least_requests >= 1
    error_message = "least_requests must be at least 1."
  }
}

variable "least_healthy_hosts" {
  description = "Minimum number of healthy rates-api instances: one in each of two zones."
  type        = number
  default     = 2

  validation {
    condition     = var.least_healthy_hosts >= 1
    error_message = "least_healthy_hosts must be at least 1."
  }
}
