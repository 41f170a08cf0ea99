variable "environment" {
  description = "staging or production."
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
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as us-east-1."
  }
}

variable "instance_type" {
  description = "The EC2 instance type."
  type        = string

  validation {
    condition     = can(regex("^t3\\.", var.instance_type))
    error_message = "instance_type must be a t3: the images are built for x86-64, and the sizing assumes t3."
  }
}

variable "memory_mib" {
  description = "The container's memory limit, in MiB; a quarter of the instance's memory is left for the system."
  type        = number

  validation {
    condition     = var.memory_mib >= 512
    error_message = "memory_mib must be at least 512."
  }
}

variable "daily_quota" {
  description = "Requests to Banxico per Mexico City day."
  type        = number

  validation {
    condition     = var.daily_quota >= 100 && var.daily_quota <= 1000
    error_message = "daily_quota must be from 100 to 1000, the platform's budget; an ordinary day needs about 180."
  }
}

variable "issuer" {
  description = "The public address that receipts are signed as, such as https://rates.example.com; nothing is signed while it is empty. Give the secret signing-key its value first."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(https://[^/]+)?$", var.issuer)) && !strcontains(var.issuer, "banxico.org.mx")
    error_message = "issuer must be an https address of yours without a path, never Banxico's, or empty."
  }
}

variable "image" {
  description = "The image to plan for, by digest; null for the one last deployed."
  type        = string
  default     = null
}

variable "refresh_watches_alarm" {
  description = "Whether the refresh alarm rolls a refresh back; false while it fires already (deploy/release/plan.sh)."
  type        = bool
  default     = true
}
