//! Carrying out what the ledger asks for: starting and stopping.

use std::time::Duration;

use anyhow::Context as _;
use cloud::bus;
use cloud::machines::{MachineError, MachineStatus, Request, Start, TRIES_A_PLACE};
use domain::Slot;
use domain::message::{PublishDue, Topic};
use domain::run::{Event, Stage, Work};
use ledger::store::operations::{self, OperationRow, OperationState};
use ledger::store::{self, alerts};

use super::{COLLECTOR, ML, Orchestrator};

/// How often to look whether a machine that is just going off is off.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// How soon to ask again for what is busy or on its way.
const SOON: chrono::Duration = chrono::Duration::milliseconds(200);
/// The pause after the first failure; doubled by each further one up to the longest.
const FIRST_PAUSE_S: i64 = 5;
const LONGEST_PAUSE_S: i64 = 300;
/// Failed stops after which somebody should look.
const STOP_TRIES: u32 = 3;

impl Orchestrator {
    /// Carries out what is to be started and stopped now, for one slot or for all.
    ///
    /// # Errors
    /// The ledger cannot be reached. What is not carried out stays asked for.
    pub async fn carry_out(&self, slot: Option<Slot>) -> anyhow::Result<()> {
        let mut slot = slot;
        loop {
            let due = operations::claim(&self.pool, slot, self.now()).await?;
            if due.is_empty() {
                return Ok(());
            }
            for operation in due {
                let stopping = operation.state == OperationState::Stopping;
                if stopping {
                    self.stop(&operation).await?;
                } else {
                    self.start(&operation).await?;
                }
                // What waited for this stage of an earlier slot may begin.
                let stage = operation.work.stage;
                if stopping
                    && matches!(stage, Stage::Split | Stage::Predict)
                    && let Some(next) = operations::oldest_asked(&self.pool, stage).await?
                {
                    operations::try_again(&self.pool, next.work, "", false, self.now()).await?;
                    slot = None;
                }
            }
        }
    }

    async fn start(&self, operation: &OperationRow) -> anyhow::Result<()> {
        let work = operation.work;
        if self.waits_its_turn(work).await? {
            self.still_waiting(work).await?;
            let reason = match work.stage {
                Stage::Split => "the split of the slot before comes first",
                _ => "an earlier slot's predictions come first",
            };
            return Ok(operations::wait(&self.pool, work, reason, self.now() + SOON).await?);
        }
        if self.has_waited_too_long(operation).await? {
            return Ok(());
        }
        let patience = self.patience.busy.to_std().unwrap_or_default();
        let end = tokio::time::Instant::now() + patience;
        let result = loop {
            match self.ask_to_start(operation).await {
                Err(MachineError::Busy { .. }) if tokio::time::Instant::now() < end => {}
                other => break other,
            }
            tokio::time::sleep(BUSY_PAUSE).await;
        };
        match result {
            Ok(Start::Started(started)) => {
                let (place, name) = started.map(|o| (o.place, o.name)).unwrap_or_default();
                operations::started(&self.pool, work, &place, &name).await?;
                self.end_stock_out(work).await
            }
            Ok(Start::Later(reason)) => self.later(operation, &reason).await,
            Err(MachineError::Busy { machine, work: other }) => {
                tracing::info!(machine, %work, other, "machine is busy, the watchdog will ask again");
                self.later(operation, &format!("{machine} is busy with {other}")).await
            }
            Err(MachineError::Passing { machine, reason, stock_out }) => {
                self.failed_for_now(operation, &format!("{machine}: {reason}"), stock_out).await
            }
            Err(MachineError::Failed { machine, reason }) => {
                let message = format!("{machine} could not be started: {reason}");
                self.lost(work, message).await
            }
        }
    }

    /// An attempt that waits is neither silent nor late, and is asked for again soon.
    async fn later(&self, operation: &OperationRow, reason: &str) -> anyhow::Result<()> {
        self.still_waiting(operation.work).await?;
        operations::try_again(&self.pool, operation.work, reason, false, self.now() + SOON).await?;
        Ok(())
    }

