//! What all sources have in common.

use chrono::{DateTime, Utc};
use domain::source::Terms;
use domain::{AssetList, SourceId};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};

use crate::exchange::Exchange;
use crate::http::{Failure, Session};
use crate::settings::Settings;
use crate::sources::{alpaca::AlpacaSource, feeds::FeedsSource, stocktwits::StockTwitsSource, x::XSource};
use crate::state::State;
use crate::window::Window;

/// What a source needs for one slot.
pub struct Task {
    /// Speaks HTTP within the source's limits.
    pub session: Session,
    /// What belongs to the slot.
    pub window: Window,
    /// The deployment's assets.
    pub assets: AssetList,
    /// What earlier slots left, where this slot follows them directly.
    pub state: Option<State>,
    /// Most pages of one stream.
    pub pages: u32,
}

impl Task {
    /// The last instant that may be looked at: a run that is repeated later sees no more than the first one.
    pub fn horizon(&self) -> DateTime<Utc> {
        self.window.to.min(self.window.as_of)
    }
}

/// What came of one stream of a source.
#[derive(Debug, Default)]
pub struct Stream {
    /// Final exchanges in the order in which they were made.
    pub exchanges: Vec<Exchange>,
    /// Why it ended early and what to do; `None` when it is whole.
    pub failure: Option<String>,
    /// Whether what ended it may have passed by now.
    pub transient: bool,
}

impl Stream {
    /// Ends the stream early with the exchange that ended it.
    pub fn fail(mut self, name: &str, failure: Failure) -> Self {
        self.transient = failure.kind.is_worth_repeating();
        self.exchanges.push(failure.exchange);
        self.failure = Some(format!("{name}: {}", failure.message));
        self
    }

    /// Ends the stream early.
    pub fn stop(mut self, message: String) -> Self {
        self.failure = Some(message);
        self
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
    if streams.iter().all(|stream| stream.transient) {
        return streams;
    }
    for (job, stream) in jobs.iter().zip(&mut streams) {
        if stream.transient {
            *stream = read(job).await;
        }
    }
    streams
}

/// A place where documents or bars come from.
pub trait Source: Send + Sync {
    /// Its name.
    fn id(&self) -> SourceId;

    /// What its terms allow where the settings do not say.
    fn terms(&self) -> Terms;

    /// Fetches one slot. Streams come in an order of their own that does not depend on which answered first.
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>>;
}

/// The sources that the settings name.
pub fn configured(settings: &Settings) -> Vec<Box<dyn Source>> {
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if let Some(alpaca) = &settings.alpaca {
        sources.push(Box::new(AlpacaSource(alpaca.clone())));
    }
    if !settings.feeds.is_empty() {
        sources.push(Box::new(FeedsSource(settings.feeds.clone())));
    }
    if let Some(stocktwits) = &settings.stocktwits {
        sources.push(Box::new(StockTwitsSource(stocktwits.clone())));
    }
    if let Some(x) = &settings.x {
        sources.push(Box::new(XSource(x.clone())));
    }
    sources
}
