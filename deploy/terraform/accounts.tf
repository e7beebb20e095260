# One account a program, each with no more than its work needs. What an account may do to one thing is written where the
# thing is: lake.tf, bus.tf, secrets.tf, machines.tf, functions.tf.
locals {
  accounts = {
    functions = "Orchestrator"
    web       = "The site"
    publish   = "Loads predictions into Postgres"
    collector = "Stage 1: reads the sources"
    split     = "Stage 2: Dataproc's nodes"
    stream    = "Live prices"
    ml        = "Stage 3: forecasts and risk"
    builder   = "Cloud Build, where it builds the images"
    pusher    = "In whose name Pub/Sub calls functions and publish"
  }
}

resource "google_service_account" "program" {
  for_each = local.accounts

  account_id   = "quarterday-${each.key}"
  display_name = "Quarterday: ${each.value}"
  depends_on   = [google_project_service.used]
}

locals {
  email  = { for name, account in google_service_account.program : name => account.email }
  member = { for name, account in google_service_account.program : name => "serviceAccount:${account.email}" }

  # What the machines' Ops Agent and the services write.
  writers = ["collector", "ml", "split", "stream"]
}

resource "google_project_iam_member" "log_writer" {
  for_each = toset(local.writers)

  project = var.project
  role    = "roles/logging.logWriter"
  member  = local.member[each.key]
}

resource "google_project_iam_member" "metric_writer" {
  for_each = toset(local.writers)

  project = var.project
  role    = "roles/monitoring.metricWriter"
  member  = local.member[each.key]
}

# Operators: see everything, run the commands, get a shell through IAP. They change nothing that Terraform made.
resource "google_project_iam_member" "operator" {
  for_each = {
    for pair in setproduct(var.operators, [
      "roles/viewer", "roles/logging.viewer", "roles/iap.tunnelResourceAccessor", "roles/compute.osAdminLogin",
    ]) : "${pair[0]} ${pair[1]}" => { member = pair[0], role = pair[1] }
  }

  project = var.project
  role    = each.value.role
  member  = each.value.member
}

# A shell on a machine is a shell in its account's name.
resource "google_service_account_iam_member" "operator" {
  for_each = {
    for pair in setproduct(var.operators, ["collector", "ml"]) : "${pair[0]} ${pair[1]}" => { member = pair[0], account = pair[1] }
  }

  service_account_id = google_service_account.program[each.value.account].name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value.member
}
