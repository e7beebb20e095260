//! When markets trade: holidays and half days by their rules, so that five trading days ahead names the right date.
//!
//! | market | closed on weekdays |
//! | --- | --- |
//! | [`Market::UnitedStates`] | ten holidays with their observed days ([`united_states`]), and the days in [`united_states::SPECIAL`] |
//! | [`Market::London`] | New Year, Good Friday, Easter Monday, the bank holidays of May and August, Christmas, Boxing Day |
//! | [`Market::Euronext`] | New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December |
//! | [`Market::Xetra`] | as Euronext, and 24 and 31 December |
//! | [`Market::Toronto`] | New Year, Family Day, Good Friday, Victoria, Canada, Civic, Labour and Thanksgiving Day, Christmas, Boxing Day |
//! | [`Market::Weekdays`] | nothing: exchanges whose holidays are not kept here |
//! | [`Market::Currencies`] | New Year and Christmas; open on Sunday evenings where its bars say so |
//! | [`Market::EveryDay`] | nothing, weekends neither: crypto |
//!
//! One-off closures of markets other than the United States (royal funerals, extra bank holidays) are not kept.
//!
//! Rules are those that the exchanges publish (NYSE Rule 7.2 for the first). They describe 1998 and later.

pub mod rules;
pub mod united_states;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use rules::{easter_offset, fixed, nth, on_or_after_weekend};

/// Where an asset trades, as far as trading days go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// NYSE and Nasdaq.
    UnitedStates,
    /// London Stock Exchange.
    London,
    /// Paris, Amsterdam, Brussels, Lisbon.
    Euronext,
    /// Frankfurt.
    Xetra,
    /// Toronto Stock Exchange.
    Toronto,
    /// Monday to Friday.
    Weekdays,
    /// Currency pairs; `sundays` where a bar begins on Sunday evening.
    Currencies {
        /// Whether Sundays have bars of their own.
        sundays: bool,
    },
    /// All days.
    EveryDay,
}

/// What a day is for a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// No trading.
    Closed,
    /// Trading ends early.
    Half,
    /// The usual hours.
    Full,
}

impl Market {
    /// The market of a symbol as vendors write it (`VOD.L`, `AIR.PA`, `EUR/USD`, `EURUSD=X`) that had bars on `days`. The days have the
    /// last word: a market that trades at weekends will again, and one that traded on a fifth of the holidays does not
    /// keep them.
    pub fn of(symbol: &str, days: &[NaiveDate]) -> Self {
        let count = |weekday: Weekday| days.iter().filter(|day| day.weekday() == weekday).count();
        // A stray bar at a weekend does not make a market that trades then.
        let often = |n: usize| n * 20 > days.len();
        let (saturdays, sundays) = (often(count(Weekday::Sat)), often(count(Weekday::Sun)));
        if saturdays {
            return Self::EveryDay;
        }
        if sundays || is_currency_pair(symbol) {
            return Self::Currencies { sundays };
        }
        let named = match symbol.rsplit_once('.').map(|(_, suffix)| suffix) {
            Some("L") => Self::London,
            Some("PA" | "AS" | "BR" | "LS") => Self::Euronext,
            Some("DE") => Self::Xetra,
            Some("TO" | "V") => Self::Toronto,
            Some(suffix) if suffix.len() > 1 => Self::Weekdays,
            _ => Self::UnitedStates,
        };
        if named.is_contradicted(days) { Self::Weekdays } else { named }
    }

