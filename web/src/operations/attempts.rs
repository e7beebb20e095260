//! Attempts of stages, made out from the changes that the ledger keeps; and what they cost.

use chrono::{DateTime, Duration, Utc};
use domain::cost::{self, MicroUsd, Prices, Setup};
use domain::{Stage, StageState};

use super::store::ChangeRow;

/// One attempt of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The stage.
    pub stage: Stage,
    /// Which attempt, from 1.
    pub number: i32,
    /// When its machine or job was asked for.
    pub asked_at: DateTime<Utc>,
    /// Its first sign of life.
    pub running_at: Option<DateTime<Utc>>,
    /// When it ended; `None`: it has not.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub ended: Option<StageState>,
    /// Why, where it failed or something is missing.
    pub why: String,
}

impl Attempt {
    /// How long it took, or has taken until `now`.
    pub fn lasted(&self, now: DateTime<Utc>) -> Duration {
        (self.ended_at.unwrap_or(now) - self.asked_at).max(Duration::zero())
    }

    /// What its machines cost, as far as the ledger tells: from when they were asked for until the attempt ended.
    pub fn cost(&self, prices: &Prices, setup: &Setup, now: DateTime<Utc>) -> MicroUsd {
        cost::of_stage(prices, setup, self.stage, self.lasted(now))
    }
}

/// The attempts of one run, in the order in which they were asked for. `changes` are the run's, oldest first; what this
/// version does not know in them is left out.
pub fn attempts<'a>(changes: impl IntoIterator<Item = &'a ChangeRow>) -> Vec<Attempt> {
    let mut all: Vec<Attempt> = Vec::new();
    for change in changes {
        let (Some(stage), Some(to)) = (Stage::parse(&change.stage), StageState::parse(&change.to_state))
        else {
            continue;
        };
        let open = all.iter_mut().rev().find(|attempt| attempt.stage == stage && attempt.ended_at.is_none());
        match (to, open) {
            (StageState::Starting, open) => {
                // A new attempt says that the one before it failed, and why.
                if let Some(before) = open {
                    end(before, StageState::Failed, change);
                }
                all.push(Attempt {
                    stage,
                    number: change.attempt,
                    asked_at: change.at,
                    running_at: None,
                    ended_at: None,
                    ended: None,
                    why: String::new(),
                });
            }
            (StageState::Running, Some(open)) => open.running_at = Some(change.at),
            (to, Some(open)) if to.is_terminal() => end(open, to, change),
            _ => {}
        }
    }
    all
}

fn end(attempt: &mut Attempt, how: StageState, change: &ChangeRow) {
    attempt.ended_at = Some(change.at);
    attempt.ended = Some(how);
    if how != StageState::Succeeded {
        attempt.why.clone_from(&change.cause);
    }
}

/// Where each stage stands after the changes; pending where nothing is said of it.
pub fn states<'a>(changes: impl IntoIterator<Item = &'a ChangeRow>) -> [StageState; 4] {
    let mut states = [StageState::Pending; 4];
    for change in changes {
        if let (Some(stage), Some(to)) = (Stage::parse(&change.stage), StageState::parse(&change.to_state)) {
            states[stage as usize] = to;
        }
    }
    states
}

/// What the machines of all attempts cost.
pub fn cost(attempts: &[Attempt], prices: &Prices, setup: &Setup, now: DateTime<Utc>) -> MicroUsd {
    attempts.iter().map(|attempt| attempt.cost(prices, setup, now)).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::Outcome;
    use domain::run::{Event, Limits, Run};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minute)
    }

    /// The changes that the real state machine makes of these events.
    fn changes(events: &[(i64, Event)]) -> Vec<ChangeRow> {
        let mut run = Run::new("2026-11-21T06Z".parse().unwrap());
        let mut rows = Vec::new();
        for (minute, event) in events {
            for change in
                run.apply(event, at(*minute), &Limits { max_attempts: 2, ..Limits::default() }).transitions
            {
                rows.push(ChangeRow {
                    slot: at(0),
                    stage: change.stage.as_str().to_owned(),
                    attempt: change.attempt.cast_signed(),
                    from_state: change.from.as_str().to_owned(),
                    to_state: change.to.as_str().to_owned(),
                    at: change.at,
                    cause: change.cause,
                });
            }
        }
        rows
    }

    fn finished(stage: Stage, attempt: u32, outcome: Outcome) -> Event {
        Event::Finished { stage, attempt, outcome, message: "gone".to_owned() }
    }

    #[test]
    fn attempts_begin_end_and_cost_as_the_ledger_tells() {
        let rows = changes(&[
            (0, Event::SlotDue { repeat: false }),
            (1, Event::Heartbeat { stage: Stage::Collect, attempt: 1 }),
            (20, finished(Stage::Collect, 1, Outcome::Failed)),
            (50, finished(Stage::Collect, 2, Outcome::Partial)),
            (65, finished(Stage::Split, 1, Outcome::Succeeded)),
        ]);
        let all = attempts(&rows);
        let told: Vec<_> =
            all.iter().map(|a| (a.stage, a.number, a.ended, a.lasted(at(95)).num_minutes())).collect();
        assert_eq!(
            told,
            [
                (Stage::Collect, 1, Some(StageState::Failed), 20),
                (Stage::Collect, 2, Some(StageState::Partial), 30),
                (Stage::Split, 1, Some(StageState::Succeeded), 15),
                (Stage::Predict, 1, None, 30),
            ]
        );
        assert_eq!(all[0].running_at, Some(at(1)));
        assert!(all[0].why.contains("gone") && all[2].why.is_empty());
        let prices = Prices::built_in().unwrap();
        let setup = prices.setup("smallest").unwrap();
        // By hand: 16753 × 20/60 and × 30/60; 67011/4 + 2 × 10000/4; 67011/2. Each attempt is rounded once.
        assert_eq!(cost(&all, &prices, setup, at(95)), MicroUsd(5_584 + 8_377 + 21_753 + 33_506));
        assert_eq!(states(&rows)[..2], [StageState::Partial, StageState::Succeeded]);
        assert_eq!(states(&rows)[3], StageState::Pending);
    }

    #[test]
    fn a_cancelled_run_has_no_open_attempt_and_unknown_words_are_left_out() {
        let mut rows = changes(&[
            (0, Event::SlotDue { repeat: false }),
            (5, Event::Cancel { message: "cancel by ana: no".to_owned() }),
        ]);
        rows.push(ChangeRow { stage: "dream".to_owned(), ..rows[0].clone() });
        let all = attempts(&rows);
        assert_eq!(
            (all.len(), all[0].ended, all[0].lasted(at(90)).num_minutes()),
            (1, Some(StageState::Failed), 5)
        );
        assert_eq!(
            states(&rows),
            [StageState::Failed, StageState::Skipped, StageState::Skipped, StageState::Skipped]
        );
    }
}
