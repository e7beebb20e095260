//! `quarterday`: see the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cloud::init_tracing_at("quarterday", "warn");
    quarterday::command::main().await
}
