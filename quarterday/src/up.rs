//! Everything on one machine, until stopped: the site, history, demo accounts, and the schedule ticking.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use clap::Args;
use domain::Slot;
use domain::run::{Run, RunStatus};
use ledger::store;

use crate::accounts;
use crate::backup;
use crate::clock::{self, WorldClock};
use crate::command::{HomeArgs, WorldArgs};
use crate::home::Home;
use crate::report::RunReport;
use crate::run::{run_all, run_slot, stop_signal};
use crate::system::System;
use crate::world::{self, OpenWorld};

const KEEP_CLOCK: Duration = Duration::from_secs(5);
/// How long a slot is tried while the bus or the ledger is out of reach, and how often.
const OUT_OF_REACH: Duration = Duration::from_secs(10 * 60);
const AGAIN: Duration = Duration::from_secs(2);

/// What `up` takes.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    #[command(flatten)]
    world: WorldArgs,
    #[command(flatten)]
    home: HomeArgs,
    /// The site's port on this machine.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Delete what the home folder holds and begin anew.
    #[arg(long)]
    fresh: bool,
    /// Back up to this folder all the time: what is lost when this disk is lost is at most a minute's work.
    #[arg(long)]
    backup_to: Option<std::path::PathBuf>,
    /// How many times faster than ours the world's time passes; without a number 360: six hours in a minute.
    #[arg(long, num_args = 0..=1, default_value_t = 1.0, default_missing_value = "360", value_parser = speed)]
    speed: f64,
}

fn speed(text: &str) -> Result<f64, String> {
    let parsed = text.parse::<f64>().ok().filter(|speed| (0.01..=10_000.0).contains(speed));
    parsed.ok_or_else(|| "write a number from 0.01 to 10000; 360 lets six hours pass in a minute".to_owned())
}

/// `quarterday up`.
///
/// # Errors
/// A program does not start, or the ledger is lost for good.
pub async fn up(args: UpArgs) -> anyhow::Result<ExitCode> {
    let home = Home::open(&args.home.home)?;
    let lock = home.lock()?;
    if args.fresh {
        home.clear(&lock)?;
    }
    let now = Utc::now();
    let world = world::open(&home, args.world.world.as_deref(), now).await?;
    backup::keep_log(&home, args.backup_to.as_deref())?;
    let world_now = resume_clock(&home, &world, now);
    eprintln!("Starting …");
    let standing = WorldClock::new(world_now, now, 0.0);
    let system =
        System::start(&home, lock, &world, args.world.faults.as_deref(), standing, args.port).await?;
    let backing_up = args.backup_to.map(|to| backup::keep_on(home.clone(), to, system.database_url.clone()));
    let backing_up = backing_up.map(tokio::spawn);
    let result = tokio::select! {
        result = serve(&home, &world, &system, world_now, args.speed) => result,
        () = stop_signal() => Ok(()),
    };
    eprintln!("\nStopping …");
    if let Some(task) = backing_up {
        task.abort();
    }
    // A standing clock is that of history being made, not the world's present.
    if system.clock().speed > 0.0 {
        clock::keep(&home, system.clock().at(Utc::now()));
    }
    system.stop().await;
    result?;
    Ok(ExitCode::SUCCESS)
}

/// The world's time goes on from where it stood; that of a generated world is never behind ours.
fn resume_clock(home: &Home, world: &OpenWorld, now: DateTime<Utc>) -> DateTime<Utc> {
    let start = clock::kept(home).unwrap_or_else(|| world.first_instant(now));
    if world.generated { start.max(now) } else { start }
}

