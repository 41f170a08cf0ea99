terraform {
  required_version = ">= 1.11"

  # Exact: what was planned yesterday is planned today. The update bot proposes newer ones.
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.69.1"
    }
    http = {
      source  = "hashicorp/http"
      version = "3.6.2"
    }
  }

  # Bucket and region depend on the environment: -backend-config=bucket=… -backend-config=region=….
  backend "s3" {
    key          = "rates-sync.tfstate"
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
      Service     = "rates-sync"
      ManagedBy   = "terraform"
    }
  }
}
