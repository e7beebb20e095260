//! Bars of several symbols: sorted by symbol, then by time.
//!
//! Shares and coins only: a share that is unknown is absent from the answer, a symbol that cannot be one is refused. A share's days
//! open at midnight in New York, a coin's in UTC.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::AssetClass;
use serde_json::{Map, Value, json};

use super::{descending, error, instant, limit, token};
use crate::eastern;
use crate::moment::{DAY, HOUR, Micros, SECOND, seconds, utc};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::bar::{Bar, Span};

/// The newest quarter of an hour is not in the free plan.
const WITHHELD: Micros = 15 * 60 * SECOND;
/// So many bars on a page, without a wish and at most.
const PAGE: (usize, usize) = (1_000, 10_000);

/// Which endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Market {
    /// Shares.
    Stocks,
    /// Coins.
    Crypto,
}

impl Market {
    fn class(self) -> AssetClass {
        match self {
            Self::Stocks => AssetClass::Equity,
            Self::Crypto => AssetClass::Crypto,
        }
    }

    /// Whether a text can be a symbol here: `BRK.B`, `BTC/USD`.
    fn can_have(self, symbol: &str) -> bool {
        let plain = |part: &str, more: &[u8]| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || more.contains(&b))
        };
        match self {
            Self::Stocks => plain(symbol, b"."),
            Self::Crypto => {
                symbol.split_once('/').is_some_and(|(coin, quote)| plain(coin, b"") && plain(quote, b""))
            }
        }
    }
}

/// When Alpaca says that a bar opens which the world has at `at`.
pub(super) fn opening(class: Option<AssetClass>, is_daily: bool, at: Micros) -> Micros {
    if is_daily && class == Some(AssetClass::Equity) { eastern::midnight(utc(at).date_naive()) } else { at }
}

