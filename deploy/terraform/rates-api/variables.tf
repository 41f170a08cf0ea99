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

variable "min_size" {
  description = "The minimum number of instances."
  type        = number
}

variable "max_size" {
  description = "The maximum number of instances."
  type        = number
}

variable "requests_per_second" {
  description = "Requests per second per instance above which the group scales out."
  type        = number
}

variable "workers" {
  description = "Worker processes per instance: one per vCPU."
  type        = number

  validation {
    condition     = contains([1, 2, 4], var.workers)
    error_message = "workers must be 1, 2 or 4, so that they share an instance's 20 connections evenly."
  }
}

variable "signing_keys" {
  description = "Public keys of rates-sync to pin, each the x of a key in /.well-known/jwks.json; of a key that has signed nothing yet docs/runbooks/signing-key.md has the command. With one, an instance that starts while the database is away takes nothing from Redis that is not signed."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for key in var.signing_keys : can(regex("^[0-9A-Za-z_-]{43}$", key))])
    error_message = "signing_keys must be Ed25519 public keys, each 43 characters of base64url without padding."
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
