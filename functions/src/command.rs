//! The command line.

use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use cloud::caller::CallerCheck;
use cloud::gcp::{ComputeMachines, DatabaseLogin, DataprocJobs, PubSubBus};
use cloud::local::{HttpBus, LocalJobs, LocalMachines};

use ledger::Connect;
use sqlx::PgPool;

use crate::app;
use crate::config::{Config, GcpConfig, LocalConfig, Place};
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
        /// The port; 0 for a free one.
        #[arg(long, env = "PORT", default_value_t = 0)]
        port: u16,
        /// The address to listen on.
        #[arg(long, default_value = "127.0.0.1")]
        bind: IpAddr,
    },
}

/// Parses the command line and does what it says.
pub async fn main() -> ExitCode {
    let Command::Serve { port, bind } = Arguments::parse().command;
    match serve(bind, port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("functions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(bind: IpAddr, port: u16) -> anyhow::Result<()> {
    cloud::telemetry::start();
    let checks = (CallerCheck::from_env()?, CallerCheck::from_env_for("QUARTERDAY_SITE_EMAIL")?);
    let config = Config::from_env()?;
    let orchestrator = match &config.place {
        Place::Local(local) => on_this_machine(&config, local).await?,
        Place::Gcp(gcp) => on_gcp(&config, gcp).await?,
    };
    let lake = match std::env::var("QUARTERDAY_LAKE") {
        Ok(uri) if !uri.is_empty() => Some(cloud::open_lake(&uri).await.context("QUARTERDAY_LAKE")?),
        _ => None,
    };
    let orchestrator = orchestrator.with_lake(lake);
    let (server, address) = app::server(orchestrator, checks, bind, port)?;
    println!("{}", serde_json::json!({ "listening": format!("http://{address}") }));
    server.await.context("serving")
}

async fn open_ledger(config: &Config) -> anyhow::Result<PgPool> {
    let passwords = DatabaseLogin::from_env().await?.map(DatabaseLogin::passwords);
    let connect = Connect {
        url: &config.database_url,
        max_connections: 10,
        patience: Duration::from_secs(10),
        passwords,
    };
    ledger::open(connect).await.context("opening the ledger (DATABASE_URL)")
}

async fn on_this_machine(config: &Config, local: &LocalConfig) -> anyhow::Result<Orchestrator> {
    let bus = HttpBus::new(local.bus_url.clone(), local.push_token.clone());
    let machines = LocalMachines::new(local.machine_programs());
    let jobs = LocalJobs::new(local.split_program());
    let pool = open_ledger(config).await?;
    Ok(Orchestrator::new(pool, Arc::new(bus), Arc::new(machines), Arc::new(jobs), config.patience))
}

async fn on_gcp(config: &Config, gcp: &GcpConfig) -> anyhow::Result<Orchestrator> {
    let bus = PubSubBus::open(&gcp.settings).await?;
    let machines = ComputeMachines::open(&gcp.settings, gcp.zones.clone()).await?;
    let jobs = DataprocJobs::open(&gcp.settings, gcp.jobs.clone()).await?;
    let pool = open_ledger(config).await?;
    Ok(Orchestrator::new(pool, Arc::new(bus), Arc::new(machines), Arc::new(jobs), config.patience))
}
