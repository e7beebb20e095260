//! A customer's runs side by side: a table, and the Value at Risk with its error against simulations or window.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::pages::{locked, usual_symbol};
use super::store::{self, RunRow};
use super::{Level, view};
use crate::error::Error;
use crate::format;
use crate::plot::{Plot, Point, span};
use crate::site::page;
use crate::site::reader::SignedIn;
use crate::text::{Lang, fill, text};

/// Standard errors on either side of an estimate in a 95 % interval.
const Z: f64 = 1.96;

/// What is compared.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choice {
    symbol: String,
    by: String,
    level: String,
}

#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    when: String,
    symbol: String,
    on: String,
    side: &'static str,
    window: String,
    simulations: String,
    workers: String,
    horizon: String,
    place: &'static str,
    var_95: String,
    var_99: String,
    total: String,
    took: String,
}

/// `GET /lab/runs`
///
/// # Errors
/// The address names something that cannot be compared, or Postgres fails.
pub async fn runs(signed: SignedIn, choice: web::Query<Choice>) -> Result<HttpResponse, Error> {
    let (by, level) = choice.compared()?;
    let reader = signed.reader;
    let lang = reader.lang();
    let edition = reader.app.edition().await?;
    if let Some(locked) = locked(&reader, &edition, &usual_symbol(&edition))? {
        return Ok(locked);
    }
    let rows = store::runs(&reader.app.pool, signed.account.id).await?;
    let mut symbols: Vec<&str> = rows.iter().map(|row| row.symbol.as_str()).collect();
    symbols.sort_unstable();
    symbols.dedup();
    if !choice.symbol.is_empty() && !symbols.contains(&choice.symbol.as_str()) {
        return Err(Error::NotFound);
    }
    let symbol = rows.first().map(|row| row.symbol.as_str()).unwrap_or_default();
    let symbol = if choice.symbol.is_empty() { symbol } else { &choice.symbol };
    let shown: Vec<&RunRow> = rows.iter().filter(|row| row.symbol == symbol).collect();
    let mut context = page::context(&reader, &edition, text(lang, "lab_runs_title"));
    context.insert("rows", &rows.iter().map(|row| line(row, lang)).collect::<Vec<_>>());
    context.insert("symbols", &symbols);
    context.insert("symbol", symbol);
    context.insert("by", if by == By::Window { "window" } else { "simulations" });
    context.insert("level", if level < 0.97 { "95" } else { "99" });
    context.insert("plot", &plot(&shown, symbol, by, level, lang));
    page::render(&reader.app, "lab/runs.html", &context)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Simulations,
    Window,
}

impl Choice {
    /// Against what, and at which confidence.
    fn compared(&self) -> Result<(By, f64), Error> {
        let by = match self.by.as_str() {
            "" | "simulations" => By::Simulations,
            "window" => By::Window,
            _ => return Err(Error::Unclear { why: "lab_accepts_by" }),
        };
        match self.level.as_str() {
            "95" => Ok((by, 0.95)),
            "" | "99" => Ok((by, 0.99)),
            _ => Err(Error::Unclear { why: "lab_accepts_level" }),
        }
    }
}

fn level_of(row: &RunRow, confidence: f64) -> Option<&Level> {
    row.results.levels.iter().find(|level| (level.confidence - confidence).abs() < 1e-9)
}

fn line(row: &RunRow, lang: Lang) -> Row {
    let level = |confidence| {
        level_of(row, confidence).map_or_else(
            || format::MISSING.to_owned(),
            |l| {
                let (value, error) = (l.value_at_risk, l.standard_error);
                format!("{} ± {}", format::percent(value, 2, lang), format::percent(error, 3, lang))
            },
        )
    };
    let total = level_of(row, row.confidence).map_or_else(
        || format::MISSING.to_owned(),
        |l| view::total(l.value_at_risk, row.position_cents, &row.currency, lang),
    );
    let took: u64 = row.results.places.iter().map(|ran| ran.took_ms).sum();
    let count = |n: i32| format::count(n.into(), lang);
    Row {
        id: row.id,
        when: format::short_instant(row.created_at, lang),
        symbol: row.symbol.clone(),
        on: format::day(row.signal_on, lang),
        side: text(lang, if row.side == "short" { "trade_short" } else { "trade_long" }),
        window: count(row.window_returns),
        simulations: format::count(row.simulations, lang),
        workers: count(row.workers),
        horizon: count(row.horizon),
        place: view::place_name(row.place(), lang),
        var_95: level(0.95),
        var_99: level(0.99),
        total,
        took: fill(lang, "lab_ms", &[("ms", &format::number(took as f64, 0, lang))]),
    }
}

/// Estimates with their 95 % Monte-Carlo intervals; `None` without any.
fn plot(rows: &[&RunRow], symbol: &str, by: By, confidence: f64, lang: Lang) -> Option<Plot> {
    // Simulations differ by powers of ten.
    let place = |row: &RunRow| match by {
        By::Simulations => (row.simulations as f64).log10(),
        By::Window => f64::from(row.window_returns),
    };
    let found: Vec<(&RunRow, &Level)> =
        rows.iter().filter_map(|row| Some((*row, level_of(row, confidence)?))).collect();
    let x = span(found.iter().map(|(row, _)| place(row)))?;
    let ends = |level: &Level| {
        let half = Z * level.standard_error;
        [level.value_at_risk - half, level.value_at_risk + half]
    };
    let y = span(found.iter().flat_map(|(_, level)| ends(level)))?;
    let key = if by == By::Window { "lab_plot_window" } else { "lab_plot_simulations" };
    let title = fill(lang, key, &[("symbol", symbol), ("level", &view::confidence(confidence, lang))]);
    let labels: Vec<(f64, String)> = match by {
        By::Simulations => {
            (2..=7).map(|p| (f64::from(p), format::count(10_i64.pow(p as u32), lang))).collect()
        }
        By::Window => {
            [30, 60, 125, 250, 500, 1000, 1500, 2000, 2500].map(|n| (f64::from(n), n.to_string())).into()
        }
    };
    let reach = if by == By::Simulations { (x.0.floor().min(x.0), x.1.ceil().max(x.1)) } else { x };
    let mut plot =
        Plot::new(&title, reach, y).below(labels).beside_round(|value| format::percent(value, 2, lang));
    for (row, level) in found {
        let [low, high] = ends(level);
        let values = [
            ("value", &*format::percent(level.value_at_risk, 3, lang)),
            ("error", &*format::percent(level.standard_error, 4, lang)),
            ("simulations", &*format::count(row.simulations, lang)),
            ("window", &*format::count(row.window_returns.into(), lang)),
        ];
        let says = fill(lang, "lab_plot_says", &values);
        let class = if row.side == "short" { "other" } else { "own" };
        let point = Point { x: place(row), y: level.value_at_risk, interval: (low, high), says: &says };
        plot = plot.mark(class, &point);
    }
    Some(plot)
}
