//! Google's signing keys, kept as long as they may be.
//!
//! - The keys are fresh for the `max-age` of the reply, within [`SHORTEST`] and [`LONGEST`]; then they are fetched again.
//! - Whoever needs keys while a fetch is under way waits for that one. Whoever finds its key fresh never waits.
//! - A key that is not in the set starts a fetch, but none within [`PAUSE`] of the last one.
//! - When a fetch fails, the keys at hand serve on until they are [`LONGEST`] old, and the next try is after [`PAUSE`], or
//!   after [`COLD_PAUSE`] when there are no keys.

mod fetch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::DecodingKey;
use tokio::sync::watch;

pub(super) use fetch::{Fetcher, fetcher};

use super::{Clock, Refusal};

/// Keys are fresh at least this long.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);
/// Keys are fresh, and usable when no others can be had, at most this long.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// From one fetch to the next while there are keys.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// From one failed fetch to the next while there are none.
const COLD_PAUSE: TimeDelta = TimeDelta::seconds(2);

/// Keys by their id.
type Keys = BTreeMap<String, Arc<DecodingKey>>;

/// The keys, shared by all that check tokens.
pub(super) struct KeySet {
    fetcher: Fetcher,
    state: Arc<Mutex<State>>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    /// What the last fetch that succeeded brought.
    held: Option<Held>,
    /// When the last fetch ended, and why it failed, if it did.
    tried: Option<(DateTime<Utc>, Option<String>)>,
    /// Closes when the fetch under way has ended.
    flight: Option<watch::Receiver<()>>,
}

struct Held {
    keys: Keys,
    fetched_at: DateTime<Utc>,
    fresh_until: DateTime<Utc>,
}

/// What is known about one key.
enum Finding {
    Known(Arc<DecodingKey>),
    /// The set is at hand and does not have it.
    Unknown,
    /// Nobody can tell, because the set could not be fetched.
    Unavailable(String),
}

impl KeySet {
    pub(super) fn new(fetcher: Fetcher, clock: Clock) -> Self {
        Self { fetcher, state: Arc::default(), clock }
    }

    pub(super) fn with_clock(self, clock: Clock) -> Self {
        Self::new(self.fetcher, clock)
    }

    /// The key with this id.
    pub(super) async fn get(&self, kid: &str) -> Result<Arc<DecodingKey>, Refusal> {
        if let Some(mut flight) = self.wanted_flight(kid) {
            // Nothing is ever sent: this ends when the sender is gone, also when its task was lost.
            while flight.changed().await.is_ok() {}
        }
        let now = (self.clock)();
        match lock(&self.state).find(kid, now) {
            Finding::Known(key) => Ok(key),
            Finding::Unknown => Err(Refusal::unauthorized("the key that the token names is not Google's")),
            Finding::Unavailable(reason) => Err(Refusal::Unavailable(reason)),
        }
    }

    /// The fetch that has to end before anything can be said about this key; started here if need be.
    fn wanted_flight(&self, kid: &str) -> Option<watch::Receiver<()>> {
        let now = (self.clock)();
        let mut state = lock(&self.state);
        if state.is_fresh(now) && matches!(state.find(kid, now), Finding::Known(_)) {
            return None;
        }
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.has_changed().is_ok()) {
            return Some(flight.clone());
        }
        if !state.may_fetch(now) {
            return None;
        }
        let (landed, flight) = watch::channel(());
        state.flight = Some(flight.clone());
        let (fetcher, shared, clock) = (self.fetcher.clone(), Arc::clone(&self.state), self.clock.clone());
        // A task of its own, so that it goes on when the caller that started it hangs up.
        tokio::spawn(async move {
            let fetched = fetcher.fetch().await;
            lock(&shared).land(fetched, clock());
            drop(landed);
        });
        Some(flight)
    }
}

impl State {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        // A clock that was put back must not keep keys for ever.
        self.held.as_ref().is_some_and(|held| held.fetched_at <= now && now < held.fresh_until)
    }

    fn usable(&self, now: DateTime<Utc>) -> Option<&Held> {
        self.held.as_ref().filter(|held| now - held.fetched_at < LONGEST)
    }

    fn may_fetch(&self, now: DateTime<Utc>) -> bool {
        let pause = if self.usable(now).is_some() { PAUSE } else { COLD_PAUSE };
        self.tried.as_ref().is_none_or(|(tried_at, _)| now < *tried_at || now - *tried_at >= pause)
    }

    fn find(&self, kid: &str, now: DateTime<Utc>) -> Finding {
        let failure = self.tried.as_ref().and_then(|(_, failure)| failure.clone());
        match self.usable(now).map(|held| held.keys.get(kid)) {
            Some(Some(key)) => Finding::Known(Arc::clone(key)),
            // It may be among the keys that could not be fetched.
            Some(None) => failure.map_or(Finding::Unknown, Finding::Unavailable),
            None => Finding::Unavailable(failure.unwrap_or_else(|| "there are no signing keys".to_owned())),
        }
    }

    fn land(&mut self, fetched: Result<fetch::Fetched, String>, now: DateTime<Utc>) {
        match fetched {
            Ok(fetched) => {
                let fresh_for = fetched.max_age.unwrap_or(SHORTEST).clamp(SHORTEST, LONGEST);
                self.held = Some(Held { keys: fetched.keys, fetched_at: now, fresh_until: now + fresh_for });
                self.tried = Some((now, None));
            }
            Err(reason) => {
                tracing::warn!(reason, "signing keys not fetched");
                self.tried = Some((now, Some(reason)));
            }
        }
    }
}

/// No code panics while it holds the lock, and the state is whole between any two of its changes.
fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
