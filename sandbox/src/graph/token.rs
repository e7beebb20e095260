//! Tokens: the setup's, which does not end by itself, and those that it is exchanged for, which last for sixty days.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::failure::Failure;
use crate::clock::Reading;
use crate::moment::{DAY, Micros};
use crate::wire::Request;

/// How long an exchanged token lives, in days.
const LIFE_DAYS: i64 = 60;
/// Seconds in a day.
const DAY_S: f64 = 86_400.0;

/// All tokens of an app.
pub(crate) struct Tokens {
    seed: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The token of the setup.
    first: String,
    /// In the order in which they were given out.
    ever: Vec<String>,
    lives: HashMap<String, Life>,
}

/// How long a token is good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    /// When it ends, if ever.
    pub until: Option<Micros>,
    revoked: bool,
}

impl Tokens {
    /// The setup's token, made from a seed that is a secret too.
    pub(crate) fn new(seed: String) -> Self {
        let tokens = Self { seed, state: Mutex::default() };
        tokens.renew(&mut tokens.lock());
        tokens
    }

    /// The token of the setup.
    pub(crate) fn first(&self) -> String {
        self.lock().first.clone()
    }

    /// Every token that was ever given out.
    pub(crate) fn ever(&self) -> Vec<String> {
        self.lock().ever.clone()
    }

    /// Refuses all tokens of the past and makes another for the setup, as an operator would.
    pub(crate) fn expire(&self) {
        let mut state = self.lock();
        state.lives.values_mut().for_each(|life| life.revoked = true);
        self.renew(&mut state);
    }

    /// The token of a request, if it is good at `now`.
    pub(crate) fn admit(&self, request: &Request, now: Micros) -> Result<String, Failure> {
        let token = of(request).ok_or_else(Failure::no_token)?;
        self.look_up(token, now)?;
        Ok(token.to_owned())
    }

    /// How long a token is good, if it is at `now`.
    pub(crate) fn look_up(&self, token: &str, now: Micros) -> Result<Life, Failure> {
        let life = *self.lock().lives.get(token).ok_or_else(Failure::bad_token)?;
        if life.revoked {
            return Err(Failure::expired(None, None));
        }
        match life.until {
            Some(until) if until <= now => Err(Failure::expired(Some(until), Some(now))),
            _ => Ok(life),
        }
    }

    /// A token of sixty days for one that is good, and how many real seconds those are.
    pub(crate) fn exchange(&self, token: &str, clock: Reading) -> Result<(String, u64), Failure> {
        self.look_up(token, clock.now)?;
        let token = self.give(&mut self.lock(), Some(clock.now + LIFE_DAYS * DAY));
        Ok((token, (LIFE_DAYS as f64 * DAY_S / clock.speed.max(1.0)) as u64))
    }

    fn renew(&self, state: &mut State) {
        state.first = self.give(state, None);
    }

    fn give(&self, state: &mut State, until: Option<Micros>) -> String {
        let token = format!("{}{}", self.seed, state.ever.len());
        state.ever.push(token.clone());
        state.lives.insert(token.clone(), Life { until, revoked: false });
        token
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token of a request: a parameter, or a header.
pub(crate) fn of(request: &Request) -> Option<&str> {
    request.param("access_token").or_else(|| {
        let (scheme, token) = request.header("authorization")?.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then_some(token)
    })
}
