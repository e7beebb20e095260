//! The command line. The environment: `QUARTERDAY_LAKE` (the lake), `QUARTERDAY_CLOUD` and `QUARTERDAY_BUS` (the bus, set by
//! the orchestrator), `RUST_LOG` and `QUARTERDAY_LOG` (level and form of the log).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use cloud::stage::StageArgs;

use crate::split::Options;

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
    /// How much of this machine it may use.
    #[command(flatten)]
    pub machine: MachineArgs,
}

/// How much of this machine a command may use; the results do not depend on it.
#[derive(Debug, Args)]
pub struct MachineArgs {
    /// Megabytes of memory for rows; the rest goes to disk.
    #[arg(long, value_name = "MB", default_value_t = 768, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory: u32,
    /// Folder for what memory has no room for. Default: the temporary folder.
    #[arg(long, value_name = "DIR")]
    pub spill: Option<PathBuf>,
    /// Threads. Default: one for each core.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl MachineArgs {
    /// The same for the engine.
    pub fn options(&self) -> Options {
        let default = Options::default();
        Options {
            memory: (self.memory as usize) << 20,
            spill: self.spill.clone().unwrap_or(default.spill),
            threads: self.threads.map_or(default.threads, usize::from),
        }
    }
}

/// Arguments of the parts of a split on a cluster.
#[derive(Debug, Args)]
pub struct ClusterArgs {
    /// Those of every stage.
    #[command(flatten)]
    pub stage: StageArgs,
    /// An asset that so many tasks share: SYMBOL=N; may be given again. The same for `map`, `reduce` and `commit`.
    #[arg(long = "splits", value_name = "SYMBOL=N")]
    pub splits: Vec<String>,
    /// How much of this machine it may use.
    #[command(flatten)]
    pub machine: MachineArgs,
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
    /// Reads objects of records, named on standard input, and writes a line for each mention; then one for each object.
    Map(ClusterArgs),
    /// Writes the assets whose lines come sorted on standard input, and says on standard output what it wrote.
    Reduce(ClusterArgs),
    /// Checks that what all `reduce` wrote is all there is, completes it, and writes the manifest.
    Commit(ClusterArgs),
    /// Tells the orchestrator how a stage fares that a cluster works on; its driver starts this.
    Attend(StageArgs),
    /// Names the assets in texts: NDJSON {"id","text","lang"} on standard input, {"id","mentions"} on standard output.
    Resolve(ResolveArgs),
    /// Builds, compares or checks the dictionary of well-known assets that the resolver is shipped with.
    Dictionary {
        /// What to do.
        #[command(subcommand)]
        command: DictionaryCommand,
    },
}

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// List of assets: CSV with the columns symbol,name,class,exchange,aliases.
    #[arg(long)]
    pub assets: PathBuf,
    /// Instead of answering, compare with labels: lines of text, tab, symbols; prints precision and recall.
    #[arg(long, value_name = "FILE")]
    pub evaluate: Option<PathBuf>,
    /// Print the evaluation as JSON, with every text that was not resolved as labelled.
    #[arg(long, requires = "evaluate")]
    pub json: bool,
}

/// What `dictionary` does.
#[derive(Debug, Subcommand)]
pub enum DictionaryCommand {
    /// Makes a dictionary from public listings.
    Build {
        /// Folder with the listings; which ones is in dictionary/README.md.
        #[arg(long)]
        listings: PathBuf,
        /// Where to write the dictionary.
        #[arg(long)]
        out: PathBuf,
    },
    /// Prints what was added, removed, renamed and changed.
    Diff {
        /// The dictionary before.
        old: PathBuf,
        /// The dictionary now.
        new: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists lines that contradict each other.
    Check {
        /// A dictionary or an asset list.
        file: PathBuf,
    },
}
