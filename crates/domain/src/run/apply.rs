//! What follows from an event.

use chrono::{DateTime, Utc};

use super::{Applied, Effect, Event, Limits, Run, RunStatus, Stage, StageState, Transition};
use crate::manifest::Outcome;

impl Run {
    /// Takes one event at `now`; says what has changed and what to do.
    pub fn apply(&mut self, event: &Event, now: DateTime<Utc>, limits: &Limits) -> Applied {
        let mut applied = Applied::default();
        match event {
            Event::SlotDue { repeat } => self.slot_due(*repeat, now, limits, &mut applied),
            Event::Heartbeat { stage, attempt } => {
                if self.is_current(*stage, *attempt) {
                    let current = &mut self.stages[stage.index()];
                    current.heartbeat_at = current.heartbeat_at.max(Some(now));
                    if current.state == StageState::Starting {
                        self.set(*stage, StageState::Running, now, "first sign of life", &mut applied);
                    }
                }
            }
            Event::Waiting { stage, attempt } => {
                if self.is_current(*stage, *attempt) && self.stage(*stage).state == StageState::Starting {
                    self.stages[stage.index()].started_at = Some(now);
                }
            }
            Event::Finished { stage, attempt, outcome, message } => {
                if self.is_current(*stage, *attempt) {
                    self.finished(*stage, *outcome, message, now, &mut applied);
                }
            }
            Event::Lost { stage, attempt, message } => {
                if self.is_current(*stage, *attempt) {
                    self.attempt_failed(*stage, message, now, &mut applied);
                }
            }
            Event::Tick => self.tick(now, limits, &mut applied),
            Event::Redo { stage, message } => self.redo(*stage, message, now, limits, &mut applied),
            Event::Skip { stage, message } => self.skip(*stage, message, now, &mut applied),
            Event::Cancel { message } => {
                if let Some(active) = self.stages.iter().find(|s| s.state.is_active()) {
                    let (stage, attempt) = (active.stage, active.attempt);
                    applied.effects.push(Effect::Stop { stage, attempt });
                    self.fail(stage, message, now, &mut applied);
                }
            }
        }
        applied
    }

    fn is_current(&self, stage: Stage, attempt: u32) -> bool {
        let current = self.stage(stage);
        current.state.is_active() && current.attempt == attempt
    }

    fn slot_due(&mut self, repeat: bool, now: DateTime<Utc>, limits: &Limits, applied: &mut Applied) {
        let first = self.stages.iter().find(|s| s.state == StageState::Pending).map(|s| s.stage);
        // An operator may have skipped stages, or all of them, before the slot was due.
        if let Some(first) = first.filter(|_| self.stages.iter().all(|s| s.attempt == 0)) {
            for stage in &mut self.stages {
                stage.last_attempt = limits.max_attempts;
            }
            return self.start(first, now, "slot due", applied);
        }
        if !repeat || !matches!(self.status(), RunStatus::Failed | RunStatus::Partial) {
            return;
        }
        let first = self.stages.iter().find(|s| s.state != StageState::Succeeded).map(|s| s.stage);
        if let Some(first) = first {
            self.again_from(first, "repeat asked for", now, limits, applied);
        }
    }

    fn redo(
        &mut self,
        first: Stage,
        message: &str,
        now: DateTime<Utc>,
        limits: &Limits,
        applied: &mut Applied,
    ) {
        let (before, from) = self.stages.split_at(first.index());
        let ready = before.iter().all(|s| s.state.is_passed()) && from.iter().all(|s| !s.state.is_active());
        if ready {
            self.again_from(first, message, now, limits, applied);
        }
    }

    fn skip(&mut self, only: Option<Stage>, message: &str, now: DateTime<Utc>, applied: &mut Applied) {
        let mut was_active = false;
        for stage in Stage::ALL {
            let current = &mut self.stages[stage.index()];
            if current.state.is_terminal() || only.is_some_and(|only| only != stage) {
                continue;
            }
            if current.state.is_active() {
                was_active = true;
                applied.effects.push(Effect::Stop { stage, attempt: current.attempt });
            }
            current.message = message.to_owned();
            current.finished_at = Some(now);
            self.set(stage, StageState::Skipped, now, message, applied);
        }
        let next = self.stages.iter().find(|s| s.state == StageState::Pending).map(|s| s.stage);
        if let Some(next) = next.filter(|_| was_active) {
            self.start(next, now, message, applied);
        }
    }

