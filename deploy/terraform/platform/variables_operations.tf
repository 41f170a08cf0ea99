variable "alert_emails" {
  description = "E-mail addresses that get the alerts; each must confirm once."
  type        = set(string)

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alert_emails must be e-mail addresses."
  }

  validation {
    condition     = var.environment != "production" || length(var.alert_emails) >= 1
    error_message = "production must have at least one address for alerts."
  }
}

variable "approver_roles" {
  description = "Names of IAM roles in this account that may approve automation steps that cost money."
  type        = set(string)
}

variable "runbook_base_url" {
  description = "The base URL of docs/runbooks."
  type        = string
}

variable "drills" {
  description = "Whether the failure drills run on schedule; they can be started by hand in any case."
  type        = bool
  default     = false
}

variable "emergency_dollars_per_hour" {
  description = "What an automation may spend an hour without an approval: three instances are 0.12, Aurora at 16 instead of 0.5 ACUs is 3.72."
  type        = number
  default     = 4
}
