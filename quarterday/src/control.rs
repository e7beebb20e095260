//! What an operator asks beside the schedule: stages again, skipped or ended. On Google Cloud, and while an installation
//! runs on this machine, it goes over the bus to the functions; else it is written to the ledger, whoever starts next
//! carries it out. Either way the ledger keeps who asked, why, and what came of it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use chrono::Utc;
use clap::Args;
use cloud::local::HttpBus;
use cloud::{Bus, Provider, bus};
use domain::Slot;
use domain::message::{Action, Control, Topic};
use domain::run::{Limits, Stage};
use ledger::store;

use crate::command::HomeArgs;
use crate::home::Home;

/// Who asks, and why.
#[derive(Debug, Clone, Args)]
pub struct Asker {
    /// Why; kept with what was done.
    #[arg(long)]
    pub reason: String,
    /// Who; default: the user.
    #[arg(long, env = "USER", default_value = "operator")]
    pub owner: String,
}

/// What `skip` takes.
#[derive(Debug, Clone, Args)]
pub struct SkipArgs {
    /// The slot, for example 2026-11-21T06Z.
    #[arg(long)]
    slot: Slot,
    /// Only this stage; the run goes on with what lies in the lake. Default: all that have not ended.
    #[arg(long, value_parser = stage)]
    stage: Option<Stage>,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What `repeat` takes.
#[derive(Debug, Clone, Args)]
pub struct RepeatArgs {
    /// The slot.
    #[arg(long)]
    slot: Slot,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// What `cancel` takes.
#[derive(Debug, Clone, Args)]
pub struct CancelArgs {
    /// The slot.
    #[arg(long)]
    slot: Slot,
    #[command(flatten)]
    asker: Asker,
    #[command(flatten)]
    home: HomeArgs,
}

/// A stage by its name.
///
/// # Errors
/// There is no such stage; the ones that there are.
pub fn stage(name: &str) -> Result<Stage, String> {
    Stage::parse(name)
        .ok_or_else(|| format!("{name:?} is no stage: write collect, split, predict or publish"))
}

/// The bus of the installation, where one runs.
///
/// # Errors
/// On Google Cloud: a setting or the credentials are missing.
pub async fn running_bus(home: &Path) -> anyhow::Result<Option<Arc<dyn Bus>>> {
    if Provider::from_env().map_err(|e| anyhow!(e))? == Provider::Gcp {
        return bus::from_env().await.map_err(|e| anyhow!(e));
    }
    let home = Home::open(home)?;
    if !home.is_in_use() {
        return Ok(None);
    }
    let base_url = std::fs::read_to_string(home.join("bus-url"));
    let base_url =
        base_url.context("the installation is starting or stopping: repeat the command in a moment")?;
    Ok(Some(Arc::new(HttpBus::new(base_url, home.token()?))))
}

/// `quarterday skip`.
///
/// # Errors
/// The bus or the ledger is out of reach, or the reason is empty.
pub async fn skip(args: SkipArgs) -> anyhow::Result<ExitCode> {
    let SkipArgs { slot, stage, asker, home } = args;
    order(&home.home, control(Action::Skip, slot, stage, asker)).await
}

/// `quarterday repeat`: does again what of a run has failed or is partial, and what comes after it.
///
/// # Errors
/// As [`skip`].
pub async fn repeat(args: RepeatArgs) -> anyhow::Result<ExitCode> {
    let RepeatArgs { slot, asker, home } = args;
    order(&home.home, control(Action::Repeat, slot, None, asker)).await
}

/// `quarterday cancel`.
///
/// # Errors
/// As [`skip`].
pub async fn cancel(args: CancelArgs) -> anyhow::Result<ExitCode> {
    let CancelArgs { slot, asker, home } = args;
    order(&home.home, control(Action::Cancel, slot, None, asker)).await
}

/// An order by this person.
pub fn control(action: Action, slot: Slot, stage: Option<Stage>, asker: Asker) -> Control {
    Control { action, slot, stage, owner: asker.owner, reason: asker.reason, request: String::new() }
}

/// Asks the running installation, or writes it to the ledger.
///
/// # Errors
/// As [`skip`].
pub async fn order(home: &Path, control: Control) -> anyhow::Result<ExitCode> {
    let event = control.event().map_err(|e| anyhow!("{e} (--reason, --stage)"))?;
    let (action, slot) = (control.action.as_str(), control.slot);
    if let Some(bus) = running_bus(home).await? {
        let id = bus::publish(bus.as_ref(), Topic::Control, &control, &slot.to_string()).await?;
        println!(
            "{action} of {slot} is asked for (message {id}); `quarterday status --slot {slot}` shows what came of it"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let home = Home::open(home)?;
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let id = uuid::Uuid::new_v4().to_string();
    let applied = store::apply_control(&pool, &control, &event, &id, Utc::now(), &Limits::default()).await?;
    let changes = applied.map(|applied| applied.transitions).unwrap_or_default();
    if changes.is_empty() {
        bail!("{action} changes nothing: see `quarterday status --slot {slot}`");
    }
    for change in changes {
        println!("{slot} {}: {} → {}", change.stage, change.from.as_str(), change.to.as_str());
    }
    Ok(ExitCode::SUCCESS)
}