    fn again_from(
        &mut self,
        first: Stage,
        cause: &str,
        now: DateTime<Utc>,
        limits: &Limits,
        applied: &mut Applied,
    ) {
        for stage in Stage::ALL.into_iter().skip(first.index()) {
            let current = &mut self.stages[stage.index()];
            current.last_attempt = current.attempt + limits.max_attempts;
            current.message.clear();
            current.finished_at = None;
            if stage != first {
                self.set(stage, StageState::Pending, now, cause, applied);
            }
        }
        self.start(first, now, cause, applied);
    }

    fn finished(
        &mut self,
        stage: Stage,
        outcome: Outcome,
        message: &str,
        now: DateTime<Utc>,
        applied: &mut Applied,
    ) {
        let state = match outcome {
            Outcome::Failed => return self.attempt_failed(stage, message, now, applied),
            Outcome::Succeeded => StageState::Succeeded,
            Outcome::Partial => StageState::Partial,
        };
        let current = &mut self.stages[stage.index()];
        current.message = message.to_owned();
        current.finished_at = Some(now);
        applied.effects.push(Effect::Stop { stage, attempt: current.attempt });
        let cause = if message.is_empty() { "finished" } else { message };
        self.set(stage, state, now, cause, applied);
        let next = self.stages[stage.index() + 1..].iter().find(|s| s.state != StageState::Skipped);
        if let Some(next) = next.map(|s| s.stage) {
            let cause = format!("{stage} {}", state.as_str());
            self.start(next, now, &cause, applied);
        }
    }

    fn attempt_failed(&mut self, stage: Stage, message: &str, now: DateTime<Utc>, applied: &mut Applied) {
        let current = &mut self.stages[stage.index()];
        current.message = message.to_owned();
        applied.effects.push(Effect::Stop { stage, attempt: current.attempt });
        if current.attempt < current.last_attempt {
            let cause = format!("attempt {} failed: {message}", current.attempt);
            return self.start(stage, now, &cause, applied);
        }
        self.fail(stage, message, now, applied);
    }

    fn fail(&mut self, stage: Stage, message: &str, now: DateTime<Utc>, applied: &mut Applied) {
        let current = &mut self.stages[stage.index()];
        current.message = message.to_owned();
        current.finished_at = Some(now);
        self.set(stage, StageState::Failed, now, message, applied);
        for later in Stage::ALL.into_iter().skip(stage.index() + 1) {
            let cause = format!("{stage} failed");
            self.stages[later.index()].finished_at = Some(now);
            self.set(later, StageState::Skipped, now, &cause, applied);
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, limits: &Limits, applied: &mut Applied) {
        for stage in Stage::ALL {
            // A clock that was set back must not lend an attempt patience until it has caught up.
            let current = &mut self.stages[stage.index()];
            current.started_at = current.started_at.map(|at| at.min(now));
            current.heartbeat_at = current.heartbeat_at.map(|at| at.min(now));
            let current = self.stage(stage);
            let (true, Some(started_at)) = (current.state.is_active(), current.started_at) else {
                continue;
            };
            let last_sign = current.heartbeat_at.map_or(started_at, |at| at.max(started_at));
            if now - started_at > limits.deadline {
                let message = format!("past its deadline of {} s", limits.deadline.num_seconds());
                self.attempt_failed(stage, &message, now, applied);
            } else if now - last_sign > limits.silence {
                let message = format!("no sign of life for {} s", limits.silence.num_seconds());
                self.attempt_failed(stage, &message, now, applied);
            }
        }
    }

    fn start(&mut self, stage: Stage, now: DateTime<Utc>, cause: &str, applied: &mut Applied) {
        let current = &mut self.stages[stage.index()];
        current.attempt += 1;
        current.started_at = Some(now);
        current.heartbeat_at = None;
        current.finished_at = None;
        applied.effects.push(Effect::Start { stage, attempt: current.attempt });
        self.set(stage, StageState::Starting, now, cause, applied);
    }

    fn set(&mut self, stage: Stage, to: StageState, now: DateTime<Utc>, cause: &str, applied: &mut Applied) {
        let current = &mut self.stages[stage.index()];
        let (from, attempt) = (current.state, current.attempt);
        current.state = to;
        applied.transitions.push(Transition { stage, attempt, from, to, at: now, cause: cause.to_owned() });
    }
}
