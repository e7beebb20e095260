//! A request for historical bars: what it must be, and what is answered when it is not.
//!
//! Fields: 1 request, 2 contract, 3 end (`YYYYMMDD HH:MM:SS UTC`, absent means now), 4 bar size, 5 duration, 6 regular hours only,
//! 7 what to show, 8 how dates are written (1 as text, 2 as epoch seconds), 9 keep up to date.

use chrono::NaiveDateTime;

use super::contract::{Asked, Kind, Known};
use super::proto::{Fields, Malformed};
use crate::eastern;
use crate::moment::{DAY, HOUR, Micros, SECOND};
use crate::world::bar::Span;

const MINUTE: Micros = 60 * SECOND;

/// Every bar size that there is.
const BAR_SIZES: [(&str, Span); 22] = [
    ("1 secs", Span::Fixed(SECOND)),
    ("5 secs", Span::Fixed(5 * SECOND)),
    ("10 secs", Span::Fixed(10 * SECOND)),
    ("15 secs", Span::Fixed(15 * SECOND)),
    ("30 secs", Span::Fixed(30 * SECOND)),
    ("1 min", Span::Fixed(MINUTE)),
    ("2 mins", Span::Fixed(2 * MINUTE)),
    ("3 mins", Span::Fixed(3 * MINUTE)),
    ("4 mins", Span::Fixed(4 * MINUTE)),
    ("5 mins", Span::Fixed(5 * MINUTE)),
    ("10 mins", Span::Fixed(10 * MINUTE)),
    ("15 mins", Span::Fixed(15 * MINUTE)),
    ("20 mins", Span::Fixed(20 * MINUTE)),
    ("30 mins", Span::Fixed(30 * MINUTE)),
    ("1 hour", Span::Fixed(HOUR)),
    ("2 hours", Span::Fixed(2 * HOUR)),
    ("3 hours", Span::Fixed(3 * HOUR)),
    ("4 hours", Span::Fixed(4 * HOUR)),
    ("8 hours", Span::Fixed(8 * HOUR)),
    ("1 day", Span::Fixed(DAY)),
    ("1 week", Span::Week),
    ("1 month", Span::Months(1)),
];

/// The finest bars of each reach: up to the first length, no finer than the second.
const FINEST: [(Micros, Micros); 8] = [
    (1_800 * SECOND, SECOND),
    (3_600 * SECOND, 5 * SECOND),
    (14_400 * SECOND, 10 * SECOND),
    (28_800 * SECOND, 30 * SECOND),
    (DAY, MINUTE),
    (7 * DAY, 3 * MINUTE),
    (31 * DAY, 30 * MINUTE),
    (Micros::MAX, DAY),
];

/// What the bars show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Show {
    /// Trades, adjusted for splits.
    Trades,
    /// Trades of coins.
    AggTrades,
    /// Trades, adjusted for splits and dividends.
    AdjustedLast,
    /// Between bid and ask.
    Midpoint,
    /// Bids.
    Bid,
    /// Asks.
    Ask,
    /// Average bid as open, lowest bid, highest ask, average ask as close.
    BidAsk,
}

impl Show {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "TRADES" => Self::Trades,
            "AGGTRADES" => Self::AggTrades,
            "ADJUSTED_LAST" => Self::AdjustedLast,
            "MIDPOINT" => Self::Midpoint,
            "BID" => Self::Bid,
            "ASK" => Self::Ask,
            "BID_ASK" => Self::BidAsk,
            _ => return None,
        })
    }

    /// Whether it comes from trades, and so has a volume.
    pub(super) fn is_trades(self) -> bool {
        matches!(self, Self::Trades | Self::AggTrades | Self::AdjustedLast)
    }
}

/// How far back the bars reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reach {
    /// So long before the end.
    Back(Micros),
    /// So many days on which it was traded.
    Sessions(u32),
}

