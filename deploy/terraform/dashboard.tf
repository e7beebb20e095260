locals {
  # Title, filter, aligner, and what the lines are grouped by.
  charts = [
    { title = "Messages published, by topic", by = "resource.label.topic_id", aligner = "ALIGN_RATE",
    filter = "resource.type=\"pubsub_topic\" metric.type=\"pubsub.googleapis.com/topic/send_request_count\"" },
    { title = "Oldest message that waits (s)", by = "resource.label.subscription_id", aligner = "ALIGN_MAX",
    filter = "resource.type=\"pubsub_subscription\" metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\"" },
    { title = "Machines on (s)", by = "metric.label.instance_name", aligner = "ALIGN_MAX",
    filter = "resource.type=\"gce_instance\" metric.type=\"compute.googleapis.com/instance/uptime_total\"" },
    { title = "Requests a second, by service", by = "resource.label.service_name", aligner = "ALIGN_RATE",
    filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/request_count\"" },
    { title = "Time to answer, 99th percentile (ms)", by = "resource.label.service_name", aligner = "ALIGN_PERCENTILE_99",
    filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/request_latencies\"" },
    { title = "Instances, by service", by = "resource.label.service_name", aligner = "ALIGN_MAX",
    filter = "resource.type=\"cloud_run_revision\" metric.type=\"run.googleapis.com/container/instance_count\"" },
    { title = "Database: processor", by = "resource.label.database_id", aligner = "ALIGN_MEAN",
    filter = "resource.type=\"cloudsql_database\" metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\"" },
    { title = "Database: connections", by = "resource.label.database_id", aligner = "ALIGN_MEAN",
    filter = "resource.type=\"cloudsql_database\" metric.type=\"cloudsql.googleapis.com/database/postgresql/num_backends\"" },
    { title = "The lake (bytes)", by = "resource.label.bucket_name", aligner = "ALIGN_MEAN",
    filter = "resource.type=\"gcs_bucket\" metric.type=\"storage.googleapis.com/storage/total_bytes\"" },
  ]
  # What may be added up is added up; the longest wait and the highest percentile are not.
  reducers = {
    ALIGN_RATE          = "REDUCE_SUM"
    ALIGN_MEAN          = "REDUCE_SUM"
    ALIGN_MAX           = "REDUCE_MAX"
    ALIGN_PERCENTILE_99 = "REDUCE_MAX"
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "Quarterday"
    mosaicLayout = {
      columns = 12
      tiles = concat(
        [for index, chart in local.charts : {
          xPos   = (index % 3) * 4
          yPos   = floor(index / 3) * 4
          width  = 4
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart.aligner
                      crossSeriesReducer = local.reducers[chart.aligner]
                      groupByFields      = [chart.by]
                    }
                  }
                }
              }]
            }
          }
        }],
        [{
          xPos   = 0
          yPos   = ceil(length(local.charts) / 3) * 4
          width  = 12
          height = 4
          widget = {
            title = "What the orchestrator says"
            logsPanel = {
              resourceNames = ["projects/${var.project}"]
              filter        = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"functions\" severity>=DEFAULT"
            }
          }
        }],
      )
    }
  })
  depends_on = [google_project_service.used]
}
