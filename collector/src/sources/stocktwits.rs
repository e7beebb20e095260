//! StockTwits: symbol streams, newest first.

mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::{Definition, symbols};
use crate::http::{Answer, Judgement, Request};
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// How the message about the shield begins.
const BLOCKED: &str = "blocked";

/// Streams that are read at the same time.
const AT_ONCE: usize = 8;

/// So many pages without a message in a row lead nowhere.
const EMPTY_PAGES: u32 = 20;

/// All that the rest of the collector knows of it. No new applications are accepted there, so it is off by default.
pub const DEFINITION: Definition = Definition {
    id: "stocktwits",
    terms: Terms { enabled: false, may_display: true, may_infer: true, may_train: false },
    revises: false,
    configure,
    read: wire::read,
};

/// StockTwits, read through its symbol streams.
#[derive(Debug)]
struct StockTwits {
    base_url: Url,
    /// Symbols in the source's spelling, sorted; `None`: from the asset list.
    streams: Option<Vec<String>>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let base_url = section.base_url("base_url", "https://api.stocktwits.com")?;
    Ok(Arc::new(StockTwits { base_url, streams: section.list("streams")? }))
}

impl Source for StockTwits {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            let mut names = match &self.streams {
                Some(names) => names.clone(),
                None => task.assets.iter().filter_map(symbols::stocktwits).collect(),
            };
            names.sort();
            let blocked = AtomicBool::new(false);
            read_all(&names, AT_ONCE, |name| self.pages(task, name, &blocked).boxed()).await
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            let name =
                self.streams.as_ref().and_then(|streams| streams.first()).map_or("AAPL", String::as_str);
            task.session.get(&request("check", self.address(name)), wire::page).await?;
            Ok("streams can be read; it takes no key".to_owned())
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

impl StockTwits {
    /// Pages back until the window's start is passed.
    async fn pages(&self, task: &Task, symbol: &str, blocked: &AtomicBool) -> Stream {
        let mut stream = task.stream();
        let name = format!("stream {symbol}");
        let url = self.address(symbol);
        let (mut max, mut cursors, mut empty) = (None::<String>, BTreeSet::new(), 0);
        for _ in 0..task.pages {
            if blocked.load(Ordering::Relaxed) {
                return stream.fail(name, shield());
            }
            let mut url = url.clone();
            url.query_pairs_mut().append_pair("limit", "30");
            if let Some(max) = &max {
                url.query_pairs_mut().append_pair("max", max);
            }
            match stream.get(task, &request(symbol, url), wire::page).await {
                Ok(page) => {
                    let past = page.is_past(task.window.from);
                    empty = if page.is_empty() { empty + 1 } else { 0 };
                    if empty > EMPTY_PAGES {
                        return stream.fail(
                            name,
                            Trouble::system(format!("{EMPTY_PAGES} pages in a row hold nothing")),
                        );
                    }
                    let Some(next) = page.next.filter(|_| !past) else { return stream };
                    // The same cursor again leads nowhere new.
                    if !cursors.insert(next.clone()) {
                        return stream;
                    }
                    max = Some(next);
                }
                Err(trouble) => {
                    if trouble.message.starts_with(BLOCKED) {
                        blocked.store(true, Ordering::Relaxed);
                    }
                    return stream.fail(name, trouble);
                }
            }
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(name, many)
    }

    fn address(&self, symbol: &str) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "2", "streams", "symbol", &format!("{symbol}.json")]);
        }
        url
    }
}

fn request(name: &str, url: Url) -> Request {
    Request { judge: Some(judge), ..Request::new(name, url) }
}

/// A refusal that comes as a page is the shield before the service: it is not argued with, and nothing else is asked.
fn judge(answer: &Answer<'_>) -> Judgement {
    let is_page = answer.body.trim_ascii_start().starts_with(b"<");
    if answer.status != 403 || !is_page {
        return Judgement::Usual;
    }
    Judgement::Bad(shield())
}

fn shield() -> Trouble {
    Trouble::configuration(format!(
        "{BLOCKED}: HTTP 403 with a page, its shield refuses this address: set terms.stocktwits.enabled = false, and do not disguise the collector"
    ))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    #[test]
    fn tells_the_shield_from_the_service() {
        let headers = HeaderMap::new();
        let judged = |status, body: &str| judge(&Answer { status, headers: &headers, body: body.as_bytes() });
        assert!(
            matches!(judged(403, " <!DOCTYPE html>"), Judgement::Bad(trouble) if trouble.message.starts_with("blocked"))
        );
        for (status, body) in [(403, r#"{"errors":[{"message":"no"}]}"#), (200, "<html>"), (429, "<html>")] {
            assert!(matches!(judged(status, body), Judgement::Usual), "{status} {body}");
        }
    }
}
