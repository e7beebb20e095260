//! Series of bars: shares (`TIME_SERIES_…`), currency pairs (`FX_…`) and coins (`DIGITAL_CURRENCY_DAILY`, `CRYPTO_INTRADAY`).
//!
//! Shares are told by New York's clocks, the others in UTC; a time is that at which the bar opens. Prices are texts.

use std::borrow::Cow;

use chrono::NaiveDate;
use domain::AssetClass;
use serde_json::{Map, Value};

use super::reply::{error_message, invalid_call, premium_only, series};
use crate::eastern;
use crate::moment::{DAY, Micros, SECOND, utc};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::bar::{Bar, Span};

/// A compact series has the newest hundred rows.
const COMPACT: usize = 100;
/// A full intraday series without a month has the last thirty days.
const FULL_INTRADAY: Micros = 30 * DAY;

/// The intervals within a day, with their minutes.
const INTERVALS: [(&str, Micros); 5] =
    [("1min", 1), ("5min", 5), ("15min", 15), ("30min", 30), ("60min", 60)];

/// What a function's series is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Function {
    name: &'static str,
    class: AssetClass,
    intraday: bool,
    adjusted: bool,
}

const FUNCTIONS: [Function; 7] = [
    Function { name: "TIME_SERIES_DAILY", class: AssetClass::Equity, intraday: false, adjusted: false },
    Function {
        name: "TIME_SERIES_DAILY_ADJUSTED",
        class: AssetClass::Equity,
        intraday: false,
        adjusted: true,
    },
    Function { name: "TIME_SERIES_INTRADAY", class: AssetClass::Equity, intraday: true, adjusted: false },
    Function { name: "FX_DAILY", class: AssetClass::Fx, intraday: false, adjusted: false },
    Function { name: "FX_INTRADAY", class: AssetClass::Fx, intraday: true, adjusted: false },
    Function { name: "DIGITAL_CURRENCY_DAILY", class: AssetClass::Crypto, intraday: false, adjusted: false },
    Function { name: "CRYPTO_INTRADAY", class: AssetClass::Crypto, intraday: true, adjusted: false },
];

/// Whether a series can be had of a class at an interval of a world, which decides what is listed as its keys.
pub(super) fn offers(class: AssetClass, length: Micros, premium: bool) -> bool {
    let within_day = INTERVALS.iter().any(|(_, minutes)| minutes * 60 * SECOND == length);
    class != AssetClass::Index && (length == DAY || premium && within_day)
}

/// Answers a request for a function.
pub(super) fn answer(world: &World, now: Micros, premium: bool, name: &str, request: &Request) -> Answer {
    let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
        return error_message(&format!("This API function ({name}) does not exist."));
    };
    match Asked::read(world, function, request) {
        None => invalid_call(function.name),
        Some(asked) if !premium && (function.intraday || function.adjusted || asked.full) => premium_only(),
        Some(asked) => asked.answer(world, now),
    }
}

/// A request in order.
struct Asked<'a> {
    function: &'a Function,
    symbol: String,
    /// How the vendor names it: one word for a share, two for a pair or a coin and its market.
    names: Vec<&'a str>,
    full: bool,
    interval: &'static str,
    span: Span,
    month: Option<NaiveDate>,
    adjusted: bool,
    extended: bool,
}

