# Load, scaling, and what a refresh looks at.

variable "balanced" {
  description = "The load balancer in front of the service, and when the group grows and shrinks; null without one."
  type = object({
    target_group_arn        = string
    target_group_arn_suffix = string
    alb_arn_suffix          = string
    requests_per_second     = optional(number, 50)
    latency_seconds         = optional(number, 0.5)
    idle_cpu_percent        = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.balanced == null ? true : (var.balanced.requests_per_second > 0 && var.balanced.latency_seconds > 0)
    error_message = "requests_per_second and latency_seconds are above 0."
  }

  validation {
    condition     = var.balanced == null ? true : (var.balanced.idle_cpu_percent > 0 && var.balanced.idle_cpu_percent <= 50)
    error_message = "idle_cpu_percent is from 0 to 50: above that, one instance less could mean none is idle."
  }
}

variable "singleton_metric" {
  description = "A gauge that is 1 on one instance of the group at any time (who leads); null if there is none."
  type        = string
  default     = null
}
