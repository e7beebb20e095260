//! Instagram: posts of the last day under hashtags, and posts of named accounts, through the Graph API.
//!
//! Hashtags go first: where a post is found both ways, what its account says counts, which names the author.

mod hashtags;
mod wire;

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Definition;
use super::graph::walk::{self, Walk, rebuilt};
use super::graph::{Graph, now};
use crate::http::Request;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;
use hashtags::MOST_HASHTAGS;

/// Streams that are read at the same time.
const AT_ONCE: usize = 4;

/// What is asked for of a post under a hashtag; whose it is is not told there (sources.md, section 3.4).
const FIELDS: &str = "id,caption,media_type,comments_count,like_count,permalink,timestamp";

/// Most posts of one page.
const LIMIT: &str = "50";

/// So far back a hashtag shows posts.
const REACH: Duration = Duration::hours(24);

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "instagram",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// Instagram, read through the Graph API.
#[derive(Debug)]
struct Instagram {
    graph: Graph,
    /// The operator's own professional account.
    user_id: String,
    /// Without `#`, in lower case, sorted.
    hashtags: Vec<String>,
    /// Names of professional accounts, sorted.
    accounts: Vec<String>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let user_id: String =
        section.get("user_id")?.ok_or_else(|| SettingsError::Missing(section.path("user_id")))?;
    if user_id.is_empty() || !user_id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(section.wrong("user_id", &user_id, "write the number of your professional account"));
    }
    let given = section.list("hashtags")?.unwrap_or_default();
    let mut hashtags: Vec<String> =
        given.iter().map(|tag| tag.trim_start_matches('#').to_lowercase()).collect();
    hashtags.sort();
    hashtags.dedup();
    let is_tag = |tag: &str| !tag.is_empty() && tag.chars().all(|c| c.is_alphanumeric() || c == '_');
    if let Some(bad) = hashtags.iter().find(|tag| !is_tag(tag)) {
        return Err(section.wrong("hashtags", bad, "write a hashtag of letters, digits and _"));
    }
    if hashtags.len() > MOST_HASHTAGS {
        let advice = format!("name at most {MOST_HASHTAGS}: Instagram allows no more within 7 days");
        return Err(section.wrong("hashtags", &format!("{} hashtags", hashtags.len()), advice));
    }
    let accounts = section.list("accounts")?.unwrap_or_default();
    // The name becomes part of an expression, where brackets would mean something.
    let is_account = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._".contains(&b));
    if let Some(bad) = accounts.iter().find(|name| !is_account(name)) {
        return Err(section.wrong("accounts", bad, "write the account's name, without @"));
    }
    Ok(Arc::new(Instagram { graph: Graph::configure(section)?, user_id, hashtags, accounts }))
}

/// What is read as one stream.
enum Job {
    Hashtag(hashtags::Admitted),
    Account(String),
}

impl Source for Instagram {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            if self.hashtags.is_empty() && self.accounts.is_empty() {
                return Vec::new();
            }
            if let Err(trouble) = self.graph.open(&task.session).await {
                return vec![task.stream().fail("access token", trouble)];
            }
            let mut streams = Vec::new();
            let mut jobs = Vec::new();
            match self.admitted(task).await {
                Ok(admitted) => jobs.extend(admitted.into_iter().map(Job::Hashtag)),
                Err(trouble) => streams.push(task.stream().fail("hashtags", trouble)),
            }
            jobs.extend(self.accounts.iter().cloned().map(Job::Account));
            let read = read_all(&jobs, AT_ONCE, |job| match job {
                Job::Hashtag(admitted) => self.hashtag(task, admitted).boxed(),
                Job::Account(name) => self.account(task, name).boxed(),
            });
            streams.extend(read.await);
            streams
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            self.graph.open(&task.session).await?;
            let words = self.graph.token_in_words(&task.session).await?;
            let mut request = self.graph.request("check", &[&self.user_id]);
            request.url.query_pairs_mut().append_pair("fields", "id");
            self.graph.get(task, None, &request, wire::node).await?;
            Ok(format!("the token opens the account {}; {words}", self.user_id))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.graph.needs_tls()
    }
}

