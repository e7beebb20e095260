//! A chart: bars of one symbol, told as parallel lists.
//!
//! A day of a share or an index opens with its session, at 9:30 in New York; that of a currency pair at midnight in London; that of a
//! coin at midnight in UTC. Within a session, an interval without trades is an entry of nulls. Prices are 32-bit numbers, written with
//! the digits that makes of them.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use domain::AssetClass;
use serde_json::{Map, Value, json};

use super::failure;
use crate::eastern;
use crate::moment::{DAY, HOUR, Micros, SECOND, parse, utc};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::bar::{Bar, Span};

const MINUTE: Micros = 60 * SECOND;
/// The regular session of a share, after New York's midnight.
const SESSION: (Micros, Micros) = (9 * HOUR + HOUR / 2, 16 * HOUR);
/// So long a request for minutes may be, and so far back they go.
const MINUTES: (i64, i64) = (8, 30);

/// An interval: its name, its length, and how many days back it goes.
const INTERVALS: [(&str, Span, Option<i64>); 14] = [
    ("1m", Span::Fixed(MINUTE), Some(MINUTES.1)),
    ("2m", Span::Fixed(2 * MINUTE), Some(60)),
    ("5m", Span::Fixed(5 * MINUTE), Some(60)),
    ("15m", Span::Fixed(15 * MINUTE), Some(60)),
    ("30m", Span::Fixed(30 * MINUTE), Some(60)),
    ("60m", Span::Fixed(HOUR), Some(730)),
    ("90m", Span::Fixed(90 * MINUTE), Some(60)),
    ("1h", Span::Fixed(HOUR), Some(730)),
    ("4h", Span::Fixed(4 * HOUR), Some(730)),
    ("1d", Span::Fixed(DAY), None),
    ("5d", Span::Fixed(5 * DAY), None),
    ("1wk", Span::Week, None),
    ("1mo", Span::Months(1), None),
    ("3mo", Span::Months(3), None),
];

/// The ranges that stand for a pair of periods, in days.
const RANGES: [(&str, i64); 11] = [
    ("1d", 1),
    ("5d", 5),
    ("1mo", 31),
    ("3mo", 92),
    ("6mo", 183),
    ("1y", 366),
    ("2y", 731),
    ("5y", 1_827),
    ("10y", 3_653),
    ("ytd", 0),
    ("max", 36_500),
];

/// When Yahoo says that a bar opens which the world has at `at`.
pub(super) fn opening(class: AssetClass, is_daily: bool, at: Micros) -> Micros {
    if !is_daily {
        return at;
    }
    match class {
        AssetClass::Equity | AssetClass::Index => eastern::midnight(utc(at).date_naive()) + SESSION.0,
        AssetClass::Fx => at - london_ahead(at),
        AssetClass::Crypto => at,
    }
}

/// Whether a bar of an interval of the world lies as far back as Yahoo has them.
pub(super) fn reaches(interval: Option<&str>, opens_at: Option<&str>, now: Micros) -> bool {
    let known = INTERVALS.iter().find(|(name, _, _)| Some(*name) == interval);
    let opens_at = opens_at.and_then(parse);
    match (known, opens_at) {
        (Some((_, _, Some(days))), Some(at)) => at >= now - days * DAY,
        (Some(_), _) => true,
        _ => false,
    }
}

/// How far London is ahead of UTC: an hour from the last Sunday of March to that of October, each at 1 o'clock UTC.
fn london_ahead(at: Micros) -> Micros {
    let year = utc(at).year();
    let switch = |month| {
        let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap_or_default();
        let sunday = last - TimeDelta::days(i64::from(last.weekday().days_since(Weekday::Sun)));
        sunday.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros() + HOUR
    };
    if (switch(3)..switch(10)).contains(&at) { HOUR } else { 0 }
}

/// Answers a request for a chart.
pub(super) fn answer(world: &World, now: Micros, symbol: &str, request: &Request) -> Answer {
    chart(world, now, symbol, request).unwrap_or_else(|refused| refused)
}

fn bad(description: &str) -> Answer {
    failure("chart", 400, "Bad Request", description)
}

/// What is charted.
struct Chart<'a> {
    world: &'a World,
    now: Micros,
    /// Yahoo's spelling.
    name: &'a str,
    /// The world's.
    symbol: &'a str,
    class: AssetClass,
    interval: &'static str,
    span: Span,
    range: &'a str,
    window: (Micros, Micros),
}

