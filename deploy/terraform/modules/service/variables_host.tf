# What runs on an instance.

variable "probe_port" {
  description = "The port that answers /livez."
  type        = number

  validation {
    condition     = var.probe_port > 1023 && var.probe_port < 65536
    error_message = "probe_port is from 1024 to 65535: the container has no right to a lower one."
  }
}

variable "metrics_port" {
  description = "The port that answers /metrics."
  type        = number

  validation {
    condition     = var.metrics_port > 1023 && var.metrics_port < 65536
    error_message = "metrics_port is from 1024 to 65535: the container has no right to a lower one."
  }
}

variable "settings" {
  description = "Environment variables of the service; secrets go into `secrets`."
  type        = map(string)

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^RATES_(API|SYNC)_[A-Z_]+$", name))])
    error_message = "settings holds the service's own variables: RATES_API_… or RATES_SYNC_…."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("_(TOKEN|URL)$", name))])
    error_message = "Tokens and URLs with passwords are secrets: they go into `secrets`, never into user data."
  }
}

variable "secrets" {
  description = "Environment variable => the secret it comes from. `template` is null for the secret as it is, else a text with fields of the secret in braces."
  type = map(object({
    arn      = string
    template = optional(string)
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^arn:[^:]+:secretsmanager:[^:]+:[0-9]{12}:secret:", secret.arn))])
    error_message = "Every secret is referenced by its ARN."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^(mysql\\+asyncmy://.*[?]ssl_ca=|rediss://|$)", coalesce(secret.template, " ") == " " ? "" : secret.template))])
    error_message = "A URL asks for TLS: mysql+asyncmy://…?ssl_ca=FILE or rediss://…."
  }
}

variable "authorities" {
  description = "PEM: the authorities that sign Aurora's certificates."
  type        = string

  validation {
    condition     = strcontains(var.authorities, "-----BEGIN CERTIFICATE-----")
    error_message = "authorities is one PEM certificate at least."
  }
}

variable "stop_seconds" {
  description = "How long the service may take to end in good order."
  type        = number
  default     = 40

  validation {
    condition     = var.stop_seconds >= 10 && var.stop_seconds <= 80
    error_message = "stop_seconds is from 10 to 80: the group waits 120 s for an instance that leaves."
  }
}

variable "memory_mib" {
  description = "What the container may use; a t3.medium has 4,096."
  type        = number
  default     = 3072
}

variable "metrics" {
  description = "What of /metrics goes to CloudWatch: deploy/terraform/metrics.json."
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