async fn serve(
    home: &Home,
    world: &OpenWorld,
    system: &System,
    world_now: DateTime<Utc>,
    speed: f64,
) -> anyhow::Result<()> {
    let missing = missing_slots(world, system, world_now).await?;
    if !missing.is_empty() {
        eprintln!("Publishing {} slots of history …", missing.len());
        let reports = run_all(system, &missing, "History").await?;
        say_what_is_amiss(&reports);
    }
    let accounts = accounts::demo(home, &system.database_url).await?;
    let world_clock = WorldClock::new(world_now, Utc::now(), speed);
    system.set_clock(world_clock).await?;
    println!("\nQuarterday is ready: {}", system.site_url);
    println!(
        "World {:?} (sandbox data), time {}, speed {speed}.",
        world.world.name,
        world_now.format("%Y-%m-%d %H:%M UTC")
    );
    match system.billing_url() {
        Some(url) => println!("Billing sandbox: {url} (no real money; docs/billing-sandbox.md)"),
        None => println!("Billing: the payment provider that STRIPE_SECRET_KEY is for."),
    }
    println!("Sign in as:");
    for account in &accounts {
        println!("  {:<8} {:<22} {}", account.kind, account.email, account.password);
    }
    println!("Logs and data: {}. Ctrl-C stops everything.", home.root().display());
    tick_on(home, world, system, world_clock).await
}

/// The slots that are over and have not been run to their end.
async fn missing_slots(
    world: &OpenWorld,
    system: &System,
    world_now: DateTime<Utc>,
) -> anyhow::Result<Vec<Slot>> {
    let first = Slot::containing(world.history_from(world_now));
    let last = Slot::last_due(world_now.min(world.world.end));
    let known = store::statuses(&system.pool, first, last).await?;
    let ended =
        |slot: &Slot| known.iter().any(|(known, status)| known == slot && *status != RunStatus::Running);
    Ok(Slot::range(first, last).filter(|slot| !ended(slot)).collect())
}

fn say_what_is_amiss(reports: &[RunReport]) {
    for report in reports.iter().filter(|r| r.status != RunStatus::Succeeded) {
        let messages: Vec<&str> =
            report.stages.iter().map(|s| s.message.as_str()).filter(|m| !m.is_empty()).collect();
        eprintln!("{} is {}: {}", report.slot, report.status.as_str(), messages.join("; "));
    }
}

/// Prints a line for whoever still reads; the system goes on when nobody does.
fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn tick_on(
    home: &Home,
    world: &OpenWorld,
    system: &System,
    world_clock: WorldClock,
) -> anyhow::Result<()> {
    let mut slot = Slot::containing(world_clock.at(Utc::now()));
    loop {
        if slot.close_at() > world.world.end {
            tell(&format!(
                "The world ends at {}: no more slots. The site stays up; Ctrl-C stops it.",
                world.world.end
            ));
            // What was started for its last slot is still to be stopped.
            loop {
                look_round(system).await;
                tokio::time::sleep(KEEP_CLOCK).await;
            }
        }
        loop {
            let wait = world_clock.wait(slot.close_at(), Utc::now());
            if wait.is_zero() {
                break;
            }
            tokio::time::sleep(wait.min(KEEP_CLOCK)).await;
            clock::keep(home, world_clock.at(Utc::now()));
            // The watchdog looks round between runs too: a machine may have been left on.
            look_round(system).await;
        }
        // Whoever is killed while the slot runs must not go on before its close: sources would not show yet what belongs to it, and
        // a repeat would take what there is for all. A full disk puts the slot off.
        while !clock::keep(home, world_clock.at(Utc::now()).max(slot.close_at())) {
            tokio::time::sleep(AGAIN).await;
        }
        let run = patiently(system, slot).await?;
        let report = RunReport::from(&run);
        tell(&format!("{slot} {}", report.status.as_str()));
        say_what_is_amiss(&[report]);
        slot = slot.next();
    }
}

/// Lets the watchdog look round, where the bus takes that.
async fn look_round(system: &System) {
    if let Err(error) = system.tick().await {
        tracing::warn!(error = format!("{error:#}"), "the bus takes nothing");
    }
}

/// Runs a slot; a disk that is full or a ledger that is gone for a while puts it off and does not end the installation.
async fn patiently(system: &System, slot: Slot) -> anyhow::Result<Run> {
    let begun_at = Instant::now();
    loop {
        match run_slot(system, slot).await {
            Err(error) if begun_at.elapsed() < OUT_OF_REACH => {
                tracing::warn!(%slot, error = format!("{error:#}"), "the slot is tried again");
                tokio::time::sleep(AGAIN).await;
            }
            ended => return ended,
        }
    }
}
