//! Charts.
//!
//! A day opens with its session, as Yahoo states it. It is over an hour after the session's end, when its close no longer
//! changes; where no session is stated, after a whole day.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::Bar;
use domain::bar::interval_duration;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, json, zone};

/// After a session's end its close may still change for so long.
const SETTLES: Duration = Duration::hours(1);

/// A chart: parallel lists, with null where an interval saw no trade. `meta` has many more fields:
///
/// ```json
/// {"chart":{"result":[{"meta":{"currency":"USD","symbol":"^GSPC","gmtoffset":-18000,"regularMarketTime":1739998801,
///    "exchangeTimezoneName":"America/New_York","currentTradingPeriod":{"regular":{"start":1740061800,"end":1740085200}}},
///  "timestamp":[1739975400],"events":{"splits":{"1598880600":{"date":1598880600,"numerator":4,"denominator":1}}},
///  "indicators":{"quote":[{"open":[6117.76],"high":[6147.43],"low":[6111.15],"close":[6144.15],"volume":[4562330000]}],
///    "adjclose":[{"adjclose":[6144.15]}]}}],"error":null}}
/// ```
#[derive(Deserialize)]
struct Reply {
    chart: Option<Chart>,
}

#[derive(Deserialize)]
struct Chart {
    result: Option<Vec<Outcome>>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default, deserialize_with = "json::text")]
    code: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    description: Option<String>,
}

#[derive(Deserialize)]
struct Outcome {
    meta: Option<Meta>,
    timestamp: Option<Vec<Value>>,
    indicators: Option<Indicators>,
    // Prices are adjusted for splits already; both stay in raw.
    #[serde(rename = "events")]
    _events: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "exchangeTimezoneName", default, deserialize_with = "json::text")]
    zone: Option<String>,
    #[serde(rename = "regularMarketTime", default, deserialize_with = "json::count")]
    market_time: Option<i64>,
    #[serde(rename = "currentTradingPeriod")]
    periods: Option<Periods>,
    // Everything else says nothing about bars.
    #[serde(flatten)]
    _rest: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
struct Periods {
    regular: Option<Period>,
    #[serde(flatten)]
    _rest: BTreeMap<String, IgnoredAny>,
}

#[derive(Clone, Copy, Deserialize)]
struct Period {
    #[serde(default, deserialize_with = "json::count")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    end: Option<i64>,
}

#[derive(Deserialize)]
struct Indicators {
    quote: Option<Vec<Option<Quote>>>,
    adjclose: Option<Vec<Option<Adjusted>>>,
}

#[derive(Default, Deserialize)]
struct Quote {
    open: Option<Vec<Value>>,
    high: Option<Vec<Value>>,
    low: Option<Vec<Value>>,
    close: Option<Vec<Value>>,
    volume: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Adjusted {
    adjclose: Option<Vec<Value>>,
}

/// Fields of a chart that are known and of no use to us.
const SILENT: [&str; 6] = ["unadjclose", "dividends", "splits", "currency", "gmtoffset", "timezone"];

/// Says what is wrong with a 200 that is no chart.
pub(super) fn page(body: &[u8]) -> Result<(), Trouble> {
    let reply: Reply = json::parse(body).map_err(|e| {
        Trouble::transient(format!("its reply is not the JSON of a chart ({e}): repeat later"))
    })?;
    match reply.chart {
        Some(Chart { result: Some(_), error: None }) => Ok(()),
        Some(Chart { error: Some(failure), .. }) => Err(Trouble::configuration(format!(
            "it has no chart ({}): correct or remove the symbol",
            words(&failure)
        ))),
        _ => Err(Trouble::system("it answered 200 without a chart: see its raw reply")),
    }
}

/// The server's own words about a refusal.
pub(super) fn reason(body: &[u8]) -> Option<String> {
    let reply: Reply = json::parse(body).ok()?;
    Some(words(&reply.chart?.error?))
}

fn words(failure: &Failure) -> String {
    let parts = [&failure.code, &failure.description].into_iter().flatten().map(String::as_str);
    let words = parts.collect::<Vec<_>>().join(": ");
    words.chars().filter(|c| !c.is_control()).take(160).collect()
}

/// Reads the bars of one chart.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let reply: Reply = match json::parse_noting(&exchange.body, &SILENT, collected) {
        Ok(reply) => reply,
        Err(error) => {
            return collected.reject(
                raw_ref,
                None,
                format!("the answer is not the JSON of a chart ({error})"),
            );
        }
    };
    for outcome in reply.chart.and_then(|chart| chart.result).into_iter().flatten() {
        take(raw_ref, exchange, outcome, collected);
    }
}

