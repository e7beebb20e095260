//! `functions serve`: see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cloud::local::exit_with_parent();
    cloud::init_tracing("functions");
    functions::command::main().await
}
