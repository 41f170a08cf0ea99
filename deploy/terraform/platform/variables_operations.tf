variable "alert_emails" {
  description = "Addresses that get the alerts; each must confirm once."
  type        = set(string)

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alert_emails must be e-mail addresses."
  }

  validation {
    condition     = var.environment != "production" || length(var.alert_emails) >= 1
    error_message = "production must alert somebody."
  }
}

variable "approver_roles" {
  description = "Names of the IAM roles, of this account, whose holders may approve what a runbook would spend."
  type        = set(string)
}

variable "runbook_base_url" {
  description = "Where docs/runbooks can be read."
  type        = string
}

variable "drills" {
  description = "Whether the failure drills run on their schedule; they can be started by hand all the same."
  type        = bool
  default     = false
}
