//! How often the gateway may be asked: a log of what was asked lately.
//!
//! The same request not twice within 15 seconds, and fewer than 6 for one contract within 2 seconds. The third rule (60 in
//! 10 minutes) is for bars of 30 seconds and less, which are never asked for here.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The same request again: not before this long.
const IDENTICAL: Duration = Duration::from_secs(15);

/// One contract: at most so many in so long.
const CONTRACT: (usize, Duration) = (5, Duration::from_secs(2));

/// Requests of the last 15 seconds: when, which, and of which contract.
#[derive(Debug, Default)]
pub(super) struct Pacing(VecDeque<(Instant, String, String)>);

impl Pacing {
    /// How long to wait before the request `name` about `contract`; `None` where it may go out, which is then noted.
    pub(super) fn wait(&mut self, name: &str, contract: &str, now: Instant) -> Option<Duration> {
        self.0.retain(|(at, _, _)| *at + IDENTICAL > now);
        let same = self.0.iter().rev().find(|(_, asked, _)| asked == name).map(|(at, _, _)| *at + IDENTICAL);
        let mut of_contract = self.0.iter().rev().filter(|(_, _, of)| of == contract).map(|(at, _, _)| *at);
        let crowded = of_contract.nth(CONTRACT.0 - 1).map(|at| at + CONTRACT.1);
        match same.max(crowded).filter(|free_at| *free_at > now) {
            Some(free_at) => Some(free_at - now),
            None => {
                self.0.push_back((now, name.to_owned(), contract.to_owned()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_distances() {
        let mut pacing = Pacing::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(pacing.wait("a", "A", at(0)), None);
        assert_eq!(pacing.wait("a", "A", at(5_000)), Some(Duration::from_secs(10)));
        assert_eq!(pacing.wait("a", "A", at(15_000)), None);
        for (n, name) in ["b", "c", "d", "e"].iter().enumerate() {
            assert_eq!(pacing.wait(name, "A", at(15_100 + n as u64)), None);
        }
        assert_eq!(pacing.wait("f", "A", at(15_500)), Some(Duration::from_millis(1_500)));
        assert_eq!(pacing.wait("f", "B", at(15_500)), None, "another contract");
        assert_eq!(pacing.wait("g", "A", at(17_000)), None);
    }
}
