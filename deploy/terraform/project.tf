data "google_project" "this" {
  project_id = var.project
}

locals {
  number = data.google_project.this.number
  # Google's own accounts that act for a service in this project.
  agents = {
    pubsub  = "serviceAccount:service-${local.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    compute = "serviceAccount:service-${local.number}@compute-system.iam.gserviceaccount.com"
  }
  services = [
    "artifactregistry", "billingbudgets", "cloudbuild", "cloudresourcemanager", "cloudscheduler",
    "compute", "dataproc", "iam", "iamcredentials", "iap", "logging", "monitoring", "pubsub", "run", "secretmanager",
    "servicenetworking", "serviceusage", "sqladmin", "storage",
  ]
}

resource "google_project_service" "used" {
  for_each = toset(local.services)

  service = "${each.key}.googleapis.com"
  # Other things in the project may use it, and data would be lost with it.
  disable_on_destroy = false
}
