//! Reddit: the newest posts and comments of subreddits, and a second look at those of the last days.
//!
//! A listing is newest first and about a thousand things deep. It is read back until a page lies wholly before the window
//! and an hour more. `before` is not used: it breaks when the post that it names is deleted.

mod silent;
mod token;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Duration;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{HeaderValue, USER_AGENT};
use url::Url;

use super::Definition;
use crate::http::{Answer, Judgement, Request, bearer};
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;
use token::App;
use wire::Page;

/// Streams that are read at the same time.
const AT_ONCE: usize = 4;

/// Names that one look-up takes (sources.md, section 3.1).
const LOOKED_UP: usize = 100;

/// How far before the window a listing is read: things are not exactly in order of time.
const MARGIN: Duration = Duration::hours(1);

/// A listing that ends after so many things was cut off by Reddit, which shows about a thousand, less those removed.
const CUT_OFF: usize = 900;

/// So many pages in a row without anything new are the end of a listing, whatever they say.
const BARREN: u32 = 5;

/// New tokens for one request at most: a second one where that of another stream ended before it was used.
const RENEWALS: u32 = 2;

/// All that the rest of the collector knows of it.
pub const DEFINITION: Definition = Definition {
    id: "reddit",
    terms: Terms { enabled: true, may_display: true, may_infer: true, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// Reddit, read with an application's token.
#[derive(Debug)]
struct Reddit {
    base_url: Url,
    app: App,
    user_agent: HeaderValue,
    /// Names without `r/`, sorted.
    subreddits: Vec<String>,
    /// Whether comments are read too.
    comments: bool,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let base_url = section.base_url("base_url", "https://oauth.reddit.com")?;
    let given =
        section.list("subreddits")?.ok_or_else(|| SettingsError::Missing(section.path("subreddits")))?;
    let mut subreddits: Vec<String> = Vec::new();
    for given in &given {
        let name = given.trim_start_matches('/').trim_start_matches("r/");
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(section.wrong("subreddits", given, "write the subreddit's name, such as stocks"));
        }
        subreddits.push(name.to_owned());
    }
    subreddits.sort();
    subreddits.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    let username: Option<String> = section.get("username")?;
    let user_agent = user_agent(section, username.as_deref())?;
    Ok(Arc::new(Reddit {
        app: App::configure(section, username, user_agent.clone())?,
        user_agent,
        subreddits,
        comments: section.get("comments")?.unwrap_or(true),
        base_url,
    }))
}

/// Reddit wants to know which program asks, and whose it is: `platform:app-id:version (by /u/name)`.
fn user_agent(section: &Section<'_>, username: Option<&str>) -> Result<HeaderValue, SettingsError> {
    let advice = "write platform:app-id:version (by /u/name), as Reddit asks of every program";
    let text = match (section.get::<String>("user_agent")?, username) {
        (Some(text), _) => text,
        (None, Some(name)) => format!("server:quarterday:{} (by /u/{name})", env!("CARGO_PKG_VERSION")),
        (None, None) => return Err(section.wrong("user_agent", "", advice)),
    };
    HeaderValue::from_str(&text).map_err(|_| section.wrong("user_agent", &text, advice))
}

/// What is read as one stream.
enum Job {
    /// The newest posts, or comments, of a subreddit.
    Listing { subreddit: String, comments: bool },
    /// Another look at things of earlier slots.
    Again { number: usize, names: Vec<String> },
}

impl Source for Reddit {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let jobs = self.jobs(task);
            if jobs.is_empty() {
                return Vec::new();
            }
            // Without a token every stream would ask for one in vain.
            if let Err(trouble) = self.app.token(&task.session, None).await {
                return vec![task.stream().fail("token", trouble)];
            }
            read_all(&jobs, AT_ONCE, |job| match job {
                Job::Listing { subreddit, comments } => self.listing(task, subreddit, *comments).boxed(),
                Job::Again { number, names } => self.again(task, *number, names).boxed(),
            })
            .await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let token = self.app.token(&task.session, None).await?;
            let Some(name) = self.subreddits.first() else {
                return Ok("the application gets a token; no subreddit is named".to_owned());
            };
            let mut request = self.request("check", &["r", name, "new"]);
            request.url.query_pairs_mut().append_pair("limit", "1");
            task.session.get(&bearer(request, &token)?, wire::page).await?;
            Ok(format!("the application's token opens r/{name}"))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https" || self.app.needs_tls()
    }
}

impl Reddit {
    /// Listings first: where a look-up says something else of the same thing, it is the newer one.
    fn jobs(&self, task: &Task) -> Vec<Job> {
        let mut jobs = Vec::new();
        for subreddit in &self.subreddits {
            jobs.push(Job::Listing { subreddit: subreddit.clone(), comments: false });
            if self.comments {
                jobs.push(Job::Listing { subreddit: subreddit.clone(), comments: true });
            }
        }
        let prior: Vec<&String> =
            task.window.prior.keys().filter(|id| id.starts_with("t3_") || id.starts_with("t1_")).collect();
        jobs.extend(prior.chunks(LOOKED_UP).enumerate().map(|(number, names)| Job::Again {
            number,
            names: names.iter().map(|name| (*name).clone()).collect(),
        }));
        jobs
    }

