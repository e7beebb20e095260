//! One run, or many, through all stages; then exit.

use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use chrono::Utc;
use clap::Args;
use cloud::{Provider, bus};
use domain::Slot;
use domain::message::{Action, Control, SlotDue, Topic};
use domain::run::{Run, RunStatus, Stage};
use ledger::store;
use serde_json::json;
use sqlx::PgConnection;

use crate::backfill;
use crate::clock::{self, WorldClock};
use crate::command::{HomeArgs, WorldArgs};
use crate::control::{self, Asker};
use crate::home::Home;
use crate::progress::Progress;
use crate::report::{self, RunReport};
use crate::system::System;
use crate::world::{self, OpenWorld};

const LOOK: Duration = Duration::from_millis(20);
const TICK: Duration = Duration::from_millis(500);
/// How many slots may be under way at once.
const AT_ONCE: usize = 4;
/// How long nothing at all may happen in a run; longer than any deadline of a stage.
const STANDSTILL: Duration = Duration::from_secs(20 * 60);
/// How long the ledger may be out of reach.
const LEDGER_GONE: Duration = Duration::from_secs(10);
/// How long the bus may take nothing.
const BUS_GONE: Duration = Duration::from_secs(10);

/// What `run` and `backfill` share.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    home: HomeArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl RunArgs {
    /// The folder of the installation.
    pub fn home(&self) -> &Path {
        &self.home.home
    }
}

/// `quarterday run`.
///
/// # Errors
/// The installation cannot be started, or the run comes to a standstill.
pub async fn run(slot: Slot, stage: Option<Stage>, options: RunArgs) -> anyhow::Result<ExitCode> {
    if Provider::from_env().map_err(|e| anyhow!(e))? == Provider::Gcp {
        return ask(slot, stage).await;
    }
    // The installation that runs here does it, as its pages would.
    if stage.is_some() && Home::open(options.home())?.is_in_use() {
        return control::order(options.home(), again(slot, stage)).await;
    }
    run_many(&[slot], stage, &options, async |_| Ok(())).await
}

/// On Google Cloud a run is asked for; the functions and machines there do it.
async fn ask(slot: Slot, stage: Option<Stage>) -> anyhow::Result<ExitCode> {
    let bus = bus::from_env().await.map_err(|e| anyhow!(e))?.context("no bus")?;
    let key = slot.to_string();
    let id = match stage {
        Some(_) => bus::publish(bus.as_ref(), Topic::Control, &again(slot, stage), &key).await?,
        None => {
            let due = SlotDue { slot: Some(slot), repeat: true };
            bus::publish(bus.as_ref(), Topic::SlotDue, &due, &key).await?
        }
    };
    println!(
        "the run of {slot} is asked for (message {id}); follow it with `quarterday status --slot {slot}`"
    );
    Ok(ExitCode::SUCCESS)
}

/// Who asks: the user.
fn owner() -> String {
    std::env::var("USER").ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "operator".into())
}

fn again(slot: Slot, stage: Option<Stage>) -> Control {
    let owner = owner();
    let reason = "quarterday run --stage".to_owned();
    Control { action: Action::Run, slot, stage, owner, reason, request: String::new() }
}

/// `quarterday backfill`: the slots from `from` to `to`, both included, oldest first.
///
/// # Errors
/// As [`run`], or `from` is later than `to`.
pub async fn backfill(
    from: Slot,
    to: Slot,
    only_failed: bool,
    reason: String,
    options: RunArgs,
) -> anyhow::Result<ExitCode> {
    let mut slots: Vec<Slot> = Slot::range(from, to).collect();
    if slots.is_empty() {
        bail!("--from {from} is later than --to {to}: swap them");
    }
    // While an installation runs, and on Google Cloud, its functions do the work.
    let asker = Asker { reason, owner: owner() };
    if let Some(asked) = backfill::ask(options.home(), (from, to), only_failed, &asker).await? {
        return Ok(asked);
    }
    if only_failed {
        let home = Home::open(&options.home.home)?;
        slots = failed(&home, from, to).await?;
    }
    let detail = json!({ "slots": slots.len(), "only_failed": only_failed });
    run_many(&slots, None, &options, async |db| backfill::note(db, (from, to), &asker, detail).await).await
}

