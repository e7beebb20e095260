//! Runs for many slots at once: which of them there is something to do for. The site's pages and the operator's command ask
//! the same.

use crate::RunStatus;
use crate::run::{Event, Run, Stage, StageState};
use crate::slot::Slot;

/// Slots of one backfill.
pub const LONGEST: usize = 400;

/// A slot for which something would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Todo {
    /// The slot.
    pub slot: Slot,
    /// The first stage to do.
    pub from: Stage,
}

impl Todo {
    /// What a backfill would do for a slot, whose run is `None` where it never ran. What has succeeded and what is on its
    /// way is left alone; so is, with `only_failed`, what never ran.
    pub fn of(slot: Slot, run: Option<&Run>, only_failed: bool) -> Option<Self> {
        let Some(run) = run else {
            return (!only_failed).then_some(Self { slot, from: Stage::Collect });
        };
        if run.status() == RunStatus::Running || run.why_not(&Event::SlotDue { repeat: true }).is_some() {
            return None;
        }
        let first = run.stages.iter().find(|stage| stage.state != StageState::Succeeded)?;
        Some(Self { slot, from: first.stage })
    }

    /// The stages that it takes.
    pub fn stages(self) -> impl Iterator<Item = Stage> {
        Stage::ALL.into_iter().filter(move |stage| *stage >= self.from)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::run::Limits;

    #[test]
    fn what_failed_or_never_ran_is_done_and_nothing_else() {
        let slot: Slot = "2026-11-20T06Z".parse().unwrap();
        let limits = Limits { max_attempts: 1, ..Limits::default() };
        let ran = |outcomes: &[Outcome]| {
            let mut run = Run::new(slot);
            run.apply(&Event::SlotDue { repeat: false }, slot.close_at(), &limits);
            for (stage, outcome) in Stage::ALL.into_iter().zip(outcomes) {
                let event = Event::Finished { stage, attempt: 1, outcome: *outcome, message: String::new() };
                run.apply(&event, slot.close_at(), &limits);
            }
            run
        };
        let failed = ran(&[Outcome::Succeeded, Outcome::Failed]);
        let split = Todo { slot, from: Stage::Split };
        assert_eq!(Todo::of(slot, None, false), Some(Todo { slot, from: Stage::Collect }));
        assert_eq!(Todo::of(slot, None, true), None);
        for only_failed in [false, true] {
            assert_eq!(Todo::of(slot, Some(&failed), only_failed), Some(split));
            assert_eq!(Todo::of(slot, Some(&ran(&[Outcome::Succeeded; 4])), only_failed), None);
            assert_eq!(Todo::of(slot, Some(&ran(&[Outcome::Succeeded])), only_failed), None, "on its way");
        }
        assert_eq!(split.stages().collect::<Vec<_>>(), [Stage::Split, Stage::Predict, Stage::Publish]);
    }
}
