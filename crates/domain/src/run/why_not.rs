//! Why an event that a person asked for would change nothing.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Applied, Event, Limits, Run, RunStatus, Stage};

/// Why nothing would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// The run is on its way.
    Running,
    /// All of it has succeeded.
    Succeeded,
    /// It has ended.
    Ended,
    /// It has not begun.
    NotBegun,
    /// This stage comes before the one that was asked for, and has no output.
    NoOutput(Stage),
    /// This stage is at work.
    AtWork(Stage),
    /// This stage has ended.
    StageEnded(Stage),
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => write!(f, "the run is on its way: wait for its end, or cancel it"),
            Self::Succeeded => write!(f, "all of it has succeeded: name a stage to do it again"),
            Self::Ended => write!(f, "the run has ended"),
            Self::NotBegun => write!(f, "the run has not begun"),
            Self::NoOutput(stage) => write!(f, "{stage} comes first and has no output"),
            Self::AtWork(stage) => write!(f, "{stage} is at work: wait for its end, or cancel the run"),
            Self::StageEnded(stage) => write!(f, "{stage} has ended"),
        }
    }
}

impl Run {
    /// What an event would lead to at `now`, without taking it: the run as it would be, and what would be done.
    pub fn preview(&self, event: &Event, now: DateTime<Utc>, limits: &Limits) -> (Self, Applied) {
        let mut after = self.clone();
        let applied = after.apply(event, now, limits);
        (after, applied)
    }

    /// Why an event that a person may ask for would change nothing; `None` where it would change something, and for
    /// events that nobody asks for.
    pub fn why_not(&self, event: &Event) -> Option<WhyNot> {
        let began = self.stages.iter().any(|stage| stage.attempt > 0);
        let ended = self.status() != RunStatus::Running;
        match event {
            Event::SlotDue { .. } if self.status() == RunStatus::Succeeded => Some(WhyNot::Succeeded),
            Event::SlotDue { repeat: true } => (began && !ended).then_some(WhyNot::Running),
            Event::Redo { stage, .. } => {
                let (before, from) = self.stages.split_at(stage.index());
                let lacking = before.iter().find(|stage| !stage.state.is_passed());
                let at_work = from.iter().find(|stage| stage.state.is_active());
                lacking
                    .map(|stage| WhyNot::NoOutput(stage.stage))
                    .or(at_work.map(|stage| WhyNot::AtWork(stage.stage)))
            }
            Event::Skip { stage: Some(stage), .. } => {
                self.stage(*stage).state.is_terminal().then_some(WhyNot::StageEnded(*stage))
            }
            Event::Skip { stage: None, .. } => ended.then_some(WhyNot::Ended),
            Event::Cancel { .. } if ended => Some(WhyNot::Ended),
            Event::Cancel { .. } => {
                let at_work = self.stages.iter().any(|stage| stage.state.is_active());
                (!at_work).then_some(WhyNot::NotBegun)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::Outcome;

    fn event() -> impl Strategy<Value = Event> {
        let stage = prop::sample::select(Stage::ALL.to_vec());
        let outcome = prop::sample::select(vec![Outcome::Succeeded, Outcome::Partial, Outcome::Failed]);
        let message = || String::from("x");
        prop_oneof![
            any::<bool>().prop_map(|repeat| Event::SlotDue { repeat }),
            (stage.clone(), 1..4u32, outcome).prop_map(move |(stage, attempt, outcome)| Event::Finished {
                stage,
                attempt,
                outcome,
                message: message()
            }),
            stage.clone().prop_map(move |stage| Event::Redo { stage, message: message() }),
            prop::option::of(stage).prop_map(move |stage| Event::Skip { stage, message: message() }),
            Just(Event::Cancel { message: message() }),
        ]
    }

    proptest! {
        /// Whatever has happened: an order changes nothing exactly where a reason is given.
        #[test]
        fn a_reason_is_given_exactly_where_nothing_would_change(
            events in prop::collection::vec(event(), 0..25),
            asked in event(),
        ) {
            let now = "2026-11-21T06:00:00Z".parse().unwrap();
            let limits = Limits { max_attempts: 2, ..Limits::default() };
            let mut run = Run::new("2026-11-21T06Z".parse().unwrap());
            for event in &events {
                run.apply(event, now, &limits);
            }
            prop_assume!(!matches!(asked, Event::Finished { .. } | Event::SlotDue { repeat: false }));
            let (after, applied) = run.preview(&asked, now, &limits);
            let changes = after != run || !applied.effects.is_empty();
            prop_assert_eq!(run.why_not(&asked).is_none(), changes, "{:?} {:?}", run, asked);
        }
    }
}
