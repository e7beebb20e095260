# One image, twice: `web` shows the site to everybody, `publish` takes the push of publish-due and is shown to nobody.
locals {
  web_url    = "https://web-${local.number}.${var.region}.run.app"
  public_url = var.domain == "" ? local.web_url : "https://${var.domain}"

  site_env = merge(local.common_env, {
    QUARTERDAY_DATABASE_LOGIN = "iam"
    QUARTERDAY_OIDC_AUDIENCE  = local.publish_url
    QUARTERDAY_OIDC_EMAIL     = local.email.pusher
    QUARTERDAY_PUBLIC_URL     = local.public_url
    QUARTERDAY_TRUST_PROXY    = var.domain == "" ? "1" : "2" # a balancer appends its own address after the reader's
  })

  # Everybody may call `web`, so Cloud Run checks no caller there: the program itself has to refuse /internal/publish. Only
  # the pusher has a token for that audience, and it is never sent here.
  web_env = merge(local.site_env, {
    DATABASE_URL                = local.database_urls.web
    QUARTERDAY_CALLER_CHECK     = "oidc"
    QUARTERDAY_LAB_FUNCTION_URL = local.functions_url # shares of a Value-at-Risk simulation
    QUARTERDAY_COST_SETUP       = var.cost_setup
    },
    var.mail_from == "" ? {} : { QUARTERDAY_MAIL_FROM = var.mail_from },
    var.telegram_bot == "" ? {} : { QUARTERDAY_TELEGRAM_BOT = var.telegram_bot },
  )

  # What the site can read from Secret Manager, and does where `web_secrets` names it.
  site_secrets = {
    QUARTERDAY_SEAL_KEYS      = "quarterday-seal-keys"
    QUARTERDAY_SMTP_URL       = "quarterday-smtp-url"
    QUARTERDAY_TELEGRAM_TOKEN = "quarterday-telegram-token"
    STRIPE_SECRET_KEY         = "quarterday-stripe-secret-key"
    STRIPE_WEBHOOK_SECRET     = "quarterday-stripe-webhook-secret"
  }
  web_secrets = { for name, secret in local.site_secrets : name => secret if contains(var.web_secrets, name) }
  publish_env = merge(local.site_env, { DATABASE_URL = local.database_urls.publish, QUARTERDAY_CALLER_CHECK = var.caller_check })
}

resource "google_cloud_run_v2_service" "web" {
  name                = "web"
  location            = var.region
  deletion_protection = var.deletion_protection
  # With a load balancer, nobody gets round it.
  ingress = var.domain == "" ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"

  template {
    service_account                  = local.email.web
    timeout                          = "60s"
    max_instance_request_concurrency = 250

    scaling {
      min_instance_count = var.web_min_instances
      max_instance_count = var.web_max_instances
    }

    # All traffic through the network: functions answer only what comes from there. Google's APIs are reached privately, the
    # payment provider, the mail server and whoever wants webhooks through the NAT.
    vpc_access {
      egress = "ALL_TRAFFIC"
      network_interfaces {
        network    = google_compute_network.this.id
        subnetwork = google_compute_subnetwork.this["run"].id
      }
    }

    containers {
      image = "${local.images}/web:${var.release}"
      args  = ["serve", "--bind", "0.0.0.0"]

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
        cpu_idle          = var.web_min_instances == 0
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
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/healthz"
        }
      }

      dynamic "env" {
        for_each = local.web_env
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = local.web_secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.web[env.key].secret_id
              version = "latest"
            }
          }
        }
      }
    }
  }

  depends_on = [
    google_project_iam_member.database_user,
    google_secret_manager_secret_iam_member.web,
    google_sql_user.program,
  ]
}

resource "google_cloud_run_v2_service_iam_member" "everybody" {
  name     = google_cloud_run_v2_service.web.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_cloud_run_v2_service" "publish" {
  name                = "publish"
  location            = var.region
  deletion_protection = var.deletion_protection
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  custom_audiences    = [local.publish_url]

  template {
    service_account                  = local.email.publish
    timeout                          = "600s"
    max_instance_request_concurrency = 4

    scaling {
      min_instance_count = 0
      max_instance_count = 1
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = google_compute_network.this.id
        subnetwork = google_compute_subnetwork.this["run"].id
      }
    }

    containers {
      image = "${local.images}/web:${var.release}"
      args  = ["serve", "--bind", "0.0.0.0"]

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
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
        for_each = local.publish_env
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [google_project_iam_member.database_user, google_sql_user.program]
}

# The first admin: gcloud run jobs execute create-user --args=create-user,--email=ann@example.org,--role=admin
resource "google_cloud_run_v2_job" "create_user" {
  name                = "create-user"
  location            = var.region
  deletion_protection = false

  template {
    template {
      service_account = local.email.web
      timeout         = "120s"
      max_retries     = 0

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = google_compute_network.this.id
          subnetwork = google_compute_subnetwork.this["run"].id
        }
      }

      containers {
        image = "${local.images}/web:${var.release}"
        args  = ["create-user", "--help"]

        dynamic "env" {
          for_each = local.web_env
          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }

  depends_on = [google_project_iam_member.database_user, google_sql_user.program]
}
