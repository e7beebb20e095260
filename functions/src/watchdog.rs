//! `watchdog`: a look round. Says alerts that nobody has said; carries out what was asked for and is not done; follows
//! operations that take long; finds attempts past their deadline, silent ones and ones whose machine is gone; stops what
//! nobody needs and nobody holds.

use cloud::machines::{MachineStatus, Operation, OperationStatus, Request};
use domain::run::{Event, Stage, Work};
use ledger::store;
use ledger::store::operations::{self, OperationRow, OperationState};
use uuid::Uuid;

use crate::orchestrator::{COLLECTOR, ML, Orchestrator};

/// Looks round once; `cause` is the id of the message.
///
/// # Errors
/// The ledger cannot be reached. What the provider does not answer is asked again at the next look.
pub async fn look_round(orchestrator: &Orchestrator, cause: &str) -> anyhow::Result<()> {
    // Left by one who died between raising and saying.
    orchestrator.say_alerts().await?;
    let mut needed = Vec::new();
    for run in store::unfinished_runs(&orchestrator.pool).await? {
        for operation in operations::open(&orchestrator.pool, run.slot).await? {
            look_at(orchestrator, &operation).await?;
        }
        orchestrator.take(run.slot, Event::Tick, cause).await?;
        let Some(run) = store::run(&orchestrator.pool, run.slot).await? else { continue };
        let active = run.stages.iter().filter(|s| s.state.is_active());
        needed.extend(active.map(|s| Work { slot: run.slot, stage: s.stage, attempt: s.attempt }));
    }
    orchestrator.carry_out(None).await?;
    if let Err(error) = stop_the_unneeded(orchestrator, &needed, cause).await {
        tracing::warn!(error = format!("{error:#}"), "cannot see what is left on, will look again");
    }
    Ok(())
}

/// One attempt: does its start still wait, has it failed, is it at work?
async fn look_at(orchestrator: &Orchestrator, operation: &OperationRow) -> anyhow::Result<()> {
    let work = operation.work;
    match operation.state {
        OperationState::Stopping | OperationState::Stopped => Ok(()),
        OperationState::Asked => {
            if !orchestrator.has_waited_too_long(operation).await? {
                orchestrator.still_waiting(work).await?;
            }
            Ok(())
        }
        OperationState::Started if !operation.name.is_empty() => follow(orchestrator, operation).await,
        OperationState::Started => look_after(orchestrator, work).await,
    }
}

/// An operation of the provider that was under way.
async fn follow(orchestrator: &Orchestrator, operation: &OperationRow) -> anyhow::Result<()> {
    let work = operation.work;
    let named = Operation { place: operation.place.clone(), name: operation.name.clone() };
    match orchestrator.machines.operation(&named).await {
        Ok(OperationStatus::Running) => {
            if !orchestrator.has_waited_too_long(operation).await? {
                orchestrator.still_waiting(work).await?;
            }
            Ok(())
        }
        Ok(OperationStatus::Done) => Ok(operations::started(&orchestrator.pool, work, "", "").await?),
        Ok(OperationStatus::Failed { reason, stock_out: true }) => {
            orchestrator.failed_for_now(operation, &format!("{}: {reason}", named.place), true).await
        }
        Ok(OperationStatus::Failed { reason, stock_out: false }) => {
            orchestrator.lost(work, format!("could not be started: {reason}")).await
        }
        Err(error) => {
            tracing::warn!(%work, %error, "its operation cannot be asked, will be asked again");
            Ok(())
        }
    }
}

async fn look_after(orchestrator: &Orchestrator, work: Work) -> anyhow::Result<()> {
    // The site is no machine of ours: publish is retried by the bus and judged by its silence alone.
    if work.stage == Stage::Publish {
        return Ok(());
    }
    let off = match orchestrator.is_at_work(work).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(reason)) => reason,
        Err(error) => {
            tracing::warn!(%work, error = format!("{error:#}"), "cannot be looked after, will look again");
            return Ok(());
        }
    };
    let Some(run) = store::run(&orchestrator.pool, work.slot).await? else { return Ok(()) };
    let stage = run.stage(work.stage);
    let current = stage.attempt == work.attempt && stage.state.is_active();
    let last_sign = stage.heartbeat_at.max(stage.started_at);
    if current && last_sign.is_none_or(|at| orchestrator.now() - at > orchestrator.patience.lost_after) {
        orchestrator.lost(work, off).await?;
    }
    Ok(())
}

async fn stop_the_unneeded(orchestrator: &Orchestrator, needed: &[Work], cause: &str) -> anyhow::Result<()> {
    let request = Request {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{cause} unneeded").as_bytes()),
        tries: 0,
        takes_over: false,
    };
    for machine in [COLLECTOR, ML] {
        let MachineStatus::On(on) = orchestrator.machines.status(machine).await? else { continue };
        if on.is_some_and(|work| needed.contains(&work)) || orchestrator.is_held(machine).await? {
            continue;
        }
        // Its work may have begun after the runs were read.
        let active = match on {
            Some(work) => orchestrator.is_active(work).await?,
            None => false,
        };
        if !active {
            let work = on.map_or_else(|| "nothing that we know".to_owned(), |work| work.to_string());
            tracing::warn!(machine, work, "left running without need or hold: stopped");
            orchestrator.machines.stop(machine, &request).await?;
        }
    }
    // Read anew, for the same reason.
    let runs = store::unfinished_runs(&orchestrator.pool).await?;
    let splits =
        runs.iter().map(|run| (run.slot, run.stage(Stage::Split))).filter(|(_, s)| s.state.is_active());
    let jobs: Vec<Work> =
        splits.map(|(slot, s)| Work { slot, stage: Stage::Split, attempt: s.attempt }).collect();
    Ok(orchestrator.jobs.release_all_but(&jobs, &request).await?)
}
