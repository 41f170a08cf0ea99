variable "environment" {
  description = "staging or production."
  type        = string
}

variable "service" {
  description = "The service's name: rates-api or rates-sync."
  type        = string
}

variable "region" {
  description = "The instance's region."
  type        = string
}

variable "group" {
  description = "The instance's Auto Scaling group."
  type        = string
}

variable "image" {
  description = "The container image, by digest."
  type        = string
}

variable "probe_port" {
  description = "The port that answers /livez."
  type        = number
}

variable "serves_tls" {
  description = "Whether the service's public port speaks TLS, with a certificate that the instance makes."
  type        = bool
}

variable "metrics_port" {
  description = "The port that answers /metrics."
  type        = number
}

variable "settings" {
  description = "The service's environment variables, without secrets."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable (without _FILE) => the secret that its value comes from: the secret itself if `template` is null, otherwise the template with the secret's {fields} filled in."
  type = map(object({
    arn      = string
    template = optional(string)
  }))
}

variable "authorities" {
  description = "The CA certificates for Aurora, as PEM."
  type        = string
}

variable "calls_aws" {
  description = "Whether the service itself calls AWS; if not, its user can't get the instance's credentials."
  type        = bool
}

variable "stop_seconds" {
  description = "How many seconds the service may take to shut down."
  type        = number
}

variable "memory_mib" {
  description = "The container's memory limit, in MiB."
  type        = number
}

variable "log_group" {
  description = "The service's log group."
  type        = string
}

variable "namespace" {
  description = "The CloudWatch namespace of the service's metrics."
  type        = string
}

variable "metrics" {
  description = "The metrics to send to CloudWatch: deploy/terraform/metrics.json."
  type = list(object({
    metric     = string
    dimensions = list(string)
  }))
}
