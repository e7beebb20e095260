//! Waiting for one's turn, so that a limit is kept rather than hit.

use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::wait::Left;

/// What the server last said, and how many of our requests it has not answered yet.
#[derive(Debug)]
struct Known {
    /// Nothing is asked before this instant.
    resume_at: Instant,
    /// Requests left until `refilled_at`, as of the newest answer.
    left: Option<(u64, Instant)>,
    in_flight: u64,
    answered: bool,
}

/// Lets requests through: one at a time until the first answer says what is left, then no more at once than are left, and
/// never more in a minute than was agreed.
#[derive(Debug)]
pub(super) struct Gate {
    known: Mutex<Known>,
    changed: Notify,
    pace: Option<DefaultDirectRateLimiter>,
    /// Requests that came to nothing, since one that did not.
    pub(super) lost_in_a_row: AtomicU32,
}

/// A request on its way.
pub(super) struct Turn<'g>(&'g Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
        self.0.changed.notify_waiters();
    }
}

impl Gate {
    pub(super) fn new(calls_per_minute: Option<u32>) -> Self {
        let pace = calls_per_minute.and_then(NonZeroU32::new).map(|calls| {
            // Evenly spread: a burst at the edge of two of the server's minutes would be over the limit.
            RateLimiter::direct(Quota::per_minute(calls).allow_burst(NonZeroU32::MIN))
        });
        let known = Known { resume_at: Instant::now(), left: None, in_flight: 0, answered: false };
        Self { known: Mutex::new(known), changed: Notify::new(), pace, lost_in_a_row: AtomicU32::new(0) }
    }

    /// Waits until a request may be sent; `None` where that would be after `deadline`.
    pub(super) async fn turn(&self, deadline: Instant) -> Option<Turn<'_>> {
        loop {
            let changed = self.changed.notified();
            match self.try_turn() {
                Ok(turn) => {
                    self.keep_pace(deadline).await?;
                    return Some(turn);
                }
                Err(Some(at)) if at >= deadline => return None,
                Err(Some(at)) => {
                    let _ = tokio::time::timeout_at(at, changed).await;
                }
                Err(None) => tokio::time::timeout_at(deadline, changed).await.ok()?,
            }
        }
    }

    /// A turn, or when to try again at the latest (`None`: when an answer comes).
    fn try_turn(&self) -> Result<Turn<'_>, Option<Instant>> {
        let mut known = self.lock();
        let now = Instant::now();
        if known.resume_at > now {
            return Err(Some(known.resume_at));
        }
        if !known.answered && known.in_flight > 0 {
            return Err(None);
        }
        match known.left {
            Some((_, refilled_at)) if refilled_at <= now => known.left = None,
            Some((left, refilled_at)) if known.in_flight >= left => {
                return Err(if known.in_flight > 0 && left > 0 { None } else { Some(refilled_at) });
            }
            _ => {}
        }
        known.in_flight += 1;
        Ok(Turn(self))
    }

    async fn keep_pace(&self, deadline: Instant) -> Option<()> {
        let Some(pace) = &self.pace else { return Some(()) };
        let clock = DefaultClock::default();
        while let Err(early) = pace.check() {
            let wait = early.wait_time_from(clock.now());
            if Instant::now() + wait >= deadline {
                return None;
            }
            tokio::time::sleep(wait).await;
        }
        Some(())
    }

    /// An answer came, and said what is left where the server says that.
    pub(super) fn heard(&self, left: Option<Left>) {
        let mut known = self.lock();
        known.answered = true;
        if let Some(Left { requests, refill }) = left {
            let refilled_at = Instant::now() + refill;
            // Answers overtake each other: within one period only the least is true.
            known.left = match known.left {
                Some((before, at)) if at.max(refilled_at) - at.min(refilled_at) < SAME_PERIOD => {
                    Some((before.min(requests), at))
                }
                _ => Some((requests, refilled_at)),
            };
        }
        drop(known);
        self.changed.notify_waiters();
    }

    /// Nothing is asked before `at`.
    pub(super) fn pause_until(&self, at: Instant) {
        let mut known = self.lock();
        known.resume_at = at.max(known.resume_at);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two answers that name refills closer together than this speak of the same period (whole seconds, a second's rounding).
const SAME_PERIOD: std::time::Duration = std::time::Duration::from_millis(2500);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_at_once_never_send_more_than_are_left() {
        let gate = Arc::new(Gate::new(None));
        let (left, sent) = (Arc::new(AtomicU32::new(7)), Arc::new(AtomicU32::new(0)));
        let deadline = Instant::now() + Duration::from_secs(100);
        let mut tasks = Vec::new();
        for n in 0..20u64 {
            let (gate, left, sent) = (Arc::clone(&gate), Arc::clone(&left), Arc::clone(&sent));
            tasks.push(tokio::spawn(async move {
                let Some(_turn) = gate.turn(deadline).await else { return };
                sent.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10 + n)).await;
                let left = left.fetch_sub(1, Ordering::SeqCst) - 1;
                gate.heard(Some(Left { requests: left.into(), refill: Duration::from_secs(500) }));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(sent.load(Ordering::SeqCst), 7, "the rest gives up: the refill is after the deadline");
    }

    #[tokio::test(start_paused = true)]
    async fn goes_on_after_the_refill_and_keeps_pauses() {
        let gate = Gate::new(None);
        let start = Instant::now();
        let deadline = start + Duration::from_secs(100);
        drop(gate.turn(deadline).await.unwrap());
        gate.heard(Some(Left { requests: 0, refill: Duration::from_secs(5) }));
        drop(gate.turn(deadline).await.unwrap());
        assert!(start.elapsed() >= Duration::from_secs(5));
        gate.pause_until(Instant::now() + Duration::from_secs(7));
        drop(gate.turn(deadline).await.unwrap());
        assert!(start.elapsed() >= Duration::from_secs(12));
        gate.pause_until(deadline);
        assert!(gate.turn(deadline).await.is_none());
    }
}
