variable "environment" {
  description = "staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region is the name of an AWS region, such as us-east-1."
  }
}

variable "instance_type" {
  description = "The EC2 instance type."
  type        = string

  validation {
    condition     = can(regex("^t3\\.", var.instance_type))
    error_message = "instance_type is a t3: the images are built for x86-64, and the sizes measured on t3."
  }
}

variable "memory_mib" {
  description = "What the container may use; a quarter of the instance's memory stays for the system."
  type        = number

  validation {
    condition     = var.memory_mib >= 512
    error_message = "memory_mib is 512 or more."
  }
}

variable "daily_quota" {
  description = "Requests to Banxico per Mexico City day."
  type        = number

  validation {
    condition     = var.daily_quota >= 100 && var.daily_quota <= 1000
    error_message = "daily_quota is from 100, what a day's schedule needs, to 1000, the platform's budget."
  }
}

variable "image" {
  description = "The image to plan for, by digest; if null the one that the deploy has last written down."
  type        = string
  default     = null
}