fn chart(world: &World, now: Micros, name: &str, request: &Request) -> Result<Answer, Answer> {
    let known = world.assets.iter().find(|asset| spelling(asset.symbol.as_str(), asset.class) == name);
    let known =
        known.ok_or_else(|| failure("chart", 404, "Not Found", "No data found, symbol may be delisted"))?;
    let asked = request.param("interval").unwrap_or("1d");
    let (interval, span, depth) = INTERVALS.iter().find(|(name, _, _)| *name == asked).ok_or_else(|| {
        let all = INTERVALS.map(|(name, _, _)| name).join(", ");
        bad(&format!("Invalid input - interval={asked} is not supported. Valid intervals: [{all}]"))
    })?;
    let (from, to) = window(now, request)?;
    check_depth(now, interval, *depth, (from, to))?;
    let chart = Chart {
        world,
        now,
        name,
        symbol: known.symbol.as_str(),
        class: known.class,
        interval,
        span: *span,
        range: request.param("range").unwrap_or_default(),
        window: (from, to),
    };
    let events = request.param("events").unwrap_or_default();
    let whole_day = request.param("includePrePost") == Some("true");
    Ok(chart.answer(events, whole_day))
}

/// `period1` and `period2` in seconds, or a `range` up to now.
fn window(now: Micros, request: &Request) -> Result<(Micros, Micros), Answer> {
    let period = |name: &str| {
        request.param(name).map(|text| {
            let seconds = text.parse::<i64>().ok().filter(|s| s.unsigned_abs() < 100_000_000_000);
            let wrong = || bad(&format!("Invalid input - {name} is no number of seconds: {text}"));
            seconds.map(|seconds| seconds * SECOND).ok_or_else(wrong)
        })
    };
    if let Some(range) = request.param("range") {
        let days = RANGES.iter().find(|(name, _)| *name == range).map(|(_, days)| *days);
        let days = days.ok_or_else(|| bad(&format!("Invalid input - range={range} is not supported")))?;
        let new_year = NaiveDate::from_ymd_opt(utc(now).year(), 1, 1).unwrap_or_default();
        let from = if range == "ytd" { eastern::midnight(new_year) } else { now - days * DAY };
        return Ok((from, now));
    }
    let to = period("period2").transpose()?.unwrap_or(now);
    let from = period("period1").transpose()?.unwrap_or(to - DAY);
    if from > to {
        let (from, to) = (from / SECOND, to / SECOND);
        return Err(bad(&format!(
            "Invalid input - start date cannot be after end date. startDate = {from}, endDate = {to}"
        )));
    }
    Ok((from, to))
}

fn check_depth(
    now: Micros,
    interval: &str,
    depth: Option<i64>,
    (from, to): (Micros, Micros),
) -> Result<(), Answer> {
    let refused = |why: &str| {
        let (from, to) = (from / SECOND, to / SECOND);
        let text = format!("{interval} data not available for startTime={from} and endTime={to}. {why}");
        failure("chart", 422, "Unprocessable Entity", &text)
    };
    if interval == "1m" && to - from > MINUTES.0 * DAY {
        let days = MINUTES.0;
        return Err(refused(&format!(
            "Only {days} days worth of 1m granularity data are allowed to be fetched per request."
        )));
    }
    match depth {
        Some(days) if from < now - days * DAY => {
            Err(refused(&format!("The requested range must be within the last {days} days.")))
        }
        _ => Ok(()),
    }
}

/// `BRK-B`, `BTC-USD`, `EURUSD=X`, `^GSPC`.
fn spelling(symbol: &str, class: AssetClass) -> String {
    match class {
        AssetClass::Fx => format!("{}=X", symbol.replace('-', "")),
        _ => symbol.to_owned(),
    }
}

