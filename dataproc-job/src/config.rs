//! The command line. The environment: `QUARTERDAY_LAKE` (the lake), `QUARTERDAY_CLOUD` and `QUARTERDAY_BUS` (the bus, set by
//! the orchestrator), `RUST_LOG` and `QUARTERDAY_LOG` (level and form of the log).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cloud::stage::StageArgs;

use crate::bench::{BenchArgs, ChildArgs};
use crate::plan::PlanArgs;

/// Stage 2: resolves documents to assets and splits the haul per asset.
#[derive(Debug, Parser)]
#[command(name = "dataproc-job", version)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Arguments of `split`.
#[derive(Debug, Args)]
pub struct SplitArgs {
    /// Those of every stage.
    #[command(flatten)]
    pub stage: StageArgs,
    /// A folder in HDFS, hdfs:///…, to which the records are copied before they are read; needs `hadoop`.
    #[arg(long)]
    pub staging: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Splits the records of a slot per asset.
    Split(SplitArgs),
    /// Measure the split on invented records, and pandas, polars and DuckDB beside it.
    Bench(BenchArgs),
    /// What `bench` measures.
    #[command(hide = true)]
    BenchSplit(ChildArgs),
    /// Says what a cluster reads and which assets several of its tasks share.
    Plan(PlanArgs),
    /// Tells the orchestrator how a stage fares that a cluster works on; its driver starts this.
    Attend(StageArgs),
    /// Names the assets in texts: NDJSON {"id","text","lang"} on standard input, {"id","mentions"} on standard output.
    Resolve {
        /// List of assets: CSV with the columns symbol,name,class,exchange,aliases.
        #[arg(long)]
        assets: PathBuf,
    },
}