impl Reach {
    fn read(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once(' ')?;
        let count: u32 = count.parse().ok().filter(|count| (1..=86_400).contains(count))?;
        Some(match unit {
            "S" => Self::Back(Micros::from(count) * SECOND),
            "D" if count <= 366 => Self::Sessions(count),
            "W" => Self::Back(Micros::from(count) * 7 * DAY),
            "M" => Self::Back(Micros::from(count) * 31 * DAY),
            "Y" if count <= 100 => Self::Back(Micros::from(count) * 366 * DAY),
            _ => return None,
        })
    }

    fn length(self) -> Micros {
        match self {
            Self::Back(length) => length,
            Self::Sessions(days) => Micros::from(days) * DAY,
        }
    }
}

/// A request that is in order.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// What is asked for.
    pub contract: Known,
    /// When the bars end.
    pub end: Option<Micros>,
    /// How long a bar lasts.
    pub span: Span,
    /// How far back they reach.
    pub reach: Reach,
    /// Whether only the regular hours count.
    pub regular_hours: bool,
    /// What they show.
    pub show: Show,
    /// Whether dates are epoch seconds.
    pub epoch: bool,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The code.
    pub code: i32,
    /// The text.
    pub text: String,
}

impl Refused {
    /// Error 200: no such contract.
    pub(super) fn unknown_contract() -> Self {
        Self { code: 200, text: "No security definition has been found for the request".to_owned() }
    }

    /// Error 162: pacing.
    pub(super) fn pacing() -> Self {
        Self::history("Historical data request pacing violation")
    }

    /// Error 162: nothing there.
    pub(super) fn no_data(contract: &Known, show: Show) -> Self {
        let what = format!("{:?}", show);
        Self::history(&format!(
            "HMDS query returned no data: {}@{} {what}",
            contract.spelling,
            contract.exchange()
        ))
    }

    fn history(text: &str) -> Self {
        Self { code: 162, text: format!("Historical Market Data Service error message:{text}") }
    }

    /// Error 321: the request makes no sense.
    pub(super) fn invalid(cause: &str) -> Self {
        Self { code: 321, text: format!("Error validating request.-'bS' : cause - {cause}") }
    }
}

impl From<Malformed> for Refused {
    fn from(Malformed: Malformed) -> Self {
        Self { code: 320, text: "Server error when reading an API client request.".to_owned() }
    }
}

impl Request {
    /// Checks a request as it came.
    ///
    /// # Errors
    /// What the gateway says about it when it is not in order.
    pub(super) fn read(world: &crate::world::World, fields: &Fields<'_>) -> Result<Self, Refused> {
        let asked = Asked::read(fields, 2)?;
        let text = |field| fields.text(field).unwrap_or_default();
        let span = BAR_SIZES.iter().find(|(name, _)| *name == text(4)).map(|(_, span)| *span);
        let span = span.ok_or_else(|| {
            Refused::invalid(&format!("Historical data bar size setting is invalid: {:?}", text(4)))
        })?;
        let reach = Reach::read(text(5)).ok_or_else(|| {
            Refused::invalid(&format!("Historical data query duration is invalid: {:?}", text(5)))
        })?;
        let show = Show::named(text(7)).ok_or_else(|| {
            Refused::invalid(&format!("Historical data what to show is invalid: {:?}", text(7)))
        })?;
        let end = fields.text(3).map(|text| {
            end(text).ok_or_else(|| {
                Refused::invalid("The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx")
            })
        });
        let end = end.transpose()?;
        if show == Show::AdjustedLast && end.is_some() {
            return Err(Refused::invalid("End date not supported with adjusted last"));
        }
        if fields.is_set(9) {
            return Err(Refused::invalid("Keep up to date is not supported here"));
        }
        check_span(span, reach)?;
        if !asked.names_exchange() {
            return Err(Refused::invalid("Please enter exchange"));
        }
        let contract = Known::find(world, &asked).ok_or_else(Refused::unknown_contract)?;
        match (contract.kind, show) {
            (Kind::Crypto, Show::Trades) => Err(Refused {
                code: 10299,
                text: "Expected what to show is AGGTRADES, please use that instead of TRADES.".to_owned(),
            }),
            (Kind::Crypto, _) => Ok(()),
            (_, Show::AggTrades) => Err(Refused::invalid("AGGTRADES is for crypto only")),
            // Currencies have no trades, and indexes nothing else.
            (Kind::Cash, shown) if shown.is_trades() => Err(Refused::no_data(&contract, show)),
            (Kind::Index, shown) if !shown.is_trades() => Err(Refused::no_data(&contract, show)),
            _ => Ok(()),
        }?;
        let epoch = fields.int(8) == Some(2);
        Ok(Self { contract, end, span, reach, regular_hours: fields.is_set(6), show, epoch })
    }

