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
  description = "The SNS topic that every alarm tells."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.alarm_topic_arn))
    error_message = "The alarm topic is the ARN of an SNS topic."
  }
}

variable "alb_arn_suffix" {
  description = "The load balancer as CloudWatch names it, app/<name>/<id>."
  type        = string

  validation {
    condition     = startswith(var.alb_arn_suffix, "app/")
    error_message = "The load balancer's ARN suffix begins with app/."
  }
}

variable "target_group_arn_suffix" {
  description = "The target group of rates-api as CloudWatch names it, targetgroup/<name>/<id>."
  type        = string

  validation {
    condition     = startswith(var.target_group_arn_suffix, "targetgroup/")
    error_message = "The target group's ARN suffix begins with targetgroup/."
  }
}

variable "distribution_id" {
  description = "The CloudFront distribution."
  type        = string
}

variable "web_acl_name" {
  description = "The WAF's web ACL, by the name of its metric."
  type        = string
}

variable "database_cluster_id" {
  description = "The identifier of the Aurora cluster."
  type        = string
}

variable "max_acu" {
  description = "The capacity that an Aurora instance may grow to, in ACUs."
  type        = number

  validation {
    condition     = var.max_acu >= 1 && var.max_acu <= 256
    error_message = "An Aurora instance grows to between 1 and 256 ACUs."
  }
}

variable "cache_replication_group_id" {
  description = "The ElastiCache replication group, named on the dashboards."
  type        = string
}

variable "cache_member_cluster_ids" {
  description = "The nodes of the replication group: CloudWatch knows nodes only."
  type        = list(string)

  validation {
    # An alarm with metric math takes ten metrics at most.
    condition     = length(var.cache_member_cluster_ids) >= 1 && length(var.cache_member_cluster_ids) <= 6
    error_message = "A replication group has one to six nodes."
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
  description = "Where docs/runbooks can be read; each alarm's page follows it."
  type        = string

  validation {
    condition     = can(regex("^https://.*[^/]$", var.runbook_base_url))
    error_message = "The runbooks' address begins with https:// and does not end with a slash."
  }
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the services' metrics."
  type        = string
  default     = "Rates"
}

variable "least_requests" {
  description = "Requests in a window below which a share of them says nothing: one failure of ten is no outage."
  type        = number
  default     = 500

  validation {
    condition     = var.least_requests >= 1
    error_message = "At least one request is needed to judge a share of requests."
  }
}

variable "least_healthy_hosts" {
  description = "Instances of rates-api that must be healthy: one in each of two zones."
  type        = number
  default     = 2

  validation {
    condition     = var.least_healthy_hosts >= 1
    error_message = "At least one instance must be healthy."
  }
}
