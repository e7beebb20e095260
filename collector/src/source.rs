//! What all sources have in common.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use domain::AssetList;
use futures::future::BoxFuture;
use futures::{StreamExt, stream};

use crate::http::{Request, Session};
use crate::live::feed::Endpoint;
use crate::quota::Quota;
use crate::spool::{Extent, Spool};
use crate::state::State;
use crate::trouble::Trouble;
use crate::window::Window;

/// What a source needs for one slot.
pub struct Task {
    /// Speaks HTTP within the source's limits.
    pub session: Session,
    /// What belongs to the slot, and what of earlier slots is looked at again.
    pub window: Window,
    /// The deployment's assets.
    pub assets: AssetList,
    /// What earlier slots left, where this slot follows them directly.
    pub state: Option<State>,
    /// Most pages of one stream.
    pub pages: u32,
    /// Calls and money that are left today; what is used up survives this machine.
    pub quota: Quota,
    /// Where exchanges are kept until they are packed.
    pub spool: Spool,
}

impl Task {
    /// The last instant that may be asked for: a run that is repeated later sees no more than the first one. A source that
    /// refuses an end in its future asks again up to [`Session::server_time`], where our clocks differ.
    pub fn horizon(&self) -> DateTime<Utc> {
        self.window.to.min(self.window.as_of)
    }

    /// An empty stream of this task.
    pub fn stream(&self) -> Stream {
        Stream { spool: self.spool.clone(), exchanges: Vec::new(), trouble: None, name: String::new() }
    }
}

/// What came of one stream of a source.
#[derive(Debug)]
pub struct Stream {
    spool: Spool,
    /// Final exchanges in the order in which they were made.
    pub exchanges: Vec<Extent>,
    /// Why it ended early and what to do; `None` when it is whole.
    pub trouble: Option<Trouble>,
    /// What it is called in messages, once it has failed.
    pub name: String,
}

impl Stream {
    /// Asks for a page, retrying as the session does, and keeps the exchange.
    ///
    /// # Errors
    /// It is no use to go on; hand the trouble to [`Self::fail`].
    pub async fn get<T, E: Into<Trouble>>(
        &mut self,
        task: &Task,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<T, Trouble> {
        match self.get_if_changed(task, request, read).await? {
            Some(page) => Ok(page),
            None => Err(Trouble::system("it answers 304 although nothing was asked conditionally")),
        }
    }

    /// The same for a conditional request; `None` where nothing has changed.
    ///
    /// # Errors
    /// It is no use to go on; hand the trouble to [`Self::fail`].
    pub async fn get_if_changed<T, E: Into<Trouble>>(
        &mut self,
        task: &Task,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<Option<T>, Trouble> {
        let (exchange, page) = task.session.get(request, read).await?;
        self.keep(&exchange)?;
        Ok(page)
    }

    /// Keeps an exchange that was not made over HTTP.
    ///
    /// # Errors
    /// This machine's disk is full or fails.
    pub fn keep(&mut self, exchange: &crate::exchange::Exchange) -> Result<(), Trouble> {
        let extent = self.spool.push(exchange).map_err(|error| {
            Trouble::system(format!(
                "the folder for temporary files cannot be written ({error}): free space there"
            ))
        })?;
        self.exchanges.push(extent);
        Ok(())
    }

    /// Ends the stream early, with the exchange that ended it.
    #[must_use]
    pub fn fail(mut self, name: impl Into<String>, mut trouble: Trouble) -> Self {
        if let Some(exchange) = trouble.exchange.take() {
            // Where the disk is full, what ended the stream is still said in words.
            let _ = self.keep(&exchange);
        }
        self.name = name.into();
        self.trouble = Some(trouble);
        self
    }

    /// Forgets what was read, to start again.
    pub fn clear(&mut self) {
        self.exchanges.clear();
    }

    /// Whether what ended it may have passed by now.
    fn is_worth_repeating(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.again)
    }
}

/// Reads all streams, `at_once` at the same time, and those that a passing trouble ended once more, one after the other;
/// unless all of them ended so, since then the source is down.
pub async fn read_all<'a, J>(
    jobs: &'a [J],
    at_once: usize,
    read: impl Fn(&'a J) -> BoxFuture<'a, Stream>,
) -> Vec<Stream> {
    let first: Vec<BoxFuture<'a, Stream>> = jobs.iter().map(&read).collect();
    let mut streams: Vec<Stream> = stream::iter(first).buffered(at_once).collect().await;
    if streams.iter().all(Stream::is_worth_repeating) {
        return streams;
    }
    for (job, stream) in jobs.iter().zip(&mut streams) {
        if stream.is_worth_repeating() {
            *stream = read(job).await;
        }
    }
    streams
}

/// A place where documents or bars come from, as an operator configured it.
pub trait Source: Send + Sync + Debug {
    /// Fetches one slot. Streams come in an order of their own that does not depend on which answered first.
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>>;

    /// Tries the credentials with the cheapest call there is; says what works, or what is wrong and what to do.
    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>>;

    /// Most calls a minute, evenly spread, where the server does not say it in its replies; `None`: no such limit.
    fn calls_per_minute(&self) -> Option<u32> {
        None
    }

    /// Most calls and money a day and a run.
    fn allowance(&self) -> crate::quota::Allowance {
        crate::quota::Allowance::default()
    }

    /// Whether it is read over TLS.
    fn needs_tls(&self) -> bool;

    /// Its streams of live prices of these assets; none where it has none.
    fn live(&self, _assets: &AssetList) -> Vec<Endpoint> {
        Vec::new()
    }
}
