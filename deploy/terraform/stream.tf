# Live prices: a small machine that is always on and follows the source's stream. The collector's machine is off between runs,
# and a source such as Alpaca allows one connection: so it is one machine of its own, not a part of a service that scales. An
# e2-micro costs about a sixth of the smallest Cloud Run instance that is always on. When it is off, pages show the slot's price.
locals {
  stream = var.stream_enabled ? 1 : 0
}

resource "google_compute_instance" "stream" {
  count = local.stream

  name                      = "quarterday-stream"
  zone                      = var.zones[0]
  machine_type              = "e2-micro"
  allow_stopping_for_update = true

  boot_disk {
    initialize_params {
      image = var.machine_image
      size  = 10
      type  = "pd-standard"
    }
  }

  # No access_config: no public address.
  network_interface {
    subnetwork = google_compute_subnetwork.this["machines"].id
  }

  service_account {
    email  = local.email.stream
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  scheduling {
    automatic_restart   = true
    on_host_maintenance = "MIGRATE"
    provisioning_model  = "STANDARD"
  }

  metadata = {
    "enable-oslogin"             = "TRUE"
    "block-project-ssh-keys"     = "TRUE"
    "serial-port-logging-enable" = "TRUE"
    "startup-script"             = file("${path.module}/machines/startup.sh")
    "quarterday-program"         = "collector"
    "quarterday-programs"        = local.programs
    "quarterday-unit"            = file("${path.module}/machines/stream.service")
    "quarterday-logging"         = file("${path.module}/machines/ops-agent.yaml")
    "quarterday-env"             = join("\n", [for name, setting in local.machine_env.collector : "${name}=${setting}"])
    "quarterday-sources"         = local.machine_kinds.collector.sources
  }
}

# The keys of the sources, as the collector has them.
resource "google_secret_manager_secret_iam_member" "stream" {
  for_each = var.stream_enabled ? google_secret_manager_secret.collector : {}

  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member.stream
}
