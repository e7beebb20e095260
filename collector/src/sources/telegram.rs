//! Telegram: public channels, read through their preview pages.

mod html;
mod preview;
mod wire;

use std::sync::Arc;

use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::Definition;
use crate::http::Request;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;

/// Channels that are read at the same time.
const AT_ONCE: usize = 4;

/// All that the rest of the collector knows of it. Rule 1.5 of Telegram's terms forbids to train and to apply models.
pub const DEFINITION: Definition = Definition {
    id: "telegram",
    terms: Terms { enabled: true, may_display: true, may_infer: false, may_train: false },
    revises: true,
    configure,
    read: wire::read,
};

/// Telegram, read through `t.me/s/<channel>`.
#[derive(Debug)]
struct Telegram {
    base_url: Url,
    /// Public names of channels, sorted.
    channels: Vec<String>,
}

fn configure(section: &Section<'_>) -> Result<Arc<dyn Source>, SettingsError> {
    let base_url = section.base_url("base_url", "https://t.me")?;
    let channels = section.list("channels")?.unwrap_or_default();
    let mut names = Vec::new();
    for channel in &channels {
        let name = channel.trim_start_matches('@');
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let advice = "write the channel's public name, the part after t.me/";
            return Err(section.wrong("channels", channel, advice));
        }
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    Ok(Arc::new(Telegram { base_url, channels: names }))
}

impl Source for Telegram {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move { read_all(&self.channels, AT_ONCE, |channel| self.pages(task, channel).boxed()).await }
            .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            for channel in &self.channels {
                let request = self.request(channel, None);
                task.session.get(&request, |body| wire::page(body, true)).await.map_err(|trouble| {
                    Trouble { message: format!("channel {channel}: {}", trouble.message), ..trouble }
                })?;
            }
            Ok(format!("{} channels can be read; it takes no key", self.channels.len()))
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }
}

impl Telegram {
    /// Pages back until everything that is to be read, or read again, is passed.
    async fn pages(&self, task: &Task, channel: &str) -> Stream {
        let mut stream = task.stream();
        let name = format!("channel {channel}");
        let mut before = None::<u64>;
        for _ in 0..task.pages {
            let request = self.request(channel, before);
            match stream.get(task, &request, |body| wire::page(body, before.is_none())).await {
                Ok(page) => {
                    if page.oldest.is_some_and(|oldest| oldest < task.window.again_from()) {
                        return stream;
                    }
                    // A page that leads no further back leads nowhere new.
                    let older = page.older.filter(|older| before.is_none_or(|before| *older < before));
                    let Some(older) = older else { return stream };
                    before = Some(older);
                }
                Err(trouble) => return stream.fail(name, trouble),
            }
        }
        let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
        stream.fail(name, many)
    }

    fn request(&self, channel: &str, before: Option<u64>) -> Request {
        let mut url = self.base_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["s", channel]);
        }
        if let Some(before) = before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        let request = Request::new(channel, url).with_hint("channel", channel);
        Request { judge: Some(wire::judge), ..request }
    }
}