impl Instagram {
    async fn hashtag(&self, task: &Task, admitted: &hashtags::Admitted) -> Stream {
        let stream = task.stream();
        let tag = &admitted.tag;
        let title = format!("hashtag {tag}");
        if let Some(refusal) = &admitted.refusal {
            return stream.fail(title, refusal.clone());
        }
        let id = match self.hashtag_id(task, admitted).await {
            Ok(id) => id,
            Err(trouble) => return stream.fail(title, trouble),
        };
        let mut request = self
            .graph
            .request(format!("hashtag-{tag}"), &[&id, "recent_media"])
            .with_hint("hashtag", tag.as_str());
        request
            .url
            .query_pairs_mut()
            .append_pair("user_id", &self.user_id)
            .append_pair("fields", FIELDS)
            .append_pair("limit", LIMIT);
        let reaches_to = now(&task.session) - REACH;
        let stream = self.hashtag_pages(task, stream, &title, request).await;
        match lost(task.window.from, reaches_to) {
            Some(trouble) if stream.trouble.is_none() => stream.fail(title, trouble),
            _ => stream,
        }
    }

    /// Follows the links: their cursor is the same on every page, so that only what is on a page tells whether it is new.
    async fn hashtag_pages(
        &self,
        task: &Task,
        mut stream: Stream,
        title: &str,
        mut request: Request,
    ) -> Stream {
        let (first, mut walk, mut restarts) = (request.url.clone(), Walk::default(), 0);
        for _ in 0..task.pages {
            let found = match self.graph.get(task, Some(&mut stream), &request, wire::hashtag_page).await {
                Ok(found) => found,
                // Cursors lapse: then the hashtag is read again from its start.
                Err(trouble)
                    if walk::is_refused(&trouble) && request.url != first && restarts < walk::RESTARTS =>
                {
                    (request.url, walk, restarts) = (first.clone(), Walk::default(), restarts + 1);
                    stream.clear();
                    continue;
                }
                Err(trouble) => return stream.fail(title, trouble),
            };
            let next = found.next.as_deref().and_then(|next| rebuilt(&first, next));
            let Some(next) = next.filter(|_| walk.takes(&found.ids)) else { return stream };
            request.url = next;
        }
        stream.fail(title, too_many(task))
    }

    async fn account(&self, task: &Task, name: &str) -> Stream {
        let mut stream = task.stream();
        let title = format!("account {name}");
        let since = task.window.again_from();
        let (mut after, mut walk, mut restarts) = (None::<String>, Walk::default(), 0);
        for _ in 0..task.pages {
            let request = self.account_request(name, since, after.as_deref());
            let found = match self.graph.get(task, Some(&mut stream), &request, wire::account_page).await {
                Ok(found) => found,
                Err(trouble)
                    if walk::is_refused(&trouble) && after.is_some() && restarts < walk::RESTARTS =>
                {
                    (after, walk, restarts) = (None, Walk::default(), restarts + 1);
                    stream.clear();
                    continue;
                }
                Err(trouble) => return stream.fail(title, trouble),
            };
            let is_past = found.newest.is_some_and(|newest| newest < since);
            after = found.next.filter(|_| walk.takes(&found.ids) && !is_past);
            if after.is_none() {
                return stream;
            }
        }
        stream.fail(title, too_many(task))
    }

    fn account_request(&self, name: &str, since: DateTime<Utc>, after: Option<&str>) -> Request {
        let mut request = self
            .graph
            .request(format!("account-{name}"), &[&self.user_id])
            .with_hint("account", name)
            .with_hint("since", since.timestamp().to_string());
        let after = after.map(|after| format!(".after({after})")).unwrap_or_default();
        let fields = format!(
            "business_discovery.username({name}){{followers_count,media_count,media.limit({LIMIT}){after}{{{FIELDS}}}}}"
        );
        request.url.query_pairs_mut().append_pair("fields", &fields);
        request
    }
}

/// What is wrong where the window begins before what a hashtag still shows.
fn lost(from: DateTime<Utc>, reaches_to: DateTime<Utc>) -> Option<Trouble> {
    (from < reaches_to).then(|| {
        Trouble::exhausted(format!(
            "a hashtag shows the posts of 24 hours only: what was posted between {} and {} cannot be had any more",
            from.format("%Y-%m-%d %H:%M"),
            reaches_to.format("%Y-%m-%d %H:%M")
        ))
    })
}

fn too_many(task: &Task) -> Trouble {
    Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "instagram/instagram_tests.rs"]
mod tests;
