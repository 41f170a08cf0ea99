variable "name" {
  description = "Prefix of every name, such as rates-production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,23}$", var.name))
    error_message = "name must be 2-24 lower-case letters, digits and hyphens."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the buckets; its policy must let CloudTrail and Config encrypt."
  type        = string
}

variable "retention_days" {
  description = "How many days the trail and the recorded configurations are kept."
  type        = number
  default     = 731

  validation {
    condition     = var.retention_days >= 731
    error_message = "retention_days must be at least 731: the audit trail is kept 2 years, by requirement."
  }
}

variable "record_configuration" {
  description = "Whether to run AWS Config. An account has one recorder per region: false if it is managed elsewhere."
  type        = bool
  default     = true
}

variable "inspect" {
  description = "Whether Amazon Inspector scans instances and images for known vulnerabilities."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether the buckets may be destroyed while they contain records: never in production."
  type        = bool
  default     = false
}
