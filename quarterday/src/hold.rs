//! Keeping a machine on, on purpose, and letting it go.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use chrono::{Duration, Utc};
use clap::{Args, ValueEnum};
use ledger::store::{self, Hold};

use crate::command::HomeArgs;
use crate::home::Home;

/// A machine that can be held.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Machine {
    /// The ML machine.
    Ml,
}

/// What `hold` takes.
#[derive(Debug, Clone, Args)]
pub struct HoldArgs {
    /// The machine.
    machine: Machine,
    /// For how long, for example 90m, 2h, 1d; at most 7d.
    #[arg(long = "for", value_parser = duration)]
    duration: Duration,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Who; default: the user.
    #[arg(long, env = "USER", default_value = "operator")]
    owner: String,
    #[command(flatten)]
    home: HomeArgs,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = domain::bar::interval_duration(text).filter(|d| *d <= Duration::days(7));
    parsed.ok_or_else(|| format!("{text:?} is no duration: write for example 90m, 2h or 1d, at most 7d"))
}

/// `quarterday hold`.
///
/// # Errors
/// The reason is empty, or the ledger is out of reach.
pub async fn hold(args: HoldArgs) -> anyhow::Result<ExitCode> {
    let Machine::Ml = args.machine;
    if args.reason.trim().is_empty() {
        bail!("--reason is empty: say why the machine is kept on");
    }
    let home = Home::open(&args.home.home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let now = Utc::now();
    let hold = Hold {
        machine: "ml".into(),
        owner: args.owner,
        reason: args.reason,
        held_at: now,
        expires_at: now + args.duration,
    };
    store::hold(&pool, &hold).await?;
    println!("ml is held by {} until {}", hold.owner, hold.expires_at.format("%Y-%m-%d %H:%M UTC"));
    Ok(ExitCode::SUCCESS)
}

/// `quarterday release`.
///
/// # Errors
/// The ledger is out of reach.
pub async fn release(machine: Machine, home: &Path) -> anyhow::Result<ExitCode> {
    let Machine::Ml = machine;
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let held = store::release(&pool, "ml", Utc::now()).await?;
    println!("{}", if held { "ml is released" } else { "ml was not held" });
    Ok(ExitCode::SUCCESS)
}
