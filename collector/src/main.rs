//! The collector's program.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cloud::local::exit_with_parent();
    cloud::init_tracing("collector");
    collector::cli::main().await
}
