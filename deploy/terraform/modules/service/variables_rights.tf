# What the instances' role may use.

variable "secrets_kms_key_arn" {
  description = "The KMS key that encrypts the secrets."
  type        = string
}

variable "logs_kms_key_arn" {
  description = "The KMS key that encrypts the log group."
  type        = string
}

variable "data_kms_key_arn" {
  description = "The KMS key for the root volumes and the images."
  type        = string
}

variable "announces" {
  description = "The topic for the service's alerts and the distribution that it purges; null for a service that does neither. Only rates-sync does (rule R2)."
  type = object({
    topic_arn        = string
    topic_key_arn    = string
    distribution_arn = string
  })
  default = null
}
