# Which Terraform and which provider: pinned to the minor version, since a provider's next major one renames things.
terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.30"
    }
  }

  # The state holds names and no secret (secrets.tf); still, keep it where a team shares it and it is locked:
  # terraform init -backend-config="bucket=newsroom-terraform"
  backend "gcs" {
    prefix = "tocsin"
  }
}

provider "google" {
  project = var.project
  region  = var.region
}
