variable "environment" {
  description = "staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production."
  }
}

variable "service" {
  description = "The service's name."
  type        = string

  validation {
    condition     = contains(["rates-api", "rates-sync"], var.service)
    error_message = "service is rates-api or rates-sync."
  }
}

variable "image" {
  description = "The container image, by digest: a tag could mean another image tomorrow."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9./_-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is named by its digest, <registry>/<repository>@sha256:<64 hexadecimal digits>, without a tag."
  }
}

# --- the group ---------------------------------------------------------------------------------------

variable "min_size" {
  description = "The least number of instances."
  type        = number

  validation {
    condition     = var.min_size >= 2
    error_message = "min_size is 2 or more: one instance is one availability zone."
  }
}

variable "max_size" {
  description = "The greatest number of instances."
  type        = number

  validation {
    condition     = var.max_size <= 10
    error_message = "max_size is 10 at most, the limit that the requirements set."
  }
}

variable "instance_type" {
  description = "The EC2 instance type."
  type        = string
  default     = "t3.medium"
}

variable "ami_parameter" {
  description = "The public parameter with the AMI; begin.sh is written for Amazon Linux 2023."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

  validation {
    condition     = startswith(var.ami_parameter, "/aws/service/ami-amazon-linux-latest/al2023-")
    error_message = "ami_parameter names an Amazon Linux 2023."
  }
}

variable "subnet_ids" {
  description = "The private subnets, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "The group needs subnets in two availability zones at least."
  }
}

variable "security_group_id" {
  description = "The security group of the service."
  type        = string
}

variable "warm_up_seconds" {
  description = "From being put into service until an instance's figures count."
  type        = number
  default     = 120

  validation {
    condition     = var.warm_up_seconds >= 60
    error_message = "warm_up_seconds is 60 or more: the alarms look at whole minutes."
  }
}

# --- load and scaling: null for a service that nobody sends requests to ---------------------------------

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

# --- what runs -------------------------------------------------------------------------------------------

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

# --- rights -------------------------------------------------------------------------------------------------

variable "secrets_kms_key_arn" {
  description = "The key that the secrets are encrypted with."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The key that the log group is encrypted with."
  type        = string
}

variable "data_kms_key_arn" {
  description = "The key for the root volumes and the images."
  type        = string
}

variable "announces" {
  description = "Where the service publishes alerts and which edge it purges, null for one that does neither: only rates-sync does (rule R2)."
  type = object({
    topic_arn        = string
    topic_key_arn    = string
    distribution_arn = string
  })
  default = null
}
