resource "google_artifact_registry_repository" "images" {
  repository_id = "quarterday"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of functions and web, tagged by version"

  # A version means one image for ever, or a rollback would not go back.
  docker_config {
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 20
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.used]
}

locals {
  images = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

# Cloud Build, for whoever builds without Docker: takes the source from the lake's build/, leaves images here and programs in
# programs/.
resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = local.member.builder
}

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = local.member.builder

  condition {
    title      = "source and programs"
    expression = join(" || ", [for area in ["build/", "programs/"] : "resource.name.startsWith(\"${local.objects}/${area}\")"])
  }
}

resource "google_storage_bucket_iam_member" "builder_lister" {
  bucket = google_storage_bucket.lake.name
  role   = google_project_iam_custom_role.lake_lister.id
  member = local.member.builder
}

resource "google_project_iam_member" "builder" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = local.member.builder
}
