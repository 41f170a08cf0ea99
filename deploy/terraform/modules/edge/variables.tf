variable "name" {
  description = "Prefix of every name, such as rates-production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}$", var.name))
    error_message = "name must be 2-19 lower-case letters, digits and hyphens: the target group's name appends -rates-api, and 32 is the limit."
  }
}

variable "vpc_id" {
  description = "The id of the VPC."
  type        = string
}

variable "public_subnet_ids" {
  description = "The load balancer's subnets, one per zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.public_subnet_ids)) >= 2
    error_message = "public_subnet_ids must be at least two subnets: a load balancer in a single zone would be lost with it."
  }
}

variable "security_group_id" {
  description = "The load balancer's security group, which admits only CloudFront."
  type        = string
}

variable "domain_name" {
  description = "The host name at which clients reach the API."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a host name such as rates.example.com."
  }
}

variable "origin_domain_name" {
  description = "The host name at which CloudFront reaches the load balancer; origin_certificate_arn must be for it."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.origin_domain_name)) && var.origin_domain_name != var.domain_name
    error_message = "origin_domain_name must be a host name other than domain_name, or CloudFront would send requests to itself."
  }
}

variable "zone_id" {
  description = "The id of the Route 53 zone of both names."
  type        = string
}

variable "certificate_arn" {
  description = "The ARN of the certificate for domain_name, in us-east-1, as CloudFront requires."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.certificate_arn))
    error_message = "certificate_arn must be an ACM certificate in us-east-1: CloudFront accepts no other."
  }
}

variable "origin_certificate_arn" {
  description = "The ARN of the certificate for origin_domain_name, in the load balancer's region."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.origin_certificate_arn))
    error_message = "origin_certificate_arn must be the ARN of an ACM certificate."
  }
}

variable "origin_header_generation" {
  description = "Generation of the secret that CloudFront sends to the load balancer. Raise by one to rotate; the previous secret stays valid until the next rotation."
  type        = number
  default     = 1

  validation {
    condition     = var.origin_header_generation >= 1 && floor(var.origin_header_generation) == var.origin_header_generation
    error_message = "origin_header_generation must be a whole number of at least 1."
  }
}

variable "requests_per_second_per_ip" {
  description = "Requests per second, averaged over rate_window_seconds, above which an address is blocked."
  type        = number
  default     = 1000

  validation {
    condition     = var.requests_per_second_per_ip >= 1 && var.requests_per_second_per_ip <= 100000
    error_message = "requests_per_second_per_ip must be from 1 to 100000."
  }
}

variable "rate_window_seconds" {
  description = "The window, in seconds, over which AWS WAF counts the requests of an address."
  type        = number
  default     = 60

  validation {
    condition     = contains([60, 120, 300, 600], var.rate_window_seconds)
    error_message = "rate_window_seconds must be 60, 120, 300 or 600: AWS WAF supports no other window."
  }
}

variable "price_class" {
  description = "CloudFront's price class: PriceClass_100 covers North America, Mexico and Europe."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "deletion_protection" {
  description = "Whether deletion protection of the load balancer is on."
  type        = bool
  default     = true
}

variable "logs_kms_key_arn" {
  description = "The KMS key for the WAF's log, in us-east-1."
  type        = string
}

variable "log_retention_days" {
  description = "How many days access logs and the WAF's log are kept: they contain clients' addresses."
  type        = number
  default     = 7

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90], var.log_retention_days)
    error_message = "log_retention_days must be a value that CloudWatch supports: 1, 3, 5, 7, 14, 30, 60 or 90."
  }
}
