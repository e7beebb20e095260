//! The outlook of an asset, and the public record of how outlooks fared.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;

use super::cache::Dossier;
use super::store::{OutcomeDay, OutcomeRow};
use super::view::{Direction, asset_href};
use crate::error::Error;
use crate::format;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::{Lang, fill, text};

/// Fewest days from which an interval is computed.
const FEWEST_DAYS: usize = 10;

/// An asset's outlook, for those who may see it.
#[derive(Debug, Serialize)]
pub struct OutlookView {
    /// The model.
    model: String,
    /// One sentence: whether it beat the random walk.
    skill: String,
    horizons: Vec<HorizonView>,
    signals: Vec<SignalView>,
    risks: Vec<RiskView>,
    /// How the risk was simulated.
    simulated: Option<String>,
}

#[derive(Debug, Serialize)]
struct HorizonView {
    day: String,
    median: String,
    eighty: String,
    ninety_five: String,
    walk: String,
}

#[derive(Debug, Serialize)]
struct SignalView {
    name: &'static str,
    side: &'static str,
    direction: Direction,
    strength: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct RiskView {
    confidence: String,
    value_at_risk: String,
    error: String,
    expected_shortfall: String,
    closed_form: String,
    historical: String,
}

/// The outlook of an asset.
pub fn outlook(dossier: &Dossier, lang: Lang) -> OutlookView {
    let share = |price: f64, last: f64| format::change(price / last - 1.0, 1, lang);
    let range = |low: String, high: String| fill(lang, "interval", &[("low", &low), ("high", &high)]);
    let horizons = dossier.forecast.iter().map(|f| HorizonView {
        day: format::short_day(f.target_on, lang),
        median: share(f.q50, f.last_close),
        eighty: range(share(f.q10, f.last_close), share(f.q90, f.last_close)),
        ninety_five: range(share(f.q025, f.last_close), share(f.q975, f.last_close)),
        walk: range(share(f.rw_q10, f.last_close), share(f.rw_q90, f.last_close)),
    });
    let signals = dossier.signals.iter().map(|s| SignalView {
        name: text(lang, if s.name == "forecast" { "signal_forecast" } else { "signal_average" }),
        side: text(
            lang,
            match s.side.as_str() {
                "buy" => "signal_up",
                "sell" => "signal_down",
                _ => "signal_none",
            },
        ),
        direction: Direction::of(side_of(&s.side), 0.0, lang),
        strength: format::signed(s.strength, 2, lang),
        reason: s.reason.clone(),
    });
    let risks = dossier.risks.iter().filter(|r| r.horizon == 1).map(|r| RiskView {
        confidence: format::percent(r.confidence, 0, lang),
        value_at_risk: format::percent(r.value_at_risk, 2, lang),
        error: format::percent(r.standard_error, 3, lang),
        expected_shortfall: format::percent(r.expected_shortfall, 2, lang),
        closed_form: format::percent(r.closed_form, 2, lang),
        historical: format::percent(r.historical, 2, lang),
    });
    let simulated = dossier.risks.first().map(|r| {
        let (n, m) = (format::count(r.simulations, lang), format::count(r.returns, lang));
        fill(lang, "risk_simulated", &[("simulations", &n), ("returns", &m), ("seed", &r.seed.to_string())])
    });
    OutlookView {
        model: dossier.forecast.last().map(|f| f.model.clone()).unwrap_or_default(),
        skill: skill_sentence(dossier, lang),
        horizons: horizons.collect(),
        signals: signals.collect(),
        risks: risks.collect(),
        simulated,
    }
}

/// A side as a number, for its arrow: the strength may point further than the side dares.
fn side_of(side: &str) -> f64 {
    match side {
        "buy" => 1.0,
        "sell" => -1.0,
        _ => 0.0,
    }
}

fn skill_sentence(dossier: &Dossier, lang: Lang) -> String {
    let Some(furthest) = dossier.forecast.last() else { return text(lang, "outlook_none").to_owned() };
    let (Some(skill), Some(low), Some(high)) = (furthest.skill, furthest.skill_low, furthest.skill_high)
    else {
        return text(lang, "skill_unknown").to_owned();
    };
    let key = if low > 0.0 { "skill_better" } else { "skill_no_better" };
    let interval = [format::change(low, 1, lang), format::change(high, 1, lang)];
    let interval = fill(lang, "interval", &[("low", &interval[0]), ("high", &interval[1])]);
    let n = format::count(furthest.evaluated, lang);
    fill(lang, key, &[("skill", &format::change(skill, 1, lang)), ("interval", &interval), ("count", &n)])
}

/// How the forecasts of one horizon fared.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// How many.
    pub forecasts: i64,
    /// Mean relative error.
    pub error: f64,
    /// The random walk's.
    pub walk_error: f64,
    /// 1 − error / the walk's error.
    pub skill: f64,
    /// Its 95 % interval; `None` where there are too few days for one.
    pub interval: Option<(f64, f64)>,
    /// Share of outcomes inside the 80 % interval.
    pub inside_80: f64,
    /// Share inside the 95 % interval.
    pub inside_95: f64,
}