    /// Whether pacing counts it: bars of half a minute and less.
    pub(super) fn is_small(&self) -> bool {
        matches!(self.span, Span::Fixed(length) if length <= 30 * SECOND)
    }

    /// What it has in common with an identical one.
    pub(super) fn likeness(&self) -> String {
        format!(
            "{}|{:?}|{:?}|{:?}|{}|{:?}",
            self.contract.con_id, self.end, self.span, self.reach, self.regular_hours, self.show
        )
    }
}

fn check_span(span: Span, reach: Reach) -> Result<(), Refused> {
    let length = match span {
        Span::Fixed(length) => length,
        Span::Week => 7 * DAY,
        Span::Months(count) => Micros::from(count) * 28 * DAY,
    };
    let finest =
        FINEST.iter().find(|(reaches, _)| reach.length() <= *reaches).map_or(DAY, |(_, finest)| *finest);
    // Seconds may add up to a day and ask for its one bar.
    if length < finest {
        return Err(Refused::invalid("Time length exceeds what this bar size allows"));
    }
    if length > reach.length() {
        return Err(Refused::invalid("The bar size is wider than the duration"));
    }
    Ok(())
}

/// `20260302 14:30:00 UTC`, `20260302-14:30:00` (UTC), or with `US/Eastern`.
fn end(text: &str) -> Option<Micros> {
    const UTC_DASHED: &str = "%Y%m%d-%H:%M:%S";
    if let Ok(utc) = NaiveDateTime::parse_from_str(text, UTC_DASHED) {
        return Some(utc.and_utc().timestamp_micros());
    }
    let (local, zone) = text.rsplit_once(' ')?;
    let local = NaiveDateTime::parse_from_str(local, "%Y%m%d %H:%M:%S").ok()?;
    match zone {
        "UTC" => Some(local.and_utc().timestamp_micros()),
        "US/Eastern" | "America/New_York" => Some(eastern::instant(local)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::moment::parse;

    #[test]
    fn ends_are_read_with_their_zone() {
        let at = parse("2026-03-02T14:30:00Z");
        for text in ["20260302 14:30:00 UTC", "20260302-14:30:00", "20260302 09:30:00 US/Eastern"] {
            assert_eq!(end(text), at, "{text}");
        }
        for text in ["20260302 14:30:00", "20260302 14:30:00 MEZ", "2026-03-02", "", " UTC"] {
            assert_eq!(end(text), None, "{text}");
        }
    }

    #[test]
    fn bars_must_fit_their_duration() {
        let minute = Span::Fixed(MINUTE);
        for (span, reach, fits) in [
            (minute, "1 D", true),
            (minute, "2 D", false),
            (minute, "86400 S", true),
            (minute, "30 S", false),
            (Span::Fixed(3 * MINUTE), "1 W", true),
            (Span::Fixed(30 * MINUTE), "1 M", true),
            (Span::Fixed(HOUR), "1 M", true),
            (Span::Fixed(HOUR), "2 M", false),
            (Span::Fixed(DAY), "1 Y", true),
            (Span::Fixed(DAY), "1 D", true),
            (Span::Week, "1 D", false),
            (Span::Months(1), "1 Y", true),
            (Span::Fixed(SECOND), "1800 S", true),
            (Span::Fixed(SECOND), "3600 S", false),
        ] {
            let reach = Reach::read(reach).unwrap();
            assert_eq!(check_span(span, reach).is_ok(), fits, "{span:?} {reach:?}");
        }
        for nonsense in ["", "1", "D 1", "0 D", "-1 D", "1 X", "400 D", "86401 S", "1  D"] {
            assert_eq!(Reach::read(nonsense), None, "{nonsense}");
        }
    }
}
