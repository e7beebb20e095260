//! Whether the mood about one asset runs ahead of its price, or the price ahead of the mood.
//!
//! The mood of a trading day is that of the documents from its day to the day before the next trading day, all known before
//! the next bar opens; the return is that of its close against the close before. So at a lag of 1 the mood was known before
//! the bar whose return it is compared with. Documents written between a close and midnight already know what happened after
//! hours, and the next close-to-close return still holds it: a lead of one day may be that.

use analytics::leadlag::{Relation, Settings, relation};
use chrono::NaiveDate;
use domain::Slot;
use domain::prediction::{LagCorrelation, Lead, MoodDay};
use std::collections::BTreeMap;

use super::daily::Daily;
use super::moods::Moods;

/// Trading days with a mood below which nothing is said.
pub const FEWEST_DAYS: usize = 60;
/// A lead counts at this rate of false discoveries.
pub const DISCOVERY_RATE: f64 = 0.05;
/// Resampled series behind an interval: its ends have an error of about a tenth of its width.
const RESAMPLES: usize = 400;

/// One source's relation that does not know yet among how many it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// `all`, or one source.
    pub source: String,
    /// Trading days with a mood.
    pub observations: usize,
    /// What was found; `None` where there are too few days.
    pub found: Option<Relation>,
    /// Whether there were enough days: a mood that never changes has enough and nothing to be found.
    pub enough: bool,
}

/// Looks at all sources of an asset. `seed` drives the intervals' bootstrap.
pub fn drafts(daily: &Daily, moods: &Moods, slot: Slot, seed: u64) -> Vec<Draft> {
    let settings = Settings { resamples: RESAMPLES, discovery_rate: DISCOVERY_RATE, ..Settings::default() };
    let series = moods.iter().map(|(source, days)| {
        let (x, y, observations) = series(daily, days, slot);
        let enough = observations >= FEWEST_DAYS && 2 * observations >= x.len();
        let seed = seed ^ analytics::random::seed_of(source);
        let found = enough.then(|| relation(&x, &y, &settings, seed).ok()).flatten();
        Draft { source: source.clone(), observations, found, enough }
    });
    series.collect()
}

/// Mood and return of each bar from the first with a mood on, and the number of bars with a mood; a bar without one has the
/// mean of the others, which speaks for nothing. A day counts once it is over.
fn series(daily: &Daily, moods: &BTreeMap<NaiveDate, MoodDay>, slot: Slot) -> (Vec<f64>, Vec<f64>, usize) {
    let today = slot.close_at().date_naive();
    let days = daily.days();
    let ends = days.iter().skip(1).copied().chain([today]);
    let felt: Vec<Option<f64>> = days
        .iter()
        .zip(ends)
        .map(|(from, end)| {
            let end = end.min(today).max(*from);
            let (sum, documents) = moods.range(*from..end).fold((0.0, 0), |(sum, n), (_, day)| {
                (sum + day.score * day.documents as f64, n + day.documents)
            });
            (documents > 0).then(|| sum / documents as f64)
        })
        .collect();
    // The first bar has no return.
    let Some(first) = felt.iter().skip(1).position(Option::is_some).map(|at| at + 1) else {
        return (Vec::new(), Vec::new(), 0);
    };
    let known: Vec<f64> = felt[first..].iter().flatten().copied().collect();
    let mean = analytics::statistics::mean(&known);
    let x = felt[first..].iter().map(|mood| mood.unwrap_or(mean)).collect();
    let y = daily.closes[first - 1..].windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
    (x, y, known.len())
}

/// The row, once the tests of all assets are corrected for how many they are.
pub fn row(draft: Draft) -> Lead {
    let found = draft.found.as_ref();
    let (mood, price) = (
        found.and_then(Relation::x_first).map(|d| d.test),
        found.and_then(Relation::y_first).map(|d| d.test),
    );
    let verdict = match found.map(|found| found.verdict(DISCOVERY_RATE).word()) {
        Some("x") => "mood-first",
        Some("y") => "price-first",
        Some("both") => "both",
        Some(_) => "no-evidence",
        None if draft.enough => "no-evidence",
        None => "too-few",
    };
    let lags = found.into_iter().flat_map(|found| &found.correlations).map(|c| LagCorrelation {
        lag: c.lag as i32,
        correlation: c.value,
        low: c.low,
        high: c.high,
    });
    Lead {
        observations: draft.observations as i32,
        lags: lags.collect(),
        mood_first_p: mood.map(|t| t.p),
        mood_first_q: mood.map(|t| t.q),
        price_first_p: price.map(|t| t.p),
        price_first_q: price.map(|t| t.q),
        verdict: verdict.to_owned(),
        source: draft.source,
    }
}
