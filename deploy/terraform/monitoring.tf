# What wakes somebody up. Each alert names its runbook in docs/deploy.md.
resource "google_monitoring_notification_channel" "email" {
  display_name = "Quarterday's operator"
  type         = "email"
  labels       = { email_address = var.alert_email }
  depends_on   = [google_project_service.used]
}

locals {
  # Conditions on a metric: above `above` for `seconds`.
  metric_alerts = merge({
    "messages-waiting" = {
      title   = "Messages wait for more than 15 minutes"
      filter  = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id != \"dead-letters\""
      aligner = "ALIGN_MAX", period = 60, above = 900, seconds = 300
    }
    "dead-letters" = {
      title   = "Dead letters wait for the operator"
      filter  = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id = \"dead-letters\""
      aligner = "ALIGN_MAX", period = 60, above = 0, seconds = 0
    }
    "machine-on" = {
      title   = "A machine has been on for ${var.machine_alert_hours} hours"
      filter  = "resource.type = \"gce_instance\" AND metric.type = \"compute.googleapis.com/instance/uptime_total\" AND metric.labels.instance_name = monitoring.regex.full_match(\"quarterday-(collector|ml|split).*\")"
      aligner = "ALIGN_MAX", period = 300, above = var.machine_alert_hours * 3600, seconds = 0
    }
    "database-cpu" = {
      title   = "The database's processor is above 90 % for 15 minutes"
      filter  = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\""
      aligner = "ALIGN_MEAN", period = 300, above = 0.9, seconds = 900
    }
    "database-disk" = {
      title   = "The database's disk is fuller than 85 %"
      filter  = "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/disk/utilization\""
      aligner = "ALIGN_MEAN", period = 300, above = 0.85, seconds = 900
    }
    "server-errors" = {
      title   = "A service answers with errors (5xx), more than one in ten seconds"
      filter  = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""
      aligner = "ALIGN_RATE", period = 300, above = 0.1, seconds = 300
    }
    }, var.ib_gateway_enabled ? {
    "ib-gateway-busy" = {
      title   = "IB Gateway's host is busy without end"
      filter  = "resource.type = \"gce_instance\" AND metric.type = \"compute.googleapis.com/instance/cpu/utilization\" AND metric.labels.instance_name = \"quarterday-ib-gateway\""
      aligner = "ALIGN_MEAN", period = 300, above = 0.95, seconds = 3600
    }
  } : {})

  # Conditions on the log: one line is enough.
  log_alerts = {
    "orchestrator" = {
      title = "The orchestrator or the site raised an alert"
      # With the fields of a line at its top, or below `fields`.
      filter = "resource.type = \"cloud_run_revision\" AND jsonPayload.alert : *"
    }
    "machine-set-up" = {
      title  = "A machine could not be set up"
      filter = "resource.type = \"gce_instance\" AND \"quarterday set-up failed\""
    }
  }

  runbook = "The runbook is in docs/deploy.md, under \"When an alert comes\", by the name of this alert: **%s**."
}

resource "google_monitoring_alert_policy" "metric" {
  for_each = local.metric_alerts

  display_name          = "Quarterday: ${each.key}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "${each.value.seconds}s"
      aggregations {
        alignment_period   = "${each.value.period}s"
        per_series_aligner = each.value.aligner
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = format(local.runbook, each.key)
  }
  alert_strategy {
    auto_close = "86400s"
  }
}

resource "google_monitoring_alert_policy" "log" {
  for_each = local.log_alerts

  display_name          = "Quarterday: ${each.key}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter = each.value.filter
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = format(local.runbook, each.key)
  }
  alert_strategy {
    auto_close = "86400s"
    # A log line is not an incident that lasts: at most one mail in five minutes.
    notification_rate_limit {
      period = "300s"
    }
  }
}

# Says that something did not happen, and is true when there is no measurement at all: nobody has to be alive to notice.
resource "google_monitoring_alert_policy" "not_published" {
  display_name          = "Quarterday: not-published"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = "No slot published for six hours and ${var.publish_within_minutes} minutes"
    condition_prometheus_query_language {
      query = format(
        "(sum(increase(pubsub_googleapis_com:topic_send_request_count{monitored_resource=\"pubsub_topic\",topic_id=\"published\"}[%dm])) or vector(0)) < 1",
        360 + var.publish_within_minutes,
      )
      duration            = "0s"
      evaluation_interval = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = format(local.runbook, "not-published")
  }
  alert_strategy {
    auto_close = "86400s"
  }
}

# The site, from outside. The home page: Google answers paths such as /healthz itself before Cloud Run sees them.
resource "google_monitoring_uptime_check_config" "site" {
  display_name = "Quarterday: site"
  timeout      = "10s"
  period       = "300s"

  http_check {
    path           = "/"
    port           = 443
    use_ssl        = true
    validate_ssl   = true
    request_method = "GET"
    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project
      host       = trimprefix(local.public_url, "https://")
    }
  }

  depends_on = [google_project_service.used]
}

resource "google_monitoring_alert_policy" "site_down" {
  display_name          = "Quarterday: site-down"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [google_monitoring_notification_channel.email.id]

  conditions {
    display_name = "The site does not answer from two places"
    condition_threshold {
      filter          = "resource.type = \"uptime_url\" AND metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id = \"${google_monitoring_uptime_check_config.site.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "300s"
      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = format(local.runbook, "site-down")
  }
  alert_strategy {
    auto_close = "86400s"
  }
}
