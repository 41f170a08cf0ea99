variable "environment" {
  description = "staging or production."
  type        = string
}

variable "service" {
  description = "The service's name: rates-api or rates-sync."
  type        = string
}

variable "region" {
  description = "The region that the instance is in."
  type        = string
}

variable "group" {
  description = "The Auto Scaling group of the instance."
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

variable "metrics_port" {
  description = "The port that answers /metrics."
  type        = number
}

variable "settings" {
  description = "The service's environment variables; no secret is among them."
  type        = map(string)
}

variable "secrets" {
  description = "Environment variable of the service (without _FILE) => the secret, and how its value becomes the variable's: the secret as it is if `template` is null, else the template with the secret's fields in braces."
  type = map(object({
    arn      = string
    template = optional(string)
  }))
}

variable "authorities" {
  description = "PEM: the authorities that sign Aurora's certificates."
  type        = string
}

variable "calls_aws" {
  description = "Whether the service itself calls AWS; if not, its user gets no credentials of the instance."
  type        = bool
}

variable "stop_seconds" {
  description = "How long the service may take to end in good order."
  type        = number
}

variable "memory_mib" {
  description = "What the container may use."
  type        = number
}

variable "log_group" {
  description = "The log group of the service."
  type        = string
}

variable "namespace" {
  description = "The CloudWatch namespace of the service's metrics."
  type        = string
}

variable "metrics" {
  description = "What of /metrics goes to CloudWatch: deploy/terraform/metrics.json."
  type = list(object({
    metric     = string
    dimensions = list(string)
  }))
}
