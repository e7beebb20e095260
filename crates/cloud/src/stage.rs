//! What the programs of the stages have in common: their arguments, their heartbeat, their last word.

use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::message::{Heartbeat, StageFinished, Topic};
use domain::trace::TraceParent;
use domain::{Outcome, Slot, Stage};

use crate::bus::{self, Bus};
use crate::{telemetry, trace};

/// How often a stage gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The arguments of every stage.
#[derive(Debug, Clone, clap::Args)]
pub struct StageArgs {
    /// The slot, named by its close: 2026-11-21T06Z covers [00:00, 06:00) UTC.
    #[arg(long)]
    pub slot: Slot,
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
    /// The instant as of which to work (RFC 3339); nothing later is looked at. Default: the slot's close.
    #[arg(long)]
    pub now: Option<DateTime<Utc>>,
    /// Which attempt this is; set by the orchestrator.
    #[arg(long, default_value_t = 1)]
    pub attempt: u32,
}

impl StageArgs {
    /// The instant as of which to work.
    pub fn as_of(&self) -> DateTime<Utc> {
        self.now.unwrap_or_else(|| self.slot.close_at())
    }
}

/// Runs a stage's work: heartbeats while it lasts, a finish message at its end (both where `QUARTERDAY_BUS` is set), its
/// message on standard error, and the exit code that says the same.
pub async fn run(
    stage: Stage,
    args: &StageArgs,
    work: impl Future<Output = anyhow::Result<(Outcome, String)>>,
) -> ExitCode {
    let parent = trace::of_program(args.slot);
    trace::within(parent, run_traced(stage, args, work, parent)).await
}

async fn run_traced(
    stage: Stage,
    args: &StageArgs,
    work: impl Future<Output = anyhow::Result<(Outcome, String)>>,
    parent: TraceParent,
) -> ExitCode {
    telemetry::start();
    let bus = match bus::from_env().await {
        Ok(bus) => bus,
        Err(error) => {
            eprintln!("{stage} of {}: {error}", args.slot);
            return ExitCode::FAILURE;
        }
    };
    let beating =
        bus.clone().map(|bus| tokio::spawn(trace::within(parent, beat(bus, stage, args.slot, args.attempt))));
    let (outcome, message) = work.await.unwrap_or_else(|error| (Outcome::Failed, format!("{error:#}")));
    if let Some(task) = beating {
        task.abort();
    }
    count(stage, outcome);
    if !message.is_empty() {
        // A log on a full disk must not keep the finish message from being said.
        let _ = writeln!(std::io::stderr(), "{stage} of {}: {}: {message}", args.slot, outcome.as_str());
    }
    let mut code = outcome.exit_code();
    if let Some(bus) = bus {
        let finished = StageFinished { slot: args.slot, stage, attempt: args.attempt, outcome, message };
        if let Err(error) = say_finished(bus.as_ref(), &finished).await {
            tracing::error!(%error, %stage, slot = %args.slot, "the finish message was not taken");
            code = Outcome::Failed.exit_code();
        }
    }
    ExitCode::from(code)
}

/// Leaves what the program counted; that nobody reads it is no reason to fail. How long the stage took is not in it: the
/// orchestrator says so under the same name, machine start included.
fn count(stage: Stage, outcome: Outcome) {
    for possible in [Outcome::Succeeded, Outcome::Partial, Outcome::Failed] {
        let this = if possible == outcome { 1.0 } else { 0.0 };
        metrics::gauge!("quarterday_stage_outcome", "stage" => stage.as_str(), "outcome" => possible.as_str())
            .set(this);
    }
    if let Err(error) = telemetry::leave(stage.as_str()) {
        tracing::warn!(%error, "what was counted is not left for anybody");
    }
}

async fn beat(bus: Arc<dyn Bus>, stage: Stage, slot: Slot, attempt: u32) {
    let heartbeat = Heartbeat { slot, stage, attempt };
    loop {
        if let Err(error) = bus::publish(bus.as_ref(), Topic::Heartbeat, &heartbeat, &slot.to_string()).await
        {
            tracing::warn!(%error, "heartbeat not taken");
        }
        tokio::time::sleep(HEARTBEAT).await;
    }
}

async fn say_finished(bus: &dyn Bus, finished: &StageFinished) -> Result<(), bus::BusError> {
    let (topic, key) = (Topic::finished(finished.stage), finished.slot.to_string());
    let mut pause = Duration::from_millis(100);
    for _ in 0..6 {
        if bus::publish(bus, topic, finished, &key).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    bus::publish(bus, topic, finished, &key).await.map(|_| ())
}
