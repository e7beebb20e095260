//! What the candidates know at a bar: numbers without a scale, from bars up to that one.

use chrono::{Datelike, Days};

use super::{History, scale};
use crate::statistics::log_returns;

/// Bars that features look back on.
pub(super) const LOOK_BACK: usize = 20;
/// What each feature is about, in order.
pub(super) const NAMES: [&str; WIDTH] = [
    "yesterday's move",
    "two days' move",
    "a week's move",
    "a month's move",
    "volatility",
    "volume",
    "sentiment",
    "change of sentiment",
    "sentiment of the days before",
    "mentions",
    "news",
    "turn of the month",
    "day of the week",
];
/// Number of features.
pub(super) const WIDTH: usize = 13;

/// Features and scale of every bar.
pub(super) struct Features {
    /// One row a bar; zeros for the first [`LOOK_BACK`] bars.
    pub(super) rows: Vec<[f64; WIDTH]>,
    /// Standard deviation of the next day's log return, as known at the bar.
    pub(super) scale: Vec<f64>,
    /// How much quicker the price moves at each bar than it usually does, as a logarithm.
    pub(super) regime: Vec<f64>,
}

impl Features {
    /// Computes them all; row `t` reads nothing after `t`.
    pub(super) fn of(history: &History<'_>) -> Self {
        let n = history.closes.len();
        let returns = log_returns(history.closes);
        let (mut scale, mut regime) = scale::daily(&returns);
        scale.truncate(n);
        regime.truncate(n);
        let rows = (0..n)
            .map(|t| if t < LOOK_BACK { [0.0; WIDTH] } else { row(history, &returns, scale[t], t) })
            .collect();
        Self { rows, scale, regime }
    }
}

fn row(history: &History<'_>, returns: &[f64], scale: f64, t: usize) -> [f64; WIDTH] {
    // Return i ends at bar i + 1, so the returns known at bar t are those before index t.
    let moved =
        |days: usize| -> f64 { returns[t - days..t].iter().sum::<f64>() / (scale * (days as f64).sqrt()) };
    let month = &returns[t - LOOK_BACK..t];
    let slow = (month.iter().map(|r| r * r).sum::<f64>() / LOOK_BACK as f64).sqrt().max(scale::LEAST);
    let felt = part(history.sentiment, t, 5);
    let mood = felt.last().copied().flatten();
    let before: Vec<f64> = felt[..felt.len().saturating_sub(1)].iter().flatten().copied().collect();
    let usual = if before.is_empty() { 0.0 } else { before.iter().sum::<f64>() / before.len() as f64 };
    let (turn, weekday) = calendar(history, t);
    [
        moved(1),
        moved(2),
        moved(5),
        moved(LOOK_BACK),
        (scale / slow).ln(),
        unusual(part(history.volumes, t, LOOK_BACK)),
        mood.unwrap_or(0.0),
        mood.map_or(0.0, |mood| mood - usual),
        usual,
        unusual(part(history.mentions, t, LOOK_BACK)),
        unusual(part(history.news, t, LOOK_BACK)),
        turn,
        weekday,
    ]
    .map(|x| x.clamp(-6.0, 6.0))
}

/// The values of bar `t` and of `before` bars before it; none where a series is not known at all.
fn part(series: &[Option<f64>], t: usize, before: usize) -> &[Option<f64>] {
    series.get(t - before..=t).unwrap_or_default()
}

/// How the last amount compares with the mean of those before, as a logarithm; 0 where it is not known.
fn unusual(amounts: &[Option<f64>]) -> f64 {
    let Some((Some(last), before)) = amounts.split_last() else { return 0.0 };
    let known: Vec<f64> = before.iter().flatten().copied().filter(|v| *v > 0.0).collect();
    if known.is_empty() || *last <= 0.0 {
        return 0.0;
    }
    (last * known.len() as f64 / known.iter().sum::<f64>()).ln()
}

/// Whether the week ahead sees the month turn (1, else 0), and the day of the week from -1 (Monday) to 1 (Friday and later).
fn calendar(history: &History<'_>, t: usize) -> (f64, f64) {
    let Some(day) = history.days.get(t) else { return (0.0, 0.0) };
    let turns = day.checked_add_days(Days::new(7)).is_some_and(|later| later.month() != day.month());
    let weekday = day.weekday().num_days_from_monday().min(4);
    (f64::from(u8::from(turns)), f64::from(weekday) / 2.0 - 1.0)
}
