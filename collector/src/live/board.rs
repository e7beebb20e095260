//! What is newest of each symbol, and what of it has not been published yet.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use domain::{Quote, Symbol};

use super::wire::Event;

/// A price that is older than the newest by more than this comes from a clock that was set back, as a world's may be.
const SET_BACK: Duration = Duration::minutes(10);

/// The newest of every symbol.
#[derive(Debug, Default)]
pub struct Board {
    newest: BTreeMap<Symbol, Newest>,
    changed: BTreeSet<Symbol>,
}

#[derive(Debug, Default)]
struct Newest {
    price: Option<(f64, DateTime<Utc>)>,
    spread: Option<(f64, f64, DateTime<Utc>)>,
    received_at: DateTime<Utc>,
}

impl Board {
    /// Takes down what was said of a symbol.
    pub fn hear(&mut self, symbol: Symbol, event: Event, received_at: DateTime<Utc>) {
        let newest = self.newest.entry(symbol.clone()).or_default();
        // A minute's bar comes after the first trades of the next minute.
        let is_late = |known: DateTime<Utc>, at: DateTime<Utc>| at < known && known - at < SET_BACK;
        match event {
            Event::Price { price, at } => {
                if newest.price.is_some_and(|(_, known)| is_late(known, at)) {
                    return;
                }
                newest.price = Some((price, at));
            }
            Event::Spread { bid, ask, at } => {
                if newest.spread.is_some_and(|(_, _, known)| is_late(known, at)) {
                    return;
                }
                newest.spread = Some((bid, ask, at));
            }
        }
        newest.received_at = received_at;
        self.changed.insert(symbol);
    }

    /// One quote of each symbol of which something new was said since the last time.
    pub fn take(&mut self) -> Vec<Quote> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|symbol| self.newest.get(&symbol)?.quote(symbol.clone())).collect()
    }
}

impl Newest {
    fn quote(&self, symbol: Symbol) -> Option<Quote> {
        let (bid, ask) = (self.spread.map(|s| s.0), self.spread.map(|s| s.1));
        let middle = self.spread.map(|(bid, ask, at)| ((bid + ask) / 2.0, at));
        let (price, at) = self.price.or(middle)?;
        Some(Quote { symbol, price, bid, ask, at, received_at: self.received_at })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(s: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + s, 0).unwrap()
    }

    fn symbol(name: &str) -> Symbol {
        name.parse().unwrap()
    }

    #[test]
    fn a_thousand_trades_become_one_quote_of_each_symbol() {
        let mut board = Board::default();
        for n in 0..1_000 {
            let price = 100.0 + f64::from(n);
            board.hear(
                symbol(["A", "B"][n as usize % 2]),
                Event::Price { price, at: at(n.into()) },
                at(n.into()),
            );
        }
        let quotes = board.take();
        let prices: Vec<_> = quotes.iter().map(|quote| (quote.symbol.as_str(), quote.price)).collect();
        assert_eq!(prices, [("A", 1098.0), ("B", 1099.0)]);
        assert!(board.take().is_empty(), "told once");
    }

    #[test]
    fn a_trade_counts_and_the_middle_only_without_one() {
        let mut board = Board::default();
        board.hear(symbol("A"), Event::Spread { bid: 9.0, ask: 11.0, at: at(1) }, at(1));
        assert_eq!(board.take()[0].price, 10.0);
        board.hear(symbol("A"), Event::Price { price: 10.5, at: at(2) }, at(2));
        board.hear(symbol("A"), Event::Spread { bid: 10.0, ask: 12.0, at: at(3) }, at(3));
        let quote = board.take().remove(0);
        assert_eq!((quote.price, quote.bid, quote.ask), (10.5, Some(10.0), Some(12.0)));
        assert_eq!((quote.at, quote.received_at), (at(2), at(3)));
    }

    #[test]
    fn what_comes_late_does_not_replace_what_is_newer() {
        let mut board = Board::default();
        board.hear(symbol("A"), Event::Price { price: 2.0, at: at(61) }, at(61));
        board.hear(symbol("A"), Event::Price { price: 1.0, at: at(60) }, at(62));
        assert_eq!(board.take()[0].price, 2.0);
        // A world whose clock was set back to yesterday goes on from there.
        board.hear(symbol("A"), Event::Price { price: 3.0, at: at(-86_400) }, at(63));
        assert_eq!(board.take()[0].price, 3.0);
    }
}
