variable "environment" {
  description = "The environment: each is an account of its own."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-1."
  }
}

variable "repository" {
  description = "The GitHub repository whose workflows assume the roles, as owner/name."
  type        = string

  validation {
    # A wildcard would admit other people's repositories.
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be owner/name, without wildcards."
  }
}

variable "on_call_roles" {
  description = "Names of the roles of this account, * admitted, whose holders may act as on-call; those of IAM Identity Center begin with aws-reserved/."
  type        = set(string)

  validation {
    condition     = length(var.on_call_roles) >= 1 && alltrue([for role in var.on_call_roles : can(regex("^[A-Za-z0-9+=,.@_/-]{6,}", role))])
    error_message = "on_call_roles must name a role, by six characters at least before any wildcard."
  }
}
