//! `GET /api/assets/{symbol}/indicators`: bars and indicators as the chart draws them.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::Feature;
use serde::Serialize;
use serde_json::json;

use super::actions;
use super::question::{PRICES, Question};
use super::series::{Prices, Series, visible};
use super::trades;
use crate::access::Access;
use crate::error::Error;
use crate::site::reader::Reader;

/// One bar.
#[derive(Debug, Serialize)]
struct Bar {
    time: chrono::NaiveDate,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: Option<f64>,
}

/// One signal.
#[derive(Debug, Serialize)]
struct Signal {
    time: chrono::NaiveDate,
    side: &'static str,
}

/// The bars in the time that is asked for, the indicators that are switched on (one value a bar; null while they warm up),
/// the signals of the two averages, splits and dividends. Indicators are computed over all bars that the caller may see, then cut.
///
/// # Errors
/// Locked, no such asset, a parameter that is not understood, or Postgres fails.
pub async fn indicators(
    reader: Reader,
    symbol: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let edition = reader.app.edition().await?;
    let symbol = symbol.into_inner();
    if !edition.front.assets.contains_key(&symbol) {
        return Err(Error::NotFound);
    }
    let access = edition.access(reader.who(), Feature::Price, &symbol, reader.now);
    if let Access::Locked { unlocked_by } = access {
        return Err(Error::Locked { feature: Feature::Price, unlocked_by });
    }
    let question = Question::parse(request.query_string()).map_err(|refused| refused.error(reader.lang()))?;
    let publication = edition.publication.as_ref();
    let app = &reader.app;
    let bars = app.shelf.bars(&app.pool, publication.map_or(0, |p| p.id), &[symbol.as_str()]).await?;
    let seen = bars.first().map_or(&[][..], |bars| visible(bars, access, edition.closes_at()));
    let series = Series::of(seen, question.prices);
    let place = question.span.place(&series.days);
    let mut columns = question.overlays.columns(&series, reader.lang());
    for column in &mut columns {
        column.values = column.values.get(place.clone()).unwrap_or_default().to_vec();
    }
    let adjusted = Series::of(seen, Prices::Adjusted);
    let signals = signals(&adjusted, &question);
    let prices = PRICES.iter().find(|(_, prices)| *prices == question.prices).map(|(name, _)| *name);
    let days = series.days.get(place.clone()).unwrap_or_default();
    let acted = actions::within(&actions::of(seen), days);
    let all = series.bars();
    let bars: Vec<Bar> = all.get(place).unwrap_or_default().iter().map(bar).collect();
    Ok(HttpResponse::Ok().json(json!({
        "symbol": symbol,
        "slot": publication.map(|p| p.slot.as_str()),
        "as_of": publication.map(|p| p.closes_at.to_rfc3339()),
        "interval": "1d",
        "prices": prices,
        "bars": bars,
        "columns": columns,
        "signals": signals,
        "actions": actions::drawn(&acted, reader.lang()),
    })))
}

fn bar(bar: &analytics::periods::Bar) -> Bar {
    let analytics::periods::Bar { on, open, high, low, close, volume } = *bar;
    Bar { time: on, open, high, low, close, volume }
}

fn signals(series: &Series, question: &Question) -> Vec<Signal> {
    let Some(Ok(followed)) = trades::follow(series, question) else { return Vec::new() };
    let signal = |signal: &trades::Signal| {
        let side = if signal.buy { "buy" } else { "sell" };
        Some(Signal { time: *series.days.get(signal.at)?, side })
    };
    followed.signals.iter().filter_map(signal).collect()
}