    /// Whether more than a fifth of this market's holidays have bars.
    fn is_contradicted(self, days: &[NaiveDate]) -> bool {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return false };
        let closed = |day: &NaiveDate| !is_weekend(*day) && self.session(*day) == Session::Closed;
        let holidays = first.iter_days().take_while(|day| day <= last).filter(closed).count();
        days.iter().filter(|day| closed(day)).count() * 5 > holidays
    }

    /// What `day` is for this market.
    pub fn session(self, day: NaiveDate) -> Session {
        let closed = match self {
            Self::EveryDay => false,
            Self::Currencies { sundays: true } if day.weekday() == Weekday::Sun => false,
            _ if is_weekend(day) => true,
            Self::UnitedStates => return united_states::session(day),
            Self::London => is_london_holiday(day),
            Self::Euronext => is_european_holiday(day),
            Self::Xetra => is_european_holiday(day) || (day.month() == 12 && matches!(day.day(), 24 | 31)),
            Self::Toronto => is_toronto_holiday(day),
            Self::Weekdays => false,
            Self::Currencies { .. } => matches!((day.month(), day.day()), (1, 1) | (12, 25)),
        };
        let half = match self {
            Self::London | Self::Euronext => day.month() == 12 && matches!(day.day(), 24 | 31),
            Self::Toronto => day.month() == 12 && day.day() == 24,
            _ => false,
        };
        match (closed, half) {
            (true, _) => Session::Closed,
            (false, true) => Session::Half,
            (false, false) => Session::Full,
        }
    }

    /// Whether there is any trading on `day`.
    pub fn is_open(self, day: NaiveDate) -> bool {
        self.session(day) != Session::Closed
    }

    /// The `count` trading days after `day`; fewer only at the end of the calendar itself.
    pub fn days_after(self, day: NaiveDate, count: usize) -> Vec<NaiveDate> {
        let mut out = Vec::with_capacity(count);
        let mut day = day;
        while out.len() < count {
            let Some(next) = day.checked_add_days(Days::new(1)) else { break };
            day = next;
            if self.is_open(day) {
                out.push(day);
            }
        }
        out
    }
}

/// Whether a symbol is one of two currencies, as vendors write them: `EUR/USD`, `EUR-USD`, `EURUSD=X`. A coin's looks the same,
/// but trades on Saturdays.
fn is_currency_pair(symbol: &str) -> bool {
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    let pair = symbol.split_once(['/', '-']);
    symbol.ends_with("=X") || pair.is_some_and(|(base, quote)| is_code(base) && is_code(quote))
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

fn is_european_holiday(day: NaiveDate) -> bool {
    matches!((day.month(), day.day()), (1, 1) | (5, 1) | (12, 25 | 26))
        || matches!(easter_offset(day), -2 | 1)
}

fn is_london_holiday(day: NaiveDate) -> bool {
    let year = day.year();
    let christmas = fixed(year, 12, 25).map(on_or_after_weekend);
    // Where Christmas itself has moved, Boxing Day takes the weekday after it.
    let boxing = fixed(year, 12, 26)
        .map(on_or_after_weekend)
        .map(|boxing| if Some(boxing) == christmas { boxing + Days::new(1) } else { boxing });
    let days = [
        fixed(year, 1, 1).map(on_or_after_weekend),
        nth(year, 5, Weekday::Mon, 1),
        nth(year, 5, Weekday::Mon, -1),
        nth(year, 8, Weekday::Mon, -1),
        christmas,
        boxing,
    ];
    days.contains(&Some(day)) || matches!(easter_offset(day), -2 | 1)
}

fn is_toronto_holiday(day: NaiveDate) -> bool {
    let year = day.year();
    let christmas = fixed(year, 12, 25).map(on_or_after_weekend);
    let boxing = fixed(year, 12, 26)
        .map(on_or_after_weekend)
        .map(|boxing| if Some(boxing) == christmas { boxing + Days::new(1) } else { boxing });
    // Victoria Day is the Monday before 25 May.
    let victoria = day.month() == 5 && day.weekday() == Weekday::Mon && (18..=24).contains(&day.day());
    let days = [
        fixed(year, 1, 1).map(on_or_after_weekend),
        nth(year, 2, Weekday::Mon, 3).filter(|_| year >= 2008),
        fixed(year, 7, 1).map(on_or_after_weekend),
        nth(year, 8, Weekday::Mon, 1),
        nth(year, 9, Weekday::Mon, 1),
        nth(year, 10, Weekday::Mon, 2),
        christmas,
        boxing,
    ];
    days.contains(&Some(day)) || victoria || easter_offset(day) == -2
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "calendar/tests.rs"]
mod tests;
