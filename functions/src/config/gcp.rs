//! Settings for Google Cloud.

use std::time::Duration;

use anyhow::bail;
use cloud::gcp::{Engine, JobMode, JobSettings, Settings, Staging};

use super::{optional, required};

/// Variables of ours that a job's program gets too, where they are set.
const HANDED_ON: [&str; 5] = [
    "QUARTERDAY_CLOUD",
    "QUARTERDAY_PROJECT",
    "QUARTERDAY_LOG",
    "QUARTERDAY_STORAGE_ENDPOINT",
    "QUARTERDAY_PUBSUB_ENDPOINT",
];

/// Where machines are instances and jobs Dataproc's.
#[derive(Debug, Clone)]
pub struct GcpConfig {
    /// Project and endpoints.
    pub settings: Settings,
    /// Zones of the machines, in the order in which they are tried.
    pub zones: Vec<String>,
    /// How jobs are submitted.
    pub jobs: JobSettings,
}

impl GcpConfig {
    pub(super) fn from_env(deadline: chrono::Duration) -> anyhow::Result<Self> {
        let zones = required("QUARTERDAY_ZONES")?;
        let zones: Vec<String> =
            zones.split(',').map(str::trim).filter(|zone| !zone.is_empty()).map(str::to_owned).collect();
        let choice = |name: &str, default: &str| optional(name).unwrap_or_else(|| default.to_owned());
        let mode = match choice("QUARTERDAY_DATAPROC", "cluster").as_str() {
            "cluster" => JobMode::Cluster,
            "ephemeral" => JobMode::Ephemeral,
            "serverless" => JobMode::Serverless,
            other => bail!("QUARTERDAY_DATAPROC is {other:?}: write cluster, ephemeral or serverless"),
        };
        let staging = match choice("QUARTERDAY_STAGING", "none").as_str() {
            "none" => Staging::None,
            "hdfs" if mode == JobMode::Serverless => {
                bail!("QUARTERDAY_STAGING=hdfs needs a cluster: serverless batches have no HDFS")
            }
            "hdfs" => Staging::Hdfs,
            other => bail!("QUARTERDAY_STAGING is {other:?}: write none or hdfs"),
        };
        let engine = match choice("QUARTERDAY_SPLIT_ENGINE", "single").as_str() {
            "single" => Engine::Single,
            "spark" if staging == Staging::Hdfs => {
                bail!(
                    "QUARTERDAY_SPLIT_ENGINE=spark reads the lake from every node: set QUARTERDAY_STAGING=none"
                )
            }
            "spark" => Engine::Spark,
            other => bail!("QUARTERDAY_SPLIT_ENGINE is {other:?}: write single or spark"),
        };
        let workers = match choice("QUARTERDAY_DATAPROC_WORKERS", "0").parse() {
            Ok(workers @ (0 | 2..)) => workers,
            _ => bail!("QUARTERDAY_DATAPROC_WORKERS is no number of workers: write 0, or 2 and more"),
        };
        let environment =
            HANDED_ON.iter().filter_map(|name| Some(((*name).to_owned(), optional(name)?))).collect();
        let jobs = JobSettings {
            region: required("QUARTERDAY_REGION")?,
            mode,
            cluster: choice("QUARTERDAY_DATAPROC_CLUSTER", "quarterday-split"),
            programs: required("QUARTERDAY_PROGRAMS")?.trim_end_matches('/').to_owned(),
            lake: required("QUARTERDAY_LAKE")?,
            account: optional("QUARTERDAY_DATAPROC_ACCOUNT"),
            subnet: optional("QUARTERDAY_DATAPROC_SUBNET"),
            machine_type: choice("QUARTERDAY_DATAPROC_MACHINE", "n2-standard-4"),
            workers,
            engine,
            staging,
            limit: deadline.to_std().unwrap_or(Duration::from_secs(3600)),
            environment,
        };
        Ok(Self { settings: Settings::from_env()?, zones, jobs })
    }
}
