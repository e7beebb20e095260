//! A simulated strategy: figures beside buying and holding, its curve, its drawdown, its trades.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::store::StrategyRow;
use crate::format;
use crate::market::view::Direction;
use crate::plot::{Plot, span};
use crate::text::{Lang, fill, text};

/// A day, the strategy's capital, that of holding, and what is lost since its peak.
type CurvePoint = (NaiveDate, f64, f64, f64);
/// Opened on, closed on, side, entry, exit, gain.
type Trade = (NaiveDate, Option<NaiveDate>, String, f64, Option<f64>, f64);

/// A strategy as a reader sees it.
#[derive(Debug, Serialize)]
pub struct StrategyView {
    name: String,
    /// One sentence: whether anything is left of it.
    says: String,
    figures: Vec<(&'static str, String, String)>,
    tried: String,
    equity: Option<Plot>,
    drawdown: Option<Plot>,
    curve: Vec<(String, String, String, String)>,
    trades: Vec<TradeView>,
    more_trades: Option<String>,
}

#[derive(Debug, Serialize)]
struct TradeView {
    opened: String,
    closed: String,
    side: &'static str,
    entry: String,
    exit: String,
    gain: String,
    direction: Direction,
}

/// The view of one strategy.
pub fn strategy(row: &StrategyRow, lang: Lang) -> StrategyView {
    let curve: Vec<CurvePoint> = decode(&row.curve, "curve", &row.name);
    let ledger: Vec<Trade> = decode(&row.ledger, "ledger", &row.name);
    let name = strategy_name(&row.name, lang);
    let missing = (row.trades as usize).saturating_sub(ledger.len());
    StrategyView {
        says: says(row, lang),
        figures: figures(row, lang),
        tried: tried(row, lang),
        equity: equity(&curve, &name, lang),
        drawdown: drawdown(&curve, &name, lang),
        curve: curve.iter().map(|point| curve_row(point, lang)).collect(),
        trades: ledger.iter().rev().map(|t| trade(t, lang)).collect(),
        more_trades: (missing > 0 && !ledger.is_empty())
            .then(|| fill(lang, "strategy_more_trades", &[("count", &format::count(missing as i64, lang))])),
        name,
    }
}

/// Rows of another version's shape are shown as none.
fn decode<T: serde::de::DeserializeOwned>(value: &serde_json::Value, what: &str, name: &str) -> Vec<T> {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| {
        tracing::error!(%error, what, name, "a strategy cannot be read");
        Vec::new()
    })
}

/// A rule's name in words; one that this version does not know keeps the name that it was published with.
fn strategy_name(name: &str, lang: Lang) -> String {
    let (rule, side) = name.split_once(", ").unwrap_or((name, ""));
    let side = match side {
        "long only" => "strategy_long_only",
        "long and short" => "strategy_both_sides",
        _ => return name.to_owned(),
    };
    let side = ("side", text(lang, side));
    if let Some(windows) = rule.strip_prefix("averages ") {
        return fill(lang, "strategy_averages", &[("windows", windows), side]);
    }
    let beyond = rule.strip_prefix("forecast beyond ").and_then(|threshold| threshold.parse().ok());
    let Some(beyond) = beyond else { return name.to_owned() };
    fill(lang, "strategy_forecast", &[("threshold", &format::number(beyond, 2, lang)), side])
}

/// A loss from a peak with its sign, whichever sign it was published with.
fn lost(share: f64, lang: Lang) -> String {
    format::change(-share.abs(), 1, lang)
}

fn says(row: &StrategyRow, lang: Lang) -> String {
    if row.trades == 0 {
        return text(lang, "strategy_no_trades").to_owned();
    }
    let values = [
        ("own", &*format::change(row.total_return, 1, lang)),
        ("hold", &*format::change(row.hold_return, 1, lang)),
        ("from", &*format::day(row.from_on, lang)),
        ("to", &*format::day(row.to_on, lang)),
    ];
    let ahead = if row.total_return > row.hold_return { "strategy_ahead" } else { "strategy_behind" };
    let luck = match row.deflated_sharpe {
        Some(p) if p >= 0.95 => "strategy_not_luck",
        Some(_) => "strategy_luck",
        None => "strategy_luck_unknown",
    };
    format!("{} {}", fill(lang, ahead, &values), text(lang, luck))
}

