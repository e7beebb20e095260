//! Takes events to the ledger and carries out what follows.
//!
//! The ledger keeps, in one transaction, the change of the run and what is to be started and stopped because of it. Whoever
//! comes next carries that out: this handler at once, the watchdog where the handler did not live to do it. A request
//! to the provider carries an id from the message that led to it, so that doing it again does nothing more.

mod effects;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloud::jobs::{JobStatus, Jobs};
use cloud::machines::{MachineStatus, Machines};
use cloud::{Bus, Lake};
use domain::message::Control;
use domain::run::{Applied, Event, Stage, StageState, Work};
use domain::{Outcome, Slot};
use ledger::store::{self, alerts};
use sqlx::PgPool;

use crate::config::Patience;

/// The machine of the collect stage.
pub const COLLECTOR: &str = "collector";
/// The machine of the predict stage; the one that can be held.
pub const ML: &str = "ml";

/// Tells the present instant; tests set their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What handlers share.
pub struct Orchestrator {
    /// The ledger.
    pub pool: PgPool,
    /// Where machines are started.
    pub machines: Arc<dyn Machines>,
    /// Where jobs are submitted.
    pub jobs: Arc<dyn Jobs>,
    /// How patient to be.
    pub patience: Patience,
    /// Where models are; without it orders about them are refused.
    pub lake: Option<Arc<dyn Lake>>,
    pub(crate) bus: Arc<dyn Bus>,
    clock: Clock,
}

impl Orchestrator {
    /// An orchestrator on the clock of the programs.
    pub fn new(
        pool: PgPool,
        bus: Arc<dyn Bus>,
        machines: Arc<dyn Machines>,
        jobs: Arc<dyn Jobs>,
        patience: Patience,
    ) -> Self {
        Self { pool, machines, jobs, patience, lake: None, bus, clock: Arc::new(cloud::clock::now) }
    }

    /// The same with another clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same with a lake.
    pub fn with_lake(mut self, lake: Option<Arc<dyn Lake>>) -> Self {
        self.lake = lake;
        self
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Takes an event to the ledger and carries out what follows; `cause` is the id of the message that brought it.
    ///
    /// # Errors
    /// The ledger cannot be reached. What it has taken is kept and carried out by the next delivery or the watchdog.
    pub async fn take(&self, slot: Slot, event: Event, cause: &str) -> anyhow::Result<()> {
        self.keep(slot, &event, cause).await?;
        self.carry_out(Some(slot)).await
    }

    /// Takes what an operator asks for; once for each message.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub async fn take_control(
        &self,
        control: &Control,
        event: &Event,
        message_id: &str,
    ) -> anyhow::Result<()> {
        let (now, limits) = (self.now(), &self.patience.limits);
        let applied = store::apply_control(&self.pool, control, event, message_id, now, limits).await?;
        if let Some(applied) = applied {
            self.changed(control.slot, &applied).await?;
        }
        self.carry_out(Some(control.slot)).await
    }

    /// Takes an event to the ledger alone.
    async fn keep(&self, slot: Slot, event: &Event, cause: &str) -> anyhow::Result<()> {
        let (now, limits) = (self.now(), &self.patience.limits);
        let applied = store::apply(&self.pool, slot, event, cause, now, limits).await?;
        self.changed(slot, &applied).await
    }

    async fn changed(&self, slot: Slot, applied: &Applied) -> anyhow::Result<()> {
        for change in &applied.transitions {
            let (from, to) = (change.from.as_str(), change.to.as_str());
            tracing::info!(%slot, stage = %change.stage, attempt = change.attempt, from, to, cause = change.cause, "stage");
        }
        // The ledger has raised what is to be raised.
        if applied.transitions.iter().any(|change| change.to == StageState::Failed) {
            self.say_alerts().await?;
        }
        Ok(())
    }

    /// Raises an alert: one line in the log with the field `alert`, however often it is raised before it has ended.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn alert(&self, key: &str, text: &str) -> anyhow::Result<()> {
        if alerts::raise(&self.pool, key, text, self.now()).await? {
            self.say_alerts().await?;
        }
        Ok(())
    }

    /// Says the alerts that have been raised and not said: one line in the log with the field `alert` for each.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn say_alerts(&self) -> anyhow::Result<()> {
        let line = |alert: &alerts::Alert| tracing::error!(alert = alert.key, "{}", alert.text);
        Ok(alerts::say(&self.pool, self.now(), line).await?)
    }

    /// Raises an alert where the collect stage warns of a source (its form or its access seems to have changed), and ends
    /// it once a later collection has nothing to warn of. One that failed says nothing either way.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn note_sources(&self, slot: Slot, outcome: Outcome, words: &str) -> anyhow::Result<()> {
        self.note("sources", Stage::Collect, slot, outcome, words).await
    }

    /// The same for the predict stage, which warns of models whose input has drifted or that cannot be read.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn note_models(&self, slot: Slot, outcome: Outcome, words: &str) -> anyhow::Result<()> {
        self.note("models", Stage::Predict, slot, outcome, words).await
    }

    async fn note(
        &self,
        key: &str,
        stage: Stage,
        slot: Slot,
        outcome: Outcome,
        words: &str,
    ) -> anyhow::Result<()> {
        if outcome == Outcome::Failed {
            return Ok(());
        }
        if words.split("; ").any(|part| part.starts_with("warning: ")) {
            return self.alert(key, &format!("the {stage} stage of {slot} says: {words}")).await;
        }
        alerts::end(&self.pool, key, self.now()).await?;
        Ok(())
    }

    /// Whether somebody keeps the machine on, on purpose.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn is_held(&self, machine: &str) -> anyhow::Result<bool> {
        Ok(store::holds(&self.pool, self.now()).await?.iter().any(|hold| hold.machine == machine))
    }

    /// Whether the ledger has the attempt under way.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn is_active(&self, work: Work) -> anyhow::Result<bool> {
        let run = store::run(&self.pool, work.slot).await?;
        Ok(run.is_some_and(|run| {
            let stage = run.stage(work.stage);
            stage.state.is_active() && stage.attempt == work.attempt
        }))
    }

    /// Whether the machine or job of the attempt is on; why not, where that is known.
    ///
    /// # Errors
    /// The machine or cluster cannot be asked.
    pub async fn is_at_work(&self, work: Work) -> anyhow::Result<Result<(), String>> {
        let off = || Err("its machine is off and it has not said that it finished".to_owned());
        let machine = match work.stage {
            Stage::Collect => COLLECTOR,
            Stage::Predict => ML,
            Stage::Publish => return Ok(Ok(())),
            Stage::Split => {
                return Ok(match self.jobs.status(work).await? {
                    JobStatus::Running => Ok(()),
                    JobStatus::Ended => Err("its job has ended and has not said how".to_owned()),
                    JobStatus::Unknown => Err("its job has vanished from the cluster".to_owned()),
                    JobStatus::Failed(reason) => Err(format!("its job failed: {reason}")),
                });
            }
        };
        let on = self.machines.status(machine).await? == MachineStatus::On(Some(work));
        Ok(if on { Ok(()) } else { off() })
    }
}
