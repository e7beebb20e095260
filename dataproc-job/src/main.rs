//! Stage 2: resolves documents to assets and splits the haul per asset.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cloud::local::exit_with_parent();
    cloud::init_tracing("dataproc-job");
    dataproc_job::run(dataproc_job::config::Config::parse()).await
}
