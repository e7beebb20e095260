resource "google_sql_database_instance" "this" {
  name                = "quarterday"
  database_version    = "POSTGRES_16"
  region              = var.region
  deletion_protection = var.deletion_protection

  settings {
    edition                     = "ENTERPRISE"
    tier                        = var.database_tier
    availability_type           = var.database_highly_available ? "REGIONAL" : "ZONAL"
    disk_size                   = var.database_disk_gb
    disk_type                   = "PD_SSD"
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "03:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = 14
        retention_unit   = "COUNT"
      }
    }

    maintenance_window {
      day          = 7
      hour         = 4
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    # The programs sign in as their service accounts: there is no password to keep.
    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    # Sixteen for each instance of the site, as many for publish and functions, and some to look in.
    database_flags {
      name  = "max_connections"
      value = tostring(16 * (var.web_max_instances + 4) + 20)
    }
    database_flags {
      name  = "log_min_duration_statement"
      value = "1000"
    }
  }

  lifecycle {
    # It grows by itself.
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_service_networking_connection.services]
}

resource "google_sql_database" "this" {
  name     = "quarterday"
  instance = google_sql_database_instance.this.name
  # The tables belong to a role that the programs share; dropping the database with the instance needs no owner.
  deletion_policy = "ABANDON"
}

locals {
  database_programs = toset(["functions", "web", "publish"])
  # Postgres names a service account without the end of its address.
  database_users = { for program in local.database_programs : program => trimsuffix(local.email[program], ".gserviceaccount.com") }
  # Whoever signs in works as the role quarterday, so that each may use what another's migration made.
  database_urls = {
    for program, user in local.database_users : program =>
    "postgres://${urlencode(user)}@${google_sql_database_instance.this.private_ip_address}:5432/${google_sql_database.this.name}?sslmode=require&options[role]=quarterday"
  }
}

resource "google_sql_user" "program" {
  for_each = local.database_users

  instance        = google_sql_database_instance.this.name
  name            = each.value
  type            = "CLOUD_IAM_SERVICE_ACCOUNT"
  deletion_policy = "ABANDON"
}

resource "google_project_iam_member" "database_user" {
  for_each = local.database_programs

  project = var.project
  role    = "roles/cloudsql.instanceUser"
  member  = local.member[each.key]
}

# The shared role is made by SQL that the instance imports from here: deploy/scripts/deploy does so after each apply.
resource "google_storage_bucket_object" "grants" {
  bucket       = google_storage_bucket.lake.name
  name         = "database/grants.sql"
  content_type = "application/sql"
  content = templatefile("${path.module}/database/grants.sql", {
    users = [for user in values(local.database_users) : user]
  })
}

resource "google_storage_bucket_iam_member" "database" {
  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_sql_database_instance.this.service_account_email_address}"

  condition {
    title      = "the grants"
    expression = "resource.name.startsWith(\"${local.objects}/database/\") || resource.type == \"storage.googleapis.com/Bucket\""
  }
}