async fn failed(home: &Home, from: Slot, to: Slot) -> anyhow::Result<Vec<Slot>> {
    let database = home.database_to_look_at()?;
    let pool = database.connect().await?;
    let all = store::statuses(&pool, from, to).await?;
    pool.close().await;
    Ok(all.into_iter().filter(|(_, status)| *status != RunStatus::Succeeded).map(|(slot, _)| slot).collect())
}

/// Runs slots on a system of their own; `note` writes down what is about to be done.
async fn run_many(
    slots: &[Slot],
    stage: Option<Stage>,
    options: &RunArgs,
    note: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let home = Home::open(&options.home.home)?;
    let lock = home.lock()?;
    let now = Utc::now();
    let world = world::open(&home, options.world.world.as_deref(), now).await?;
    for slot in slots {
        check_window(&world, *slot)?;
    }
    let Some(first) = slots.first() else {
        report::print(&[], options.json)?;
        return Ok(ExitCode::SUCCESS);
    };
    let faults: Option<&Path> = options.world.faults.as_deref();
    let clock = WorldClock::new(first.close_at(), now, 0.0);
    let system = System::start(&home, lock, &world, faults, clock, 0).await?;
    let work = async {
        let mut tx = system.pool.begin().await?;
        note(&mut tx).await?;
        tx.commit().await?;
        run_from(&system, slots, stage).await
    };
    let result = tokio::select! {
        result = work => result,
        () = stop_signal() => Err(anyhow::anyhow!("stopped; the same command goes on where this one was")),
    };
    system.stop().await;
    let reports = result?;
    if let Some(last) = slots.last().filter(|_| !world.generated) {
        clock::keep(&home, last.close_at());
    }
    report::print(&reports, options.json)?;
    Ok(report::exit_code(report::worst(&reports)))
}

fn check_window(world: &OpenWorld, slot: Slot) -> anyhow::Result<()> {
    let (name, start, end) = (&world.world.name, world.world.start, world.world.end);
    if slot.close_at() <= start || slot.open_at() >= end {
        bail!(
            "slot {slot} lies outside the world {name:?}, which covers {start} to {end}: choose a slot inside"
        );
    }
    Ok(())
}

async fn run_from(system: &System, slots: &[Slot], stage: Option<Stage>) -> anyhow::Result<Vec<RunReport>> {
    let (Some(stage), [slot]) = (stage, slots) else { return run_all(system, slots, "Running").await };
    let before = store::run(&system.pool, *slot).await?;
    let passed = |run: &Run| run.stages.iter().take_while(|s| s.stage != stage).all(|s| s.state.is_passed());
    if !before.as_ref().is_some_and(|run| passed(run) && run.status() != RunStatus::Running) {
        bail!(
            "{stage} of {slot} cannot be done again: a stage before it has no output, or one is at work; run the whole slot"
        );
    }
    system.control(&again(*slot, Some(stage))).await?;
    let run = Watch { slot: *slot, before }.until(system, ended).await?;
    Ok(vec![RunReport::from(&run)])
}

