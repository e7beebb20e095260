//! `watchdog`: a look round. Finds attempts past their deadline, silent ones and ones whose machine is gone; starts what
//! should have been started; stops machines that nobody needs and nobody holds.

use std::collections::BTreeSet;

use actix_web::web::Bytes;
use cloud::machines::{MachineStatus, Work};
use domain::run::{Event, Stage, StageRun, StageState};
use ledger::store;

use crate::app::{Answer, State};
use crate::orchestrator::{COLLECTOR, ML, Orchestrator};

/// Looks round once. The message's content does not matter.
pub async fn handle(orchestrator: State, _body: Bytes) -> Answer {
    match look_round(&orchestrator).await {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Later(error),
    }
}

async fn look_round(orchestrator: &Orchestrator) -> anyhow::Result<()> {
    let mut needed = BTreeSet::new();
    for run in store::unfinished_runs(&orchestrator.pool).await? {
        if let Some(work) = orchestrator.waits_its_turn(&run).await? {
            let waiting = Event::Waiting { stage: work.stage, attempt: work.attempt };
            orchestrator.take(run.slot, waiting).await?;
            continue;
        }
        orchestrator.take(run.slot, Event::Tick).await?;
        let Some(run) = store::run(&orchestrator.pool, run.slot).await? else { continue };
        for stage in run.stages.iter().filter(|s| s.state.is_active()) {
            let work = Work { slot: run.slot, stage: stage.stage, attempt: stage.attempt };
            needed.insert(work);
            look_after(orchestrator, work, stage).await?;
        }
    }
    stop_the_unneeded(orchestrator, &needed).await
}

async fn look_after(orchestrator: &Orchestrator, work: Work, stage: &StageRun) -> anyhow::Result<()> {
    // The site is no machine of ours: publish is retried by the bus and judged by its silence alone.
    if work.stage == Stage::Publish || orchestrator.is_at_work(work).await? {
        return Ok(());
    }
    if stage.state == StageState::Starting && !orchestrator.has_started(work) {
        return orchestrator.start(work).await;
    }
    let last_sign = stage.heartbeat_at.max(stage.started_at);
    if last_sign.is_none_or(|at| orchestrator.now() - at > orchestrator.patience.lost_after) {
        let message = "its machine is off and it has not said that it finished".to_owned();
        let lost = Event::Lost { stage: work.stage, attempt: work.attempt, message };
        orchestrator.take(work.slot, lost).await?;
    }
    Ok(())
}

async fn stop_the_unneeded(orchestrator: &Orchestrator, needed: &BTreeSet<Work>) -> anyhow::Result<()> {
    for machine in [COLLECTOR, ML] {
        let MachineStatus::On(work) = orchestrator.machines.status(machine).await? else { continue };
        if needed.contains(&work) || orchestrator.is_held(machine).await? {
            continue;
        }
        // Its work may have begun after the runs were read.
        let run = store::run(&orchestrator.pool, work.slot).await?;
        let active = run.is_some_and(|run| {
            let stage = run.stage(work.stage);
            stage.state.is_active() && stage.attempt == work.attempt
        });
        if !active {
            tracing::warn!(machine, %work, "left running without need or hold: stopped");
            orchestrator.machines.stop(machine).await?;
        }
    }
    Ok(())
}
