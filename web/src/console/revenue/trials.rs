//! How many trials are paid for in the end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::month::Month;

/// A subscription that began with a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The customer, by the payment provider's id, which outlives the account.
    pub customer: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended or will end.
    pub ends_at: DateTime<Utc>,
    /// When the first invoice above zero was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// When the subscription ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has been paid for.
    Converted,
    /// It is over and was not paid for.
    Lost,
    /// It runs, or its first payment is on its way.
    Running,
}

/// Days after its end within which a first payment may still be tried again.
pub const PATIENCE_DAYS: i64 = 30;

impl Trial {
    /// What had become of it at `now`.
    pub fn outcome(&self, now: DateTime<Utc>) -> Outcome {
        if self.paid_at.is_some_and(|at| at <= now) {
            return Outcome::Converted;
        }
        let given_up = self.ends_at + chrono::Duration::days(PATIENCE_DAYS) <= now;
        if given_up || self.ended_at.is_some_and(|at| at <= now) { Outcome::Lost } else { Outcome::Running }
    }
}

/// The trials that began in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// The month.
    pub month: Month,
    /// Trials that began.
    pub started: i64,
    /// Those that have been paid for.
    pub converted: i64,
    /// Those that were not.
    pub lost: i64,
    /// Those that are not decided.
    pub running: i64,
}

impl Conversion {
    /// The share of the decided trials that have been paid for.
    pub fn rate(&self) -> Option<f64> {
        let decided = self.converted + self.lost;
        (decided > 0).then(|| self.converted as f64 / decided as f64)
    }
}

/// Trials by the month in which they began, oldest first.
pub fn conversions(trials: &[Trial], now: DateTime<Utc>) -> Vec<Conversion> {
    let mut months: BTreeMap<Month, Conversion> = BTreeMap::new();
    for trial in trials.iter().filter(|trial| trial.started_at <= now) {
        let month = Month::of(trial.started_at);
        let fresh = Conversion { month, started: 0, converted: 0, lost: 0, running: 0 };
        let row = months.entry(month).or_insert(fresh);
        row.started += 1;
        match trial.outcome(now) {
            Outcome::Converted => row.converted += 1,
            Outcome::Lost => row.lost += 1,
            Outcome::Running => row.running += 1,
        }
    }
    months.into_values().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_converted_once_it_is_paid_and_lost_once_it_is_over() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let trial = |paid: Option<&str>, ended: Option<&str>| Trial {
            customer: "cus_1".into(),
            started_at: at("2026-01-10T00:00:00Z"),
            ends_at: at("2026-01-24T00:00:00Z"),
            paid_at: paid.map(at),
            ended_at: ended.map(at),
        };
        let trials = [
            trial(Some("2026-01-24T01:00:00Z"), None),
            trial(Some("2026-01-24T01:00:00Z"), Some("2026-02-24T00:00:00Z")),
            trial(None, Some("2026-01-20T00:00:00Z")),
            trial(None, None),
        ];
        let rows = conversions(&trials, at("2026-01-25T00:00:00Z"));
        let row = rows[0];
        assert_eq!((rows.len(), row.started, row.converted, row.lost, row.running), (1, 4, 2, 1, 1));
        assert!((row.rate().unwrap() - 2.0 / 3.0).abs() < 1e-12);
        // A first payment that never came is given up in the end.
        assert_eq!(conversions(&trials, at("2026-02-23T00:00:00Z"))[0].lost, 2);
        // Nothing of it was known before it began, and nothing decided while it ran.
        assert_eq!(conversions(&trials, at("2026-01-09T00:00:00Z")), []);
        assert_eq!(conversions(&trials, at("2026-01-11T00:00:00Z"))[0].rate(), None);
    }
}
