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
