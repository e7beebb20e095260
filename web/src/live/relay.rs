//! How instances share quotes: the bus pushes each message to one of them, and that one notifies the others through Postgres.
//! A notification is delivered to who listens and kept nowhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Quote;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::board::Live;
use super::store;

/// Quotes in one notification, which may hold 8,000 bytes.
const IN_NOTIFICATION: usize = 30;
/// How long the task waits before it connects again.
const AGAIN: Duration = Duration::from_secs(2);

/// A notification.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// The instance that was pushed them.
    by: u64,
    quotes: Vec<Quote>,
}

/// One instance's end of it.
pub struct Relay {
    pool: PgPool,
    id: u64,
    task: Mutex<Option<JoinHandle<()>>>,
    /// The runtime that the site was started in: it outlives the server's workers.
    runtime: Option<Handle>,
}

impl Relay {
    /// An end that does not listen yet.
    pub fn new(pool: PgPool) -> Self {
        Self { pool, id: rand::random(), task: Mutex::default(), runtime: Handle::try_current().ok() }
    }

    /// Tells the other instances; where that fails they go without until the next quote.
    pub async fn tell(&self, quotes: &[Quote]) {
        for part in quotes.chunks(IN_NOTIFICATION) {
            let told = Told { by: self.id, quotes: part.to_vec() };
            let Ok(text) = serde_json::to_string(&told) else { continue };
            if let Err(error) = store::notify(&self.pool, &text).await {
                tracing::debug!(%error, "other instances do not hear of quotes");
                return;
            }
        }
    }

    /// Sees to it that this instance listens; called by whoever reads.
    pub fn listen(&self, live: &Arc<Live>) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let listening = listen(self.pool.clone(), self.id, Arc::downgrade(live));
            *task = Some(match &self.runtime {
                Some(runtime) => runtime.spawn(listening),
                None => tokio::spawn(listening),
            });
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

async fn listen(pool: PgPool, own: u64, live: std::sync::Weak<Live>) {
    while !pool.is_closed() {
        if let Err(error) = hear(&pool, own, &live).await {
            tracing::debug!(%error, "quotes of other instances are not heard");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn hear(pool: &PgPool, own: u64, live: &std::sync::Weak<Live>) -> sqlx::Result<()> {
    let mut listener = store::listener(pool).await?;
    loop {
        // What was said while the connection was away is not needed any more.
        let Some(said) = listener.try_recv().await? else { continue };
        let Some(live) = live.upgrade() else { return Ok(()) };
        match serde_json::from_str::<Told>(said.payload()) {
            Ok(told) if told.by != own => {
                live.put(told.quotes);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a notification of quotes cannot be read"),
        }
    }
}