fn figures(row: &StrategyRow, lang: Lang) -> Vec<(&'static str, String, String)> {
    let ratio = |value: Option<f64>| {
        value.map_or_else(|| format::MISSING.to_owned(), |value| format::signed(value, 2, lang))
    };
    let sharpe = match row.sharpe_low.zip(row.sharpe_high) {
        Some((low, high)) => {
            let ends = [format::signed(low, 2, lang), format::signed(high, 2, lang)];
            let interval = fill(lang, "interval", &[("low", &ends[0]), ("high", &ends[1])]);
            format!("{} ({interval})", ratio(row.sharpe))
        }
        None => ratio(row.sharpe),
    };
    let none = || format::MISSING.to_owned();
    let change = |share: f64| format::change(share, 1, lang);
    vec![
        (text(lang, "strategy_total"), change(row.total_return), change(row.hold_return)),
        (text(lang, "strategy_annual"), change(row.annual_return), none()),
        (text(lang, "strategy_drawdown"), lost(row.max_drawdown, lang), lost(row.hold_drawdown, lang)),
        (text(lang, "strategy_sharpe"), sharpe, ratio(row.hold_sharpe)),
        (text(lang, "strategy_deflated"), deflated(row.deflated_sharpe, lang), none()),
        (text(lang, "strategy_trades"), format::count(row.trades.into(), lang), none()),
        (text(lang, "strategy_costs"), lost(row.costs, lang), none()),
    ]
}

fn deflated(p: Option<f64>, lang: Lang) -> String {
    p.map_or_else(|| format::MISSING.to_owned(), |p| format::percent(p, 0, lang))
}

fn tried(row: &StrategyRow, lang: Lang) -> String {
    let values = [
        ("tried", &*format::count(row.tried.into(), lang)),
        ("cost", &*format::number(row.cost_bp, 1, lang)),
        ("slippage", &*format::number(row.slippage_bp, 1, lang)),
    ];
    fill(lang, "strategy_tried", &values)
}

fn day_number(on: NaiveDate) -> f64 {
    f64::from(on.num_days_from_ce())
}

/// Labels at the beginnings of years, or of quarters where the curve is short.
fn days_below(curve: &[CurvePoint], lang: Lang) -> Vec<(f64, String)> {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return Vec::new() };
    let long = (last.0 - first.0).num_days() > 900;
    let mut labels = Vec::new();
    for year in first.0.year()..=last.0.year() {
        for month in [1, 4, 7, 10] {
            let Some(on) = NaiveDate::from_ymd_opt(year, month, 1) else { continue };
            if month == 1 {
                labels.push((day_number(on), year.to_string()));
            } else if !long {
                labels.push((day_number(on), format::short_day(on, lang)));
            }
        }
    }
    labels
}

fn across(curve: &[CurvePoint]) -> Option<(f64, f64)> {
    let (first, last) = (curve.first()?, curve.last()?);
    (curve.len() > 1).then(|| (day_number(first.0), day_number(last.0)))
}

fn equity(curve: &[CurvePoint], name: &str, lang: Lang) -> Option<Plot> {
    let reach = span(curve.iter().flat_map(|p| [p.1, p.2]))?;
    let title = fill(lang, "strategy_equity_chart", &[("name", name)]);
    let plot = Plot::new(&title, across(curve)?, reach)
        .below(days_below(curve, lang))
        .beside_round(|value| format::change(value - 1.0, 0, lang))
        .line("hold", curve.iter().map(|p| (day_number(p.0), p.2)))
        .line("equity", curve.iter().map(|p| (day_number(p.0), p.1)));
    Some(plot)
}

