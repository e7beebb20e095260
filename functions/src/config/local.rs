//! Settings for one machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use cloud::local::Program;
use secrecy::SecretString;

use super::required;
use crate::orchestrator::{COLLECTOR, ML};

/// Where machines and jobs are child processes.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// Base URL of the bus.
    pub bus_url: String,
    /// What goes with what we publish.
    pub push_token: SecretString,
    /// The lake.
    pub lake: String,
    /// Folder of the stages' programs.
    pub bin: PathBuf,
    /// Folder for the stages' logs.
    pub logs: PathBuf,
    /// How long a program may run.
    pub limit: Duration,
}

impl LocalConfig {
    pub(super) fn from_env(deadline: chrono::Duration) -> anyhow::Result<Self> {
        let own_folder = std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from));
        let bin = std::env::var_os("QUARTERDAY_BIN").map(PathBuf::from).or(own_folder);
        Ok(Self {
            bus_url: required("QUARTERDAY_BUS")?,
            push_token: required("QUARTERDAY_PUSH_TOKEN")?.into(),
            lake: required("QUARTERDAY_LAKE")?,
            bin: bin.context("QUARTERDAY_BIN is not set and the program's own folder is not known")?,
            logs: std::env::var_os("QUARTERDAY_LOGS").map_or_else(std::env::temp_dir, PathBuf::from),
            // The watchdog ends an attempt at its deadline; this limit is behind it, in case the watchdog is gone.
            limit: deadline.to_std().unwrap_or(Duration::from_secs(3600)) + Duration::from_secs(60),
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
        let path = self.bin.join(name);
        let log = self.logs.join(format!("{name}.log"));
        Program { path, verb: verb.to_owned(), lake: self.lake.clone(), log, limit: self.limit }
    }
}
