//! RSS and Atom feeds, one per outlet.

mod parse;

use domain::SourceId;
use domain::lake::digest;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH};

pub use parse::read;

use crate::http::Request;
use crate::settings::Feed;
use crate::source::{Source, Stream, Task, read_all};

/// Feeds that are read at the same time.
const AT_ONCE: usize = 16;

/// All feeds together.
pub struct FeedsSource(pub Vec<Feed>);

impl Source for FeedsSource {
    fn id(&self) -> SourceId {
        SourceId::new("feeds")
    }

    fn terms(&self) -> Terms {
        Terms { may_train: true, ..Terms::default() }
    }

    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move { read_all(&self.0, AT_ONCE, |feed| self.fetch_one(task, feed).boxed()).await }.boxed()
    }
}

impl FeedsSource {
    async fn fetch_one(&self, task: &Task, feed: &Feed) -> Stream {
        let mut stream = Stream::default();
        let name = self.stream_name(feed);
        let mut request = Request::new(&name, feed.url.clone());
        request.follow = true;
        request.hints.insert("outlet".to_owned(), feed.outlet.clone());
        if let Some(lang) = &feed.lang {
            request.hints.insert("lang".to_owned(), lang.clone());
        }
        if let Some(zone) = feed.zone {
            request.hints.insert("zone_seconds".to_owned(), zone.local_minus_utc().to_string());
        }
        if let Some(validators) = task.state.as_ref().and_then(|state| state.streams.get(&name)) {
            let mut add = |header: HeaderName, value: &Option<String>| {
                if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
                    request.headers.insert(header, value);
                }
            };
            add(IF_NONE_MATCH, &validators.etag);
            add(IF_MODIFIED_SINCE, &validators.last_modified);
        }
        match task.session.get(&request, parse::check).await {
            Ok((exchange, _)) => {
                stream.exchanges.push(exchange);
                stream
            }
            Err(failure) => stream.fail(&format!("feed {name}"), failure),
        }
    }

    /// The outlet's name, with a mark of the address where it has several feeds.
    fn stream_name(&self, feed: &Feed) -> String {
        if self.0.iter().filter(|other| other.outlet == feed.outlet).count() == 1 {
            return feed.outlet.clone();
        }
        format!("{}@{}", feed.outlet, &digest(feed.url.as_str().as_bytes())[..8])
    }
}