    async fn listing(&self, task: &Task, subreddit: &str, comments: bool) -> Stream {
        let mut stream = task.stream();
        let (name, list) = if comments {
            (format!("{subreddit}-comments"), "comments")
        } else {
            (format!("{subreddit}-new"), "new")
        };
        let title = format!("r/{subreddit}/{list}");
        let mut walk = Walk::default();
        for _ in 0..task.pages {
            let mut request = self.request(&name, &["r", subreddit, list]);
            request.url.query_pairs_mut().append_pair("limit", "100");
            if let Some(after) = &walk.after {
                request.url.query_pairs_mut().append_pair("after", after);
            }
            let page = match self.get(task, &mut stream, request).await {
                Ok(page) => page,
                Err(trouble) => return stream.fail(title, trouble),
            };
            if page.newest.is_some_and(|newest| newest < task.window.from - MARGIN) {
                return stream;
            }
            if !walk.goes_on(page) {
                return match walk.lost(task) {
                    Some(trouble) => stream.fail(title, trouble),
                    None => stream,
                };
            }
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(title, many)
    }

    async fn again(&self, task: &Task, number: usize, names: &[String]) -> Stream {
        let mut stream = task.stream();
        let mut request = self.request(&format!("again-{number:03}"), &["api", "info"]);
        request.url.query_pairs_mut().append_pair("id", &names.join(","));
        match self.get(task, &mut stream, request).await {
            Ok(_) => stream,
            Err(trouble) => stream.fail("the second look at earlier posts", trouble),
        }
    }

    /// Asks for a page; where the token is refused, again with a new one.
    async fn get(&self, task: &Task, stream: &mut Stream, request: Request) -> Result<Page, Trouble> {
        let mut token = self.app.token(&task.session, None).await?;
        for _ in 0..RENEWALS {
            match stream.get(task, &bearer(request.clone(), &token)?, wire::page).await {
                Err(trouble) if trouble.status == Some(401) => {
                    token = self.app.token(&task.session, Some(&token)).await?;
                }
                other => return other,
            }
        }
        stream.get(task, &bearer(request, &token)?, wire::page).await
    }

    fn request(&self, stream: &str, path: &[&str]) -> Request {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        // Without it, texts come with HTML entities.
        url.query_pairs_mut().append_pair("raw_json", "1");
        let mut request = Request::new(stream, url);
        request.headers.insert(USER_AGENT, self.user_agent.clone());
        request.judge = Some(judge);
        request
    }
}

/// What Reddit means by what it answers about a subreddit.
fn judge(answer: &Answer<'_>) -> Judgement {
    let message = match answer.status {
        403 => {
            "HTTP 403: the subreddit is private or quarantined, or the application may not read it: remove it from reddit.subreddits, or ask Reddit for access"
        }
        404 => {
            "HTTP 404: there is no such subreddit, or it is banned: correct or remove it in reddit.subreddits"
        }
        // An unknown name leads to the search for subreddits; so does a consent page in between, and that passes.
        300..=399 => "there is no such subreddit: correct or remove it in reddit.subreddits",
        _ => return Judgement::Usual,
    };
    let trouble = Trouble::configuration(message);
    Judgement::Bad(if answer.status < 400 { trouble.worth_another_try() } else { trouble })
}

/// The way back through a listing.
#[derive(Default)]
struct Walk {
    /// The thing after which the next page begins; `None` at the start.
    after: Option<String>,
    /// Things that were asked for in that way.
    asked: BTreeSet<String>,
    /// Every thing that was seen.
    seen: BTreeSet<String>,
    /// Those of the last page that had any, newest first.
    last: Vec<String>,
    /// The oldest instant of that page.
    oldest: Option<chrono::DateTime<chrono::Utc>>,
    barren: u32,
}

impl Walk {
    /// Takes in a page; whether another is to be asked for.
    fn goes_on(&mut self, page: Page) -> bool {
        let new = page.names.iter().filter(|name| self.seen.insert((*name).clone())).count();
        self.barren = if new == 0 { self.barren + 1 } else { 0 };
        if self.barren >= BARREN {
            return false;
        }
        let is_empty = page.names.is_empty();
        if !is_empty {
            (self.last, self.oldest) = (page.names, page.oldest);
        }
        let next = match page.after {
            Some(after) if !self.asked.contains(&after) => Some(after),
            // The cursor is but the name of the page's last thing: where Reddit repeats an old one, that name leads on.
            Some(_) => self.untried(),
            // The thing after which this page was to begin is gone: then it begins after the one before that.
            None if is_empty && self.after.is_some() => self.untried(),
            None => None,
        };
        let Some(next) = next else { return false };
        self.asked.insert(next.clone());
        self.after = Some(next);
        true
    }

    fn untried(&self) -> Option<String> {
        self.last.iter().rev().find(|name| !self.asked.contains(*name)).cloned()
    }

    /// What is wrong where the listing ended before the window's start.
    fn lost(&self, task: &Task) -> Option<Trouble> {
        let oldest = self.oldest.filter(|oldest| *oldest > task.window.from)?;
        (self.seen.len() >= CUT_OFF).then(|| {
            Trouble::exhausted(format!(
                "Reddit lists only the newest {} and those end at {}: what was written between {} and then cannot be had; there is more than a listing holds",
                self.seen.len(),
                oldest.format("%Y-%m-%d %H:%M"),
                task.window.from.format("%Y-%m-%d %H:%M"),
            ))
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "reddit/walk_tests.rs"]
mod tests;
