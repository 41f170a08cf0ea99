variable "environment" {
  description = "staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production."
  }
}

variable "service" {
  description = "The service's name."
  type        = string

  validation {
    condition     = contains(["rates-api", "rates-sync"], var.service)
    error_message = "service is rates-api or rates-sync."
  }
}

variable "image" {
  description = "The container image, by digest: a tag could mean another image tomorrow."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9./_-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image is named by its digest, <registry>/<repository>@sha256:<64 hexadecimal digits>, without a tag."
  }
}

variable "min_size" {
  description = "The least number of instances."
  type        = number

  validation {
    condition     = var.min_size >= 2
    error_message = "min_size is 2 or more: one instance is one availability zone."
  }
}

variable "max_size" {
  description = "The greatest number of instances."
  type        = number

  validation {
    condition     = var.max_size <= 10
    error_message = "max_size is 10 at most, the limit that the requirements set."
  }
}

variable "instance_type" {
  description = "The EC2 instance type."
  type        = string
  default     = "t3.medium"
}

variable "ami_parameter" {
  description = "The public parameter with the AMI; begin.sh is written for Amazon Linux 2023."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

  validation {
    condition     = startswith(var.ami_parameter, "/aws/service/ami-amazon-linux-latest/al2023-")
    error_message = "ami_parameter names an Amazon Linux 2023."
  }
}

variable "subnet_ids" {
  description = "The private subnets, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "The group needs subnets in two availability zones at least."
  }
}

variable "security_group_id" {
  description = "The security group of the service."
  type        = string
}

variable "warm_up_seconds" {
  description = "From being put into service until an instance's figures count."
  type        = number
  default     = 120

  validation {
    condition     = var.warm_up_seconds >= 60
    error_message = "warm_up_seconds is 60 or more: the alarms look at whole minutes."
  }
}
