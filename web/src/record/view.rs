//! The track record as a reader sees it.

use serde::Serialize;

use super::score::{Covered, Score};
use super::store::OutcomeRow;
use crate::format;
use crate::market::view::{Direction, asset_href};
use crate::plot::{Plot, Point};
use crate::price::table::dated;
use crate::text::{Lang, fill, text};

/// A row of a table of scores.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreView {
    /// Of what.
    pub name: String,
    /// Where more of it is.
    pub href: Option<String>,
    forecasts: String,
    error: String,
    walk_error: String,
    skill: String,
    direction: Direction,
    interval: String,
    inside_80: String,
    inside_95: String,
    closer: String,
}

/// One outcome.
#[derive(Debug, Serialize)]
pub struct OutcomeView {
    name: String,
    href: String,
    day: String,
    horizon: String,
    range: String,
    actual: String,
    direction: Direction,
    inside: bool,
    beat: bool,
    model: String,
    slot: String,
    /// What stands behind the forecast.
    receipt: String,
}

fn interval(low: String, high: String, lang: Lang) -> String {
    fill(lang, "interval", &[("low", &low), ("high", &high)])
}

/// A score as a row.
pub fn score(name: String, href: Option<String>, score: &Score, lang: Lang) -> ScoreView {
    let change = |value: f64| format::change(value, 1, lang);
    ScoreView {
        name,
        href,
        forecasts: format::count(score.forecasts, lang),
        error: format::percent(score.error, 2, lang),
        walk_error: format::percent(score.walk_error, 2, lang),
        skill: change(score.skill),
        direction: Direction::of(score.skill, 0.0005, lang),
        interval: match score.interval {
            Some((low, high)) => interval(change(low), change(high), lang),
            None => text(lang, "record_too_few_days").to_owned(),
        },
        inside_80: covered(&score.inside_80, lang),
        inside_95: covered(&score.inside_95, lang),
        closer: format::percent(score.closer, 0, lang),
    }
}

/// A share with its interval: `79.2 % (77.1 to 81.2 %)`.
fn covered(covered: &Covered, lang: Lang) -> String {
    let low = format::number(covered.low * 100.0, 1, lang);
    let ends = interval(low, format::percent(covered.high, 1, lang), lang);
    format!("{} ({ends})", format::percent(covered.share, 1, lang))
}

/// One outcome as a row.
pub fn outcome(row: &OutcomeRow, name: String, lang: Lang) -> OutcomeView {
    let share = |price: f64| format::change(price / row.last_close - 1.0, 1, lang);
    OutcomeView {
        name,
        href: asset_href(&row.symbol),
        day: dated(row.traded_on, lang),
        horizon: row.horizon.to_string(),
        range: interval(share(row.q10), share(row.q90), lang),
        actual: share(row.actual),
        direction: Direction::of(row.actual / row.last_close - 1.0, 0.0005, lang),
        inside: row.inside_80,
        beat: row.error < row.walk_error,
        model: row.model.clone(),
        slot: row.slot.clone(),
        receipt: format!("{}/receipt?value=forecast&slot={}", asset_href(&row.symbol), row.slot),
    }
}

/// The sentence that answers: the shortest horizon's score.
pub fn answer(scores: &[(i32, Score)], lang: Lang) -> String {
    let Some((horizon, first)) = scores.first() else { return text(lang, "record_empty").to_owned() };
    let key = match first.interval {
        Some((low, _)) if low > 0.0 => "record_better",
        Some((_, high)) if high < 0.0 => "record_worse",
        Some(_) => "record_same",
        None => "record_early",
    };
    let values = [
        ("skill", &*format::change(first.skill, 1, lang)),
        ("count", &*format::count(first.forecasts, lang)),
        ("inside", &*format::percent(first.inside_80.share, 0, lang)),
        ("horizon", &*horizon.to_string()),
    ];
    fill(lang, key, &values)
}

/// Promised against kept: the share of outcomes inside the 80 and 95 % intervals of each horizon, on the line on which
/// promise and record are the same.
pub fn calibration(scores: &[(i32, Score)], lang: Lang) -> Option<Plot> {
    if scores.is_empty() {
        return None;
    }
    let lowest = scores.iter().flat_map(|(_, s)| [s.inside_80.low, s.inside_95.low]).fold(0.72, f64::min);
    let percent = |value: f64| format::percent(value, 0, lang);
    let mut plot =
        Plot::new(text(lang, "record_calibration_chart"), (0.7, 1.0), ((lowest - 0.02).max(0.0), 1.0))
            .below([0.8, 0.95].map(|promised| (promised, percent(promised))))
            .beside_round(percent)
            .line("ideal", [(0.7, 0.7), (1.0, 1.0)].map(|(x, y): (f64, f64)| (x.max(lowest), y.max(lowest))));
    for (at, (horizon, score)) in scores.iter().enumerate() {
        // Side by side, so that intervals do not hide each other.
        let aside = (at as f64 - (scores.len() - 1) as f64 / 2.0) * 0.012;
        for (promised, kept) in [(0.8, &score.inside_80), (0.95, &score.inside_95)] {
            let (n, share) = (format::count(score.forecasts, lang), covered(kept, lang));
            let values = [("horizon", &*horizon.to_string()), ("share", &*share), ("count", &*n)];
            let says = fill(lang, "record_calibration_says", &values);
            let held = kept.low <= promised && promised <= kept.high;
            let class = if held { "own" } else { "other" };
            let interval = (kept.low, kept.high);
            plot = plot.mark(class, &Point { x: promised + aside, y: kept.share, interval, says: &says });
        }
    }
    Some(plot)
}
