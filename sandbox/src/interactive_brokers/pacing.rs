//! Pacing: how often a user may ask. Sliding logs by the limits' clock, over all connections.
//!
//! Bars of 30 seconds and less: no identical request within 15 seconds, fewer than 6 in 2 seconds for one contract, exchange and kind
//! of data, 60 in 10 minutes, where bid-and-ask bars count twice. Any connection: 50 messages a second.

use std::collections::VecDeque;

use super::request::{Request, Show};
use crate::moment::{Micros, SECOND};

/// The same request again: not before this long.
const IDENTICAL: Micros = 15 * SECOND;
/// One contract: fewer than so many in so long.
const CONTRACT: (usize, Micros) = (6, 2 * SECOND);
/// All contracts: at most so many in so long.
const ALL: (u32, Micros) = (60, 600 * SECOND);
/// Messages of a connection: at most so many in so long.
const MESSAGES: (usize, Micros) = (50, SECOND);

/// The requests for small bars that were let through in the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Pacing(VecDeque<Past>);

#[derive(Debug)]
struct Past {
    at: Micros,
    likeness: String,
    series: (i32, Show),
    weight: u32,
}

impl Pacing {
    /// Whether a request may pass at `now`; what is refused does not count.
    pub(super) fn admit(&mut self, request: &Request, now: Micros) -> bool {
        if !request.is_small() {
            return true;
        }
        // What lies ahead was written before the clock was set back.
        self.0.retain(|past| past.at <= now && now - past.at < ALL.1);
        let weight = if request.show == Show::BidAsk { 2 } else { 1 };
        let likeness = request.likeness();
        let series = (request.contract.con_id, request.show);
        let since = |age: Micros| self.0.iter().filter(move |past| now - past.at < age);
        let identical = since(IDENTICAL).any(|past| past.likeness == likeness);
        let same_contract = since(CONTRACT.1).filter(|past| past.series == series).count();
        let all: u32 = self.0.iter().map(|past| past.weight).sum();
        if identical || same_contract + 1 >= CONTRACT.0 || all + weight > ALL.0 {
            return false;
        }
        self.0.push_back(Past { at: now, likeness, series, weight });
        true
    }
}

/// The messages of one connection in the last second.
#[derive(Debug, Default)]
pub(super) struct Messages(VecDeque<Micros>);

impl Messages {
    /// Whether one more may pass at `now`.
    pub(super) fn admit(&mut self, now: Micros) -> bool {
        self.0.retain(|at| *at <= now && now - at < MESSAGES.1);
        let fits = self.0.len() < MESSAGES.0;
        if fits {
            self.0.push_back(now);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::{Kind, Known};
    use super::super::request::Reach;
    use super::*;
    use crate::world::bar::Span;

    fn request(con_id: i32, end: Micros, span: Micros, show: Show) -> Request {
        let contract = Known {
            symbol: "A".to_owned(),
            name: "A".to_owned(),
            con_id,
            kind: Kind::Stock,
            spelling: "A".to_owned(),
            currency: "USD".to_owned(),
            exchanges: vec!["SMART"],
        };
        let (span, reach) = (Span::Fixed(span), Reach::Back(1_800 * SECOND));
        Request { contract, end: Some(end), span, reach, regular_hours: false, show, epoch: true }
    }

    #[test]
    fn each_rule_refuses_at_its_edge_and_lets_through_after_its_window() {
        let mut pacing = Pacing::default();
        let small = |con, end| request(con, end, SECOND, Show::Trades);
        assert!(pacing.admit(&small(1, 0), 0));
        assert!(!pacing.admit(&small(1, 0), 15 * SECOND - 1), "identical within 15 s");
        assert!(pacing.admit(&small(1, 0), 15 * SECOND));
        for end in 1..5 {
            assert!(pacing.admit(&small(1, end), 15 * SECOND + end));
        }
        assert!(!pacing.admit(&small(1, 5), 15 * SECOND + 5), "the sixth in 2 s");
        assert!(pacing.admit(&small(2, 5), 15 * SECOND + 5), "another contract");
        assert!(pacing.admit(&small(1, 5), 17 * SECOND));
        for n in 0..52 {
            assert!(pacing.admit(&small(100 + n, 9), 20 * SECOND), "{n}");
        }
        assert!(!pacing.admit(&small(99, 9), 20 * SECOND), "the 61st in 10 min");
        assert!(pacing.admit(&small(99, 9), 600 * SECOND), "the first one is out of the window");
        assert!(
            pacing.admit(&request(1, 0, 60 * SECOND, Show::Trades), 20 * SECOND),
            "a minute is not small"
        );
    }

    #[test]
    fn bid_and_ask_count_twice() {
        let mut pacing = Pacing::default();
        for n in 0..30 {
            assert!(pacing.admit(&request(n, 0, SECOND, Show::BidAsk), 0));
        }
        assert!(!pacing.admit(&request(40, 0, SECOND, Show::Trades), 0));
    }

    #[test]
    fn fifty_messages_a_second() {
        let mut messages = Messages::default();
        assert!((0..50).all(|n| messages.admit(n)));
        assert!(!messages.admit(SECOND - 1));
        assert!(messages.admit(SECOND));
    }
}
