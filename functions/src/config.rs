//! Settings, from the environment:
//!
//! | variable | what | default |
//! | --- | --- | --- |
//! | `DATABASE_URL` | the ledger | – |
//! | `QUARTERDAY_BUS` | base URL of the bus | – |
//! | `QUARTERDAY_PUSH_TOKEN` | bearer that pushes must carry, and that goes with what we publish | – |
//! | `QUARTERDAY_LAKE` | the lake, handed to the stages | – |
//! | `QUARTERDAY_BIN` | folder of the stages' programs | folder of this program |
//! | `QUARTERDAY_LOGS` | folder for the stages' logs | the temporary folder |
//! | `QUARTERDAY_MAX_ATTEMPTS` | attempts of a stage | 3 |
//! | `QUARTERDAY_DEADLINE_S` | longest attempt, seconds | 3600 |
//! | `QUARTERDAY_SILENCE_S` | longest silence of an attempt, seconds | 180 |
//! | `QUARTERDAY_LOST_S` | silence after which an attempt without a machine is lost, seconds | 3 |

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cloud::local::Program;
use domain::run::Limits;
use secrecy::SecretString;

use crate::orchestrator::{COLLECTOR, ML};

/// How patient the orchestrator is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Attempts, deadline and silence of a stage.
    pub limits: Limits,
    /// Silence after which an attempt whose machine is off counts as lost.
    pub lost_after: chrono::Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { limits: Limits::default(), lost_after: chrono::Duration::seconds(3) }
    }
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The ledger.
    pub database_url: String,
    /// Base URL of the bus.
    pub bus_url: String,
    /// What pushes must carry.
    pub push_token: SecretString,
    /// The lake.
    pub lake: String,
    /// Folder of the stages' programs.
    pub bin: PathBuf,
    /// Folder for the stages' logs.
    pub logs: PathBuf,
    /// How patient to be.
    pub patience: Patience,
}

impl Config {
    /// Reads the environment, whole.
    ///
    /// # Errors
    /// A variable is missing or malformed; it is named.
    pub fn from_env() -> anyhow::Result<Self> {
        let own_folder = std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from));
        let bin = std::env::var_os("QUARTERDAY_BIN").map(PathBuf::from).or(own_folder);
        let defaults = Limits::default();
        let limits = Limits {
            max_attempts: u32::try_from(number("QUARTERDAY_MAX_ATTEMPTS", defaults.max_attempts.into())?)?,
            deadline: chrono::Duration::seconds(number(
                "QUARTERDAY_DEADLINE_S",
                defaults.deadline.num_seconds(),
            )?),
            silence: chrono::Duration::seconds(number(
                "QUARTERDAY_SILENCE_S",
                defaults.silence.num_seconds(),
            )?),
        };
        Ok(Self {
            database_url: required("DATABASE_URL")?,
            bus_url: required("QUARTERDAY_BUS")?,
            push_token: required("QUARTERDAY_PUSH_TOKEN")?.into(),
            lake: required("QUARTERDAY_LAKE")?,
            bin: bin.context("QUARTERDAY_BIN is not set and the program's own folder is not known")?,
            logs: std::env::var_os("QUARTERDAY_LOGS").map_or_else(std::env::temp_dir, PathBuf::from),
            patience: Patience {
                limits,
                lost_after: chrono::Duration::seconds(number("QUARTERDAY_LOST_S", 3)?),
            },
        })
    }

    /// What each machine runs.
    pub fn machine_programs(&self) -> BTreeMap<String, Program> {
        let collector = self.program("collector", "collect");
        BTreeMap::from([(COLLECTOR.to_owned(), collector), (ML.to_owned(), self.program("ml-vm", "predict"))])
    }

    /// What the cluster runs.
    pub fn split_program(&self) -> Program {
        self.program("dataproc-job", "split")
    }

    fn program(&self, name: &str, verb: &str) -> Program {
        // The watchdog ends an attempt at its deadline; the machine's own limit is behind it, in case the watchdog is gone.
        let limit = self.patience.limits.deadline.to_std().unwrap_or(Duration::from_secs(3600))
            + Duration::from_secs(60);
        let path = self.bin.join(name);
        let log = self.logs.join(format!("{name}.log"));
        Program { path, verb: verb.to_owned(), lake: self.lake.clone(), log, limit }
    }
}

fn required(name: &str) -> anyhow::Result<String> {
    std::env::var(name).map_err(|_| anyhow!("{name} is not set"))
}

fn number(name: &str, default: i64) -> anyhow::Result<i64> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    let parsed = text.parse().ok().filter(|n| *n > 0);
    parsed.with_context(|| format!("{name} is {text:?}: write a whole number above 0"))
}
