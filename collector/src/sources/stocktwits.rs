//! StockTwits: symbol streams, newest first.

mod wire;

use std::collections::BTreeSet;

use domain::SourceId;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;

pub use wire::read;

use super::symbols;
use crate::http::Request;
use crate::settings::StockTwits;
use crate::source::{Source, Stream, Task, read_all};

/// Streams that are read at the same time.
const AT_ONCE: usize = 8;

/// StockTwits, read through its symbol streams.
pub struct StockTwitsSource(pub StockTwits);

impl Source for StockTwitsSource {
    fn id(&self) -> SourceId {
        SourceId::new("stocktwits")
    }

    fn terms(&self) -> Terms {
        Terms { may_train: false, ..Terms::default() }
    }

    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut names = match &self.0.streams {
                Some(names) => names.clone(),
                None => task.assets.iter().filter_map(symbols::stocktwits).collect(),
            };
            names.sort();
            read_all(&names, AT_ONCE, |name| self.pages(task, name).boxed()).await
        }
        .boxed()
    }
}

impl StockTwitsSource {
    /// Pages back until the window's start is passed.
    async fn pages(&self, task: &Task, symbol: &str) -> Stream {
        let mut stream = Stream::default();
        let mut url = match self.0.base_url.join("api/2/streams/symbol/") {
            Ok(url) => url,
            Err(error) => return stream.stop(format!("stocktwits.base_url: {error}")),
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("{symbol}.json"));
        }
        let (mut max, mut cursors) = (None::<String>, BTreeSet::new());
        for _ in 0..task.pages {
            let mut url = url.clone();
            url.query_pairs_mut().append_pair("limit", "30");
            if let Some(max) = &max {
                url.query_pairs_mut().append_pair("max", max);
            }
            match task.session.get(&Request::new(symbol, url), wire::page).await {
                Ok((exchange, page)) => {
                    stream.exchanges.push(exchange);
                    let page = page.unwrap_or_default();
                    let past = page.is_past(task.window.from);
                    let Some(next) = page.next.filter(|_| !past) else { return stream };
                    // The same cursor again leads nowhere new.
                    if !cursors.insert(next.clone()) {
                        return stream;
                    }
                    max = Some(next);
                }
                Err(failure) => return stream.fail(&format!("stream {symbol}"), failure),
            }
        }
        stream.stop(format!("stream {symbol} has more than {} pages: raise limits.pages", task.pages))
    }
}
