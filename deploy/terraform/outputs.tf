output "site" {
  description = "Where readers find the site."
  value       = local.public_url
}

output "site_address" {
  description = "Address for the A record of the domain; empty without a domain."
  value       = join("", google_compute_global_address.site[*].address)
}

output "lake" {
  description = "The lake, as the programs name it."
  value       = "gs://${local.bucket}"
}

output "programs" {
  description = "Folder of the programs of this version."
  value       = local.programs
}

output "images" {
  description = "Where images are pushed to."
  value       = local.images
}

output "functions" {
  description = "Address of the orchestrator; reached by Pub/Sub and from the network only."
  value       = local.functions_url
}

output "database" {
  description = "Name of the Cloud SQL instance."
  value       = google_sql_database_instance.this.name
}

output "database_address" {
  description = "Private address of the database."
  value       = google_sql_database_instance.this.private_ip_address
}

output "grants" {
  description = "SQL that gives the programs their role; imported by deploy/scripts/deploy."
  value       = "gs://${local.bucket}/${google_storage_bucket_object.grants.name}"
}

output "dataproc_cluster" {
  description = "Name of the cluster; empty unless dataproc_mode is cluster."
  value       = join("", google_dataproc_cluster.split[*].name)
}

output "secrets" {
  description = "Secrets that need a value: environment name to name in Secret Manager."
  value       = local.secret_names
}

output "ib_gateway_address" {
  description = "Address that the collector's settings name for IB Gateway; empty unless it is enabled."
  value       = join("", google_compute_address.ib_gateway[*].address)
}

output "dashboard" {
  description = "The dashboard in the console."
  value       = "https://console.cloud.google.com/monitoring/dashboards?project=${var.project}"
}