fn drawdown(curve: &[CurvePoint], name: &str, lang: Lang) -> Option<Plot> {
    let deepest = curve.iter().map(|p| -p.3.abs()).fold(0.0, f64::min);
    let title = fill(lang, "strategy_drawdown_chart", &[("name", name)]);
    let plot = Plot::new(&title, across(curve)?, (deepest * 1.05, 0.0))
        .below(days_below(curve, lang))
        .beside_round(|value| format::change(value, 0, lang))
        .line("drawdown", curve.iter().map(|p| (day_number(p.0), -p.3.abs())));
    Some(plot)
}

fn curve_row(point: &CurvePoint, lang: Lang) -> (String, String, String, String) {
    let change = |value: f64| format::change(value - 1.0, 1, lang);
    (format::day(point.0, lang), change(point.1), change(point.2), lost(point.3, lang))
}

fn trade((opened, closed, side, entry, exit, gain): &Trade, lang: Lang) -> TradeView {
    TradeView {
        opened: format::day(*opened, lang),
        closed: closed.map_or_else(|| text(lang, "strategy_open").to_owned(), |on| format::day(on, lang)),
        side: text(
            lang,
            if matches!(side.as_str(), "short" | "sell") { "trade_short" } else { "trade_long" },
        ),
        entry: format::price(*entry, lang),
        exit: exit.map_or_else(|| format::MISSING.to_owned(), |price| format::price(price, lang)),
        gain: format::change(*gain, 2, lang),
        direction: Direction::of(*gain, 0.0, lang),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row() -> StrategyRow {
        StrategyRow {
            name: "averages 20/50, long only".into(),
            from_on: NaiveDate::from_ymd_opt(2025, 1, 2).unwrap(),
            to_on: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
            trades: 3,
            total_return: 0.1,
            annual_return: 0.05,
            max_drawdown: 0.2,
            sharpe: Some(0.4),
            sharpe_low: Some(-0.3),
            sharpe_high: Some(1.1),
            deflated_sharpe: Some(0.31),
            tried: 3_000,
            cost_bp: 5.0,
            slippage_bp: 5.0,
            costs: 0.004,
            hold_return: 0.3,
            hold_drawdown: -0.25,
            hold_sharpe: None,
            curve: json!([["2025-01-02", 1.0, 1.0, 0.0], ["2025-01-09", 0.98, 1.02, 0.02]]),
            ledger: json!([
                ["2025-01-03", "2025-01-06", "long", 10.0, 9.8, -0.02],
                ["2025-01-07", null, "long", 9.9, null, 0.01]
            ]),
        }
    }

    #[test]
    fn losses_costs_and_luck_are_said_plainly() {
        let view = strategy(&row(), Lang::En);
        assert!(view.says.contains("+10.0\u{a0}%") && view.says.contains("+30.0\u{a0}%"), "{}", view.says);
        assert!(view.says.contains("luck") && view.tried.contains("3,000"), "{} {}", view.says, view.tried);
        let figure = |at: usize| (view.figures[at].1.as_str(), view.figures[at].2.as_str());
        // Whichever sign a loss was published with, it is shown as one.
        assert_eq!(figure(2), ("−20.0\u{a0}%", "−25.0\u{a0}%"));
        assert_eq!(figure(3), ("+0.40 (−0.30 to +1.10)", "–"));
        assert_eq!((view.trades.len(), view.trades[0].closed.as_str()), (2, "still open"));
        assert_eq!(strategy(&row(), Lang::Es).name, "Medias móviles 20/50, solo larga");
        assert!(view.more_trades.is_some() && view.equity.is_some() && view.drawdown.is_some());
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let view =
            strategy(&StrategyRow { curve: json!({"a": 1}), ledger: json!([["x"]]), ..row() }, Lang::Es);
        assert!(view.curve.is_empty() && view.trades.is_empty() && view.equity.is_none());
        let single = json!([["2025-01-02", 1.0, 1.0, 0.0]]);
        assert!(strategy(&StrategyRow { curve: single, ..row() }, Lang::En).equity.is_none());
    }
}
