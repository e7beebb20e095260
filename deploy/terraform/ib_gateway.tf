# Interactive Brokers: a small host on which IB Gateway runs under a screen of its own. It cannot sign in alone: once a week a
# person confirms on the phone (docs/deploy.md). While it is not signed in, the source fails and runs go on.
locals {
  ib_gateway = var.ib_gateway_enabled ? 1 : 0
}

resource "google_service_account" "ib_gateway" {
  count        = local.ib_gateway
  account_id   = "quarterday-ib-gateway"
  display_name = "Quarterday: IB Gateway's host"
  depends_on   = [google_project_service.used]
}

resource "google_project_iam_member" "ib_gateway" {
  for_each = var.ib_gateway_enabled ? toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"]) : toset([])

  project = var.project
  role    = each.key
  member  = "serviceAccount:${google_service_account.ib_gateway[0].email}"
}

resource "google_service_account_iam_member" "ib_gateway_operator" {
  for_each = var.ib_gateway_enabled ? toset(var.operators) : toset([])

  service_account_id = google_service_account.ib_gateway[0].name
  role               = "roles/iam.serviceAccountUser"
  member             = each.key
}

resource "google_compute_address" "ib_gateway" {
  count        = local.ib_gateway
  name         = "quarterday-ib-gateway"
  region       = var.region
  address_type = "INTERNAL"
  subnetwork   = google_compute_subnetwork.this["machines"].id
}

resource "google_compute_firewall" "ib_gateway" {
  count                   = local.ib_gateway
  name                    = "quarterday-ib-gateway"
  network                 = google_compute_network.this.id
  source_service_accounts = [local.email.collector]
  target_service_accounts = [google_service_account.ib_gateway[0].email]

  allow {
    protocol = "tcp"
    ports    = ["4001"]
  }
}

# ssh through IAP; the screen is reached through ssh, never by itself.
resource "google_compute_firewall" "ib_gateway_iap" {
  count                   = local.ib_gateway
  name                    = "quarterday-ib-gateway-iap"
  network                 = google_compute_network.this.id
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [google_service_account.ib_gateway[0].email]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_compute_instance" "ib_gateway" {
  count = local.ib_gateway

  name                      = "quarterday-ib-gateway"
  zone                      = var.zones[0]
  machine_type              = "e2-small"
  allow_stopping_for_update = true

  boot_disk {
    initialize_params {
      image = var.machine_image
      size  = 10
      type  = "pd-balanced"
    }
  }

  network_interface {
    subnetwork = google_compute_subnetwork.this["machines"].id
    network_ip = google_compute_address.ib_gateway[0].address
  }

  service_account {
    email  = google_service_account.ib_gateway[0].email
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  metadata = {
    "enable-oslogin"         = "TRUE"
    "block-project-ssh-keys" = "TRUE"
    "startup-script"         = file("${path.module}/machines/ib-gateway-startup.sh")
    "quarterday-unit"        = file("${path.module}/machines/ib-gateway.service")
  }

  lifecycle {
    ignore_changes = [metadata["ssh-keys"]]
  }
}
