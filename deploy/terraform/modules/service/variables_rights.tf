# What the role may use.

variable "secrets_kms_key_arn" {
  description = "The key that the secrets are encrypted with."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The key that the log group is encrypted with."
  type        = string
}

variable "data_kms_key_arn" {
  description = "The key for the root volumes and the images."
  type        = string
}

variable "announces" {
  description = "Where the service publishes alerts and which edge it purges, null for one that does neither: only rates-sync does (rule R2)."
  type = object({
    topic_arn        = string
    topic_key_arn    = string
    distribution_arn = string
  })
  default = null
}
