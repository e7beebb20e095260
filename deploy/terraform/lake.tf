locals {
  bucket   = "${var.project}-quarterday"
  programs = "gs://${local.bucket}/programs/${var.release}"
}

resource "google_storage_bucket" "lake" {
  name                        = local.bucket
  location                    = var.lake_location == "" ? var.region : var.lake_location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  # Versions are kept by us, for noncurrent_days; a second copy of each would be paid for nothing.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Raw exchanges are read again only to make records anew.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age                   = var.raw_nearline_days
      matches_prefix        = ["raw/"]
      matches_storage_class = ["STANDARD"]
    }
  }
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "COLDLINE"
    }
    condition {
      age                   = var.raw_nearline_days * 4
      matches_prefix        = ["raw/"]
      matches_storage_class = ["NEARLINE"]
    }
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = var.noncurrent_days
      with_state                 = "ARCHIVED"
    }
  }
  # What the collector purges because its source deleted it: replaced versions go a day later (docs/sources.md).
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 1
      with_state                 = "ARCHIVED"
      matches_prefix             = ["raw/", "records/"]
    }
  }
  # Source that Cloud Build has built.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 7
      matches_prefix = ["build/"]
    }
  }
  # Uploads that were begun and left.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  depends_on = [google_project_service.used]
}

# Dataproc's own files: what it stages for a job, and what the job prints.
resource "google_storage_bucket" "dataproc" {
  name                        = "${var.project}-quarterday-dataproc"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 30
    }
  }

  depends_on = [google_project_service.used]
}

# Which part of the lake a program reads, and which it writes. A stage writes its own area only.
locals {
  reads = {
    collector = ["programs/", "raw/", "records/", "state/"]
    split     = ["programs/", "records/", "state/"]
    ml        = ["programs/", "records/", "assets/", "predictions/", "models/", "ledger/", "state/"]
    publish   = ["records/", "assets/", "predictions/", "state/"]
    web       = ["records/", "assets/", "predictions/", "state/", "models/", "ledger/"]
    stream    = ["programs/", "state/"]
    functions = ["programs/", "raw/", "records/", "assets/", "predictions/", "models/", "ledger/"]
  }
  writes = {
    collector = ["raw/", "records/", "state/"]
    split     = ["assets/"]
    ml        = ["predictions/", "models/", "ledger/", "state/"]
    # Who is champion, when staff promote or roll back; models themselves only the ML machine writes.
    functions = ["models/forecast/champion", "models/sentiment/champion"]
  }
  objects = "projects/_/buckets/${local.bucket}/objects"
}

# Listing is a right on the bucket: it shows names, no contents.
resource "google_project_iam_custom_role" "lake_lister" {
  role_id     = "quarterdayLakeLister"
  title       = "Quarterday: list the lake"
  permissions = ["storage.buckets.get", "storage.objects.list"]
  depends_on  = [google_project_service.used]
}

resource "google_storage_bucket_iam_member" "lister" {
  for_each = local.reads

  bucket = google_storage_bucket.lake.name
  role   = google_project_iam_custom_role.lake_lister.id
  member = local.member[each.key]
}

resource "google_storage_bucket_iam_member" "reader" {
  for_each = local.reads

  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectViewer"
  member = local.member[each.key]

  condition {
    title      = "areas of ${each.key}"
    expression = join(" || ", [for area in each.value : "resource.name.startsWith(\"${local.objects}/${area}\")"])
  }
}

resource "google_storage_bucket_iam_member" "writer" {
  for_each = local.writes

  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = local.member[each.key]

  condition {
    title      = "own areas of ${each.key}"
    expression = join(" || ", [for area in each.value : "resource.name.startsWith(\"${local.objects}/${area}\")"])
  }
}

resource "google_storage_bucket_iam_member" "dataproc" {
  bucket = google_storage_bucket.dataproc.name
  role   = "roles/storage.admin"
  member = local.member.split
}
