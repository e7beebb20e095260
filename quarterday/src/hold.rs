//! Keeping a machine on, on purpose, and letting it go.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use chrono::{DateTime, Duration, Utc};
use clap::{Args, ValueEnum};
use cloud::{Provider, bus};
use domain::message::{HoldOrder, Topic};
use ledger::store::{self, Hold};

use crate::command::HomeArgs;
use crate::control::Asker;
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
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = domain::bar::interval_duration(text).filter(|d| *d <= Duration::days(7));
    parsed.ok_or_else(|| format!("{text:?} is no duration: write for example 90m, 2h or 1d, at most 7d"))
}

/// `quarterday hold`: over the bus on Google Cloud, where the functions tell the machine; else straight to the ledger.
///
/// # Errors
/// The reason is empty, or the bus or the ledger is out of reach.
pub async fn hold(args: HoldArgs) -> anyhow::Result<ExitCode> {
    let Machine::Ml = args.machine;
    let until = Utc::now() + args.duration;
    let said = format!("ml is held by {} until {}", args.asker.owner, until.format("%Y-%m-%d %H:%M UTC"));
    tell(&args.home.home, args.asker, Some(until)).await?;
    println!("{said}");
    Ok(ExitCode::SUCCESS)
}

/// `quarterday release`.
///
/// # Errors
/// As [`hold`].
pub async fn release(machine: Machine, asker: Asker, home: &Path) -> anyhow::Result<ExitCode> {
    let Machine::Ml = machine;
    let held = tell(home, asker, None).await?;
    println!("{}", if held { "ml is released" } else { "ml was not held" });
    Ok(ExitCode::SUCCESS)
}

/// Keeps or ends the hold; on Google Cloud it is only asked for. Whether it took effect, as far as is known.
async fn tell(home: &Path, asker: Asker, until: Option<DateTime<Utc>>) -> anyhow::Result<bool> {
    if asker.reason.trim().is_empty() {
        bail!("--reason is empty: say why");
    }
    let (machine, now) = ("ml".to_owned(), Utc::now());
    let Asker { owner, reason } = asker;
    if Provider::from_env().map_err(|e| anyhow!(e))? == Provider::Gcp {
        let bus = bus::from_env().await.map_err(|e| anyhow!(e))?.context("no bus")?;
        let order = HoldOrder { machine, owner, reason, until, request: String::new() };
        bus::publish(bus.as_ref(), Topic::Hold, &order, "ml").await?;
        return Ok(true);
    }
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let hold = Hold { machine, owner, reason, held_at: now, expires_at: until.unwrap_or(now) };
    let id = uuid::Uuid::new_v4().to_string();
    Ok(match until {
        Some(_) => store::hold(&pool, &hold, &id).await?,
        None => store::release(&pool, &hold, &id).await?,
    })
}