fn take(raw_ref: &str, exchange: &Exchange, outcome: Outcome, collected: &mut Collected<'_>) {
    let hint = |name: &str| exchange.hints.get(name).map(String::as_str).unwrap_or_default();
    let (symbol, interval) = (hint("symbol"), hint("interval"));
    let until = instant::parse(hint("until"), None).unwrap_or(collected.window.to);
    let meta = outcome.meta.unwrap_or_default();
    let quote = outcome.indicators.as_ref().and_then(|i| i.quote.as_ref()?.first()?.as_ref());
    let adjusted =
        outcome.indicators.as_ref().and_then(|i| i.adjclose.as_ref()?.first()?.as_ref()?.adjclose.as_ref());
    let Some(quote) = quote else { return };
    let days = Days::of(&meta, interval);
    let mut before = None;
    for (index, stated) in outcome.timestamp.unwrap_or_default().iter().enumerate() {
        let at = |list: &Option<Vec<Value>>| list.as_ref().and_then(|list| number(list.get(index)?));
        let prices = [at(&quote.open), at(&quote.high), at(&quote.low), at(&quote.close)];
        if prices.iter().all(Option::is_none) {
            // Nothing was traded.
            continue;
        }
        let second = stated.as_i64().or_else(|| stated.as_str()?.parse().ok());
        let Some(opens_at) = second.and_then(|second| days.opening(second, before)) else {
            let reason = format!("a bar's time {stated} cannot be read");
            collected.reject(raw_ref, Some(symbol.to_owned()), reason);
            continue;
        };
        before = Some(opens_at);
        if opens_at.checked_add_signed(days.length).is_none_or(|end| end > until) {
            continue;
        }
        let [open, high, low, close] = prices.map(|price| price.unwrap_or(f64::NAN));
        let adj_close = adjusted.and_then(|list| number(list.get(index)?));
        let bar = Bar {
            symbol: symbol.to_owned(),
            interval: interval.to_owned(),
            opens_at,
            open,
            high,
            low,
            close,
            adj_close: adj_close.filter(|close| *close > 0.0),
            volume: at(&quote.volume).filter(|volume| *volume >= 0.0),
            collected_at: collected.collected_at(),
        };
        collected.bar(raw_ref, bar);
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// When the bars of a chart open and how long they are.
struct Days {
    length: Duration,
    is_daily: bool,
    zone: Tz,
    market_time: Option<i64>,
    session: Option<NaiveTime>,
}

impl Days {
    fn of(meta: &Meta, interval: &str) -> Self {
        let zone: Tz = meta.zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
        let length = interval_duration(interval).unwrap_or_default();
        let is_daily = length >= Duration::days(1);
        let regular = meta.periods.as_ref().and_then(|periods| periods.regular);
        let session = regular.and_then(|regular| {
            let (start, end) = (instant_of(regular.start?)?, instant_of(regular.end?)?);
            let length = end - start;
            (length > Duration::zero() && length < Duration::days(1)).then_some((start, length))
        });
        let lasts = session.map(|(_, length)| (length + SETTLES).min(Duration::days(1)));
        Self {
            length: lasts.filter(|_| is_daily).unwrap_or(length),
            is_daily,
            zone,
            market_time: meta.market_time,
            session: session.map(|(start, _)| start.with_timezone(&zone).time()),
        }
    }

    /// When the bar of this second opens. The newest day may be stated by its last trade; it opens at the same hour as the
    /// day before it.
    fn opening(&self, second: i64, before: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let stated = instant_of(second)?;
        if !self.is_daily || self.market_time != Some(second) {
            return Some(stated);
        }
        let clock = before.map(|at| at.with_timezone(&self.zone).time()).or(self.session);
        let Some(clock) = clock else { return Some(stated) };
        zone::instant(stated.with_timezone(&self.zone).date_naive().and_time(clock), self.zone)
    }
}

fn instant_of(second: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(second, 0)
}
