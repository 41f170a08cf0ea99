variable "environment" {
  description = "The environment; each has its own AWS account."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "region" {
  description = "The region of everything except CloudFront."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-1."
  }
}

variable "availability_zones" {
  description = "The three availability zones."
  type        = list(string)

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "availability_zones must be zones of region."
  }
}

variable "nat_gateways" {
  description = "Number of zones with a NAT gateway and interface endpoints: 1 or 3."
  type        = number

  validation {
    condition     = var.environment != "production" || var.nat_gateways == 3
    error_message = "production must have a NAT gateway in each zone: otherwise losing a zone would cut rates-sync off from Banxico."
  }
}

variable "zone_name" {
  description = "The name of the Route 53 zone for the host names; it must exist."
  type        = string
}

variable "domain_name" {
  description = "The host name at which clients reach the API."
  type        = string

  validation {
    condition     = var.domain_name == var.zone_name || endswith(var.domain_name, ".${var.zone_name}")
    error_message = "domain_name must be in zone_name: otherwise its certificate can't be validated."
  }
}

variable "origin_header_generation" {
  description = "Generation of the secret that CloudFront sends to the load balancer; raise by one to rotate."
  type        = number
  default     = 1
}

variable "requests_per_second_per_ip" {
  description = "Requests per second above which an address is blocked."
  type        = number
  default     = 1000
}

variable "price_class" {
  description = "CloudFront's price class."
  type        = string
  default     = "PriceClass_100"
}

variable "deletion_protection" {
  description = "Whether deletion protection is on for the database and the load balancer, and non-empty buckets are kept."
  type        = bool

  validation {
    condition     = var.environment != "production" || var.deletion_protection
    error_message = "production must be protected from deletion; README.md describes how to destroy it anyway."
  }
}

variable "log_retention_days" {
  description = "How many days logs are kept."
  type        = number
  default     = 7
}

variable "record_configuration" {
  description = "Whether to run AWS Config; false if the organization runs it for all accounts."
  type        = bool
  default     = true
}

variable "inspect" {
  description = "Whether Amazon Inspector scans for known vulnerabilities."
  type        = bool
  default     = false
}
