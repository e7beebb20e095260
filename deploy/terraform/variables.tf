# What an operator sets. Two filled-in examples: examples/smallest.tfvars, examples/production.tfvars.

# Place and version

variable "project" {
  description = "Id of the Google Cloud project that everything is made in. It should hold nothing else."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Write the project's id (6 to 30 lower-case letters, digits and hyphens), not its name or number."
  }
}

variable "region" {
  description = "Region of all regional resources, for example us-central1."
  type        = string
  default     = "us-central1"
  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Write a region such as us-central1, not a zone."
  }
}

variable "zones" {
  description = "Zones in which a collector and an ML machine stand ready, in the order of preference. More than one, so that a zone without capacity does not stop a run; a stopped machine costs its disk only."
  type        = list(string)
  default     = ["us-central1-a", "us-central1-b", "us-central1-c"]
  validation {
    condition     = length(var.zones) >= 1 && length(var.zones) == length(distinct(var.zones))
    error_message = "Name at least one zone, and each of them once."
  }
  validation {
    condition     = alltrue([for zone in var.zones : startswith(zone, "${var.region}-")])
    error_message = "All zones must lie in var.region: the machines share one subnet."
  }
}

variable "release" {
  description = "Version to run: the tag of the images and the folder of the programs, as deploy/scripts/build-and-push made them."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._-]{0,62}$", var.release))
    error_message = "A version is up to 63 lower-case letters, digits, dots, hyphens and underscores."
  }
}

variable "deletion_protection" {
  description = "Whether database, services and bucket refuse to be deleted. The teardown switches it off first."
  type        = bool
  default     = true
}

# People

variable "operators" {
  description = "Who may start, repeat, hold, skip and cancel runs, read the logs and open a shell on a machine, for example [\"user:ann@example.org\"]."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount):.+@.+$", member))])
    error_message = "Each operator begins with user:, group: or serviceAccount:."
  }
}

variable "alert_email" {
  description = "E-mail address that alerts are sent to."
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", var.alert_email))
    error_message = "Write one e-mail address."
  }
}

# The site

variable "domain" {
  description = "Host name of the site, for example quarterday.example. Empty: no load balancer, no CDN; the site is reached at Cloud Run's own address."
  type        = string
  default     = ""
  validation {
    condition     = var.domain == "" || can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", var.domain))
    error_message = "Write a host name without https:// and without a path, or leave it empty."
  }
}

variable "web_min_instances" {
  description = "Instances of the site that are always there. 0 is cheapest and makes the first reader wait a second."
  type        = number
  default     = 0
  validation {
    condition     = var.web_min_instances >= 0 && var.web_min_instances <= var.web_max_instances
    error_message = "web_min_instances must lie between 0 and web_max_instances."
  }
}

variable "web_max_instances" {
  description = "Instances of the site at most. Each keeps up to 16 connections to Postgres, so max_connections of the database limits this."
  type        = number
  default     = 4
  validation {
    condition     = var.web_max_instances >= 1 && var.web_max_instances <= 100
    error_message = "web_max_instances must lie between 1 and 100."
  }
}

variable "nat_shared" {
  description = "Whether machines and Cloud Run share one NAT and its address, which saves an address. It has ports for some sixty of them at once: set it only with a few instances of the site."
  type        = bool
  default     = false
  validation {
    condition     = !var.nat_shared || var.web_max_instances <= 20
    error_message = "With more than 20 instances of the site each NAT needs an address of its own: nat_shared = false."
  }
}

variable "firewall_enabled" {
  description = "Whether Cloud Armor stands before the site: no path below /internal/ from outside, a limit of requests for each address. Needs domain."
  type        = bool
  default     = false
  validation {
    condition     = !var.firewall_enabled || var.domain != ""
    error_message = "Cloud Armor stands at the load balancer: set domain as well."
  }
}

variable "requests_per_minute" {
  description = "Requests a minute that one address may make before Cloud Armor answers 429."
  type        = number
  default     = 1200
  validation {
    condition     = var.requests_per_minute >= 60
    error_message = "A page is about ten requests: allow at least 60 a minute."
  }
}

