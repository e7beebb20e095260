//! Settings, from the environment:
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `QUARTERDAY_CLOUD` | `local` or `gcp` | `local` |
//! | `DATABASE_URL` | the ledger | – |
//! | `QUARTERDAY_DATABASE_LOGIN` | `password`, or `iam` for a Cloud SQL login | `password` |
//! | `QUARTERDAY_LAKE` | the lake, handed to the stages; its models are promoted and rolled back | – |
//! | `QUARTERDAY_CALLER_CHECK` | who may call: `iam`, `oidc`, `token` or `none`; see `cloud::caller` | – |
//! | `QUARTERDAY_SITE_EMAIL` | the account that may call `/value-at-risk` | `QUARTERDAY_OIDC_EMAIL` |
//! | `QUARTERDAY_MAX_ATTEMPTS` | attempts of a stage | 3 |
//! | `QUARTERDAY_DEADLINE_S` | longest attempt, seconds | 3600 |
//! | `QUARTERDAY_SILENCE_S` | longest silence of an attempt, seconds | 180 |
//! | `QUARTERDAY_LOST_S` | silence after which an attempt without a machine is lost, seconds | 3; on gcp 90 |
//! | `QUARTERDAY_PAUSE_S` | pause before a second attempt, doubled for a third, seconds | 5; on gcp 30 |
//! | `QUARTERDAY_START_S` | longest that a machine may take to be started, seconds | 1800 |
//!
//! On one machine:
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `QUARTERDAY_BUS` | base URL of the bus | – |
//! | `QUARTERDAY_PUSH_TOKEN` | bearer that goes with what we publish | – |
//! | `QUARTERDAY_BIN` | folder of the stages' programs | folder of this program |
//! | `QUARTERDAY_LOGS` | folder for the stages' logs | the temporary folder |
//!
//! On Google Cloud, beside those of `cloud::gcp::Settings`:
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `QUARTERDAY_REGION` | the region | – |
//! | `QUARTERDAY_ZONES` | zones of the machines, separated by commas, the first one first | – |
//! | `QUARTERDAY_PROGRAMS` | folder of the programs, `gs://…` | – |
//! | `QUARTERDAY_DATAPROC` | `cluster`, `ephemeral` or `serverless` | `cluster` |
//! | `QUARTERDAY_DATAPROC_CLUSTER` | name of the cluster that stays | `quarterday-split` |
//! | `QUARTERDAY_DATAPROC_ACCOUNT`, `QUARTERDAY_DATAPROC_SUBNET` | account and subnet of clusters and batches made by us | Dataproc's own |
//! | `QUARTERDAY_DATAPROC_MACHINE` | machine type of a cluster made by us | `n2-standard-4` |
//! | `QUARTERDAY_DATAPROC_WORKERS` | workers of a cluster made by us, beside its first node: 0, or 2 and more | 0 |
//! | `QUARTERDAY_SPLIT_ENGINE` | `single`: the split runs on one node; `spark`: on all of the cluster or batch | `single` |
//! | `QUARTERDAY_STAGING` | `none`, or `hdfs`: input is copied to the cluster's HDFS first | `none` |

mod gcp;
mod local;

use anyhow::{Context as _, anyhow};
use chrono::Duration;
use cloud::Provider;
use domain::run::Limits;

pub use gcp::GcpConfig;
pub use local::LocalConfig;

/// How patient the orchestrator is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Attempts, deadline and silence of a stage.
    pub limits: Limits,
    /// Silence after which an attempt whose machine is off counts as lost.
    pub lost_after: Duration,
    /// How long an attempt may wait for its machine.
    pub start: Duration,
    /// How long a handler waits for a machine that is just going off, before the watchdog asks again.
    pub busy: Duration,
    /// Whether slots that have not closed are refused; a world's clock may be ahead of ours.
    pub refuse_future: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            lost_after: Duration::seconds(3),
            start: Duration::minutes(30),
            busy: Duration::seconds(2),
            refuse_future: false,
        }
    }
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The ledger.
    pub database_url: String,
    /// How patient to be.
    pub patience: Patience,
    /// Where machines and jobs are.
    pub place: Place,
}

/// Where machines and jobs are.
#[derive(Debug, Clone)]
pub enum Place {
    /// On this machine.
    Local(LocalConfig),
    /// On Google Cloud.
    Gcp(Box<GcpConfig>),
}

impl Config {
    /// Reads the environment, whole.
    ///
    /// # Errors
    /// A variable is missing or malformed; it is named.
    pub fn from_env() -> anyhow::Result<Self> {
        let provider = Provider::from_env().map_err(|e| anyhow!(e))?;
        let defaults = Limits::default();
        // A machine takes a minute to come up there; what has ended its attempt may last as long.
        let pause = if provider == Provider::Gcp { Duration::seconds(30) } else { defaults.pause };
        let limits = Limits {
            max_attempts: u32::try_from(number("QUARTERDAY_MAX_ATTEMPTS", defaults.max_attempts.into())?)?,
            deadline: seconds("QUARTERDAY_DEADLINE_S", defaults.deadline)?,
            silence: seconds("QUARTERDAY_SILENCE_S", defaults.silence)?,
            pause: seconds("QUARTERDAY_PAUSE_S", pause)?,
        };
        // On Google Cloud a finish message takes its time, and a machine is on before its program is.
        let lost_after = if provider == Provider::Gcp { Duration::seconds(90) } else { Duration::seconds(3) };
        let patience = Patience {
            limits,
            lost_after: seconds("QUARTERDAY_LOST_S", lost_after)?,
            start: seconds("QUARTERDAY_START_S", Patience::default().start)?,
            busy: Patience::default().busy,
            refuse_future: provider == Provider::Gcp,
        };
        let place = match provider {
            Provider::Local => Place::Local(LocalConfig::from_env(limits.deadline)?),
            Provider::Gcp => Place::Gcp(Box::new(GcpConfig::from_env(limits.deadline)?)),
        };
        Ok(Self { database_url: required("DATABASE_URL")?, patience, place })
    }
}

fn required(name: &str) -> anyhow::Result<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.with_context(|| format!("{name} is not set"))
}

fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn seconds(name: &str, default: Duration) -> anyhow::Result<Duration> {
    Ok(Duration::seconds(number(name, default.num_seconds())?))
}

fn number(name: &str, default: i64) -> anyhow::Result<i64> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    let parsed = text.parse().ok().filter(|n| *n > 0);
    parsed.with_context(|| format!("{name} is {text:?}: write a whole number above 0"))
}