impl<'a> Asked<'a> {
    /// `None` when a parameter is missing or wrong, or the symbol unknown.
    fn read(world: &World, function: &'a Function, request: &'a Request) -> Option<Self> {
        let names = match function.class {
            AssetClass::Fx => vec![request.param("from_symbol")?, request.param("to_symbol")?],
            AssetClass::Crypto => vec![request.param("symbol")?, request.param("market")?],
            _ => vec![request.param("symbol")?],
        };
        let symbol = names.join("-");
        if world.assets.class(&symbol) != Some(function.class) {
            return None;
        }
        let choice = |name, first: &str, second: &str| match request.param(name) {
            None => Some(true),
            Some(value) if value == first => Some(true),
            Some(value) if value == second => Some(false),
            Some(_) => None,
        };
        let compact = choice("outputsize", "compact", "full")?;
        choice("datatype", "json", "json")?;
        let (interval, span) = if function.intraday {
            let asked = request.param("interval")?;
            let (name, minutes) = INTERVALS.iter().find(|(name, _)| *name == asked)?;
            (*name, Span::Fixed(minutes * 60 * SECOND))
        } else {
            ("Daily", Span::Fixed(DAY))
        };
        let month = match request.param("month") {
            None => None,
            Some(text) if text.len() == 7 => {
                Some(NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?)
            }
            Some(_) => return None,
        };
        Some(Self {
            function,
            symbol,
            names,
            // Coins have no choice by the day: all there is.
            full: !compact,
            interval,
            span,
            month,
            adjusted: choice("adjusted", "true", "false")?,
            extended: choice("extended_hours", "true", "false")?,
        })
    }

    fn answer(&self, world: &World, now: Micros) -> Answer {
        let bars = self.bars(world, now);
        let all_coins = self.function.name == "DIGITAL_CURRENCY_DAILY";
        let kept = if self.full || all_coins { bars.len() } else { COMPACT.min(bars.len()) };
        let mut before: Option<&Bar> = None;
        let mut rows: Vec<(String, Value)> = Vec::with_capacity(bars.len());
        for bar in bars.iter() {
            rows.push((self.time(bar.at), self.row(bar, before)));
            before = Some(bar);
        }
        rows.drain(..rows.len() - kept);
        rows.reverse();
        let last = rows.first().map_or_else(|| self.time(now), |(time, _)| time.clone());
        series(self.meta(world, last), self.series_name(), rows)
    }

