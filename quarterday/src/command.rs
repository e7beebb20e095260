//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use domain::Slot;
use domain::run::Stage;

use crate::control::Asker;
use crate::{backfill, backup, control, cost, dead_letters, doctor, hold, orders, receipt, run, status, up};

#[derive(Parser)]
#[command(
    name = "quarterday",
    version,
    about = "Market intelligence four times a day: the operator's command"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Where an installation lies.
#[derive(Debug, Clone, Args)]
pub struct HomeArgs {
    /// The folder of the installation: lake, database, logs.
    #[arg(long, env = "QUARTERDAY_HOME", default_value = "var/quarterday")]
    pub home: PathBuf,
}

/// What a run works on.
#[derive(Debug, Clone, Args)]
pub struct WorldArgs {
    /// The world that the sandbox serves; default: the one generated in the home folder.
    #[arg(long)]
    pub world: Option<PathBuf>,
    /// A fault plan for the sandbox.
    #[arg(long)]
    pub faults: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Everything on one machine, until stopped.
    Up(up::UpArgs),
    /// One run through all stages, then exit.
    Run {
        /// The slot, for example 2026-11-21T06Z.
        #[arg(long)]
        slot: Slot,
        /// Do this stage again, and those after it, whatever came of them.
        #[arg(long, value_parser = control::stage)]
        stage: Option<Stage>,
        #[command(flatten)]
        options: run::RunArgs,
    },
    /// Runs for many slots, both ends included.
    Backfill {
        /// The first slot.
        #[arg(long)]
        from: Slot,
        /// The last slot.
        #[arg(long)]
        to: Slot,
        /// Leave out slots that were never run.
        #[arg(long)]
        only_failed: bool,
        /// Only say which slots, what would be done, and what it would cost.
        #[arg(long)]
        preview: bool,
        /// Why; kept with what was done where a running installation is asked.
        #[arg(long, default_value = "quarterday backfill")]
        reason: String,
        #[command(flatten)]
        options: run::RunArgs,
    },
    /// How the newest runs stand, or one of them in full.
    Status {
        /// This slot in full.
        #[arg(long)]
        slot: Option<Slot>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        home: HomeArgs,
    },
    /// Everything behind the values of one asset in one slot.
    Receipt(receipt::ReceiptArgs),
    /// Whether this machine has what is needed.
    Doctor {
        /// Try the credentials of every source that QUARTERDAY_SOURCES connects, too.
        #[arg(long)]
        sources: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        home: HomeArgs,
    },
    /// Keeps a machine on.
    Hold(hold::HoldArgs),
    /// Lets a machine go.
    Release {
        /// The machine: ml.
        machine: hold::Machine,
        /// Why.
        #[arg(long, default_value = "no longer needed")]
        reason: String,
        /// Who; default: the user.
        #[arg(long, env = "USER", default_value = "operator")]
        owner: String,
        #[command(flatten)]
        home: HomeArgs,
    },
    /// Leaves out a stage of a run, or all that have not ended.
    Skip(control::SkipArgs),
    /// Does again what of a run has failed.
    Repeat(control::RepeatArgs),
    /// Ends a run where it is.
    Cancel(control::CancelArgs),
    /// What a run, a month and a year come to on Google Cloud.
    Cost(cost::CostArgs),
    /// Copies database, lake and settings to a folder, while everything runs.
    Backup(backup::BackupArgs),
    /// Makes an installation from a backup.
    Restore(backup::restore::RestoreArgs),
    /// Messages that nobody took; publishes one again, or puts it away.
    DeadLetters(dead_letters::DeadLettersArgs),
    /// What readers see of a slot: holds it back, or shows it.
    #[command(subcommand)]
    Publication(orders::PublicationCommand),
    /// Leaves an asset out of what is published, or takes it in again.
    #[command(subcommand)]
    Asset(orders::AssetCommand),
    /// Models: who is champion.
    #[command(subcommand)]
    Models(orders::ModelsCommand),
}

/// Parses the command line and does what it says. Exit codes: 0 succeeded, 3 partial, 1 failed, 2 usage.
pub async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Up(args) => up::up(args).await,
        Command::Run { slot, stage, options } => run::run(slot, stage, options).await,
        Command::Backfill { from, to, only_failed, preview: true, options, .. } => {
            backfill::preview(options.home(), from, to, only_failed).await
        }
        Command::Backfill { from, to, only_failed, reason, options, .. } => {
            run::backfill(from, to, only_failed, reason, options).await
        }
        Command::Status { slot, json, home } => status::status(&home.home, slot, json).await,
        Command::Receipt(args) => receipt::receipt(args).await,
        Command::Doctor { sources, json, home } => doctor::doctor(&home.home, sources, json).await,
        Command::Hold(args) => hold::hold(args).await,
        Command::Release { machine, reason, owner, home } => {
            hold::release(machine, Asker { reason, owner }, &home.home).await
        }
        Command::Skip(args) => control::skip(args).await,
        Command::Repeat(args) => control::repeat(args).await,
        Command::Cancel(args) => control::cancel(args).await,
        Command::Cost(args) => cost::cost(args).await,
        Command::Backup(args) => backup::backup(args).await,
        Command::Restore(args) => backup::restore::restore(args).await,
        Command::DeadLetters(args) => dead_letters::dead_letters(args).await,
        Command::Publication(command) => orders::publication(command).await,
        Command::Asset(command) => orders::asset(command).await,
        Command::Models(command) => orders::models(command).await,
    };
    result.unwrap_or_else(|error| {
        eprintln!("quarterday: {error:#}");
        ExitCode::FAILURE
    })
}
