# A site with readers: a domain, certificate and CDN, a database with a standby, three zones. Copy and fill in.
project         = "my-project"
billing_account = "000000-000000-000000"
budget_units    = 700
alert_email     = "operations@example.org"
operators       = ["group:operators@example.org"]

region = "us-central1"
zones  = ["us-central1-a", "us-central1-b", "us-central1-c"]

domain            = "quarterday.example"
firewall_enabled  = true
web_min_instances = 1
web_max_instances = 10

collector_machine = "e2-standard-2"
ml_machine        = "n2-standard-8"
dataproc_mode     = "ephemeral"
dataproc_machine  = "n2-standard-4"

# One processor carries 1,500 pages a second (docs/scaling.md); more readers at once need a larger one.
database_tier             = "db-custom-1-3840"
database_highly_available = true
database_disk_gb          = 20

sources_file      = "examples/sources.toml"
collector_secrets = ["ALPACA_KEY_ID", "ALPACA_SECRET_KEY", "X_BEARER_TOKEN"]

stream_enabled = true

publish_within_minutes = 90
cost_setup             = "production"
