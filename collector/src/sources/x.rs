//! X: recent search by cashtag and by list.

mod query;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::Definition;
use crate::http::{Request, bearer};
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// Searches that run at the same time.
const AT_ONCE: usize = 4;

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "x",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// X, read through recent search.
#[derive(Debug)]
struct X {
    base_url: Url,
    bearer_token: SecretString,
    /// Ids of lists, sorted.
    lists: Vec<String>,
    /// Whether the assets' cashtags are searched.
    cashtags: bool,
    /// Which parameter names are tried first.
    field_names: FieldNames,
    /// Most posts read in a run.
    max_posts: u64,
}

/// A generation of X's parameter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FieldNames {
    /// `tweet.fields`.
    #[default]
    Tweet,
    /// `post.fields`.
    Post,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let base_url = section.base_url("base_url", "https://api.x.com")?;
    let paid =
        base_url.host_str().is_some_and(|host| host.ends_with("x.com") || host.ends_with("twitter.com"));
    let lists = section.list("lists")?.unwrap_or_default();
    if let Some(bad) = lists.iter().find(|id| !id.bytes().all(|b| b.is_ascii_digit())) {
        return Err(section.wrong("lists", bad, "write the list's id in digits"));
    }
    Ok(Arc::new(X {
        bearer_token: section.secret("bearer_token")?,
        lists,
        cashtags: section.get("cashtags")?.unwrap_or(true),
        field_names: section.get("field_names")?.unwrap_or_default(),
        max_posts: section.get("max_posts")?.unwrap_or(if paid { 25_000 } else { u64::MAX }),
        base_url,
    }))
}

impl Source for X {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let spent = AtomicU64::new(0);
            let mut searches = Vec::new();
            if self.cashtags {
                let queries = query::cashtags(task.assets.iter());
                searches.extend(
                    queries.into_iter().enumerate().map(|(n, query)| (format!("cashtags-{n:03}"), query)),
                );
            }
            searches.extend(self.lists.iter().map(|id| (format!("list-{id}"), format!("list:{id}"))));
            read_all(&searches, AT_ONCE, |(name, query)| self.search(task, name, query, &spent).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let request = self.request(task, "check", "$AAPL", self.field_names, None)?;
            task.session.get(&request, wire::page).await?;
            Ok("the token opens recent search".to_owned())
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

impl X {
    /// One search with the names that the settings prefer; once more with the others where the server refuses them.
    async fn search(&self, task: &Task, name: &str, query: &str, spent: &AtomicU64) -> Stream {
        let preferred = self.field_names;
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
        let mut stream = task.stream();
        let title = format!("search {name}");
        if task.window.from >= task.horizon() {
            return stream;
        }
        let (mut token, mut tokens, mut restarted) = (None::<String>, BTreeSet::new(), false);
        for _ in 0..task.pages {
            let request = match self.request(task, name, query, names, token.as_deref()) {
                Ok(request) => request,
                Err(trouble) => return stream.fail(title, trouble),
            };
            match stream.get(task, &request, wire::page).await {
                Ok(page) => {
                    let read = spent.fetch_add(page.posts, Ordering::Relaxed) + page.posts;
                    match page.next_token {
                        // A token that comes again leads nowhere new.
                        Some(next) if tokens.insert(next.clone()) => token = Some(next),
                        _ => return stream,
                    }
                    if read >= self.max_posts {
                        let cap = Trouble::exhausted(format!(
                            "{read} posts are read, the most that x.max_posts allows a run"
                        ));
                        return stream.fail(title, cap);
                    }
                }
                // Page tokens lapse: then the window is read once more from its start.
                Err(trouble) if trouble.status == Some(400) && token.is_some() && !restarted => {
                    (token, restarted) = (None, true);
                    tokens.clear();
                    stream.clear();
                }
                Err(trouble) => return stream.fail(title, trouble),
            }
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(title, many)
    }

    fn request(
        &self,
        task: &Task,
        name: &str,
        query: &str,
        names: FieldNames,
        token: Option<&str>,
    ) -> Result<Request, Trouble> {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["2", "tweets", "search", "recent"]);
        }
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
        bearer(Request::new(name, url), &self.bearer_token)
    }
}

fn is_refused_at_once(stream: &Stream) -> bool {
    stream.exchanges.len() == 1 && stream.trouble.as_ref().is_some_and(|trouble| trouble.status == Some(400))
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