impl Chart<'_> {
    fn answer(&self, events: &str, whole_day: bool) -> Answer {
        let bars = self.bars(whole_day);
        let mut result = Map::new();
        result.insert("meta".to_owned(), self.meta());
        let entries = self.entries(&bars);
        if entries.is_empty() {
            result.insert("indicators".to_owned(), json!({"quote": [{}]}));
        } else {
            let times: Vec<i64> = entries.iter().map(|(at, _)| at / SECOND).collect();
            result.insert("timestamp".to_owned(), times.into());
            let told = self.events(events);
            if !told.is_empty() {
                result.insert("events".to_owned(), Value::Object(told));
            }
            result.insert("indicators".to_owned(), self.indicators(&entries));
        }
        let body = json!({"chart": {"result": [result], "error": null}});
        Answer::text(200, "application/json;charset=utf-8", body.to_string())
    }

    /// The bars that open within the window, both edges included, with the instant at which they are said to open.
    fn bars(&self, whole_day: bool) -> Vec<(Micros, Bar)> {
        let (from, to) = self.window;
        // A day opens up to fifteen hours after midnight in UTC, or an hour before.
        let around = (from.saturating_sub(DAY), to.saturating_add(DAY));
        let found = self.world.bars.spanning(self.symbol, self.span, around, self.now);
        let opened = found.iter().map(|bar| (opening(self.class, self.span.is_daily(), bar.at), *bar));
        opened.filter(|(at, bar)| (from..=to).contains(at) && (whole_day || self.is_regular(bar))).collect()
    }

    fn is_regular(&self, bar: &Bar) -> bool {
        match self.span {
            Span::Fixed(length) if self.has_session() && length < DAY => eastern::is_regular(bar.at, length),
            _ => true,
        }
    }

    fn has_session(&self) -> bool {
        matches!(self.class, AssetClass::Equity | AssetClass::Index)
    }

    /// The bars with the gaps between those of one session as entries without numbers.
    fn entries(&self, bars: &[(Micros, Bar)]) -> Vec<(Micros, Option<Bar>)> {
        let mut entries: Vec<(Micros, Option<Bar>)> = Vec::with_capacity(bars.len());
        for (at, bar) in bars {
            if let (Span::Fixed(length), Some((last, _))) = (self.span, entries.last()) {
                let same_day = eastern::local(*last).date() == eastern::local(*at).date();
                if length < DAY && same_day {
                    let mut gap = last + length;
                    while gap < *at {
                        entries.push((gap, None));
                        gap += length;
                    }
                }
            }
            entries.push((*at, Some(*bar)));
        }
        entries
    }

    fn indicators(&self, entries: &[(Micros, Option<Bar>)]) -> Value {
        let list = |number: &dyn Fn(&Bar) -> Value| {
            entries.iter().map(|(_, bar)| bar.as_ref().map_or(Value::Null, number)).collect::<Vec<_>>()
        };
        // Currency pairs have a volume of nothing.
        let volume = |bar: &Bar| match self.class {
            AssetClass::Fx => 0.into(),
            _ => bar.volume.map_or(Value::Null, |volume| (volume.round() as i64).into()),
        };
        let quote = json!({
            "open": list(&|bar| single(bar.open)),
            "high": list(&|bar| single(bar.high)),
            "low": list(&|bar| single(bar.low)),
            "close": list(&|bar| single(bar.close)),
            "volume": list(&volume),
        });
        let mut indicators = Map::new();
        indicators.insert("quote".to_owned(), json!([quote]));
        if self.span.is_daily() {
            let adjusted = list(&|bar| single(bar.adj_close.unwrap_or(bar.close)));
            indicators.insert("adjclose".to_owned(), json!([{"adjclose": adjusted}]));
        }
        Value::Object(indicators)
    }

    /// Payments and splits of the charted days, those that are asked for, each under its second.
    fn events(&self, asked: &str) -> Map<String, Value> {
        let mut dividends = Map::new();
        let mut splits = Map::new();
        let (from, to) = self.window;
        // The first day's events are told from the day before it, which may lie some holidays back.
        let around = (from.saturating_sub(14 * DAY), to.saturating_add(DAY));
        let days = self.world.bars.spanning(self.symbol, self.span, around, self.now);
        for pair in days.windows(2).filter(|_| self.span == Span::Fixed(DAY)) {
            let [before, bar] = pair else { continue };
            let at = opening(self.class, true, bar.at);
            if !(from..=to).contains(&at) {
                continue;
            }
            let (date, events) = (at / SECOND, bar.since(before));
            if events.dividend > 0.0 {
                dividends.insert(date.to_string(), json!({"amount": events.dividend, "date": date}));
            }
            if events.split != 1.0 {
                let (numerator, denominator) =
                    if events.split.fract() == 0.0 { (events.split, 1) } else { (events.split * 2.0, 2) };
                let numerator = numerator as i64;
                let ratio = format!("{numerator}:{denominator}");
                splits.insert(
                    date.to_string(),
                    json!({"date": date, "numerator": numerator, "denominator": denominator, "splitRatio": ratio}),
                );
            }
        }
        let mut told = Map::new();
        for (name, word, events) in [("dividends", "div", dividends), ("splits", "split", splits)] {
            if asked.contains(word) && !events.is_empty() {
                told.insert(name.to_owned(), Value::Object(events));
            }
        }
        told
    }

    fn meta(&self) -> Value {
        let (kind, exchange, full_exchange, zone) = match self.class {
            AssetClass::Equity => ("EQUITY", "NMS", "NasdaqGS", "America/New_York"),
            AssetClass::Index => ("INDEX", "SNP", "SNP", "America/New_York"),
            AssetClass::Fx => ("CURRENCY", "CCY", "CCY", "Europe/London"),
            AssetClass::Crypto => ("CRYPTOCURRENCY", "CCC", "CCC", "UTC"),
        };
        let (offset, short) = match self.class {
            AssetClass::Crypto => (0, "UTC"),
            AssetClass::Fx if london_ahead(self.now) > 0 => (3_600, "BST"),
            AssetClass::Fx => (0, "GMT"),
            _ if eastern::offset_s(self.now) == -4 * 3_600 => (-14_400, "EDT"),
            _ => (-18_000, "EST"),
        };
        let currency = match self.class {
            AssetClass::Fx | AssetClass::Crypto => {
                self.symbol.split_once('-').map_or("USD", |(_, quote)| quote)
            }
            _ => "USD",
        };
        let lengths = self.world.bars.intervals(self.symbol);
        let first = lengths.filter_map(|(_, series)| series.bars.first()).map(|bar| bar.at).min();
        let newest = {
            let finest = self.world.bars.intervals(self.symbol).min_by_key(|(_, series)| series.length);
            finest.and_then(|(_, series)| series.between(Micros::MIN, self.now, self.now).last().copied())
        };
        let asset = self.world.assets.name(self.symbol).unwrap_or(self.symbol);
        let mut meta = json!({
            "currency": currency,
            "symbol": self.name,
            "exchangeName": exchange,
            "fullExchangeName": full_exchange,
            "instrumentType": kind,
            "firstTradeDate": first.map(|at| at / SECOND),
            "regularMarketTime": newest.map(|bar| bar.at / SECOND),
            "hasPrePostMarketData": self.class == AssetClass::Equity,
            "gmtoffset": offset,
            "timezone": short,
            "exchangeTimezoneName": zone,
            "regularMarketPrice": newest.map(|bar| bar.close),
            "longName": asset,
            "shortName": asset,
            "priceHint": if self.class == AssetClass::Fx { 4 } else { 2 },
            "dataGranularity": self.interval,
            "range": self.range,
            "validRanges": RANGES.map(|(name, _)| name),
        });
        if self.has_session() {
            let midnight = eastern::midnight(eastern::local(self.now).date());
            let period = |opens: Micros, closes: Micros| {
                let (start, end) = ((midnight + opens) / SECOND, (midnight + closes) / SECOND);
                json!({"timezone": short, "start": start, "end": end, "gmtoffset": offset})
            };
            meta["currentTradingPeriod"] = json!({
                "pre": period(4 * HOUR, SESSION.0),
                "regular": period(SESSION.0, SESSION.1),
                "post": period(SESSION.1, 20 * HOUR),
            });
        }
        meta
    }
}

