# Before the site: certificate, CDN, load balancer. Only with a domain.
locals {
  edge = var.domain == "" ? 0 : 1
}

resource "google_compute_global_address" "site" {
  count      = local.edge
  name       = "quarterday-site"
  depends_on = [google_project_service.used]
}

resource "google_compute_region_network_endpoint_group" "site" {
  count                 = local.edge
  name                  = "quarterday-site"
  region                = var.region
  network_endpoint_type = "SERVERLESS"
  cloud_run {
    service = google_cloud_run_v2_service.web.name
  }
}

resource "google_compute_backend_service" "site" {
  count                 = local.edge
  name                  = "quarterday-site"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  enable_cdn            = true
  compression_mode      = "DISABLED"
  security_policy       = var.firewall_enabled ? google_compute_security_policy.site[0].id : null

  backend {
    group = google_compute_region_network_endpoint_group.site[0].id
  }

  # The site says itself what may be kept: scripts and styles for ever, pages never, since what they show depends on who asks.
  cdn_policy {
    cache_mode = "USE_ORIGIN_HEADERS"
    cache_key_policy {
      include_host         = true
      include_protocol     = true
      include_query_string = true
    }
  }

  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_compute_security_policy" "site" {
  count = local.edge == 1 && var.firewall_enabled ? 1 : 0
  name  = "quarterday-site"

  rule {
    action      = "deny(404)"
    priority    = 1000
    description = "Nothing below /internal/ is for readers"
    match {
      expr {
        expression = "request.path.lower().startsWith('/internal')"
      }
    }
  }
  rule {
    action      = "throttle"
    priority    = 2000
    description = "A limit for each address"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.requests_per_minute
        interval_sec = 60
      }
    }
  }
  rule {
    action      = "allow"
    priority    = 2147483647
    description = "The rest"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

resource "google_compute_managed_ssl_certificate" "site" {
  count = local.edge
  # Certificates cannot be changed: a new domain gets a new one, before the old one goes.
  name = "quarterday-${substr(sha256(var.domain), 0, 8)}"
  managed {
    domains = [var.domain]
  }
  lifecycle {
    create_before_destroy = true
  }
  depends_on = [google_project_service.used]
}

resource "google_compute_ssl_policy" "site" {
  count           = local.edge
  name            = "quarterday-site"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [google_project_service.used]
}

resource "google_compute_url_map" "site" {
  count           = local.edge
  name            = "quarterday-site"
  default_service = google_compute_backend_service.site[0].id
}

resource "google_compute_target_https_proxy" "site" {
  count            = local.edge
  name             = "quarterday-site"
  url_map          = google_compute_url_map.site[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.site[0].id]
  ssl_policy       = google_compute_ssl_policy.site[0].id
}

resource "google_compute_global_forwarding_rule" "https" {
  count                 = local.edge
  name                  = "quarterday-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.site[0].id
}

resource "google_compute_url_map" "to_https" {
  count = local.edge
  name  = "quarterday-to-https"
  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }
  depends_on = [google_project_service.used]
}

resource "google_compute_target_http_proxy" "to_https" {
  count   = local.edge
  name    = "quarterday-to-https"
  url_map = google_compute_url_map.to_https[0].id
}

resource "google_compute_global_forwarding_rule" "http" {
  count                 = local.edge
  name                  = "quarterday-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "80"
  target                = google_compute_target_http_proxy.to_https[0].id
}
