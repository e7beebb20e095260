# The orchestrator. Its address and the audience of its callers' tokens follow from the project's number, so that neither
# subscriptions nor the service have to wait for each other.
locals {
  functions_url = "https://functions-${local.number}.${var.region}.run.app"
  publish_url   = "https://publish-${local.number}.${var.region}.run.app"

  common_env = {
    QUARTERDAY_CLOUD   = "gcp"
    QUARTERDAY_PROJECT = var.project
    QUARTERDAY_LOG     = "json"
    QUARTERDAY_LAKE    = "gs://${local.bucket}"
  }

  functions_env = merge(local.common_env, {
    DATABASE_URL                = local.database_urls.functions
    QUARTERDAY_DATABASE_LOGIN   = "iam"
    QUARTERDAY_CALLER_CHECK     = var.caller_check
    QUARTERDAY_OIDC_AUDIENCE    = local.functions_url
    QUARTERDAY_OIDC_EMAIL       = local.email.pusher
    QUARTERDAY_SITE_EMAIL       = local.email.web
    QUARTERDAY_REGION           = var.region
    QUARTERDAY_ZONES            = join(",", var.zones)
    QUARTERDAY_PROGRAMS         = local.programs
    QUARTERDAY_DATAPROC         = var.dataproc_mode
    QUARTERDAY_DATAPROC_CLUSTER = local.dataproc_cluster
    QUARTERDAY_DATAPROC_ACCOUNT = local.email.split
    QUARTERDAY_DATAPROC_SUBNET  = google_compute_subnetwork.this["split"].id
    QUARTERDAY_DATAPROC_MACHINE = var.dataproc_machine
    QUARTERDAY_DATAPROC_WORKERS = tostring(var.dataproc_workers)
    QUARTERDAY_SPLIT_ENGINE     = var.split_engine
    QUARTERDAY_STAGING          = var.staging
    QUARTERDAY_MAX_ATTEMPTS     = tostring(var.max_attempts)
    QUARTERDAY_DEADLINE_S       = tostring(var.deadline_seconds)
    QUARTERDAY_SILENCE_S        = tostring(var.silence_seconds)
    QUARTERDAY_LOST_S           = tostring(var.lost_seconds)
    QUARTERDAY_START_S          = tostring(var.start_seconds)
    QUARTERDAY_PAUSE_S          = tostring(var.pause_seconds)
  })
}

resource "google_cloud_run_v2_service" "functions" {
  name                = "functions"
  location            = var.region
  deletion_protection = var.deletion_protection
  # Pub/Sub of this project and our own network; nobody else, not even with a token.
  ingress          = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences = [local.functions_url]

  template {
    service_account                  = local.email.functions
    timeout                          = "60s"
    max_instance_request_concurrency = 40

    scaling {
      min_instance_count = var.functions_min_instances
      max_instance_count = 3
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.this.id
        subnetwork = google_compute_subnetwork.this["run"].id
      }
    }

    containers {
      image = "${local.images}/functions:${var.release}"
      args  = ["serve", "--bind", "0.0.0.0"]

      resources {
        limits            = { cpu = "1", memory = "512Mi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 60
        http_get {
          path = "/healthz"
        }
      }

      dynamic "env" {
        for_each = local.functions_env
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [google_project_iam_member.database_user, google_sql_user.program]
}

# Who may call it: Pub/Sub in the pusher's name, and the site for shares of a Value-at-Risk simulation.
resource "google_cloud_run_v2_service_iam_member" "pusher" {
  for_each = {
    functions = google_cloud_run_v2_service.functions.name
    publish   = google_cloud_run_v2_service.publish.name
  }

  name     = each.value
  location = var.region
  role     = "roles/run.invoker"
  member   = local.member.pusher
}

resource "google_cloud_run_v2_service_iam_member" "web_calls_functions" {
  name     = google_cloud_run_v2_service.functions.name
  location = var.region
  role     = "roles/run.invoker"
  member   = local.member.web
}

# Machines: these and no others. Starting one means acting in its account's name.
resource "google_project_iam_custom_role" "machine_keeper" {
  role_id     = "quarterdayMachineKeeper"
  title       = "Quarterday: start and stop a machine"
  permissions = ["compute.instances.get", "compute.instances.setMetadata", "compute.instances.start", "compute.instances.stop"]
  depends_on  = [google_project_service.used]
}

resource "google_compute_instance_iam_member" "functions" {
  for_each = google_compute_instance.machine

  instance_name = each.value.name
  zone          = each.value.zone
  role          = google_project_iam_custom_role.machine_keeper.id
  member        = local.member.functions
}

resource "google_service_account_iam_member" "functions_act_as" {
  for_each = toset(["collector", "ml", "split"])

  service_account_id = google_service_account.program[each.key].name
  role               = "roles/iam.serviceAccountUser"
  member             = local.member.functions
}

# Operations of Compute Engine, clusters, jobs and batches are not known before they exist, so these are on the project.
resource "google_project_iam_custom_role" "orchestrator" {
  role_id = "quarterdayOrchestrator"
  title   = "Quarterday: follow operations, run the split"
  permissions = [
    "compute.zoneOperations.get",
    "dataproc.batches.cancel", "dataproc.batches.create", "dataproc.batches.delete", "dataproc.batches.get", "dataproc.batches.list",
    "dataproc.clusters.create", "dataproc.clusters.delete", "dataproc.clusters.get", "dataproc.clusters.list",
    "dataproc.clusters.start", "dataproc.clusters.stop", "dataproc.clusters.use",
    "dataproc.jobs.cancel", "dataproc.jobs.create", "dataproc.jobs.get", "dataproc.jobs.list",
    "dataproc.operations.cancel", "dataproc.operations.get", "dataproc.operations.list",
  ]
  depends_on = [google_project_service.used]
}

resource "google_project_iam_member" "functions" {
  project = var.project
  role    = google_project_iam_custom_role.orchestrator.id
  member  = local.member.functions
}
