//! Facebook: the posts of pages, through the Graph API.
//!
//! Pages are read back to where earlier slots are looked at again: counts and texts change, and what is listed no more is
//! gone. Cursors are never kept beyond a run.

mod wire;

use std::sync::Arc;

use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Definition;
use super::graph::Graph;
use super::graph::walk::{self, Walk, rebuilt};
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// Pages that are read at the same time.
const AT_ONCE: usize = 4;

/// What is asked for of a post (sources.md, section 3.3); `story` is what Facebook writes itself where nobody wrote a message.
const FIELDS: &str = "id,message,story,created_time,permalink_url,from,shares,reactions.summary(true).limit(0),comments.summary(true).limit(0)";

/// Most posts of one page of results.
const LIMIT: &str = "100";

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "facebook",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// Facebook, read through the Graph API.
#[derive(Debug)]
struct Facebook {
    graph: Graph,
    /// Names or numbers, sorted.
    pages: Vec<String>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let pages = section.list("pages")?.ok_or_else(|| SettingsError::Missing(section.path("pages")))?;
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if let Some(bad) = pages.iter().find(|name| !is_name(name)) {
        return Err(section.wrong("pages", bad, "write the page's name as in its address, or its number"));
    }
    Ok(Arc::new(Facebook { graph: Graph::configure(section)?, pages }))
}

impl Source for Facebook {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            if self.pages.is_empty() {
                return Vec::new();
            }
            if let Err(trouble) = self.graph.open(&task.session).await {
                return vec![task.stream().fail("access token", trouble)];
            }
            read_all(&self.pages, AT_ONCE, |page| self.posts(task, page).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            self.graph.open(&task.session).await?;
            let words = self.graph.token_in_words(&task.session).await?;
            let Some(page) = self.pages.first() else { return Ok(format!("no page is named; {words}")) };
            let mut request = self.graph.request("check", &[page, "posts"]);
            request.url.query_pairs_mut().append_pair("fields", "id").append_pair("limit", "1");
            self.graph.get(task, None, &request, wire::page).await?;
            Ok(format!("the token opens the posts of {page}; {words}"))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.graph.needs_tls()
    }
}

impl Facebook {
    async fn posts(&self, task: &Task, page: &str) -> Stream {
        let mut stream = task.stream();
        let title = format!("page {page}");
        let (since, until) = (task.window.again_from(), task.horizon());
        if since >= until {
            return stream;
        }
        let mut request = self
            .graph
            .request(page, &[page, "posts"])
            .with_hint("page", page)
            .with_hint("since", since.timestamp().to_string());
        request
            .url
            .query_pairs_mut()
            .append_pair("fields", FIELDS)
            .append_pair("limit", LIMIT)
            .append_pair("since", &since.timestamp().to_string())
            .append_pair("until", &until.timestamp().to_string());
        let (first, mut walk, mut restarts) = (request.url.clone(), Walk::default(), 0);
        for _ in 0..task.pages {
            request = request.with_hint("listed", walk.len().to_string());
            let found = match self.graph.get(task, Some(&mut stream), &request, wire::page).await {
                Ok(found) => found,
                // Cursors lapse: then the window is read again from its start.
                Err(trouble)
                    if walk::is_refused(&trouble) && request.url != first && restarts < walk::RESTARTS =>
                {
                    (request.url, walk, restarts) = (first.clone(), Walk::default(), restarts + 1);
                    stream.clear();
                    continue;
                }
                Err(trouble) => return stream.fail(title, trouble),
            };
            let is_past = found.newest.is_some_and(|newest| newest < since);
            let next = found.next.as_deref().and_then(|next| rebuilt(&first, next));
            let Some(next) = next.filter(|_| walk.takes(&found.ids) && !is_past) else { return stream };
            request.url = next;
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(title, many)
    }
}
