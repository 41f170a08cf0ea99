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

variable "min_size" {
  description = "The least number of instances."
  type        = number
}

variable "max_size" {
  description = "The greatest number of instances."
  type        = number
}

variable "requests_per_second" {
  description = "Requests per second and instance above which the group grows."
  type        = number
}

variable "workers" {
  description = "Worker processes of an instance: one for each of its virtual CPUs."
  type        = number

  validation {
    condition     = contains([1, 2, 4], var.workers)
    error_message = "workers is 1, 2 or 4, so that they share an instance's 20 connections evenly."
  }
}

variable "image" {
  description = "The image to plan for, by digest; if null the one that the deploy has last written down."
  type        = string
  default     = null
}
