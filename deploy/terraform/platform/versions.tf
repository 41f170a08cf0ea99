terraform {
  required_version = ">= 1.11"

  # Exact: what was planned yesterday is planned today. The update bot proposes newer ones.
  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "2.8.1"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "6.69.1"
    }
    random = {
      source  = "hashicorp/random"
      version = "3.9.1"
    }
  }

  # Bucket and region are passed at init: each environment has its own account with its own bucket (README.md).
  backend "s3" {
    key          = "platform.tfstate"
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
      Service     = "platform"
      ManagedBy   = "terraform"
    }
  }
}
