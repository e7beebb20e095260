# The collector and the ML machine: one in each zone, under the same name, off. functions start one, it does its work and
# turns itself off. Behind that stand the watchdog, the longest run time and a schedule.
locals {
  machine_kinds = {
    collector = {
      program  = "collector"
      machine  = var.collector_machine
      disk     = 10
      limit    = var.collector_max_run_seconds
      schedule = var.collector_stop_schedule
      secrets  = join(",", sort(var.collector_secrets))
      sources  = file(var.sources_file)
    }
    ml = {
      program  = "ml-vm"
      machine  = var.ml_machine
      disk     = 20
      limit    = var.ml_max_run_seconds
      schedule = var.ml_stop_schedule
      secrets  = ""
      sources  = null
    }
  }

  machines = {
    for pair in setproduct(keys(local.machine_kinds), var.zones) : "${pair[0]} ${pair[1]}" => { kind = pair[0], zone = pair[1] }
  }

  # The programs' environment: lines NAME=VALUE, which `attend` reads from the metadata.
  machine_env = {
    for kind, it in local.machine_kinds : kind => merge(
      local.common_env,
      it.secrets == "" ? {} : { QUARTERDAY_SECRETS = it.secrets },
      kind == "ml" && var.mlflow_tracking_uri != "" ? { MLFLOW_TRACKING_URI = var.mlflow_tracking_uri } : {},
    )
  }
}

resource "google_compute_resource_policy" "stop" {
  for_each = { for kind, it in local.machine_kinds : kind => it.schedule if it.schedule != "" }

  name        = "quarterday-${each.key}-stop"
  region      = var.region
  description = "Stops the ${each.key} machine should everything else have failed to"
  instance_schedule_policy {
    time_zone = "Etc/UTC"
    vm_stop_schedule {
      schedule = each.value
    }
  }
  # Compute Engine checks the right when the policy is attached.
  depends_on = [google_project_iam_member.compute_agent]
}

resource "google_project_iam_custom_role" "machine_scheduler" {
  role_id     = "quarterdayMachineScheduler"
  title       = "Quarterday: stop machines by schedule"
  permissions = ["compute.instances.start", "compute.instances.stop"]
  depends_on  = [google_project_service.used]
}

resource "google_project_iam_member" "compute_agent" {
  project = var.project
  role    = google_project_iam_custom_role.machine_scheduler.id
  member  = local.agents.compute
}

resource "google_compute_instance" "machine" {
  for_each = local.machines

  name         = "quarterday-${each.value.kind}"
  zone         = each.value.zone
  machine_type = local.machine_kinds[each.value.kind].machine
  # It is made running, so that it exists, and stopped at once; from then on functions decide.
  desired_status            = "TERMINATED"
  allow_stopping_for_update = true
  resource_policies         = [for policy in google_compute_resource_policy.stop : policy.id if policy.name == "quarterday-${each.value.kind}-stop"]

  boot_disk {
    initialize_params {
      image = var.machine_image
      size  = local.machine_kinds[each.value.kind].disk
      type  = "pd-balanced"
    }
  }

  # No access_config: no public address.
  network_interface {
    subnetwork = google_compute_subnetwork.this["machines"].id
  }

  service_account {
    email  = local.email[each.value.kind]
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  scheduling {
    automatic_restart           = false
    on_host_maintenance         = "MIGRATE"
    provisioning_model          = "STANDARD"
    instance_termination_action = "STOP"
    max_run_duration {
      seconds = local.machine_kinds[each.value.kind].limit
    }
  }

  metadata = {
    for key, value in {
      "enable-oslogin"             = "TRUE"
      "block-project-ssh-keys"     = "TRUE"
      "serial-port-logging-enable" = "TRUE"
      "startup-script"             = file("${path.module}/machines/startup.sh")
      # What startup.sh sets up.
      "quarterday-program"  = local.machine_kinds[each.value.kind].program
      "quarterday-programs" = local.programs
      "quarterday-unit"     = file("${path.module}/machines/${each.value.kind}.service")
      "quarterday-logging"  = file("${path.module}/machines/ops-agent.yaml")
      # What `attend` reads. functions set quarterday-work and quarterday-hold beside them.
      "quarterday-env"     = join("\n", [for name, setting in local.machine_env[each.value.kind] : "${name}=${setting}"])
      "quarterday-sources" = local.machine_kinds[each.value.kind].sources
    } : key => value if value != null
  }

  lifecycle {
    ignore_changes = [
      desired_status,
      metadata["quarterday-work"],
      metadata["quarterday-hold"],
      metadata["ssh-keys"],
    ]
  }
}