/// The score of the days of one horizon; `None` without any. The interval leaves out one day at a time (a jackknife):
/// forecasts due on one day err together, so days are counted, not forecasts.
pub fn score(days: &[OutcomeDay]) -> Option<Score> {
    let sum = |value: fn(&OutcomeDay) -> f64| days.iter().map(value).sum::<f64>();
    let forecasts: i64 = days.iter().map(|d| d.forecasts).sum();
    let (error, walk_error) = (sum(|d| d.error), sum(|d| d.walk_error));
    if forecasts == 0 || walk_error <= 0.0 {
        return None;
    }
    let skill = 1.0 - error / walk_error;
    let n = days.len() as f64;
    let without: Vec<f64> =
        days.iter().map(|d| 1.0 - (error - d.error) / (walk_error - d.walk_error)).collect();
    let mean = without.iter().sum::<f64>() / n;
    let variance = without.iter().map(|s| (s - mean).powi(2)).sum::<f64>() * (n - 1.0) / n;
    let half = 1.96 * variance.sqrt();
    let known = days.len() >= FEWEST_DAYS && half.is_finite();
    Some(Score {
        forecasts,
        error: error / forecasts as f64,
        walk_error: walk_error / forecasts as f64,
        skill,
        interval: known.then_some((skill - half, skill + half)),
        inside_80: sum(|d| d.inside_80 as f64) / forecasts as f64,
        inside_95: sum(|d| d.inside_95 as f64) / forecasts as f64,
    })
}

#[derive(Debug, Serialize)]
struct ScoreView {
    horizon: String,
    forecasts: String,
    error: String,
    walk_error: String,
    skill: String,
    interval: String,
    inside_80: String,
    inside_95: String,
}

#[derive(Debug, Serialize)]
struct OutcomeView {
    name: String,
    href: String,
    day: String,
    range: String,
    actual: String,
    direction: Direction,
    inside: bool,
    beat: bool,
}

/// `GET /track-record`
///
/// # Errors
/// Postgres fails.
pub async fn track_record(reader: Reader) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let lang = reader.lang();
    let record = reader.app.record(&edition).await?;
    let mut days: BTreeMap<i32, Vec<OutcomeDay>> = BTreeMap::new();
    for day in &record.days {
        days.entry(day.horizon).or_default().push(day.clone());
    }
    let scores: Vec<_> = days.iter().filter_map(|(horizon, days)| Some((*horizon, score(days)?))).collect();
    let name = |symbol: &str| edition.front.assets.get(symbol).map_or(symbol.to_owned(), |a| a.name.clone());
    let outcomes: Vec<_> =
        record.latest.iter().map(|row| outcome_view(row, name(&row.symbol), lang)).collect();
    let mut context = page::context(&reader, &edition, text(lang, "record_title"));
    context.insert("answer", &record_answer(&scores, lang));
    context.insert("scores", &scores.iter().map(|(h, s)| score_view(*h, s, lang)).collect::<Vec<_>>());
    context.insert("outcomes", &outcomes);
    page::render(&reader.app, "track-record.html", &context)
}

fn record_answer(scores: &[(i32, Score)], lang: Lang) -> String {
    let Some((horizon, best)) = scores.first() else { return text(lang, "record_empty").to_owned() };
    let key = match best.interval {
        Some((low, _)) if low > 0.0 => "record_better",
        Some((_, high)) if high < 0.0 => "record_worse",
        Some(_) => "record_same",
        None => "record_early",
    };
    let (skill, count) = (format::change(best.skill, 1, lang), format::count(best.forecasts, lang));
    let inside = format::percent(best.inside_80, 0, lang);
    fill(
        lang,
        key,
        &[("skill", &skill), ("count", &count), ("inside", &inside), ("horizon", &horizon.to_string())],
    )
}

fn score_view(horizon: i32, score: &Score, lang: Lang) -> ScoreView {
    let interval = score.interval.map(|(low, high)| {
        let (low, high) = (format::change(low, 1, lang), format::change(high, 1, lang));
        fill(lang, "interval", &[("low", &low), ("high", &high)])
    });
    ScoreView {
        horizon: horizon.to_string(),
        forecasts: format::count(score.forecasts, lang),
        error: format::percent(score.error, 2, lang),
        walk_error: format::percent(score.walk_error, 2, lang),
        skill: format::change(score.skill, 1, lang),
        interval: interval.unwrap_or_else(|| text(lang, "record_too_few_days").to_owned()),
        inside_80: format::percent(score.inside_80, 0, lang),
        inside_95: format::percent(score.inside_95, 0, lang),
    }
}

fn outcome_view(row: &OutcomeRow, name: String, lang: Lang) -> OutcomeView {
    let share = |price: f64| format::change(price / row.last_close - 1.0, 1, lang);
    OutcomeView {
        name,
        href: asset_href(&row.symbol),
        day: format::short_day(row.traded_on, lang),
        range: fill(lang, "interval", &[("low", &share(row.q10)), ("high", &share(row.q90))]),
        actual: share(row.actual),
        direction: Direction::of(row.actual / row.last_close - 1.0, 0.0005, lang),
        inside: row.inside_80,
        beat: row.error < row.walk_error,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(n: u32, error: f64, walk_error: f64) -> OutcomeDay {
        let traded_on = chrono::NaiveDate::from_ymd_opt(2026, 1, n).unwrap();
        OutcomeDay { horizon: 1, traded_on, forecasts: 10, error, walk_error, inside_80: 8, inside_95: 9 }
    }

    #[test]
    fn the_same_error_as_the_walk_is_no_skill() {
        let days: Vec<_> = (1..=20).map(|n| day(n, 0.1 * f64::from(n), 0.1 * f64::from(n))).collect();
        let score = score(&days).unwrap();
        assert_eq!((score.forecasts, score.skill, score.interval), (200, 0.0, Some((0.0, 0.0))));
        assert!((score.inside_80 - 0.8).abs() < 1e-12);
    }

    #[test]
    fn few_days_have_no_interval() {
        let days: Vec<_> = (1..=5).map(|n| day(n, 0.1, 0.2)).collect();
        let few = score(&days).unwrap();
        assert_eq!((few.skill, few.interval), (0.5, None));
        assert_eq!(score(&[]), None);
    }
}
