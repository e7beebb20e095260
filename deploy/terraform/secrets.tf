# Names only: a value in Terraform would lie in its state. docs/deploy.md says how to set one.
locals {
  secret_names = { for name in var.collector_secrets : name => "quarterday-${lower(replace(name, "_", "-"))}" }
}

resource "google_secret_manager_secret" "collector" {
  for_each = local.secret_names

  secret_id = each.value
  replication {
    auto {}
  }
  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_iam_member" "collector" {
  for_each = google_secret_manager_secret.collector

  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member.collector
}

# Made whether they are used or not, so that their values can be set before the site is told to read them: Cloud Run does not
# start what reads a secret without a value.
resource "google_secret_manager_secret" "web" {
  for_each = local.site_secrets

  secret_id = each.value
  replication {
    auto {}
  }
  depends_on = [google_project_service.used]
}

resource "google_secret_manager_secret_iam_member" "web" {
  for_each = google_secret_manager_secret.web

  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member.web
}
