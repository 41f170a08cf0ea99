variable "name" {
  description = "Beginning of the bucket's name; AWS adds characters that make it unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{2,36}$", var.name))
    error_message = "name must be 3-37 lower-case letters, digits and hyphens: AWS adds 26 characters, and 63 is its limit."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the objects; null: the keys of S3 itself, for writers and readers that can't use ours."
  type        = string
  default     = null
}

variable "expire_days" {
  description = "Days after which objects are deleted; null keeps them."
  type        = number
  default     = null

  validation {
    condition     = var.expire_days == null ? true : var.expire_days >= 1
    error_message = "expire_days must be at least 1; leave it out to keep objects."
  }
}

variable "versioned" {
  description = "Whether overwritten and deleted objects are kept as versions (for 30 days)."
  type        = bool
  default     = true
}

variable "policy_documents" {
  description = "JSON policies that name who may write or read beside the account; they may name the bucket by the output `arn`."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether the bucket may be destroyed with what is in it."
  type        = bool
  default     = false
}
