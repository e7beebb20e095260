//! What is kept of an answer, and how it is read.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use domain::Bar;
use domain::bar::interval_duration;
use serde::{Deserialize, Serialize};

use super::contract::Series;
use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, json};

/// An answer as it is kept: what the client decoded, nothing left out. A day's date is `20261120`, any other is the second
/// at which the bar opens; a volume of -1 means that there is none:
///
/// ```json
/// {"bars":[{"date":"20261120","open":1.05,"high":1.06,"low":1.04,"close":1.055,"volume":-1.0,"wap":-1.0,"count":-1}]}
/// ```
#[derive(Serialize)]
struct Answer {
    bars: Vec<Kept>,
}

/// The same, or the form in which the Client Portal states a history, which names symbol and length itself:
///
/// ```json
/// {"symbol":"VOO","barLength":86400,"data":[{"t":1672410600000,"o":349.79,"h":351.49,"l":347.76,"c":351.34,"v":37283}]}
/// ```
#[derive(Deserialize)]
struct Read {
    #[serde(alias = "data")]
    bars: Vec<Row>,
    #[serde(default)]
    symbol: String,
    #[serde(default, rename = "barLength", deserialize_with = "json::count")]
    bar_length: Option<i64>,
}

#[derive(Serialize)]
struct Kept {
    date: String,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
    wap: f64,
    count: i32,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default, alias = "t", deserialize_with = "json::text")]
    date: Option<String>,
    #[serde(default, alias = "o", deserialize_with = "json::number")]
    open: Option<f64>,
    #[serde(default, alias = "h", deserialize_with = "json::number")]
    high: Option<f64>,
    #[serde(default, alias = "l", deserialize_with = "json::number")]
    low: Option<f64>,
    #[serde(default, alias = "c", deserialize_with = "json::number")]
    close: Option<f64>,
    #[serde(default, alias = "v", deserialize_with = "json::number")]
    volume: Option<f64>,
}

/// The exchange that is kept of a series.
pub(super) fn exchange(
    series: &Series,
    bars: &[ibapi::market_data::historical::Bar],
) -> Result<Exchange, Trouble> {
    let bars = bars.iter().map(|bar| Kept {
        date: bar.date.to_string(),
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        wap: bar.wap,
        count: bar.count,
    });
    let body = serde_json::to_vec(&Answer { bars: bars.collect() })
        .map_err(|error| Trouble::system(format!("its bars cannot be written down ({error}): report it")))?;
    let mut exchange = Exchange::answered(&series.name, series.address(), body);
    let rfc3339 = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let hints = [
        ("symbol", series.asset.clone()),
        ("interval", series.interval.to_owned()),
        ("since", rfc3339(series.since)),
        ("until", rfc3339(series.until)),
        ("adjustment", if series.adjusted { "all" } else { "split" }.to_owned()),
    ];
    exchange.hints.extend(hints.map(|(name, value)| (name.to_owned(), value)));
    Ok(exchange)
}

/// Reads the bars of one answer.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let answer: Read = match json::parse(&exchange.body) {
        Ok(answer) => answer,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("the answer is not the JSON of bars ({error})"));
        }
    };
    let hint = |name: &str| exchange.hints.get(name).map(String::as_str).unwrap_or_default();
    let (symbol, interval) = match answer.bar_length {
        Some(86_400) => (answer.symbol.as_str(), "1d"),
        Some(3_600) => (answer.symbol.as_str(), "1h"),
        _ => (hint("symbol"), hint("interval")),
    };
    let limit = |name: &str| instant::parse(hint(name), None);
    let until = limit("until").unwrap_or(collected.window.to);
    let since = limit("since").unwrap_or(DateTime::<Utc>::MIN_UTC);
    let length = interval_duration(interval).unwrap_or_default();
    for row in answer.bars {
        let Some(opens_at) = row.date.as_deref().and_then(opening) else {
            let reason = format!("a bar's date {:?} cannot be read", row.date.unwrap_or_default());
            collected.reject(raw_ref, Some(symbol.to_owned()), reason);
            continue;
        };
        let is_over = opens_at.checked_add_signed(length).is_some_and(|end| end <= until);
        if !is_over || opens_at < since {
            continue;
        }
        let price = |value: Option<f64>| value.unwrap_or(f64::NAN);
        if hint("adjustment") == "all" {
            collected.adjusted(raw_ref, symbol, interval, opens_at, price(row.close));
            continue;
        }
        let bar = Bar {
            symbol: symbol.to_owned(),
            interval: interval.to_owned(),
            opens_at,
            open: price(row.open),
            high: price(row.high),
            low: price(row.low),
            close: price(row.close),
            adj_close: None,
            volume: row.volume.filter(|volume| *volume >= 0.0),
            collected_at: collected.collected_at(),
        };
        collected.bar(raw_ref, bar);
    }
}

/// `20261120` is a session's date, whose bar opens at midnight UTC here; anything else is a unix second or millisecond.
fn opening(date: &str) -> Option<DateTime<Utc>> {
    if date.len() == 8 {
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let number: i64 = date.parse().ok()?;
    if number.abs() < 100_000_000_000 {
        DateTime::from_timestamp(number, 0)
    } else {
        DateTime::from_timestamp_millis(number)
    }
}