    fn bars<'w>(&self, world: &'w World, now: Micros) -> Cow<'w, [Bar]> {
        let window = match self.month {
            Some(first) => {
                let next = first + chrono::Months::new(1);
                (self.midnight(first), self.midnight(next) - 1)
            }
            None if self.function.intraday => (now - FULL_INTRADAY, now),
            None => (Micros::MIN, now),
        };
        let bars = world.bars.spanning(&self.symbol, self.span, window, now);
        match self.span {
            Span::Fixed(length) if self.is_share() && self.function.intraday && !self.extended => {
                let regular = bars.iter().filter(|bar| eastern::is_regular(bar.at, length));
                Cow::Owned(regular.copied().collect())
            }
            _ => bars,
        }
    }

    fn is_share(&self) -> bool {
        self.function.class == AssetClass::Equity
    }

    fn midnight(&self, day: NaiveDate) -> Micros {
        if self.is_share() {
            eastern::midnight(day)
        } else {
            day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
        }
    }

    /// A date for days; else the wall clock of New York for shares, of UTC for the others.
    fn time(&self, at: Micros) -> String {
        match (self.function.intraday, self.is_share()) {
            (false, _) => utc(at).format("%Y-%m-%d").to_string(),
            (true, true) => eastern::local(at).format("%Y-%m-%d %H:%M:%S").to_string(),
            (true, false) => utc(at).format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }

    fn row(&self, bar: &Bar, before: Option<&Bar>) -> Value {
        let digits = match self.function.class {
            AssetClass::Fx => 5,
            AssetClass::Crypto => 8,
            _ => 4,
        };
        // Within a day, shares are adjusted unless that is declined; by the day, the adjusted close has a field of its own.
        let shown =
            if self.is_share() && self.function.intraday && self.adjusted { bar.adjusted() } else { *bar };
        let price = |price: f64| Value::from(format!("{price:.digits$}"));
        let mut row = Map::new();
        let mut add = |name: &str, value: Value| row.insert(name.to_owned(), value);
        add("1. open", price(shown.open));
        add("2. high", price(shown.high));
        add("3. low", price(shown.low));
        add("4. close", price(shown.close));
        let volume = bar.volume.unwrap_or(0.0);
        match self.function.class {
            AssetClass::Fx => {}
            AssetClass::Crypto => {
                add("5. volume", format!("{volume:.8}").into());
            }
            _ if self.function.adjusted => {
                let events = before.map(|before| bar.since(before)).unwrap_or_default();
                add("5. adjusted close", price(bar.adj_close.unwrap_or(bar.close)));
                add("6. volume", format!("{volume:.0}").into());
                add("7. dividend amount", price(events.dividend));
                add("8. split coefficient", format!("{:.1}", events.split).into());
            }
            _ => {
                add("5. volume", format!("{volume:.0}").into());
            }
        }
        Value::Object(row)
    }

    fn series_name(&self) -> String {
        match (self.function.class, self.function.intraday) {
            (AssetClass::Fx, _) => format!("Time Series FX ({})", self.interval),
            (AssetClass::Crypto, true) => format!("Time Series Crypto ({})", self.interval),
            (AssetClass::Crypto, false) => "Time Series (Digital Currency Daily)".to_owned(),
            _ => format!("Time Series ({})", self.interval),
        }
    }

    fn meta(&self, world: &World, last: String) -> Vec<(String, String)> {
        let interval = self.interval;
        let size = if self.full { "Full size" } else { "Compact" };
        let name = world.assets.name(&self.symbol).unwrap_or(&self.symbol);
        let second = self.names.get(1).copied().unwrap_or_default();
        let coin = [
            ("Digital Currency Code", self.names[0]),
            ("Digital Currency Name", name),
            ("Market Code", second),
            ("Market Name", second),
        ];
        let mut fields: Vec<(&str, &str)> = Vec::new();
        let information = match (self.function.class, self.function.intraday) {
            (AssetClass::Fx, false) => "Forex Daily Prices (open, high, low, close)".to_owned(),
            (AssetClass::Fx, true) => format!("FX Intraday ({interval}) Time Series"),
            (AssetClass::Crypto, false) => "Daily Prices and Volumes for Digital Currency".to_owned(),
            (AssetClass::Crypto, true) => format!("Crypto Intraday ({interval}) Time Series"),
            (_, true) => format!("Intraday ({interval}) open, high, low, close prices and volume"),
            (_, false) if self.function.adjusted => {
                "Daily Time Series with Splits and Dividend Events".to_owned()
            }
            (_, false) => "Daily Prices (open, high, low, close) and Volumes".to_owned(),
        };
        fields.push(("Information", &information));
        match (self.function.class, self.function.intraday) {
            (AssetClass::Fx, false) => fields.extend([
                ("From Symbol", self.names[0]),
                ("To Symbol", second),
                ("Output Size", size),
                ("Last Refreshed", &last),
            ]),
            (AssetClass::Fx, true) => fields.extend([
                ("From Symbol", self.names[0]),
                ("To Symbol", second),
                ("Last Refreshed", &last),
                ("Interval", interval),
                ("Output Size", size),
            ]),
            (AssetClass::Crypto, intraday) => {
                fields.extend(coin);
                fields.push(("Last Refreshed", &last));
                if intraday {
                    fields.extend([("Interval", interval), ("Output Size", size)]);
                }
            }
            (_, intraday) => {
                fields.extend([("Symbol", self.names[0]), ("Last Refreshed", &last)]);
                if intraday {
                    fields.push(("Interval", interval));
                }
                fields.push(("Output Size", size));
            }
        }
        fields.push(("Time Zone", if self.is_share() { "US/Eastern" } else { "UTC" }));
        let numbered = fields.iter().enumerate();
        numbered
            .map(|(index, (name, value))| (format!("{}. {name}", index + 1), (*value).to_owned()))
            .collect()
    }
}
