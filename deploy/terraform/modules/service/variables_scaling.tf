# Load, scaling, and what decides whether a refresh succeeds.

variable "balanced" {
  description = "The load balancer in front of the service, and the thresholds for scaling out and in; null without a load balancer."
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
    error_message = "requests_per_second and latency_seconds must be greater than 0."
  }

  validation {
    condition     = var.balanced == null ? true : (var.balanced.idle_cpu_percent > 0 && var.balanced.idle_cpu_percent <= 50)
    error_message = "idle_cpu_percent must be from 0 to 50: above that, removing one of two instances could overload the other."
  }
}

variable "singleton_metric" {
  description = "A gauge that is 1 on exactly one instance of the group, the leader; null if there is none."
  type        = string
  default     = null
}

variable "refresh_watches_alarm" {
  description = "Whether the alarm ends a refresh; false while it fires already, or it would roll back the very fix."
  type        = bool
  default     = true
}
