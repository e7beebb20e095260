//! Who listens for new slots, and the one task of an instance that tells them.
//!
//! A notification only wakes the task; what is new it reads from the table, after every reconnection too, so that none is
//! missed. A reader who does not keep up is dropped, and comes back with the id of the last event that it has seen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use futures::{Stream, StreamExt, stream};
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::store;
use crate::api::rows::PublicationV1;

/// Streams that one customer may have open on one instance.
pub const STREAMS: usize = 30;
/// Events that may wait for a reader.
const WAITING: usize = 16;
/// How often a comment tells the reader, and every proxy between, that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts; then its reader comes back and is checked anew.
const LIFE: Duration = Duration::from_secs(3600);
/// How long the task waits before it connects again.
const AGAIN: Duration = Duration::from_secs(1);

/// The customer has [`STREAMS`] open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

#[derive(Debug, Clone)]
enum Said {
    Event { id: i64, text: Bytes },
    Alive,
}

struct Listener {
    customer_id: i64,
    sender: mpsc::Sender<Said>,
}

type Listeners = Arc<Mutex<Vec<Listener>>>;

/// The listeners of one instance.
pub struct Hub {
    pool: PgPool,
    listeners: Listeners,
    task: Mutex<Option<JoinHandle<()>>>,
    /// The runtime that the site was started in: it outlives the server's workers.
    runtime: Option<Handle>,
}

impl Hub {
    /// A hub over this database. It takes no connection before somebody listens.
    pub fn new(pool: PgPool) -> Self {
        let runtime = Handle::try_current().ok();
        Self { pool, listeners: Listeners::default(), task: Mutex::default(), runtime }
    }

    /// A stream of events for a customer: those after the event `last`, then what comes.
    ///
    /// # Errors
    /// Postgres fails; inside, the customer has too many streams open.
    pub async fn subscribe(
        &self,
        customer_id: i64,
        last: Option<i64>,
    ) -> sqlx::Result<Result<impl Stream<Item = Result<Bytes, actix_web::Error>> + use<>, Full>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        {
            let mut listeners = locked(&self.listeners);
            listeners.retain(|listener| !listener.sender.is_closed());
            if listeners.iter().filter(|listener| listener.customer_id == customer_id).count() >= STREAMS {
                return Ok(Err(Full));
            }
            // Before the missed ones are read, so that none falls between.
            listeners.push(Listener { customer_id, sender });
        }
        self.run();
        let missed = match last {
            Some(id) => store::publications_after(&self.pool, id).await?,
            None => Vec::new(),
        };
        let told = missed.last().map(|publication| publication.id).or(last).unwrap_or_default();
        let begin = [Bytes::from_static(b"retry: 3000\n\n")].into_iter();
        let first = begin.chain(missed.iter().map(text).collect::<Vec<_>>());
        let later = stream::unfold(receiver, |mut receiver| async move {
            let said = receiver.recv().await?;
            Some((said, receiver))
        });
        let later = later.filter_map(move |said| async move {
            match said {
                Said::Event { id, text } => (id > told).then_some(text),
                Said::Alive => Some(Bytes::from_static(b": alive\n\n")),
            }
        });
        let over = tokio::time::sleep(LIFE);
        Ok(Ok(stream::iter(first).chain(later).map(Ok).take_until(over).boxed_local()))
    }

    /// Sees to it that the task runs.
    fn run(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let telling = tell(self.pool.clone(), Arc::clone(&self.listeners));
            *task = Some(match &self.runtime {
                Some(runtime) => runtime.spawn(telling),
                None => tokio::spawn(telling),
            });
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

fn locked(listeners: &Listeners) -> std::sync::MutexGuard<'_, Vec<Listener>> {
    listeners.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn tell(pool: PgPool, listeners: Listeners) {
    let mut told = None;
    while !pool.is_closed() {
        if let Err(error) = follow(&pool, &listeners, &mut told).await {
            if pool.is_closed() {
                return;
            }
            tracing::warn!(%error, "the stream of publications is interrupted");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Tells what is published until the connection fails. `told` is the newest id that was told.
async fn follow(pool: &PgPool, listeners: &Listeners, told: &mut Option<i64>) -> sqlx::Result<()> {
    let mut listener = store::listener(pool).await?;
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut newest = match *told {
        Some(id) => id,
        None => store::newest_id(pool).await?,
    };
    loop {
        *told = Some(newest);
        for publication in store::publications_after(pool, newest).await? {
            newest = publication.id;
            say(listeners, &Said::Event { id: publication.id, text: text(&publication) });
        }
        *told = Some(newest);
        loop {
            tokio::select! {
                // None: the connection was lost and is there again; notifications may have been missed.
                heard = listener.try_recv() => { heard?; break }
                _ = heartbeat.tick() => say(listeners, &Said::Alive),
            }
        }
    }
}

/// Says it to everybody; who has left or does not keep up is dropped.
fn say(listeners: &Listeners, said: &Said) {
    locked(listeners).retain(|listener| listener.sender.try_send(said.clone()).is_ok());
}

/// A publication as an event.
fn text(publication: &PublicationV1) -> Bytes {
    // Texts, numbers and instants can always be written; JSON holds no line feed that would end the event.
    let json = serde_json::to_string(publication).unwrap_or_default();
    Bytes::from(format!("id: {}\nevent: slot-published\ndata: {json}\n\n", publication.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_is_dropped_and_others_are_not() {
        let listeners = Listeners::default();
        let (slow, _held) = mpsc::channel(2);
        let (fast, mut read) = mpsc::channel(2);
        locked(&listeners)
            .extend([Listener { customer_id: 1, sender: slow }, Listener { customer_id: 2, sender: fast }]);
        for _ in 0..5 {
            say(&listeners, &Said::Alive);
            assert!(read.try_recv().is_ok());
        }
        let left: Vec<i64> = locked(&listeners).iter().map(|listener| listener.customer_id).collect();
        assert_eq!(left, [2]);
    }
}
