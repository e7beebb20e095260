//! RSS and Atom feeds and news sitemaps, one or more per outlet.

mod outlets;
mod parse;
mod sitemap;

use std::sync::Arc;

use chrono::FixedOffset;
use domain::lake::digest;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use url::Url;

use super::Definition;
use crate::http::Request;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// Feeds that are read at the same time.
const AT_ONCE: usize = 16;

/// All that the rest of the collector knows of it. A publisher's text is the publisher's: it trains no model unasked.
pub const DEFINITION: Definition = Definition {
    id: "feeds",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: false,
    configure,
    read: parse::read,
};

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Feed {
    /// Who publishes it.
    outlet: String,
    /// Its address.
    url: Url,
    /// Its language where the feed does not say.
    lang: Option<String>,
    /// Offset of dates that name no zone.
    zone: Option<FixedOffset>,
}

/// All feeds together, sorted by outlet and address.
#[derive(Debug)]
struct Feeds {
    outlets: Vec<Feed>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    Ok(Arc::new(Feeds { outlets: outlets::configure(section)? }))
}

impl Source for Feeds {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move { read_all(&self.outlets, AT_ONCE, |feed| self.fetch_one(task, feed).boxed()).await }
            .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let streams = self.fetch(task).await;
            let bad: Vec<String> = streams
                .iter()
                .filter_map(|stream| Some(format!("{}: {}", stream.name, stream.trouble.as_ref()?)))
                .collect();
            if bad.is_empty() {
                return Ok(format!("{} feeds can be read", streams.len()));
            }
            Err(Trouble::configuration(format!(
                "{} of {} feeds cannot be read: {}",
                bad.len(),
                streams.len(),
                bad.join("; ")
            )))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.outlets.iter().any(|feed| feed.url.scheme() == "https")
    }
}

impl Feeds {
    async fn fetch_one(&self, task: &Task, feed: &Feed) -> Stream {
        let mut stream = task.stream();
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
        match stream.get_if_changed(task, &request, parse::check).await {
            Ok(_) => stream,
            Err(trouble) => stream.fail(format!("feed {name}"), trouble),
        }
    }

    /// The outlet's name, with a mark of the address where it has several feeds.
    fn stream_name(&self, feed: &Feed) -> String {
        if self.outlets.iter().filter(|other| other.outlet == feed.outlet).count() == 1 {
            return feed.outlet.clone();
        }
        format!("{}@{}", feed.outlet, &digest(feed.url.as_str().as_bytes())[..8])
    }
}
