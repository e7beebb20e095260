# One network without public addresses. Google's APIs are reached privately. Two subnets have a way out (NAT): that of the
# machines, since the collector reads the internet and machines install the Ops Agent; and that of Cloud Run, since the site
# calls the payment provider, the mail server, Telegram and customers' webhooks. The split has none.
resource "google_compute_network" "this" {
  name                    = "quarterday"
  auto_create_subnetworks = false
  depends_on              = [google_project_service.used]
}

locals {
  subnets = {
    machines = "10.20.0.0/24"
    split    = "10.20.1.0/24"
    # Cloud Run takes two addresses an instance and keeps them for a while.
    run = "10.20.4.0/22"
  }
}

resource "google_compute_subnetwork" "this" {
  for_each = local.subnets

  name                     = "quarterday-${each.key}"
  network                  = google_compute_network.this.id
  region                   = var.region
  ip_cidr_range            = each.value
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_router" "this" {
  name    = "quarterday"
  network = google_compute_network.this.id
  region  = var.region
}

resource "google_compute_router_nat" "this" {
  name                               = "quarterday"
  router                             = google_compute_router.this.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"
  # One machine talks to a handful of servers at a time, but with many connections to each.
  min_ports_per_vm = 1024

  dynamic "subnetwork" {
    for_each = var.nat_shared ? ["machines", "run"] : ["machines"]
    content {
      name                    = google_compute_subnetwork.this[subnetwork.value].id
      source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
    }
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Cloud Run's instances come and go and talk to few servers: ports are lent as they are needed. Apart from the machines' NAT,
# so that neither takes the other's ports, and each has its own errors in the log; unless `nat_shared` says that one will do.
resource "google_compute_router_nat" "run" {
  count = var.nat_shared ? 0 : 1

  name                                = "quarterday-run"
  router                              = google_compute_router.this.name
  region                              = var.region
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "LIST_OF_SUBNETWORKS"
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 64
  max_ports_per_vm                    = 1024

  subnetwork {
    name                    = google_compute_subnetwork.this["run"].id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}

# Nothing comes in, except what is named below.
resource "google_compute_firewall" "deny" {
  name          = "quarterday-deny"
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  priority      = 65000
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "iap" {
  name    = "quarterday-iap-ssh"
  network = google_compute_network.this.id
  # The range from which Google's Identity-Aware Proxy forwards.
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [local.email.collector, local.email.ml]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

# Dataproc's nodes talk to each other on many ports, and to nobody else. By range, since a serverless batch knows neither
# tags nor our accounts.
resource "google_compute_firewall" "split" {
  name               = "quarterday-split"
  network            = google_compute_network.this.id
  source_ranges      = [local.subnets.split]
  destination_ranges = [local.subnets.split]

  allow {
    protocol = "tcp"
  }
  allow {
    protocol = "udp"
  }
  allow {
    protocol = "icmp"
  }
}

# Cloud SQL stands in Google's network, joined to ours.
resource "google_compute_global_address" "services" {
  name          = "quarterday-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.this.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
  # Google refuses to take the peering away for days after the last database is gone; the network goes all the same.
  deletion_policy = "ABANDON"
}
