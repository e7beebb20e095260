# The clock. Both are delivered at least once; the ledger makes once of it. The slot follows from the message's publish time.
resource "google_cloud_scheduler_job" "slot_due" {
  name        = "slot-due"
  description = "A slot has closed"
  region      = var.region
  schedule    = "0 0,6,12,18 * * *"
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.this["slot-due"].id
    data       = base64encode("{}")
  }

  retry_config {
    retry_count          = 5
    min_backoff_duration = "5s"
    max_backoff_duration = "60s"
  }
}

resource "google_cloud_scheduler_job" "watchdog" {
  name        = "watchdog"
  description = "Time to look round"
  region      = var.region
  schedule    = "* * * * *"
  time_zone   = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.this["watchdog"].id
    data       = base64encode("{}")
  }
}
