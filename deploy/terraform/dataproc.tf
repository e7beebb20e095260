# The split. Its cluster is made here only in mode cluster; else functions make one for each run, or submit a batch.
locals {
  dataproc_cluster = "quarterday-split"
}

# Dataproc's agent on the nodes needs this role, which reaches Cloud Storage in the whole project: the one account here that
# can write outside its own area of the lake.
resource "google_project_iam_member" "split" {
  project = var.project
  role    = "roles/dataproc.worker"
  member  = local.member.split
}

resource "google_dataproc_cluster" "split" {
  count = var.dataproc_mode == "cluster" ? 1 : 0

  name                          = local.dataproc_cluster
  region                        = var.region
  graceful_decommission_timeout = "120s"

  cluster_config {
    staging_bucket = google_storage_bucket.dataproc.name
    temp_bucket    = google_storage_bucket.dataproc.name

    gce_cluster_config {
      zone             = var.zones[0]
      subnetwork       = google_compute_subnetwork.this["split"].id
      internal_ip_only = true
      service_account  = local.email.split
      service_account_scopes = [
        "https://www.googleapis.com/auth/cloud-platform",
      ]
      shielded_instance_config {
        enable_secure_boot          = true
        enable_vtpm                 = true
        enable_integrity_monitoring = true
      }
    }

    master_config {
      num_instances = 1
      machine_type  = var.dataproc_machine
      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = 60
      }
    }

    dynamic "worker_config" {
      for_each = var.dataproc_workers == 0 ? [] : [var.dataproc_workers]
      content {
        num_instances = worker_config.value
        machine_type  = var.dataproc_machine
        disk_config {
          boot_disk_type    = "pd-balanced"
          boot_disk_size_gb = 60
        }
      }
    }

    software_config {
      image_version       = "2.2-debian12"
      override_properties = var.dataproc_workers == 0 ? { "dataproc:dataproc.allow.zero.workers" = "true" } : {}
    }
  }

  # Provider 6.50 knows deletion of an idle cluster, not its stop: deploy/scripts/deploy sets --stop-max-idle afterwards.

  depends_on = [google_project_iam_member.split, google_storage_bucket_iam_member.dataproc, google_compute_firewall.split]
}
