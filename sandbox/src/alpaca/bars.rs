//! Bars of several symbols: sorted by symbol, then by time.

use std::collections::BTreeSet;

use domain::AssetClass;
use serde_json::{Map, Value, json};

use super::{descending, error, instant, limit, token};
use crate::moment::{DAY, Micros, SECOND, seconds};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::bar::{Bar, interval_length};

/// The newest quarter of an hour is not in the free plan.
const WITHHELD: Micros = 15 * 60 * SECOND;
/// So many bars on a page, without a wish and at most.
const PAGE: (usize, usize) = (1_000, 10_000);

/// Which endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Market {
    /// Everything that is no coin.
    Stocks,
    /// Coins.
    Crypto,
}

/// Answers a request for bars.
pub(super) fn answer(
    world: &World,
    now: Micros,
    market: Market,
    request: &Request,
) -> Result<Answer, Answer> {
    let asked = request.param("symbols").ok_or_else(|| error(400, "symbols parameter is required"))?;
    let symbols: BTreeSet<&str> =
        asked.split(',').map(str::trim).filter(|symbol| !symbol.is_empty()).collect();
    let interval =
        interval(request.param("timeframe").ok_or_else(|| error(400, "timeframe parameter is required"))?)?;
    let page = limit(request, PAGE.0, PAGE.1)?;
    let newest_first = descending(request, false)?;
    let adjusted = adjusted(request)?;
    let end = instant(request, "end")?;
    let start = instant(request, "start")?.unwrap_or_else(|| now.div_euclid(DAY) * DAY);
    let intraday = interval_length(&interval).is_some_and(|length| length < DAY);
    let consolidated = request.param("feed").is_none_or(|feed| feed == "sip");
    if market == Market::Stocks && intraday && consolidated && end.unwrap_or(now) > now - WITHHELD {
        return Err(error(403, "subscription does not permit querying recent SIP data"));
    }
    let end = end.unwrap_or(now);
    if end < start {
        return Err(error(400, "end should not be before start"));
    }
    let after = request.param("page_token").map(token::read).transpose()?;

    let mut bars = Map::new();
    let mut left = page;
    let mut last = None;
    let mut next = None;
    'symbols: for symbol in symbols {
        if after.as_ref().is_some_and(|(_, name)| symbol < name.as_str()) {
            continue;
        }
        let known = world.assets.of_alpaca(symbol);
        if (world.assets.class(known) == Some(AssetClass::Crypto)) != (market == Market::Crypto) {
            continue;
        }
        let Some(series) = world.bars.get(known, &interval) else { continue };
        let found = series.between(start, end, now);
        let found: Box<dyn Iterator<Item = &Bar>> =
            if newest_first { Box::new(found.iter().rev()) } else { Box::new(found.iter()) };
        let resumed = after.as_ref().filter(|(_, name)| name == symbol).map(|(at, _)| *at);
        let mut rows = Vec::new();
        for bar in found {
            if resumed.is_some_and(|at| if newest_first { bar.at >= at } else { bar.at <= at }) {
                continue;
            }
            if left == 0 {
                next = last.map(|(at, name): (Micros, &str)| token::write(at, name));
                if !rows.is_empty() {
                    bars.insert(symbol.to_owned(), Value::Array(rows));
                }
                break 'symbols;
            }
            left -= 1;
            last = Some((bar.at, symbol));
            rows.push(value(bar, adjusted));
        }
        if !rows.is_empty() {
            bars.insert(symbol.to_owned(), Value::Array(rows));
        }
    }
    Ok(Answer::json(200, &json!({"bars": bars, "next_page_token": next})))
}

/// `1Day`, `1D`, `15Min`, `4Hour` to the intervals of a world: `1d`, `15m`, `4h`.
fn interval(timeframe: &str) -> Result<String, Answer> {
    let digits = timeframe.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = timeframe.split_at(digits);
    let unit = match unit {
        "Min" | "T" => Some("m"),
        "Hour" | "H" => Some("h"),
        "Day" | "D" => Some("d"),
        "Week" | "W" => Some("w"),
        "Month" | "M" => Some("mo"),
        _ => None,
    };
    match (count.parse::<u32>(), unit) {
        (Ok(count @ 1..=59), Some(unit)) => Ok(format!("{count}{unit}")),
        _ => Err(error(400, &format!("invalid timeframe: {timeframe}"))),
    }
}

fn adjusted(request: &Request) -> Result<bool, Answer> {
    match request.param("adjustment") {
        None | Some("raw") => Ok(false),
        Some("all" | "split" | "dividend") => Ok(true),
        Some(other) => Err(error(400, &format!("invalid adjustment: {other}"))),
    }
}

/// A bar; adjusted, its prices are scaled by adjusted over raw close.
fn value(bar: &Bar, adjusted: bool) -> Value {
    let factor = match bar.adj_close {
        Some(adj_close) if adjusted && bar.close != 0.0 => adj_close / bar.close,
        _ => 1.0,
    };
    let close = bar.adj_close.filter(|_| adjusted).unwrap_or(bar.close);
    let mut value = Map::new();
    value.insert("t".into(), seconds(bar.at).into());
    value.insert("o".into(), (bar.open * factor).into());
    value.insert("h".into(), (bar.high * factor).into());
    value.insert("l".into(), (bar.low * factor).into());
    value.insert("c".into(), close.into());
    if let Some(volume) = bar.volume {
        value.insert("v".into(), volume.into());
    }
    value.insert("n".into(), Value::Null);
    value.insert("vw".into(), Value::Null);
    Value::Object(value)
}
