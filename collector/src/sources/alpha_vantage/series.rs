//! Series of bars.
//!
//! A day is told by its date alone: its bar opens at midnight UTC of that date. A time is that at which the bar opens, on
//! the clocks of the place that the answer names.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::Bar;
use domain::bar::interval_duration;
use serde_json::{Map, Value};

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, json, zone};

const META: &str = "Meta Data";

/// Says what is wrong with a 200 that is no series.
pub(super) fn page(body: &[u8]) -> Result<(), Trouble> {
    let reply: Value = json::parse(body)
        .map_err(|e| Trouble::transient(format!("its reply is not the JSON of bars ({e}): repeat later")))?;
    match reply.as_object().is_some_and(|reply| rows(reply).is_some()) {
        true => Ok(()),
        false => Err(Trouble::system("it answered 200 without a series of bars: see its raw reply")),
    }
}

/// The rows of an answer. The name of their field tells the interval in several ways:
///
/// ```json
/// {"Meta Data":{"1. Information":"Intraday (1min) …","2. Symbol":"MSFT","6. Time Zone":"US/Eastern"},
///  "Time Series (1min)":{"2017-12-18 14:56:00":{"1. open":"86.4900","2. high":"86.5000","3. low":"86.4750",
///    "4. close":"86.5000","5. volume":"10494"}}}
/// ```
fn rows(reply: &Map<String, Value>) -> Option<&Map<String, Value>> {
    reply.iter().find(|(name, _)| name.starts_with("Time Series"))?.1.as_object()
}

/// Reads the bars of one answer.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let reply: Map<String, Value> = match json::parse(&exchange.body) {
        Ok(reply) => reply,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("the answer is not the JSON of bars ({error})"));
        }
    };
    for name in reply.keys().filter(|name| *name != META && !name.starts_with("Time Series")) {
        collected.unknown_field(name.clone());
    }
    let zone = match stated_zone(&reply) {
        Ok(zone) => zone,
        Err(name) => {
            return collected.reject(raw_ref, None, format!("its time zone {name:?} is not known"));
        }
    };
    let hint = |name: &str| exchange.hints.get(name).map(String::as_str).unwrap_or_default();
    let (symbol, interval) = (hint("symbol"), hint("interval"));
    let limit = |name: &str| instant::parse(hint(name), None);
    let until = limit("until").unwrap_or(collected.window.to);
    let since = limit("since").unwrap_or(DateTime::<Utc>::MIN_UTC);
    let length = interval_duration(interval).unwrap_or_default();
    for (stated, row) in rows(&reply).into_iter().flatten() {
        let Some(opens_at) = opening(stated, zone) else {
            let reason = format!("a bar's time {stated:?} cannot be read");
            collected.reject(raw_ref, Some(symbol.to_owned()), reason);
            continue;
        };
        let is_over = opens_at.checked_add_signed(length).is_some_and(|end| end <= until);
        if is_over && opens_at >= since {
            let field = |names: &[&str]| field(row, names, hint("market"));
            let price = |name: &str| field(&[name]).unwrap_or(f64::NAN);
            let bar = Bar {
                symbol: symbol.to_owned(),
                interval: interval.to_owned(),
                opens_at,
                open: price("open"),
                high: price("high"),
                low: price("low"),
                close: price("close"),
                adj_close: field(&["adjusted close"]).filter(|close| close.is_finite() && *close > 0.0),
                volume: field(&["volume"]).filter(|volume| volume.is_finite()),
                collected_at: collected.collected_at(),
            };
            collected.bar(raw_ref, bar);
        }
    }
}

/// The zone that the answer names; UTC where it names none.
fn stated_zone(reply: &Map<String, Value>) -> Result<Tz, &str> {
    let meta = reply.get(META).and_then(Value::as_object);
    let named = meta.and_then(|meta| meta.iter().find(|(name, _)| plain(name) == "Time Zone"));
    match named.and_then(|(_, value)| value.as_str()).map(str::trim) {
        None | Some("") => Ok(Tz::UTC),
        Some(name) => name.parse().map_err(|_| name),
    }
}

/// `2022-07-06` or `2017-12-18 14:56:00`.
fn opening(stated: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(date) = NaiveDate::parse_from_str(stated, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    zone::instant(NaiveDateTime::parse_from_str(stated, "%Y-%m-%d %H:%M:%S").ok()?, zone)
}

/// The number of the first of `names` that a row has, as `4. close` or, of a coin, also as `4a. close (USD)`.
fn field(row: &Value, names: &[&str], market: &str) -> Option<f64> {
    let row = row.as_object()?;
    let value = names.iter().find_map(|name| {
        let in_market = format!("{name} ({market})");
        row.iter().find(|(key, _)| plain(key) == *name || plain(key) == in_market).map(|(_, value)| value)
    })?;
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A name without its number.
fn plain(name: &str) -> &str {
    name.split_once(". ").map_or(name, |(_, name)| name)
}
