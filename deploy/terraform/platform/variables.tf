variable "environment" {
  description = "Which environment this is: each is an account of its own."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "region" {
  description = "Where everything but CloudFront is."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-1."
  }
}

variable "availability_zones" {
  description = "The three zones."
  type        = list(string)

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones must be zones of region."
  }
}

variable "nat_gateways" {
  description = "In how many zones there are a NAT gateway and the interface endpoints: 1 or 3."
  type        = number

  validation {
    condition     = var.environment != "production" || var.nat_gateways == 3
    error_message = "production must have a NAT gateway in each zone, or a zone's loss would cut rates-sync off from Banxico."
  }
}

variable "zone_name" {
  description = "The Route 53 zone that the names are in; it must exist."
  type        = string
}

variable "domain_name" {
  description = "The name at which clients reach the API."
  type        = string

  validation {
    condition     = var.domain_name == var.zone_name || endswith(var.domain_name, ".${var.zone_name}")
    error_message = "domain_name must be in zone_name, or its certificates could not be proved."
  }
}

variable "origin_header_generation" {
  description = "Which secret CloudFront shows to the load balancer: raise it by one to rotate."
  type        = number
  default     = 1
}

variable "requests_per_second_per_ip" {
  description = "Requests a second above which an address is blocked."
  type        = number
  default     = 1000
}

variable "price_class" {
  description = "Which of CloudFront's places serve."
  type        = string
  default     = "PriceClass_100"
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete what holds data or takes traffic, and buckets are kept with what is in them."
  type        = bool

  validation {
    condition     = var.environment != "production" || var.deletion_protection
    error_message = "production must be protected from deletion; README.md says how to destroy it all the same."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 7
}

variable "record_configuration" {
  description = "Whether AWS Config records here; false where the organization runs it for all accounts."
  type        = bool
  default     = true
}

variable "inspect" {
  description = "Whether Amazon Inspector looks for known vulnerabilities."
  type        = bool
  default     = false
}