/// Runs slots oldest first, with the world's clock standing at the close of the one that is being collected. While a slot is
/// split, predicted and published, the next ones are collected already.
///
/// # Errors
/// As [`run_slot`].
pub async fn run_all(system: &System, slots: &[Slot], what: &'static str) -> anyhow::Result<Vec<RunReport>> {
    let mut progress = Progress::new(what, slots.len());
    let mut reports = Vec::with_capacity(slots.len());
    let mut under_way: VecDeque<Watch> = VecDeque::new();
    for slot in slots {
        if under_way.len() == AT_ONCE {
            finish_oldest(system, &mut under_way, &mut reports, &mut progress).await?;
        }
        progress.show(&slot.to_string());
        system.set_clock(WorldClock::new(slot.close_at(), Utc::now(), 0.0)).await?;
        let mut watch = Watch::begin(system, *slot).await?;
        watch.until(system, |run| run.stage(Stage::Collect).state.is_terminal()).await?;
        under_way.push_back(watch);
    }
    while !under_way.is_empty() {
        finish_oldest(system, &mut under_way, &mut reports, &mut progress).await?;
    }
    progress.finish();
    Ok(reports)
}

async fn finish_oldest(
    system: &System,
    under_way: &mut VecDeque<Watch>,
    reports: &mut Vec<RunReport>,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    if let Some(mut watch) = under_way.pop_front() {
        reports.push(RunReport::from(&watch.until(system, ended).await?));
        progress.step();
    }
    Ok(())
}

/// Runs one slot to its end. A run that has succeeded stays as it is; one that has failed or is partial is repeated; one
/// that was interrupted goes on.
///
/// # Errors
/// The bus or the ledger is out of reach, or nothing happens for longer than any stage may take.
pub async fn run_slot(system: &System, slot: Slot) -> anyhow::Result<Run> {
    Watch::begin(system, slot).await?.until(system, ended).await
}

fn ended(run: &Run) -> bool {
    run.status() != RunStatus::Running
}

/// A run that has been asked for.
struct Watch {
    slot: Slot,
    /// Where a run that has ended stood before it was asked to repeat: until it has changed, nothing has been taken up.
    before: Option<Run>,
}

impl Watch {
    async fn begin(system: &System, slot: Slot) -> anyhow::Result<Self> {
        let before = store::run(&system.pool, slot).await?;
        match before.as_ref().map(Run::status) {
            Some(RunStatus::Succeeded | RunStatus::Running) => return Ok(Self { slot, before: None }),
            Some(RunStatus::Failed | RunStatus::Partial) => system.slot_due(slot, true).await?,
            None => system.slot_due(slot, false).await?,
        }
        Ok(Self { slot, before })
    }

    /// Waits until `done`, letting the watchdog look round meanwhile.
    async fn until(&mut self, system: &System, done: fn(&Run) -> bool) -> anyhow::Result<Run> {
        let mut last = None;
        let (mut changed_at, mut ticked_at, mut seen_at) = (Instant::now(), Instant::now(), Instant::now());
        let mut taken_at = Instant::now();
        loop {
            match store::run(&system.pool, self.slot).await {
                Ok(run) => {
                    seen_at = Instant::now();
                    if run != last {
                        (last, changed_at) = (run, Instant::now());
                    }
                }
                Err(error) if seen_at.elapsed() > LEDGER_GONE => {
                    return Err(error).context(
                        "the ledger is out of reach; start the same command again, it goes on where this one was",
                    );
                }
                Err(error) => tracing::warn!(%error, "the ledger is out of reach"),
            }
            if let Some(run) =
                last.as_ref().filter(|run| self.before.as_ref() != Some(*run) && (done(run) || ended(run)))
            {
                self.before = None;
                return Ok(run.clone());
            }
            if changed_at.elapsed() > STANDSTILL {
                bail!(
                    "nothing has happened in the run of {} for {} minutes: see the logs",
                    self.slot,
                    STANDSTILL.as_secs() / 60
                );
            }
            if ticked_at.elapsed() > TICK {
                ticked_at = Instant::now();
                match system.tick().await {
                    Ok(()) => taken_at = Instant::now(),
                    Err(error) if taken_at.elapsed() > BUS_GONE => return Err(error).context("the bus"),
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "the bus takes nothing"),
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Comes when the operator stops us: Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not listened for");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
