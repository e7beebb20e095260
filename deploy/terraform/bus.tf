# How stages meet. domain::message::Topic lists the same names; tests/it/deploy.rs compares.
locals {
  topics = toset([
    "slot-due",
    "collect-finished",
    "split-finished",
    "predict-finished",
    "publish-due",
    "published",
    "heartbeat",
    "watchdog",
    "hold",
    "control",
    "quotes",
    "dead-letter",
  ])

  # Who takes a topic: the site takes what is to be published, functions take all else.
  pushes = merge(
    { for topic in local.topics : "functions-${topic}" => {
      topic    = topic
      audience = local.functions_url
      endpoint = "${local.functions_url}/push/${topic}"
      # The deadline is also how long a push may take. A handler starts an operation and does not wait for it.
      deadline = 60
    } if !contains(["publish-due", "quotes"], topic) },
    { "publish-publish-due" = {
      topic    = "publish-due"
      audience = local.publish_url
      endpoint = "${local.publish_url}/internal/publish"
      deadline = 600
    } },
  )

  # Who says what.
  publishers = {
    "functions publish-due" = { account = "functions", topic = "publish-due" }
    "functions dead-letter" = { account = "functions", topic = "dead-letter" }
    "collector finished"    = { account = "collector", topic = "collect-finished" }
    "collector heartbeat"   = { account = "collector", topic = "heartbeat" }
    "split finished"        = { account = "split", topic = "split-finished" }
    "split heartbeat"       = { account = "split", topic = "heartbeat" }
    "ml finished"           = { account = "ml", topic = "predict-finished" }
    "ml heartbeat"          = { account = "ml", topic = "heartbeat" }
    "publish finished"      = { account = "publish", topic = "published" }
    "web control"           = { account = "web", topic = "control" } # what staff ask for on the site
    "web hold"              = { account = "web", topic = "hold" }
    "stream quotes"         = { account = "stream", topic = "quotes" }
  }
}

resource "google_pubsub_topic" "this" {
  for_each = local.topics

  name       = each.key
  depends_on = [google_project_service.used]
}

resource "google_pubsub_subscription" "push" {
  for_each = local.pushes

  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  ack_deadline_seconds       = each.value.deadline
  enable_message_ordering    = true
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  push_config {
    push_endpoint = each.value.endpoint
    oidc_token {
      service_account_email = local.email.pusher
      audience              = each.value.audience
    }
  }

  # A dead letter that cannot be delivered must not become a dead letter again.
  dynamic "dead_letter_policy" {
    for_each = each.value.topic == "dead-letter" ? [] : [google_pubsub_topic.this["dead-letter"].id]
    content {
      dead_letter_topic     = dead_letter_policy.value
      max_delivery_attempts = 10
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.pusher]
}

# Live prices, to the site itself: any instance of it, which tells the others. A quote is worth nothing a minute later: it is
# kept for as short as Pub/Sub lets us, tried again soon or not at all, and never a dead letter. Without an order, so that one
# that is not taken holds up none.
resource "google_pubsub_subscription" "quotes" {
  name                       = "web-quotes"
  topic                      = google_pubsub_topic.this["quotes"].id
  ack_deadline_seconds       = 10
  message_retention_duration = "600s"

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "60s"
    maximum_backoff = "600s"
  }

  push_config {
    # Not by the domain: the firewall there lets nothing through to /internal/. Pub/Sub counts as internal traffic.
    push_endpoint = "${local.web_url}/internal/quotes"
    oidc_token {
      service_account_email = local.email.pusher
      # What the site itself checks; see web_env.
      audience = local.publish_url
    }
  }
}

# For the operator, when functions themselves are down.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "dead-letters"
  topic                      = google_pubsub_topic.this["dead-letter"].id
  ack_deadline_seconds       = 60
  enable_message_ordering    = true
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishers

  topic  = google_pubsub_topic.this[each.value.topic].id
  role   = "roles/pubsub.publisher"
  member = local.member[each.value.account]
}

# The operator's command: run, hold and release, skip and cancel.
resource "google_pubsub_topic_iam_member" "operator" {
  for_each = {
    for pair in setproduct(var.operators, ["slot-due", "hold", "control"]) : "${pair[0]} ${pair[1]}" => { member = pair[0], topic = pair[1] }
  }

  topic  = google_pubsub_topic.this[each.value.topic].id
  role   = "roles/pubsub.publisher"
  member = each.value.member
}

resource "google_pubsub_subscription_iam_member" "operator" {
  for_each = toset(var.operators)

  subscription = google_pubsub_subscription.dead_letters.id
  role         = "roles/pubsub.subscriber"
  member       = each.key
}

# Pub/Sub itself: makes tokens in the pusher's name, moves what cannot be delivered.
resource "google_service_account_iam_member" "pubsub_tokens" {
  service_account_id = google_service_account.program["pusher"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub
}

resource "google_pubsub_topic_iam_member" "dead_letter" {
  topic  = google_pubsub_topic.this["dead-letter"].id
  role   = "roles/pubsub.publisher"
  member = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letter" {
  for_each = google_pubsub_subscription.push

  subscription = each.value.id
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}
