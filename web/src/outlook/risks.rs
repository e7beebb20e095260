//! Published risk, and whether such figures held: in numbers and in plain words.

use serde::Serialize;

use super::store::BacktestRow;
use crate::format;
use crate::lab::view::confidence;
use crate::market::store::RiskRow;
use crate::text::{Lang, fill, text};

/// Below this a test says that a model is wrong.
const LEVEL: f64 = 0.05;

/// One published confidence and horizon.
#[derive(Debug, Serialize)]
pub struct RiskView {
    confidence: String,
    horizon: String,
    value_at_risk: String,
    error: String,
    expected_shortfall: String,
    closed_form: String,
    historical: String,
}

/// One model's record at one confidence.
#[derive(Debug, Serialize)]
pub struct BacktestView {
    model: String,
    confidence: String,
    days: String,
    exceptions: String,
    expected: String,
    kupiec: String,
    christoffersen: String,
    verdict: String,
    held: bool,
}

/// The published figures.
pub fn risks(rows: &[RiskRow], lang: Lang) -> Vec<RiskView> {
    let share = |value: f64| format::percent(value, 2, lang);
    let view = |row: &RiskRow| RiskView {
        confidence: confidence(row.confidence, lang),
        horizon: row.horizon.to_string(),
        value_at_risk: share(row.value_at_risk),
        error: format::percent(row.standard_error, 3, lang),
        expected_shortfall: share(row.expected_shortfall),
        closed_form: share(row.closed_form),
        historical: share(row.historical),
    };
    rows.iter().map(view).collect()
}

/// One sentence: what a day may cost. `None` without figures for a day.
pub fn answer(rows: &[RiskRow], lang: Lang) -> Option<String> {
    let one = |c: f64| rows.iter().find(|row| row.horizon == 1 && (row.confidence - c).abs() < 1e-9);
    let (low, high) = (one(0.95)?, one(0.99)?);
    let values = [
        ("low", &*format::percent(low.value_at_risk, 2, lang)),
        ("high", &*format::percent(high.value_at_risk, 2, lang)),
        ("shortfall", &*format::percent(high.expected_shortfall, 2, lang)),
    ];
    Some(fill(lang, "risk_answer", &values))
}

/// How models of risk would have fared.
pub fn backtests(rows: &[BacktestRow], lang: Lang) -> Vec<BacktestView> {
    rows.iter().map(|row| backtest(row, lang)).collect()
}

fn backtest(row: &BacktestRow, lang: Lang) -> BacktestView {
    let p = |p: Option<f64>| p.map_or_else(|| format::MISSING.to_owned(), |p| format::number(p, 3, lang));
    let key = verdict(row);
    BacktestView {
        model: text(lang, model_key(&row.model)).to_owned(),
        confidence: confidence(row.confidence, lang),
        days: format::count(row.days.into(), lang),
        exceptions: format::count(row.exceptions.into(), lang),
        expected: format::number(row.expected, 1, lang),
        kupiec: p(row.kupiec_p),
        christoffersen: p(row.christoffersen_p),
        verdict: text(lang, key).to_owned(),
        held: key == "backtest_held",
    }
}

/// What the tests say, as the key of a sentence.
fn verdict(row: &BacktestRow) -> &'static str {
    let (Some(kupiec), bunched) = (row.kupiec_p, row.christoffersen_p.is_some_and(|p| p < LEVEL)) else {
        return "backtest_unknown";
    };
    match (kupiec < LEVEL, f64::from(row.exceptions) > row.expected, bunched) {
        (true, true, true) => "backtest_often_bunched",
        (true, true, false) => "backtest_often",
        (true, false, _) => "backtest_rarely",
        (false, _, true) => "backtest_bunched",
        (false, _, false) => "backtest_held",
    }
}

fn model_key(model: &str) -> &'static str {
    match model {
        "normal" => "model_normal",
        "historical" => "model_historical",
        "ewma" => "model_ewma",
        "fhs" => "model_fhs",
        "monte-carlo" => "model_monte_carlo",
        _ => "model_other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(exceptions: i32, kupiec_p: Option<f64>, christoffersen_p: Option<f64>) -> BacktestRow {
        let (model, confidence, days, expected) = ("fhs".to_owned(), 0.99, 500, 5.0);
        BacktestRow { model, confidence, days, exceptions, expected, kupiec_p, christoffersen_p }
    }

    #[test]
    fn tests_are_put_into_words() {
        for (row, key) in [
            (row(5, Some(0.99), Some(0.4)), "backtest_held"),
            (row(14, Some(0.002), Some(0.4)), "backtest_often"),
            (row(14, Some(0.002), Some(0.01)), "backtest_often_bunched"),
            (row(0, Some(0.001), None), "backtest_rarely"),
            (row(6, Some(0.6), Some(0.04)), "backtest_bunched"),
            (row(0, None, None), "backtest_unknown"),
        ] {
            assert_eq!(verdict(&row), key, "{row:?}");
        }
        let view = &backtests(&[row(14, Some(0.002), None)], Lang::En)[0];
        assert_eq!((view.exceptions.as_str(), view.expected.as_str(), view.held), ("14", "5.0", false));
        assert_eq!((view.kupiec.as_str(), view.christoffersen.as_str()), ("0.002", "–"));
    }
}