# The orchestrator

variable "functions_min_instances" {
  description = "Instances of functions that are always there. 0 will do: it starts within a second, and the watchdog calls each minute."
  type        = number
  default     = 0
  validation {
    condition     = contains([0, 1, 2], var.functions_min_instances)
    error_message = "functions_min_instances is 0, 1 or 2."
  }
}

variable "caller_check" {
  description = "Who checks the callers of functions and publish: iam (Cloud Run itself) or oidc (the program as well, on audience and e-mail of the token)."
  type        = string
  default     = "iam"
  validation {
    condition     = contains(["iam", "oidc"], var.caller_check)
    error_message = "caller_check is iam or oidc. token and none are for one machine and for tests."
  }
}

variable "max_attempts" {
  description = "Attempts of a stage before its run fails."
  type        = number
  default     = 3
  validation {
    condition     = var.max_attempts >= 1 && var.max_attempts <= 10
    error_message = "max_attempts must lie between 1 and 10."
  }
}

variable "deadline_seconds" {
  description = "Longest attempt of a stage, in seconds, machine start included. The machines' own limits must be longer."
  type        = number
  default     = 3600
  validation {
    condition     = var.deadline_seconds >= 300 && var.deadline_seconds <= 18000
    error_message = "deadline_seconds must lie between 300 and 18000 (five hours): the next slot closes after six."
  }
}

variable "silence_seconds" {
  description = "Seconds without a heartbeat after which an attempt is repeated. It has to cover the start of a machine."
  type        = number
  default     = 600
  validation {
    condition     = var.silence_seconds >= 180 && var.silence_seconds < var.deadline_seconds
    error_message = "silence_seconds must be at least 180 and below deadline_seconds."
  }
}

variable "lost_seconds" {
  description = "Seconds without a heartbeat after which an attempt whose machine is off counts as lost."
  type        = number
  default     = 120
  validation {
    condition     = var.lost_seconds >= 30 && var.lost_seconds <= var.silence_seconds
    error_message = "lost_seconds must lie between 30 and silence_seconds."
  }
}

variable "pause_seconds" {
  description = "Seconds before a second attempt of a stage; doubled before each further one, never above 240."
  type        = number
  default     = 30
  validation {
    condition     = var.pause_seconds >= 1 && var.pause_seconds <= 240
    error_message = "pause_seconds must lie between 1 and 240."
  }
}

variable "start_seconds" {
  description = "Seconds within which a machine has to come up, all zones tried, before its attempt fails."
  type        = number
  default     = 1800
  validation {
    condition     = var.start_seconds >= 300 && var.start_seconds <= 7200
    error_message = "start_seconds must lie between 300 and 7200."
  }
}

# The machines

variable "collector_machine" {
  description = "Machine type of the collector."
  type        = string
  default     = "e2-medium"
}

variable "ml_machine" {
  description = "Machine type of the ML machine."
  type        = string
  default     = "e2-standard-4"
}

variable "machine_image" {
  description = "Boot image of the machines. startup.sh expects Debian 12."
  type        = string
  default     = "projects/debian-cloud/global/images/family/debian-12"
}

variable "collector_max_run_seconds" {
  description = "Compute Engine stops the collector after so many seconds, whatever else fails."
  type        = number
  default     = 5400
  validation {
    condition     = var.collector_max_run_seconds > var.deadline_seconds && var.collector_max_run_seconds <= 21600
    error_message = "collector_max_run_seconds must be longer than deadline_seconds and at most 21600."
  }
}

variable "ml_max_run_seconds" {
  description = "Compute Engine stops the ML machine after so many seconds, held or not: the longest hold."
  type        = number
  default     = 43200
  validation {
    condition     = var.ml_max_run_seconds > var.deadline_seconds && var.ml_max_run_seconds <= 604800
    error_message = "ml_max_run_seconds must be longer than deadline_seconds and at most 604800 (a week)."
  }
}

