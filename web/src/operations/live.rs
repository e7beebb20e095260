//! Tells open pages that something has changed, as server-sent events. Every change of the ledger's tables notifies
//! Postgres; one connection of each instance listens, and what comes within a moment is told once. What has changed is
//! not told, only where: pages ask for themselves, with the rights of who reads them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::web::Bytes;
use futures::{StreamExt, stream};
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::runtime::Handle;
use tokio::sync::broadcast::{self, Sender, error::RecvError};
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::site::reader::SignedIn;

/// What the triggers notify.
const CHANNEL: &str = "operations";
/// Streams that one account may have open on one instance.
const STREAMS: usize = 30;
/// Changes within this time are told as one.
const MOMENT: Duration = Duration::from_millis(300);
/// How often a comment tells that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts; then its reader comes back and is checked anew.
const LIFE: Duration = Duration::from_secs(1800);
/// How long the task waits before it connects again.
const AGAIN: Duration = Duration::from_secs(1);

/// Who listens on one instance.
pub struct Changes {
    pool: PgPool,
    sender: Sender<Bytes>,
    open: Mutex<Vec<(i64, Weak<()>)>>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// The runtime that the site was started in: it outlives the server's workers.
    runtime: Option<Handle>,
}

impl Changes {
    /// Over this database. It takes no connection before somebody listens.
    pub fn new(pool: PgPool) -> Self {
        let (sender, _) = broadcast::channel(16);
        Self {
            pool,
            sender,
            open: Mutex::default(),
            task: Mutex::default(),
            runtime: Handle::try_current().ok(),
        }
    }

    /// Counts a stream of an account; `None`: it has too many.
    fn enter(&self, customer_id: i64) -> Option<Arc<()>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(_, token)| token.strong_count() > 0);
        if open.iter().filter(|(id, _)| *id == customer_id).count() >= STREAMS {
            return None;
        }
        let token = Arc::new(());
        open.push((customer_id, Arc::downgrade(&token)));
        Some(token)
    }

    /// Sees to it that the task runs.
    fn run(&self) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let telling = tell(self.pool.clone(), self.sender.clone());
            *task = Some(match &self.runtime {
                Some(runtime) => runtime.spawn(telling),
                None => tokio::spawn(telling),
            });
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

async fn tell(pool: PgPool, sender: Sender<Bytes>) {
    while !pool.is_closed() {
        if let Err(error) = follow(&pool, &sender).await {
            if pool.is_closed() {
                return;
            }
            tracing::warn!(%error, "the stream of changes is interrupted");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn follow(pool: &PgPool, sender: &Sender<Bytes>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // `None`: the connection was lost and is there again; something may have been missed.
        let first = listener.try_recv().await?;
        let mut tables: BTreeSet<String> = first.iter().map(|heard| heard.payload().to_owned()).collect();
        let end = tokio::time::Instant::now() + MOMENT;
        while let Ok(heard) = tokio::time::timeout_at(end, listener.try_recv()).await {
            tables.extend(heard?.iter().map(|heard| heard.payload().to_owned()));
        }
        // Nobody listening is no failure.
        let _ = sender.send(text(&tables));
    }
}

/// The tables that changed, as an event.
fn text(tables: &BTreeSet<String>) -> Bytes {
    Bytes::from(format!("event: changed\ndata: {}\n\n", serde_json::json!(tables)))
}

/// `GET /operations/changes`.
///
/// # Errors
/// The account has too many streams open.
pub async fn changes(signed: SignedIn) -> Result<HttpResponse, Error> {
    let live = &signed.reader.app.changes;
    let Some(token) = live.enter(signed.account.id) else { return Err(Error::TooMany) };
    let receiver = live.sender.subscribe();
    live.run();
    let later = stream::unfold((receiver, token), |(mut receiver, token)| async move {
        let said = match tokio::time::timeout(HEARTBEAT, receiver.recv()).await {
            Err(_) => Bytes::from_static(b": alive\n\n"),
            Ok(Ok(said)) => said,
            // Told less than happened: the page looks anew.
            Ok(Err(RecvError::Lagged(_))) => text(&BTreeSet::new()),
            Ok(Err(RecvError::Closed)) => return None,
        };
        Some((said, (receiver, token)))
    });
    let first = stream::iter([Bytes::from_static(b"retry: 3000\n\n")]);
    let all = first.chain(later).map(Ok::<_, actix_web::Error>).take_until(tokio::time::sleep(LIFE));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header((CACHE_CONTROL, "private, no-store"))
        // Named, so that nothing collects events in order to compress them.
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(Box::pin(all)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_has_a_few_streams_and_gets_another_once_one_ends() {
        let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none");
        let Ok(pool) = pool else { panic!("a pool that is never used") };
        let live = Changes::new(pool);
        let mut held: Vec<_> = (0..STREAMS).map(|_| live.enter(1)).collect();
        assert!(held.iter().all(Option::is_some) && live.enter(1).is_none() && live.enter(2).is_some());
        held.pop();
        assert!(live.enter(1).is_some());
    }
}
