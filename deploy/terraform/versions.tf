terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Budgets are billed to a project; without this the caller's own would be asked for.
  billing_project       = var.project
  user_project_override = true

  default_labels = {
    app = "quarterday"
  }
}