variable "collector_stop_schedule" {
  description = "When Compute Engine stops the collector in any case (cron, UTC). Half an hour before the next slot closes. Empty: no schedule."
  type        = string
  default     = "30 5,11,17,23 * * *"
}

variable "ml_stop_schedule" {
  description = "When Compute Engine stops the ML machine in any case, held or not (cron, UTC). Empty: no schedule."
  type        = string
  default     = "30 5 * * *"
}

variable "mlflow_tracking_uri" {
  description = "An MLflow tracking server that the ML machine tells of models, http:// or https://, reachable from its network. Empty: none."
  type        = string
  default     = ""
}

variable "sources_file" {
  description = "Path of the collector's settings (TOML): which sources to read. They hold no secrets, only the names of variables that do. Relative to deploy/terraform."
  type        = string
  default     = "examples/sources.toml"
  validation {
    condition     = fileexists(var.sources_file)
    error_message = "There is no such file: copy examples/sources.toml and name the copy."
  }
}

variable "collector_secrets" {
  description = "Environment names that the collector reads from Secret Manager, for example [\"X_BEARER_TOKEN\"]. Each becomes the secret quarterday-<name in kebab case>; its value is set by hand, never by Terraform."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for name in var.collector_secrets : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "Write environment names: capital letters, digits and underscores."
  }
}

# The site

