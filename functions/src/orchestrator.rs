//! Takes events to the ledger and carries out what follows.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use cloud::jobs::{JobStatus, Jobs};
use cloud::machines::{MachineError, MachineStatus, Machines, Work};
use cloud::{Bus, bus};
use domain::Slot;
use domain::message::{PublishDue, Topic};
use domain::run::{Effect, Event, Run, Stage, StageState};
use ledger::store;
use sqlx::PgPool;

use crate::app::Answer;
use crate::config::Patience;

/// The machine of the collect stage.
pub const COLLECTOR: &str = "collector";
/// The machine of the predict stage; the one that can be held.
pub const ML: &str = "ml";

/// How long to wait for a machine that is just going off, before the watchdog asks again.
const BUSY_TRIES: u32 = 40;
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Tells the present instant; tests set their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What handlers share.
pub struct Orchestrator {
    /// The ledger.
    pub pool: PgPool,
    /// Where machines are started.
    pub machines: Arc<dyn Machines>,
    /// How patient to be.
    pub patience: Patience,
    bus: Arc<dyn Bus>,
    jobs: Arc<dyn Jobs>,
    clock: Clock,
    started: Mutex<BTreeSet<Work>>,
}

impl Orchestrator {
    /// An orchestrator on the system's clock.
    pub fn new(
        pool: PgPool,
        bus: Arc<dyn Bus>,
        machines: Arc<dyn Machines>,
        jobs: Arc<dyn Jobs>,
        patience: Patience,
    ) -> Self {
        Self { pool, machines, patience, bus, jobs, clock: Arc::new(Utc::now), started: Mutex::default() }
    }

    /// The same with another clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// [`Self::take`], as the answer to a push.
    pub async fn answer(&self, slot: Slot, event: Event) -> Answer {
        match self.take(slot, event).await {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Later(error),
        }
    }

    /// Takes an event to the ledger and carries out what follows. The ledger is changed first: what is not carried out
    /// because of a crash in between is found by the watchdog.
    ///
    /// # Errors
    /// The ledger cannot be reached; then nothing has changed.
    pub async fn take(&self, slot: Slot, event: Event) -> anyhow::Result<()> {
        let mut events = VecDeque::from([(slot, event)]);
        while let Some((slot, event)) = events.pop_front() {
            let applied = store::apply(&self.pool, slot, &event, self.now(), &self.patience.limits).await?;
            for change in &applied.transitions {
                let (from, to) = (change.from.as_str(), change.to.as_str());
                tracing::info!(%slot, stage = %change.stage, attempt = change.attempt, from, to, cause = change.cause, "stage");
            }
            for effect in applied.effects {
                let work = |stage, attempt| Work { slot, stage, attempt };
                match effect {
                    Effect::Start { stage, attempt } => {
                        events.extend(self.try_start(work(stage, attempt)).await?.map(|lost| (slot, lost)))
                    }
                    Effect::Stop { stage, attempt } => self.stop(work(stage, attempt)).await,
                }
            }
            if applied
                .transitions
                .iter()
                .any(|change| change.stage == Stage::Predict && change.to.is_terminal())
            {
                events.extend(self.start_waiting_predict().await?);
            }
        }
        Ok(())
    }