    /// Tells the ledger that an attempt that was asked for waits.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn still_waiting(&self, work: Work) -> anyhow::Result<()> {
        let waiting = Event::Waiting { stage: work.stage, attempt: work.attempt };
        self.keep(work.slot, &waiting, "waiting").await
    }

    /// Something failed that may work later or elsewhere: asked for again after a pause that grows.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn failed_for_now(
        &self,
        operation: &OperationRow,
        reason: &str,
        stock_out: bool,
    ) -> anyhow::Result<()> {
        let work = operation.work;
        let tries = operation.tries + 1;
        tracing::warn!(%work, tries, reason, "could not be started, will be tried again");
        if stock_out && tries >= self.machines.places() * TRIES_A_PLACE {
            let text = format!(
                "{work} finds no machine in any zone: {reason}. It is tried on for {} minutes after it was asked for; \
                 add a zone to QUARTERDAY_ZONES or take a smaller machine type if this lasts",
                self.patience.start.num_minutes()
            );
            self.alert(&stock_out_key(work), &text).await?;
        }
        self.still_waiting(work).await?;
        let pause = FIRST_PAUSE_S << operation.tries.min(6);
        let next = self.now() + chrono::Duration::seconds(pause.min(LONGEST_PAUSE_S));
        operations::try_again(&self.pool, work, reason, true, next).await?;
        Ok(())
    }

    /// Whether an attempt has been asked for too long ago to be started still; then it is lost.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn has_waited_too_long(&self, operation: &OperationRow) -> anyhow::Result<bool> {
        let waited = self.now() - operation.asked_at;
        // What has not been tried yet does not wait: it pauses, or the clock has jumped.
        let untried =
            operation.state == OperationState::Asked && operation.tries == 0 && operation.reason.is_empty();
        if waited <= self.patience.start || untried || self.waits_its_turn(operation.work).await? {
            return Ok(false);
        }
        let reason = if operation.reason.is_empty() { "no answer" } else { &operation.reason };
        let message = format!("not started within {} s: {reason}", self.patience.start.num_seconds());
        self.lost(operation.work, message).await?;
        Ok(true)
    }

    /// Says that an attempt is lost.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn lost(&self, work: Work, message: String) -> anyhow::Result<()> {
        let lost = Event::Lost { stage: work.stage, attempt: work.attempt, message };
        self.keep(work.slot, &lost, &format!("lost {work}")).await
    }

    /// A split knows what the split of the slot before has seen, a prediction rests on those of all slots before: whether one
    /// of them is still to come.
    ///
    /// # Errors
    /// The ledger cannot be reached.
    pub async fn waits_its_turn(&self, work: Work) -> anyhow::Result<bool> {
        Ok(match work.stage {
            Stage::Split => store::splits_just_before(&self.pool, work.slot).await?,
            Stage::Predict => store::predicts_before(&self.pool, work.slot).await?,
            Stage::Collect | Stage::Publish => false,
        })
    }

    async fn ask_to_start(&self, operation: &OperationRow) -> Result<Start, MachineError> {
        let work = operation.work;
        match work.stage {
            Stage::Collect => self.start_machine(COLLECTOR, operation).await,
            Stage::Predict => self.start_machine(ML, operation).await,
            Stage::Split => self.jobs.submit(work, &request(operation)).await,
            Stage::Publish => {
                let due = PublishDue { slot: work.slot, attempt: work.attempt };
                let published =
                    bus::publish(self.bus.as_ref(), Topic::PublishDue, &due, &work.slot.to_string()).await;
                let failed = |e: bus::BusError| MachineError::Passing {
                    machine: "the bus".to_owned(),
                    reason: e.to_string(),
                    stock_out: false,
                };
                published.map(|_| Start::Started(None)).map_err(failed)
            }
        }
    }

    async fn start_machine(&self, machine: &str, operation: &OperationRow) -> Result<Start, MachineError> {
        let on = self.machines.status(machine).await?;
        let unreachable = |e: anyhow::Error| MachineError::Passing {
            machine: "the ledger".to_owned(),
            reason: format!("{e:#}"),
            stock_out: false,
        };
        let takes_over = match on {
            MachineStatus::On(other) if other != Some(operation.work) => {
                let busy = match other {
                    Some(other) => self.is_active(other).await.map_err(unreachable)?,
                    None => false,
                };
                !busy && self.is_held(machine).await.map_err(unreachable)?
            }
            _ => false,
        };
        self.machines.start(machine, operation.work, &Request { takes_over, ..request(operation) }).await
    }

    async fn stop(&self, operation: &OperationRow) -> anyhow::Result<()> {
        let work = operation.work;
        let stopped = match work.stage {
            Stage::Collect => self.stop_machine(COLLECTOR, operation).await,
            Stage::Predict => self.stop_machine(ML, operation).await,
            Stage::Split => self.jobs.release(work, &request(operation)).await.context("releasing the job"),
            Stage::Publish => Ok(()),
        };
        let key = format!("cannot-stop/{work}");
        match stopped {
            Ok(()) => {
                operations::stopped(&self.pool, work).await?;
                if operation.tries >= STOP_TRIES {
                    alerts::end(&self.pool, &key, self.now()).await?;
                }
            }
            Err(error) => {
                let reason = format!("{error:#}");
                tracing::warn!(%work, reason, "cannot be stopped, will be tried again");
                if operation.tries + 1 >= STOP_TRIES {
                    let text = format!(
                        "what {work} had started cannot be stopped and costs money: {reason}. Stop it by hand"
                    );
                    self.alert(&key, &text).await?;
                }
                let pause =
                    chrono::Duration::seconds((FIRST_PAUSE_S << operation.tries.min(6)).min(LONGEST_PAUSE_S));
                operations::try_again(&self.pool, work, &reason, true, self.now() + pause).await?;
            }
        }
        Ok(())
    }

    async fn stop_machine(&self, machine: &str, operation: &OperationRow) -> anyhow::Result<()> {
        let on = self.machines.status(machine).await? == MachineStatus::On(Some(operation.work));
        if on && !self.is_held(machine).await? {
            self.machines.stop(machine, &request(operation)).await?;
        }
        Ok(())
    }

    async fn end_stock_out(&self, work: Work) -> anyhow::Result<()> {
        alerts::end(&self.pool, &stock_out_key(work), self.now()).await?;
        Ok(())
    }
}

/// The request of an operation.
pub(crate) fn request(operation: &OperationRow) -> Request {
    Request { id: operation.request_id, tries: operation.tries, takes_over: false }
}

fn stock_out_key(work: Work) -> String {
    format!("stock-out/{}", work.stage)
}