variable "web_secrets" {
  description = "Environment names that the site reads from Secret Manager: QUARTERDAY_SEAL_KEYS for codes at sign-in, which staff need, and customers' webhooks, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET to sell, QUARTERDAY_SMTP_URL to send mails, QUARTERDAY_TELEGRAM_TOKEN for alerts by Telegram. Their secrets are there after the first deployment; set their values by hand, then name them here and deploy again."
  type        = set(string)
  default     = []
  validation {
    condition     = length(setsubtract(var.web_secrets, ["QUARTERDAY_SEAL_KEYS", "QUARTERDAY_SMTP_URL", "QUARTERDAY_TELEGRAM_TOKEN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])) == 0
    error_message = "web_secrets names QUARTERDAY_SEAL_KEYS, QUARTERDAY_SMTP_URL, QUARTERDAY_TELEGRAM_TOKEN, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET at most."
  }
}

variable "mail_from" {
  description = "Sender of mails, for example Quarterday <hello@quarterday.example>; empty: hello at the site's own host."
  type        = string
  default     = ""
}

variable "telegram_bot" {
  description = "Name of the Telegram bot, without @; empty: none."
  type        = string
  default     = ""
}

# The split

variable "dataproc_mode" {
  description = "Where the split runs: cluster (a single node that is stopped between slots), ephemeral (a cluster for each run) or serverless (a batch)."
  type        = string
  default     = "ephemeral"
  validation {
    condition     = contains(["cluster", "ephemeral", "serverless"], var.dataproc_mode)
    error_message = "dataproc_mode is cluster, ephemeral or serverless."
  }
}

variable "cost_setup" {
  description = "What the operations pages compute costs for: a setup of deploy/prices.toml."
  type        = string
  default     = "smallest"
  validation {
    condition     = contains(["smallest", "production"], var.cost_setup)
    error_message = "Write smallest or production, or add a setup to deploy/prices.toml and to this list."
  }
}

variable "dataproc_machine" {
  description = "Machine type of the cluster's nodes."
  type        = string
  default     = "n2-standard-4"
}

variable "dataproc_workers" {
  description = "Workers beside the master. 0: a single node. Used by dataproc_mode = cluster and ephemeral."
  type        = number
  default     = 0
  validation {
    condition     = var.dataproc_workers == 0 || (var.dataproc_workers >= 2 && var.dataproc_workers <= 20)
    error_message = "A cluster has no worker, or 2 to 20."
  }
}

variable "split_engine" {
  description = "single: the split runs on one node. spark: in the tasks of a Spark job on all nodes, for slots of more than about 100 million posts."
  type        = string
  default     = "single"
  validation {
    condition     = contains(["single", "spark"], var.split_engine)
    error_message = "split_engine is single or spark."
  }
  validation {
    condition     = var.split_engine == "single" || var.staging == "none"
    error_message = "Spark's tasks read the lake themselves: use staging = none."
  }
}

variable "staging" {
  description = "none: the split reads the lake itself. hdfs: the slot's records are first copied into the cluster's HDFS."
  type        = string
  default     = "none"
  validation {
    condition     = contains(["none", "hdfs"], var.staging)
    error_message = "staging is none or hdfs."
  }
  validation {
    condition     = var.staging == "none" || var.dataproc_mode != "serverless"
    error_message = "A serverless batch has no HDFS: use staging = none, or another dataproc_mode."
  }
}

# The lake and the database

variable "lake_location" {
  description = "Location of the lake's bucket. Empty: var.region."
  type        = string
  default     = ""
}

variable "raw_nearline_days" {
  description = "Days after which raw exchanges move to Nearline; after four times as many to Coldline."
  type        = number
  default     = 30
  validation {
    condition     = var.raw_nearline_days >= 1 && var.raw_nearline_days <= 365
    error_message = "raw_nearline_days must lie between 1 and 365."
  }
}

variable "noncurrent_days" {
  description = "Days for which replaced and deleted objects of the lake are kept."
  type        = number
  default     = 14
  validation {
    condition     = var.noncurrent_days >= 1 && var.noncurrent_days <= 365
    error_message = "noncurrent_days must lie between 1 and 365."
  }
}

variable "database_tier" {
  description = "Machine type of Cloud SQL, for example db-f1-micro, db-g1-small or db-custom-2-7680."
  type        = string
  default     = "db-g1-small"
  validation {
    condition     = can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+)$", var.database_tier))
    error_message = "Write db-f1-micro, db-g1-small or db-custom-CPUS-MEGABYTES."
  }
}

variable "database_highly_available" {
  description = "Whether Cloud SQL keeps a standby in a second zone. It doubles the price."
  type        = bool
  default     = false
}

variable "database_disk_gb" {
  description = "First size of the database's disk; it grows by itself."
  type        = number
  default     = 10
  validation {
    condition     = var.database_disk_gb >= 10
    error_message = "Cloud SQL starts at 10 GB."
  }
}

# Watching

variable "publish_within_minutes" {
  description = "Minutes after a slot's close by which it has to be published; later raises an alert."
  type        = number
  default     = 120
  validation {
    condition     = var.publish_within_minutes >= 30 && var.publish_within_minutes <= 330
    error_message = "publish_within_minutes must lie between 30 and 330."
  }
}

variable "machine_alert_hours" {
  description = "Hours after which a running collector, ML machine or Dataproc node raises an alert."
  type        = number
  default     = 3
  validation {
    condition     = var.machine_alert_hours >= 1 && var.machine_alert_hours <= 168
    error_message = "machine_alert_hours must lie between 1 and 168."
  }
}

variable "billing_account" {
  description = "Id of the billing account (XXXXXX-XXXXXX-XXXXXX) for the budget. Empty: no budget is made."
  type        = string
  default     = ""
  validation {
    condition     = var.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "Write the account's id as `gcloud billing accounts list` shows it."
  }
}

variable "budget_units" {
  description = "Budget a month, in whole units of budget_currency."
  type        = number
  default     = 200
  validation {
    condition     = var.budget_units >= 1 && floor(var.budget_units) == var.budget_units
    error_message = "budget_units is a whole number above 0."
  }
}

variable "budget_currency" {
  description = "Currency of the billing account."
  type        = string
  default     = "USD"
  validation {
    condition     = can(regex("^[A-Z]{3}$", var.budget_currency))
    error_message = "Write a currency's three letters."
  }
}

# Interactive Brokers

variable "ib_gateway_enabled" {
  description = "Whether a small host for IB Gateway is kept on. Somebody has to sign in on it once a week with a second factor."
  type        = bool
  default     = false
}

# Live prices

variable "stream_enabled" {
  description = "Whether a small machine is kept on that follows a source's stream of live prices."
  type        = bool
  default     = false
}
