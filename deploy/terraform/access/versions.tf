terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # Bucket and region are passed at init: each environment has its own account with its own bucket (README.md).
  backend "s3" {
    key          = "access.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "rates"
      Environment = var.environment
      Service     = "access"
      ManagedBy   = "terraform"
    }
  }
}
