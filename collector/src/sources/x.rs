//! X: recent search by cashtag and by list, within what may be spent.

mod budget;
mod query;
mod revise;
mod search;
mod wire;

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::Definition;
use crate::http::{Request, bearer};
use crate::quota::Allowance;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task};
use crate::trouble::Trouble;
use budget::{Costs, SMALLEST_PAGE};
use search::{Search, Searches};

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "x",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// Calls that run at the same time.
const AT_ONCE: usize = 4;

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
    /// What reading costs and what may be spent.
    costs: Costs,
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

impl FieldNames {
    fn other(self) -> Self {
        match self {
            Self::Tweet => Self::Post,
            Self::Post => Self::Tweet,
        }
    }

    /// Asks for all fields of posts and authors that we read.
    fn ask(self, url: &mut Url) {
        let (parameter, fields) = match self {
            Self::Tweet => ("tweet.fields", "referenced_tweets,note_tweet"),
            Self::Post => ("post.fields", "referenced_posts,note_post"),
        };
        let common = "author_id,conversation_id,created_at,entities,lang,public_metrics";
        url.query_pairs_mut()
            .append_pair(parameter, &format!("{common},{fields}"))
            .append_pair("expansions", "author_id")
            .append_pair("user.fields", "created_at,public_metrics,username,verified");
    }
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let base_url = section.base_url("base_url", "https://api.x.com")?;
    let paid = base_url.host_str().is_some_and(|host| {
        ["x.com", "twitter.com"].iter().any(|ours| host == *ours || host.ends_with(&format!(".{ours}")))
    });
    let lists = section.list("lists")?.unwrap_or_default();
    if let Some(bad) = lists.iter().find(|id| !id.bytes().all(|b| b.is_ascii_digit())) {
        return Err(section.wrong("lists", bad, "write the list's id in digits"));
    }
    Ok(Arc::new(X {
        bearer_token: section.secret("bearer_token")?,
        lists,
        cashtags: section.get("cashtags")?.unwrap_or(true),
        field_names: section.get("field_names")?.unwrap_or_default(),
        costs: Costs::configure(section, paid)?,
        base_url,
    }))
}

impl Source for X {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let searches = self.searches(task);
            let (mut streams, read) = Searches::new(self, task).read(&searches).await;
            if !task.window.prior.is_empty() {
                let left_today = task.quota.money_left().await.unwrap_or_default();
                let left = self.costs.posts(searches.len() as u64, left_today);
                let left = left.map(|all| all.saturating_sub(read));
                streams.push(self.revise(task, left).await);
            }
            streams
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let span = (task.window.from, task.horizon());
            let room = SMALLEST_PAGE;
            let request = self.search_request("check", "$AAPL", span, self.field_names, room, None)?;
            task.quota.take(1, self.costs.post.saturating_mul(room)).await?;
            task.session.get(&request, wire::page).await?;
            Ok("the token opens recent search".to_owned())
        }
        .boxed()
    }

    fn allowance(&self) -> Allowance {
        Allowance {
            calls_per_day: None,
            millicents_per_day: self.costs.max_day,
            millicents_per_run: self.costs.max_run,
            billed: self.costs.post > 0 || self.costs.counts > 0,
        }
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

impl X {
    fn searches(&self, task: &Task) -> Vec<Search> {
        let mut searches = Vec::new();
        if self.cashtags {
            let queries = query::cashtags(task.assets.iter());
            searches.extend(
                queries.into_iter().enumerate().map(|(n, query)| (format!("cashtags-{n:03}"), query)),
            );
        }
        searches.extend(self.lists.iter().map(|id| (format!("list-{id}"), format!("list:{id}"))));
        searches
    }

    fn address(&self, parts: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url
    }

    fn signed(&self, name: &str, url: Url) -> Result<Request, Trouble> {
        bearer(Request::new(name, url), &self.bearer_token)
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
