variable "environment" {
  description = "staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "service" {
  description = "The service's name."
  type        = string

  validation {
    condition     = contains(["rates-api", "rates-sync"], var.service)
    error_message = "service must be rates-api or rates-sync."
  }
}

variable "image" {
  description = "The container image, by digest: a tag can move to another image."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9./_-]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must have a digest and no tag: <registry>/<repository>@sha256:<64 hexadecimal digits>."
  }
}

variable "min_size" {
  description = "The minimum number of instances."
  type        = number

  validation {
    condition     = var.min_size >= 2
    error_message = "min_size must be at least 2: one instance is in only one availability zone."
  }
}

variable "max_size" {
  description = "The maximum number of instances."
  type        = number

  validation {
    condition     = var.max_size <= 10
    error_message = "max_size must be at most 10, the limit set by the requirements."
  }
}

variable "instance_type" {
  description = "The EC2 instance type."
  type        = string
  default     = "t3.medium"
}

variable "ami_parameter" {
  description = "The public SSM parameter with the AMI; begin.sh requires Amazon Linux 2023."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"

  validation {
    condition     = startswith(var.ami_parameter, "/aws/service/ami-amazon-linux-latest/al2023-")
    error_message = "ami_parameter must name an Amazon Linux 2023 AMI."
  }
}

variable "subnet_ids" {
  description = "The private subnets, one per availability zone."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "The group needs subnets in at least two availability zones."
  }
}

variable "security_group_id" {
  description = "The service's security group."
  type        = string
}

variable "warm_up_seconds" {
  description = "How many seconds after going into service an instance's metrics start to count."
  type        = number
  default     = 120

  validation {
    condition     = var.warm_up_seconds >= 60
    error_message = "warm_up_seconds must be at least 60: the alarms evaluate whole minutes."
  }
}