/// Answers a request for bars.
pub(super) fn answer(
    world: &World,
    now: Micros,
    market: Market,
    request: &Request,
) -> Result<Answer, Answer> {
    let asked = request.param("symbols").ok_or_else(|| error(400, "symbols parameter is required"))?;
    let symbols: BTreeSet<&str> = asked.split(',').collect();
    if let Some(wrong) = symbols.iter().find(|symbol| !market.can_have(symbol)) {
        return Err(error(400, &format!("invalid symbol: {wrong}")));
    }
    let span =
        span(request.param("timeframe").ok_or_else(|| error(400, "timeframe parameter is required"))?)?;
    let page = limit(request, PAGE.0, PAGE.1)?;
    let newest_first = descending(request, false)?;
    let adjusted = adjusted(request)?;
    let end = instant(request, "end")?;
    let start = instant(request, "start")?.unwrap_or_else(|| now.div_euclid(DAY) * DAY);
    let consolidated = match request.param("feed") {
        None | Some("sip") => true,
        Some("iex" | "boats" | "otc") => false,
        Some(other) => return Err(error(400, &format!("invalid feed: {other}"))),
    };
    if market == Market::Stocks && consolidated && end.unwrap_or(now) > now - WITHHELD {
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
        let resumed = after.as_ref().filter(|(_, name)| name == symbol).map(|(at, _)| *at);
        let mut rows = Vec::new();
        for (at, bar) in rows_of(world, now, market, symbol, span, (start, end), newest_first) {
            if resumed.is_some_and(|done| if newest_first { at >= done } else { at <= done }) {
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
            last = Some((at, symbol));
            rows.push(value(at, &bar, adjusted));
        }
        if !rows.is_empty() {
            bars.insert(symbol.to_owned(), Value::Array(rows));
        }
    }
    Ok(Answer::json(200, &json!({"bars": bars, "next_page_token": next})))
}

/// The bars of one symbol that open in `[start, end]`, with the instant at which they are said to open.
fn rows_of(
    world: &World,
    now: Micros,
    market: Market,
    symbol: &str,
    span: Span,
    (start, end): (Micros, Micros),
    newest_first: bool,
) -> Vec<(Micros, Bar)> {
    let known = world.assets.of_alpaca(symbol);
    let class = world.assets.class(known);
    if class != Some(market.class()) {
        return Vec::new();
    }
    // New York's midnight is some hours later than that of UTC.
    let around = (start.saturating_sub(DAY), end);
    let found: Cow<'_, [Bar]> = world.bars.spanning(known, span, around, now);
    let opened = found.iter().map(|bar| (opening(class, span.is_daily(), bar.at), *bar));
    let mut rows: Vec<_> = opened.filter(|(at, _)| (start..=end).contains(at)).collect();
    if newest_first {
        rows.reverse();
    }
    rows
}

/// `15Min`, `4Hour`, `1Day`, `1Week`, `3Month`, or with the first letter of the unit alone.
fn span(timeframe: &str) -> Result<Span, Answer> {
    let digits = timeframe.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = timeframe.split_at(digits);
    let count = count.parse::<u32>().unwrap_or(0);
    match (unit, count) {
        ("Min" | "T", 1..=59) => Ok(Span::Fixed(Micros::from(count) * 60 * SECOND)),
        ("Hour" | "H", 1..=23) => Ok(Span::Fixed(Micros::from(count) * HOUR)),
        ("Day" | "D", 1) => Ok(Span::Fixed(DAY)),
        ("Week" | "W", 1) => Ok(Span::Week),
        ("Month" | "M", 1 | 2 | 3 | 4 | 6 | 12) => Ok(Span::Months(count)),
        _ => Err(error(400, &format!("invalid timeframe: {timeframe}"))),
    }
}

/// Whether dividends are taken out. A world's prices are as of today's share, so that splits never show.
fn adjusted(request: &Request) -> Result<bool, Answer> {
    match request.param("adjustment") {
        None | Some("raw" | "split") => Ok(false),
        Some("all" | "dividend") => Ok(true),
        Some(other) => Err(error(400, &format!("invalid adjustment: {other}"))),
    }
}

/// A bar. The average price and the number of trades are stand-ins, because a world has neither.
fn value(at: Micros, bar: &Bar, adjusted: bool) -> Value {
    let bar = if adjusted { bar.adjusted() } else { *bar };
    json!({
        "t": seconds(at),
        "o": bar.open,
        "h": bar.high,
        "l": bar.low,
        "c": bar.close,
        "v": whole(bar.volume.unwrap_or(0.0)),
        "n": bar.trades().unwrap_or(0),
        "vw": bar.average(),
    })
}

/// A volume without its decimal point where it has nothing behind it.
fn whole(volume: f64) -> Value {
    if volume.fract() == 0.0 && volume.abs() < 9e15 { (volume as i64).into() } else { volume.into() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn timeframes_have_their_bounds() {
        for (timeframe, expected) in [
            ("1Min", Some(Span::Fixed(60 * SECOND))),
            ("59T", Some(Span::Fixed(59 * 60 * SECOND))),
            ("60Min", None),
            ("23Hour", Some(Span::Fixed(23 * HOUR))),
            ("24H", None),
            ("1D", Some(Span::Fixed(DAY))),
            ("2Day", None),
            ("1Week", Some(Span::Week)),
            ("6M", Some(Span::Months(6))),
            ("5Month", None),
            ("Day", None),
            ("1day", None),
            ("", None),
        ] {
            assert_eq!(span(timeframe).ok(), expected, "{timeframe}");
        }
    }

    #[test]
    fn symbols_are_spelt_as_alpaca_does() {
        for (symbol, share, coin) in [
            ("TSLA", true, false),
            ("BRK.B", true, false),
            ("BRK-B", false, false),
            ("^GSPC", false, false),
            ("tsla", false, false),
            ("", false, false),
            ("BTC/USD", false, true),
            ("BTC/", false, false),
        ] {
            assert_eq!(Market::Stocks.can_have(symbol), share, "{symbol}");
            assert_eq!(Market::Crypto.can_have(symbol), coin, "{symbol}");
        }
    }
}
