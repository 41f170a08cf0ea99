variable "name" {
  description = "Prefix of the bucket's name; AWS appends characters that make it globally unique."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,36}$", var.name))
    error_message = "name must be 3-37 lower-case letters, digits and hyphens: AWS adds 26 characters, and 63 is its limit."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the objects; null for S3-managed keys, for writers and readers that can't use ours."
  type        = string
  default     = null
}

variable "expire_days" {
  description = "Days after which objects are deleted; null keeps them."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null ? true : var.expire_days >= 1
    error_message = "expire_days must be at least 1; omit it to keep objects."
  }
}

variable "versioned" {
  description = "Whether overwritten and deleted objects are kept as versions (for 30 days)."
  type        = bool
  default     = true
}

variable "grants" {
  description = "AWS services that may access the bucket: the objects under `path`, or the bucket itself if it is null, if all conditions in `equals` are met."
  type = list(object({
    sid     = string
    service = string
    actions = list(string)
    path    = optional(string)
    equals  = map(string)
  }))
  default = []

  validation {
    condition     = alltrue([for grant in var.grants : endswith(grant.service, ".amazonaws.com") && length(grant.equals) > 0])
    error_message = "A grant must name an AWS service and have a condition: a service acts on behalf of any account."
  }
}

variable "force_destroy" {
  description = "Whether the bucket may be destroyed while it contains objects."
  type        = bool
  default     = false
}
