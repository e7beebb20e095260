# The least that runs: no load balancer, nothing that is always on but the smallest database. Copy and fill in.
project     = "my-project"
alert_email = "ann@example.org"
operators   = ["user:ann@example.org"]

zones             = ["us-central1-a", "us-central1-b"]
collector_machine = "e2-small"
ml_machine        = "e2-standard-2"
dataproc_mode     = "ephemeral"
dataproc_machine  = "e2-standard-2"

database_tier     = "db-f1-micro"
web_max_instances = 1
nat_shared        = true

sources_file = "examples/sources.toml"
budget_units = 60

# So that it can be thrown away with one command.
deletion_protection = false
