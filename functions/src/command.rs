//! The command line.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use cloud::local::{HttpBus, LocalJobs, LocalMachines};

use crate::app;
use crate::config::Config;
use crate::orchestrator::Orchestrator;

#[derive(Parser)]
#[command(name = "functions", version, about = "Starts and stops what a run needs")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Takes pushes until it is stopped.
    Serve {
        /// The port on loopback; 0 for a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

/// Parses the command line and does what it says.
pub async fn main() -> ExitCode {
    let Command::Serve { port } = Arguments::parse().command;
    match serve(port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("functions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(port: u16) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    let pool = ledger::connect(&config.database_url).await.context("opening the ledger (DATABASE_URL)")?;
    let bus = HttpBus::new(config.bus_url.clone(), config.push_token.clone());
    let machines = LocalMachines::new(config.machine_programs());
    let jobs = LocalJobs::new(config.split_program());
    let orchestrator =
        Orchestrator::new(pool, Arc::new(bus), Arc::new(machines), Arc::new(jobs), config.patience);
    let (server, address) = app::server(orchestrator, config.push_token, port)?;
    println!("{}", serde_json::json!({ "listening": format!("http://{address}") }));
    server.await.context("serving")
}