    /// Starts an attempt that the ledger has as starting; an attempt that cannot be started is lost.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn start(&self, work: Work) -> anyhow::Result<()> {
        match self.try_start(work).await? {
            Some(lost) => self.take(work.slot, lost).await,
            None => Ok(()),
        }
    }

    /// The predict stage of a run, where it waits for an earlier slot's: a prediction rests on those of the slots before.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn waits_its_turn(&self, run: &Run) -> anyhow::Result<Option<Work>> {
        let stage = run.stage(Stage::Predict);
        let work = Work { slot: run.slot, stage: Stage::Predict, attempt: stage.attempt };
        let asked_for = stage.state == StageState::Starting && !self.has_started(work);
        Ok((asked_for && store::predicts_before(&self.pool, run.slot).await?).then_some(work))
    }

    /// Starts the oldest predict stage that waited for an earlier slot's.
    async fn start_waiting_predict(&self) -> anyhow::Result<Option<(Slot, Event)>> {
        for run in store::unfinished_runs(&self.pool).await? {
            let stage = run.stage(Stage::Predict);
            let work = Work { slot: run.slot, stage: Stage::Predict, attempt: stage.attempt };
            if stage.state == StageState::Starting && !self.has_started(work) {
                return Ok(self.try_start(work).await?.map(|lost| (run.slot, lost)));
            }
        }
        Ok(None)
    }

    /// Starts an attempt; an event says that it cannot be started at all. One that must wait is left as it is.
    async fn try_start(&self, work: Work) -> anyhow::Result<Option<Event>> {
        if work.stage == Stage::Predict && store::predicts_before(&self.pool, work.slot).await? {
            return Ok(None);
        }
        let mut tries = 0;
        let result = loop {
            match self.ask_to_start(work).await {
                Err(MachineError::Busy { .. }) if tries < BUSY_TRIES => tries += 1,
                other => break other,
            }
            tokio::time::sleep(BUSY_PAUSE).await;
        };
        Ok(match result {
            Ok(()) => {
                self.started().insert(work);
                None
            }
            Err(MachineError::Busy { machine, work: other }) => {
                tracing::info!(machine, %work, %other, "machine is busy, the watchdog will ask again");
                None
            }
            Err(MachineError::Failed { machine, reason }) => {
                let message = format!("{machine} could not be started: {reason}");
                Some(Event::Lost { stage: work.stage, attempt: work.attempt, message })
            }
        })
    }

    async fn ask_to_start(&self, work: Work) -> Result<(), MachineError> {
        match work.stage {
            Stage::Collect => self.machines.start(COLLECTOR, work).await,
            Stage::Split => self.jobs.submit(work).await,
            Stage::Predict => self.machines.start(ML, work).await,
            Stage::Publish => {
                let due = PublishDue { slot: work.slot, attempt: work.attempt };
                let published =
                    bus::publish(self.bus.as_ref(), Topic::PublishDue, &due, &work.slot.to_string()).await;
                let failed = |e: bus::BusError| MachineError::Failed {
                    machine: "the bus".to_owned(),
                    reason: e.to_string(),
                };
                published.map(drop).map_err(failed)
            }
        }
    }

    /// Stops what an attempt had started. A failure is left to the watchdog, which looks for machines left on.
    async fn stop(&self, work: Work) {
        self.started().remove(&work);
        let stopped = match work.stage {
            Stage::Collect => self.stop_machine(COLLECTOR, work).await,
            Stage::Split => self.jobs.cancel(work).await.context("cancelling the job"),
            Stage::Predict => self.stop_machine(ML, work).await,
            Stage::Publish => Ok(()),
        };
        if let Err(error) = stopped {
            tracing::error!(%work, error = format!("{error:#}"), "cannot be stopped, the watchdog will try again");
        }
    }

    async fn stop_machine(&self, machine: &str, work: Work) -> anyhow::Result<()> {
        if self.machines.status(machine).await? == MachineStatus::On(work) && !self.is_held(machine).await? {
            self.machines.stop(machine).await?;
        }
        Ok(())
    }

    /// Whether somebody keeps the machine on, on purpose.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn is_held(&self, machine: &str) -> anyhow::Result<bool> {
        Ok(store::holds(&self.pool, self.now()).await?.iter().any(|hold| hold.machine == machine))
    }

    /// Whether this process has started the attempt.
    pub fn has_started(&self, work: Work) -> bool {
        self.started().contains(&work)
    }

    /// Whether the machine or job of the attempt is on.
    ///
    /// # Errors
    /// The machine or cluster cannot be asked.
    pub async fn is_at_work(&self, work: Work) -> anyhow::Result<bool> {
        Ok(match work.stage {
            Stage::Collect => self.machines.status(COLLECTOR).await? == MachineStatus::On(work),
            Stage::Split => self.jobs.status(work).await? == JobStatus::Running,
            Stage::Predict => self.machines.status(ML).await? == MachineStatus::On(work),
            Stage::Publish => true,
        })
    }

    fn started(&self) -> std::sync::MutexGuard<'_, BTreeSet<Work>> {
        // A set is whole after every statement, so a panic elsewhere does not spoil it.
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
