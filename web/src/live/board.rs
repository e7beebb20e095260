//! The newest quote of each symbol, and who is told of newer ones.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Duration, Utc};
use domain::Quote;
use sqlx::PgPool;
use tokio::sync::broadcast;

use super::relay::Relay;

/// How old a quote may be and still be shown as live. A traded asset has a bar every minute, and that is late by seconds.
pub const FRESH: Duration = Duration::seconds(90);
/// Symbols that are kept; far more than any deployment has, and a bound for whoever may push.
const SYMBOLS: usize = 100_000;
/// Pushes that a slow reader may be behind by; then it goes on with what is newest.
const WAITING: usize = 64;
/// Streams of one instance, so that watchers leave room for readers.
pub const STREAMS: usize = 5_000;

/// The live prices of one instance.
pub struct Live {
    newest: RwLock<HashMap<String, Quote>>,
    news: broadcast::Sender<Arc<Vec<Quote>>>,
    open: Arc<AtomicUsize>,
    /// How the other instances hear of what this one is pushed.
    pub relay: Relay,
}

/// One open stream; makes room when it is dropped.
pub struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Live {
    /// A board without quotes.
    pub fn new(pool: PgPool) -> Self {
        let (news, _) = broadcast::channel(WAITING);
        Self { newest: RwLock::default(), news, open: Arc::default(), relay: Relay::new(pool) }
    }

    /// Takes quotes; returns those that are newer than what was known.
    pub fn put(&self, quotes: Vec<Quote>) -> Arc<Vec<Quote>> {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let mut newer = Vec::with_capacity(quotes.len());
        for quote in quotes.into_iter().filter(|quote| quote.defect().is_none()) {
            let known = newest.get(quote.symbol.as_str());
            let is_newer = known.is_none_or(|known| known.received_at < quote.received_at);
            if is_newer && (known.is_some() || newest.len() < SYMBOLS) {
                newest.insert(quote.symbol.as_str().to_owned(), quote.clone());
                newer.push(quote);
            }
        }
        drop(newest);
        let newer = Arc::new(newer);
        if !newer.is_empty() {
            // Nobody listens: nobody is told.
            let _ = self.news.send(Arc::clone(&newer));
        }
        newer
    }

    /// The newest quote of a symbol that may be shown as live at `now`.
    pub fn fresh(&self, symbol: &str, now: DateTime<Utc>) -> Option<Quote> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.get(symbol).filter(|quote| is_fresh(quote, now)).cloned()
    }

    /// Whether quotes come at all: pages ask for a stream only then.
    pub fn is_connected(&self, now: DateTime<Utc>) -> bool {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.values().any(|quote| now - quote.received_at < Duration::hours(1))
    }

    /// What is newer from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Vec<Quote>>> {
        self.news.subscribe()
    }

    /// Room for one more stream; `None` where there is none.
    pub fn place(&self) -> Option<Place> {
        let taken = self.open.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.open));
        (taken < STREAMS).then_some(place)
    }

    /// Streams that are open.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// Whether a quote may be shown as live.
pub fn is_fresh(quote: &Quote, now: DateTime<Utc>) -> bool {
    now - quote.received_at <= FRESH
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn quote(symbol: &str, price: f64, received_s: i64) -> Quote {
        let at = DateTime::from_timestamp(1_700_000_000 + received_s, 0).unwrap();
        Quote { symbol: symbol.parse().unwrap(), price, bid: None, ask: None, at, received_at: at }
    }

    fn live() -> Live {
        Live::new(PgPool::connect_lazy("postgres://localhost/none").unwrap())
    }

    #[tokio::test]
    async fn the_newest_counts_in_whatever_order_they_come() {
        let live = live();
        let mut told = live.subscribe();
        live.put(vec![quote("A", 1.0, 10), quote("B", 5.0, 10)]);
        live.put(vec![quote("A", 0.5, 9), quote("A", f64::NAN, 11)]);
        let now = quote("A", 0.0, 20).at;
        assert_eq!(live.fresh("A", now).unwrap().price, 1.0);
        assert_eq!(live.fresh("B", now).unwrap().price, 5.0);
        assert_eq!(told.try_recv().unwrap().len(), 2);
        assert!(told.try_recv().is_err(), "what is older is no news");
    }

    #[tokio::test]
    async fn an_old_quote_is_not_shown_as_live() {
        let live = live();
        live.put(vec![quote("A", 1.0, 0)]);
        let at = |s: i64| quote("A", 0.0, s).at;
        assert!(live.fresh("A", at(90)).is_some() && live.fresh("A", at(91)).is_none());
        assert!(live.fresh("B", at(0)).is_none());
        assert!(live.is_connected(at(3_599)) && !live.is_connected(at(3_600)));
    }

    #[tokio::test]
    async fn places_are_given_back() {
        let live = live();
        let held: Vec<_> = (0..STREAMS).map(|_| live.place().unwrap()).collect();
        assert!(live.place().is_none());
        assert_eq!(live.open(), STREAMS);
        drop(held);
        assert!(live.place().is_some());
        assert_eq!(live.open(), 0);
    }
}
