//! Quotes: what an asset trades at right now, as a source's stream says it. They are shown, never stored and never analysed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::asset::Symbol;
use crate::source::SourceId;

/// Most quotes in one message.
pub const QUOTES_IN_MESSAGE: usize = 100;

/// The newest price of one asset. Prices are in the quote currency, as float64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// Which asset.
    pub symbol: Symbol,
    /// Its last trade, or the close of its last minute; where neither is known, the middle between bid and offer.
    pub price: f64,
    /// The best bid.
    #[serde(default)]
    pub bid: Option<f64>,
    /// The best offer.
    #[serde(default)]
    pub ask: Option<f64>,
    /// When it traded there, by the source's clock.
    pub at: DateTime<Utc>,
    /// When the collector received it, by our clock: what its age is counted from, and which of two is the newer.
    pub received_at: DateTime<Utc>,
}

impl Quote {
    /// Why this quote cannot be shown; `None` when it can.
    pub fn defect(&self) -> Option<&'static str> {
        let usable = |price: f64| price.is_finite() && price > 0.0;
        if !usable(self.price) {
            return Some("the price is not a positive number");
        }
        if ![self.bid, self.ask].into_iter().flatten().all(usable) {
            return Some("bid or offer is not a positive number");
        }
        None
    }
}

/// The message on topic `quotes`: at most one quote of a symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quotes {
    /// Whose stream they come from.
    pub source: SourceId,
    /// The quotes; at most [`QUOTES_IN_MESSAGE`].
    pub quotes: Vec<Quote>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_is_none_is_not_shown() {
        let at = DateTime::UNIX_EPOCH;
        let quote =
            |price, bid| Quote { symbol: "A".parse().unwrap(), price, bid, ask: None, at, received_at: at };
        assert_eq!(quote(1.0, Some(0.9)).defect(), None);
        assert_eq!(quote(1.0, None).defect(), None);
        for (price, bid) in [(0.0, None), (-1.0, None), (f64::NAN, None), (1.0, Some(f64::INFINITY))] {
            assert!(quote(price, bid).defect().is_some(), "{price} {bid:?}");
        }
    }
}