/// A price as a 32-bit number has it.
fn single(price: f64) -> Value {
    f64::from(price as f32).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_open_where_they_do() {
        for (class, at, opens) in [
            (AssetClass::Equity, "2020-01-02T00:00:00Z", "2020-01-02T14:30:00Z"),
            (AssetClass::Index, "2020-08-31T00:00:00Z", "2020-08-31T13:30:00Z"),
            (AssetClass::Fx, "2020-01-02T00:00:00Z", "2020-01-02T00:00:00Z"),
            (AssetClass::Fx, "2020-07-02T00:00:00Z", "2020-07-01T23:00:00Z"),
            (AssetClass::Crypto, "2020-07-02T00:00:00Z", "2020-07-02T00:00:00Z"),
        ] {
            assert_eq!(opening(class, true, parse(at).unwrap()), parse(opens).unwrap(), "{class:?} {at}");
        }
        let at = parse("2020-07-02T10:00:00Z").unwrap();
        assert_eq!(opening(AssetClass::Equity, false, at), at);
    }

    #[test]
    fn london_switches_on_last_sundays() {
        for (at, ahead) in [
            ("2026-03-29T00:59:59Z", 0),
            ("2026-03-29T01:00:00Z", HOUR),
            ("2026-10-25T00:59:59Z", HOUR),
            ("2026-10-25T01:00:00Z", 0),
        ] {
            assert_eq!(london_ahead(parse(at).unwrap()), ahead, "{at}");
        }
    }
}
