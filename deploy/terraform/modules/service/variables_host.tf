# What runs on an instance.

variable "probe_port" {
  description = "The port that answers /livez."
  type        = number

  validation {
    condition     = var.probe_port > 1023 && var.probe_port < 65536
    error_message = "probe_port must be from 1024 to 65535: the container may not bind a lower one."
  }
}

variable "metrics_port" {
  description = "The port that answers /metrics."
  type        = number

  validation {
    condition     = var.metrics_port > 1023 && var.metrics_port < 65536
    error_message = "metrics_port must be from 1024 to 65535: the container may not bind a lower one."
  }
}

variable "settings" {
  description = "The service's environment variables; secrets go into `secrets`."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^RATES_(API|SYNC)_[A-Z_]+$", name))])
    error_message = "settings may contain only the service's own variables: RATES_API_… or RATES_SYNC_…."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("_(TOKEN|URL)$", name))])
    error_message = "Tokens and URLs with passwords are secrets: they go into `secrets`, never into user data."
  }
}

variable "secrets" {
  description = "Environment variable => the secret that its value comes from: the secret itself if `template` is null, otherwise the template with the secret's {fields} filled in."
  type = map(object({
    arn      = string
    template = optional(string)
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^arn:[^:]+:secretsmanager:[^:]+:[0-9]{12}:secret:", secret.arn))])
    error_message = "Every secret must be referenced by its ARN."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^(mysql\\+asyncmy://.*[?]ssl_ca=|rediss://|$)", coalesce(secret.template, " ") == " " ? "" : secret.template))])
    error_message = "A URL must use TLS: mysql+asyncmy://…?ssl_ca=FILE or rediss://…."
  }
}

variable "authorities" {
  description = "The CA certificates for Aurora, as PEM."
  type        = string

  validation {
    condition     = strcontains(var.authorities, "-----BEGIN CERTIFICATE-----")
    error_message = "authorities must contain at least one PEM certificate."
  }
}

variable "stop_seconds" {
  description = "How many seconds the service may take to shut down."
  type        = number
  default     = 40

  validation {
    condition     = var.stop_seconds >= 10 && var.stop_seconds <= 80
    error_message = "stop_seconds must be from 10 to 80: the group waits 120 s for an instance that terminates."
  }
}

variable "memory_mib" {
  description = "The container's memory limit, in MiB; a t3.medium has 4,096."
  type        = number
  default     = 3072
}

variable "metrics" {
  description = "The metrics to send to CloudWatch: deploy/terraform/metrics.json."
  type = list(object({
    metric     = string
    dimensions = list(string)
  }))
}

variable "metric_namespace" {
  description = "The CloudWatch namespace of the services' metrics."
  type        = string
  default     = "Rates"
}
