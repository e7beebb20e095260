//! The site's clock: the machine's, unless a test sets it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Tells the time (UTC). Copies show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Option<DateTime<Utc>>>>);

impl Clock {
    /// The instant that it shows.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(cloud::clock::now)
    }

    /// Stops it at an instant; `None` lets it follow the machine again.
    pub fn set(&self, at: Option<DateTime<Utc>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_set_clock_show_its_time() {
        let clock = Clock::default();
        let copy = clock.clone();
        clock.set(Some(DateTime::UNIX_EPOCH));
        assert_eq!(copy.now(), DateTime::UNIX_EPOCH);
        copy.set(None);
        assert!(clock.now() > DateTime::UNIX_EPOCH);
    }
}
