//! What moved a forecast: each feature's effect as a bar and a number, and their sum.

use serde::Serialize;

use super::store::ContributionRow;
use crate::format;
use crate::market::store::ForecastRow;
use crate::market::view::Direction;
use crate::text::{Lang, fill, text};

/// How far the sum of the effects may lie from the published median before we say so: a hundredth of a basis point.
const ROUNDING: f64 = 1e-6;
/// Half the width of the bars, in their own units.
const HALF: f64 = 96.0;

/// What moved the forecast of one horizon.
#[derive(Debug, Serialize)]
pub struct MoversView {
    /// Trading days ahead.
    pub horizon: i32,
    /// The sentence over the bars.
    pub says: String,
    /// The effects, the largest first; none for a random walk.
    pub bars: Vec<BarView>,
    /// Their sum.
    pub total: String,
    /// Said where the sum is not what was published.
    pub differs: Option<String>,
}

/// One effect.
#[derive(Debug, Serialize)]
pub struct BarView {
    name: String,
    value: String,
    effect: String,
    direction: Direction,
    left: String,
    width: String,
}

/// What moved the forecast at each horizon; `rows` are sorted by horizon.
pub fn movers(forecast: &[ForecastRow], rows: &[ContributionRow], lang: Lang) -> Vec<MoversView> {
    forecast.iter().map(|row| at_horizon(row, rows, lang)).collect()
}

fn at_horizon(forecast: &ForecastRow, rows: &[ContributionRow], lang: Lang) -> MoversView {
    let own: Vec<&ContributionRow> = rows.iter().filter(|row| row.horizon == forecast.horizon).collect();
    let total: f64 = own.iter().map(|row| row.effect).sum();
    let largest = own.iter().map(|row| row.effect.abs()).fold(0.0, f64::max);
    let bars = own.iter().map(|row| bar(row, largest, lang)).collect();
    let published = (forecast.q50 / forecast.last_close).ln();
    let key = if own.is_empty() { "movers_walk" } else { "movers_says" };
    let values = [
        ("day", &*format::short_day(forecast.target_on, lang)),
        ("total", &*change(total, lang)),
        ("count", &*own.len().to_string()),
    ];
    MoversView {
        horizon: forecast.horizon,
        says: fill(lang, key, &values),
        bars,
        total: change(total, lang),
        differs: (!own.is_empty() && (total - published).abs() > ROUNDING)
            .then(|| fill(lang, "movers_differ", &[("published", &change(published, lang))])),
    }
}

/// An effect in per cent, with three digits behind the point.
fn change(effect: f64, lang: Lang) -> String {
    format::change(effect, 3, lang)
}

fn bar(row: &ContributionRow, largest: f64, lang: Lang) -> BarView {
    let width = if largest > 0.0 { row.effect.abs() / largest * HALF } else { 0.0 };
    let left = if row.effect < 0.0 { 100.0 - width } else { 100.0 };
    BarView {
        name: feature_name(&row.feature, lang),
        value: row.value.map_or_else(|| format::MISSING.to_owned(), |value| format::signed(value, 3, lang)),
        effect: change(row.effect, lang),
        direction: Direction::of(row.effect, 0.0, lang),
        left: format!("{left:.1}"),
        width: format!("{width:.1}"),
    }
}

/// A feature's name in words; one that this version does not know keeps the model's own name.
fn feature_name(feature: &str, lang: Lang) -> String {
    let key = match feature {
        "level" => "feature_level",
        "yesterday's move" => "feature_day",
        "two days' move" => "feature_two_days",
        "a week's move" => "feature_week",
        "a month's move" => "feature_month",
        "volatility" => "feature_volatility",
        "volume" => "feature_volume",
        "sentiment" => "feature_mood",
        "change of sentiment" => "feature_mood_change",
        "sentiment of the days before" => "feature_mood_before",
        "mentions" => "feature_mentions",
        "news" => "feature_news",
        "turn of the month" => "feature_turn",
        "day of the week" => "feature_weekday",
        _ => return feature.replace(['_', '-'], " "),
    };
    text(lang, key).to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn forecast(horizon: i32, q50: f64) -> ForecastRow {
        let on = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let (last_close, model) = (100.0, "elastic-net/1".to_owned());
        ForecastRow {
            horizon,
            target_on: on + chrono::Days::new(horizon as u64),
            last_on: on,
            last_close,
            q025: 95.0,
            q10: 97.0,
            q50,
            q90: 103.0,
            q975: 105.0,
            rw_q025: 95.0,
            rw_q10: 97.0,
            rw_q90: 103.0,
            rw_q975: 105.0,
            model,
            skill: None,
            skill_low: None,
            skill_high: None,
            coverage_80: None,
            coverage_95: None,
            evaluated: 0,
        }
    }

    fn effect(feature: &str, effect: f64) -> ContributionRow {
        ContributionRow { horizon: 1, feature: feature.to_owned(), value: Some(0.5), effect }
    }

    #[test]
    fn bars_are_as_long_as_their_effects_and_sum_to_the_published_move() {
        let rows = [effect("sentiment", 0.004), effect("volatility", -0.001)];
        let view = movers(&[forecast(1, 100.0 * 0.003_f64.exp())], &rows, Lang::En).remove(0);
        assert_eq!((view.total.as_str(), &view.differs), ("+0.300\u{a0}%", &None));
        assert_eq!((view.bars[0].left.as_str(), view.bars[0].width.as_str()), ("100.0", "96.0"));
        assert_eq!((view.bars[1].left.as_str(), view.bars[1].width.as_str()), ("76.0", "24.0"));
        assert_eq!((view.bars[1].effect.as_str(), view.bars[1].direction.class), ("−0.100\u{a0}%", "down"));
    }

    #[test]
    fn a_sum_that_is_not_the_published_move_is_said() {
        let view = movers(&[forecast(1, 101.0)], &[effect("sentiment", 0.004)], Lang::En).remove(0);
        assert!(view.differs.unwrap().contains("+0.995"));
    }

    #[test]
    fn a_random_walk_has_no_movers_and_says_so() {
        let view = movers(&[forecast(1, 100.0), forecast(2, 100.0)], &[], Lang::En);
        assert!(
            view.iter().all(|v| v.bars.is_empty() && v.says.contains("random walk") && v.differs.is_none())
        );
    }
}
