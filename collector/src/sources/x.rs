//! X: recent search by cashtag and by list.

mod query;
mod wire;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::SourceId;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;

pub use wire::read;

use crate::http::Request;
use crate::settings::{FieldNames, X};
use crate::source::{Source, Stream, Task, read_all};

/// Searches that run at the same time.
const AT_ONCE: usize = 4;

/// X, read through recent search.
pub struct XSource(pub X);

impl Source for XSource {
    fn id(&self) -> SourceId {
        SourceId::new("x")
    }

    fn terms(&self) -> Terms {
        Terms { may_train: false, ..Terms::default() }
    }

    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let spent = AtomicU64::new(0);
            let mut searches = Vec::new();
            if self.0.cashtags {
                let queries = query::cashtags(task.assets.iter());
                searches.extend(
                    queries.into_iter().enumerate().map(|(n, query)| (format!("cashtags-{n:03}"), query)),
                );
            }
            searches.extend(self.0.lists.iter().map(|id| (format!("list-{id}"), format!("list:{id}"))));
            read_all(&searches, AT_ONCE, |(name, query)| self.search(task, name, query, &spent).boxed()).await
        }
        .boxed()
    }
}

impl XSource {
    /// One search with the names that the settings prefer; once more with the others where the server refuses them.
    async fn search(&self, task: &Task, name: &str, query: &str, spent: &AtomicU64) -> Stream {
        let preferred = self.0.field_names;
        let first = self.pages(task, name, query, preferred, spent).await;
        if !is_refused_at_once(&first) {
            return first;
        }
        let other = if preferred == FieldNames::Tweet { FieldNames::Post } else { FieldNames::Tweet };
        let second = self.pages(task, name, query, other, spent).await;
        if is_refused_at_once(&second) { first } else { second }
    }

    async fn pages(
        &self,
        task: &Task,
        name: &str,
        query: &str,
        names: FieldNames,
        spent: &AtomicU64,
    ) -> Stream {
        let mut stream = Stream::default();
        if task.window.from >= task.horizon() {
            return stream;
        }
        let (mut token, mut tokens, mut restarted) = (None::<String>, BTreeSet::new(), false);
        for _ in 0..task.pages {
            let request = match self.request(task, name, query, names, token.as_deref()) {
                Ok(request) => request,
                Err(message) => return stream.stop(message),
            };
            match task.session.get(&request, wire::page).await {
                Ok((exchange, page)) => {
                    stream.exchanges.push(exchange);
                    let page = page.unwrap_or_default();
                    let read = spent.fetch_add(page.posts, Ordering::Relaxed) + page.posts;
                    match page.next_token {
                        // A token that comes again leads nowhere new.
                        Some(next) if tokens.insert(next.clone()) => token = Some(next),
                        _ => return stream,
                    }
                    if read >= self.0.max_posts {
                        return stream
                            .stop(format!("{read} posts are read, the most that x.max_posts allows a run"));
                    }
                }
                // Page tokens lapse: then the window is read once more from its start.
                Err(failure) if failure.exchange.status == Some(400) && token.is_some() && !restarted => {
                    (token, restarted) = (None, true);
                    tokens.clear();
                    stream.exchanges.clear();
                }
                Err(failure) => return stream.fail(&format!("search {name}"), failure),
            }
        }
        stream.stop(format!("search {name} has more than {} pages: raise limits.pages", task.pages))
    }

    fn request(
        &self,
        task: &Task,
        name: &str,
        query: &str,
        names: FieldNames,
        token: Option<&str>,
    ) -> Result<Request, String> {
        let mut url =
            self.0.base_url.join("2/tweets/search/recent").map_err(|e| format!("x.base_url: {e}"))?;
        let (parameter, fields) = match names {
            FieldNames::Tweet => ("tweet.fields", "referenced_tweets,note_tweet"),
            FieldNames::Post => ("post.fields", "referenced_posts,note_post"),
        };
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("start_time", &rfc3339(task.window.from))
            .append_pair("end_time", &rfc3339(task.horizon()))
            .append_pair("max_results", "100")
            .append_pair("sort_order", "recency")
            .append_pair(
                parameter,
                &format!("author_id,conversation_id,created_at,entities,lang,public_metrics,{fields}"),
            )
            .append_pair("expansions", "author_id")
            .append_pair("user.fields", "created_at,public_metrics,username,verified");
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("next_token", token);
        }
        let mut request = Request::new(name, url);
        let bearer = format!("Bearer {}", self.0.bearer_token.expose_secret());
        let mut value = HeaderValue::from_str(&bearer)
            .map_err(|_| "x.bearer_token is no header value: correct it".to_owned())?;
        value.set_sensitive(true);
        request.headers.insert(AUTHORIZATION, value);
        Ok(request)
    }
}

fn is_refused_at_once(stream: &Stream) -> bool {
    stream.failure.is_some() && matches!(stream.exchanges.as_slice(), [only] if only.status == Some(400))
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
