//! Feature flags: switches that are data, with a history, read through a small cache.
//!
//! [`Flags`] is the port: any code asks it without waiting; it is refreshed by requests, at most once in
//! [`REFRESH`], so that every instance of the site follows a change within that time. While Postgres is away the last
//! known state holds. [`pages`] shows and changes flags, [`store`] has the SQL.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::text::Lang;

pub mod pages;
pub mod store;

/// How old what is known may be.
pub const REFRESH: Duration = Duration::from_secs(5);

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Whether new accounts can be made.
    Registration,
    /// A line on every page, in the words of whoever switched it on.
    Banner,
    /// Whether the navigation leads to the posts.
    Posts,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Registration, Self::Banner, Self::Posts];

    /// Its name in Postgres and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Banner => "banner",
            Self::Posts => "posts",
        }
    }

    /// The flag of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.as_str() == name)
    }

    /// How it stands until somebody has switched it.
    pub fn default_on(self) -> bool {
        !matches!(self, Self::Banner)
    }

    /// Whether it carries words, in both languages.
    pub fn has_text(self) -> bool {
        self == Self::Banner
    }

    /// The keys of its name and of what it does.
    pub fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Registration => ("admin_flag_registration", "admin_flag_registration_note"),
            Self::Banner => ("admin_flag_banner", "admin_flag_banner_note"),
            Self::Posts => ("admin_flag_posts", "admin_flag_posts_note"),
        }
    }
}

/// How a flag stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Whether it is on.
    pub on: bool,
    /// Its words in English and Spanish; empty where it has none.
    pub text: [String; 2],
}

/// Every flag that was ever switched.
pub type States = BTreeMap<Flag, State>;

/// The port: how flags stand, in memory.
#[derive(Debug, Default)]
pub struct Flags {
    states: RwLock<Arc<States>>,
    /// When what is known was asked for.
    asked: Mutex<Option<Instant>>,
}

impl Flags {
    /// Whether a flag is on.
    pub fn is_on(&self, flag: Flag) -> bool {
        self.states().get(&flag).map_or_else(|| flag.default_on(), |state| state.on)
    }

    /// The words of a flag that is on; `None` where it is off or has none.
    pub fn words(&self, flag: Flag, lang: Lang) -> Option<String> {
        let states = self.states();
        let state = states.get(&flag).filter(|state| state.on)?;
        let [english, spanish] = &state.text;
        let words = if lang == Lang::En { english } else { spanish };
        (!words.is_empty()).then(|| words.clone())
    }

    /// Reads them from Postgres where what is known is old. One request does it; others go on with what is known.
    pub async fn refresh(&self, pool: &PgPool) {
        if !self.due(Instant::now()) {
            return;
        }
        match store::states(pool).await {
            Ok(states) => *self.states.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(states),
            Err(error) => tracing::warn!(%error, "flags cannot be read; the last known state holds"),
        }
    }

    /// Lets the next request read them: after a change.
    pub fn forget(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn due(&self, now: Instant) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let old = asked.is_none_or(|at| now.duration_since(at) >= REFRESH);
        if old {
            *asked = Some(now);
        }
        old
    }

    fn states(&self) -> Arc<States> {
        Arc::clone(&self.states.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_as_they_were_switched_or_by_default() {
        let flags = Flags::default();
        assert!(flags.is_on(Flag::Registration) && !flags.is_on(Flag::Banner));
        let banner = State { on: true, text: ["Hello".into(), String::new()] };
        let states = States::from([(Flag::Banner, banner), (Flag::Registration, State::default())]);
        *flags.states.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(states);
        assert!(!flags.is_on(Flag::Registration));
        assert_eq!(flags.words(Flag::Banner, Lang::En).as_deref(), Some("Hello"));
        assert_eq!(flags.words(Flag::Banner, Lang::Es), None);
        assert_eq!(flags.words(Flag::Registration, Lang::En), None);
    }

    #[test]
    fn one_request_in_five_seconds_asks() {
        let flags = Flags::default();
        let now = Instant::now();
        assert!(flags.due(now) && !flags.due(now) && !flags.due(now + REFRESH / 2));
        assert!(flags.due(now + REFRESH));
        flags.forget();
        assert!(flags.due(now + REFRESH));
    }

    #[test]
    fn names_lead_back() {
        for flag in Flag::ALL {
            assert_eq!(Flag::parse(flag.as_str()), Some(flag));
        }
        assert_eq!(Flag::parse("Banner"), None);
    }
}
