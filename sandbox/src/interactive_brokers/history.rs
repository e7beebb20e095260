//! Historical bars as the gateway sends them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::contract::{Kind, Known};
use super::frame::{frame, told};
use super::proto::Message;
use super::request::{Reach, Request, Show};
use crate::eastern;
use crate::moment::{DAY, Micros, SECOND, utc};
use crate::world::World;
use crate::world::bar::{Bar, Span};

/// Bars of half a minute and less are kept for six months.
const SMALL_BARS_KEPT: Micros = 183 * DAY;
/// Half the distance between bid and ask, as a share of the price.
const HALF_SPREAD: f64 = 0.000_05;

/// The two messages that answer a request: the bars, and the end of them. `None` when there is nothing.
pub(super) fn answer(world: &World, now: Micros, request_id: i32, request: &Request) -> Option<[Vec<u8>; 2]> {
    let end = request.end.unwrap_or(now).min(now);
    let bars = bars(world, now, end, request);
    let first = bars.first()?;
    let mut data = Message::new().int(1, request_id);
    for bar in &bars {
        data = data.message(2, &message(bar, request));
    }
    let start = match request.reach {
        Reach::Back(length) => end - length,
        Reach::Sessions(_) => first.at,
    };
    let last = Message::new().int(1, request_id).text(2, &wall_clock(start)).text(3, &wall_clock(end));
    Some([frame(told::HISTORICAL, data), frame(told::HISTORICAL_END, last)])
}

/// When the first bar of a contract opened, as the answer to a question for it.
pub(super) fn head(world: &World, now: Micros, request_id: i32, contract: &Known) -> Option<Vec<u8>> {
    let first = world
        .bars
        .intervals(&contract.symbol)
        .filter_map(|(_, series)| series.between(Micros::MIN, now, now).first())
        .map(|bar| bar.at)
        .min()?;
    let seconds = first.div_euclid(SECOND).to_string();
    Some(frame(told::HEAD_TIMESTAMP, Message::new().int(1, request_id).text(2, &seconds)))
}

/// The bars that open before `end`, as far back as the request reaches, and have passed.
fn bars(world: &World, now: Micros, end: Micros, request: &Request) -> Vec<Bar> {
    if request.is_small() && end < now - SMALL_BARS_KEPT {
        return Vec::new();
    }
    let start = match request.reach {
        Reach::Back(length) => end.saturating_sub(length),
        // So many sessions lie within three times as many days and a month, whatever the holidays.
        Reach::Sessions(days) => end.saturating_sub((Micros::from(days) * 3 + 30) * DAY),
    };
    // A day's bar belongs to the reach that begins on that day.
    let start = if request.span.is_daily() { request.span.opens(start) } else { start };
    let symbol = request.contract.symbol.as_str();
    let found: Cow<'_, [Bar]> = world.bars.spanning(symbol, request.span, (start, end - 1), now);
    let kept = found.iter().filter(|bar| !request.regular_hours || is_regular(bar, request));
    let mut bars: Vec<Bar> = kept.map(|bar| shown(bar, request.show)).collect();
    if let Reach::Sessions(days) = request.reach {
        let dates: BTreeSet<_> = bars.iter().map(|bar| session(bar.at, request)).collect();
        if let Some(first) = dates.iter().rev().nth(days as usize - 1) {
            bars.retain(|bar| session(bar.at, request) >= *first);
        }
    }
    bars
}

/// The day on which a bar was traded.
fn session(at: Micros, request: &Request) -> chrono::NaiveDate {
    if request.span.is_daily() || request.contract.never_closes() {
        utc(at).date_naive()
    } else {
        eastern::local(at).date()
    }
}

/// Whether some of the bar lies within the regular hours. What never closes has no other hours.
fn is_regular(bar: &Bar, request: &Request) -> bool {
    let Span::Fixed(length) = request.span else { return true };
    if request.span.is_daily() || request.contract.never_closes() || request.contract.kind == Kind::Future {
        return true;
    }
    eastern::is_regular(bar.at, length)
}

/// A bar of trades as what is to be shown.
fn shown(bar: &Bar, show: Show) -> Bar {
    let (bid, ask) = (1.0 - HALF_SPREAD, 1.0 + HALF_SPREAD);
    let round = |price: f64| (price * 1e6).round() / 1e6;
    let bar = match show {
        Show::Trades | Show::AggTrades => return *bar,
        Show::AdjustedLast => bar.adjusted(),
        Show::Midpoint => *bar,
        Show::Bid => bar.scaled(bid),
        Show::Ask => bar.scaled(ask),
        Show::BidAsk => Bar {
            open: bar.open * bid,
            high: bar.high * ask,
            low: bar.low * bid,
            close: bar.close * ask,
            ..*bar
        },
    };
    Bar { open: round(bar.open), high: round(bar.high), low: round(bar.low), close: round(bar.close), ..bar }
}

/// A bar: `{1 date, 2 open, 3 high, 4 low, 5 close, 6 volume, 7 average, 8 trades}`; without trades the last three are -1.
fn message(bar: &Bar, request: &Request) -> Message {
    let priced = Message::new()
        .text(1, &date(bar.at, request))
        .double(2, bar.open)
        .double(3, bar.high)
        .double(4, bar.low)
        .double(5, bar.close);
    match (bar.volume, bar.trades()) {
        (Some(volume), Some(trades)) if request.show.is_trades() => priced
            .text(6, &volume.to_string())
            .text(7, &bar.average().to_string())
            .int(8, trades.min(i32::MAX as u64) as i64),
        _ => priced.text(6, "-1").text(7, "-1").int(8, -1),
    }
}

/// Days, weeks and months by their date; else epoch seconds, or New York's wall clock where the client wants text.
fn date(at: Micros, request: &Request) -> String {
    if request.span.is_daily() {
        utc(at).format("%Y%m%d").to_string()
    } else if request.epoch {
        at.div_euclid(SECOND).to_string()
    } else {
        wall_clock(at)
    }
}

/// `20260302 09:30:00 US/Eastern`.
pub(super) fn wall_clock(at: Micros) -> String {
    eastern::local(at).format("%Y%m%d %H:%M:%S US/Eastern").to_string()
}
