//! Who may compute now: one run a customer at a time, and few in this process. Whoever comes while all are busy waits a
//! little, then is asked to come back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Runs of all customers that are computed at the same time in this process.
const COMPUTING: usize = 2;

/// The places of those who compute.
pub struct Desk {
    customers: Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>,
    computing: Arc<Semaphore>,
    /// How long one waits.
    patience: Duration,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

/// A place; it is free again when this is dropped.
pub struct Pass {
    _own: OwnedMutexGuard<()>,
    _shared: OwnedSemaphorePermit,
}

impl Desk {
    /// A desk at which one waits no longer than this.
    pub fn new(patience: Duration) -> Self {
        Self { customers: Mutex::default(), computing: Arc::new(Semaphore::new(COMPUTING)), patience }
    }

    /// A place for this customer; `None` where it does not become free in time.
    pub async fn enter(&self, customer_id: i64) -> Option<Pass> {
        let own = {
            let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for.
            customers.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(customers.entry(customer_id).or_default())
        };
        let both = async {
            let own = own.lock_owned().await;
            let shared = Arc::clone(&self.computing).acquire_owned().await.ok()?;
            Some(Pass { _own: own, _shared: shared })
        };
        timeout(self.patience, both).await.ok().flatten()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_customer_has_one_place_and_all_have_few() {
        let desk = Desk::new(Duration::from_millis(50));
        let first = desk.enter(1).await.unwrap();
        assert!(desk.enter(1).await.is_none(), "the same customer waits");
        let second = desk.enter(2).await.unwrap();
        assert!(desk.enter(3).await.is_none(), "the desk is full");
        drop(first);
        assert!(desk.enter(1).await.is_some());
        drop(second);
        let _last = desk.enter(4).await.unwrap();
        assert!(desk.customers.lock().unwrap().len() <= 2, "those who have left are forgotten");
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_when_it_is_free() {
        let desk = Arc::new(Desk::new(Duration::from_secs(20)));
        let held = desk.enter(7).await.unwrap();
        let waiting = tokio::spawn({
            let desk = Arc::clone(&desk);
            async move { desk.enter(7).await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiting.await.unwrap());
    }
}
