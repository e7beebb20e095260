//! Telegram: public channels, read through their preview pages or over Telegram's own protocol.

#[cfg(feature = "mtproto")]
mod client;
mod html;
#[cfg(feature = "mtproto")]
pub mod login;
// Without the feature nobody asks, and what was asked before can still be read.
#[cfg_attr(not(feature = "mtproto"), allow(dead_code))]
mod mtproto;
mod preview;
mod wire;

use std::sync::Arc;

use domain::Post;
use domain::source::Terms;
use futures::FutureExt;
use futures::future::BoxFuture;
#[cfg(feature = "mtproto")]
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::Definition;
use crate::http::Request;
use crate::settings::{Section, SettingsError};
use crate::source::{Source, Stream, Task, read_all};
use crate::trouble::Trouble;
use mtproto::History;

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

/// Telegram's channels, by either way.
#[derive(Debug)]
struct Telegram {
    base_url: Url,
    /// Public names of channels, sorted.
    channels: Vec<String>,
    /// The account that asks; `None`: the pages `t.me/s/<channel>` are read, which takes none.
    account: Option<Account>,
}

/// Which way channels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Transport {
    /// Pages for everybody.
    #[default]
    Preview,
    /// Telegram's own protocol, with an account.
    Mtproto,
}

/// An account that signed in.
#[derive(Debug)]
#[cfg_attr(not(feature = "mtproto"), allow(dead_code))]
struct Account {
    api_id: i32,
    session: SecretString,
}

impl Account {
    /// Its fields; all but the transport are for `mtproto` alone.
    fn configure(section: &Section<'_>) -> Result<Option<Self>, SettingsError> {
        let transport: Transport = section.get("transport")?.unwrap_or_default();
        let api_id: Option<i32> = section.get("api_id")?;
        // Only signing in needs it; it may stand here beside the number that it belongs to.
        let _ = section.secret_or_none("api_hash")?;
        if transport == Transport::Preview {
            let _ = section.secret_or_none("session")?;
            return Ok(None);
        }
        let api_id = api_id.ok_or_else(|| SettingsError::Missing(section.path("api_id")))?;
        let session = section.secret("session")?;
        #[cfg(not(feature = "mtproto"))]
        {
            let _ = (api_id, session);
            let advice = "this program is built without it: write preview, or build with --features mtproto";
            Err(section.wrong("transport", "mtproto", advice))
        }
        #[cfg(feature = "mtproto")]
        match client::parse(session.expose_secret()) {
            Some(_) => Ok(Some(Self { api_id, session })),
            None => {
                Err(section.wrong("session", "no session", "store what collector telegram-login printed"))
            }
        }
    }

    /// Connects; `None` where the program cannot.
    #[cfg(feature = "mtproto")]
    fn connect(&self) -> Option<Box<dyn History>> {
        let data = client::parse(self.session.expose_secret())?;
        Some(Box::new(client::Connection::open(data, self.api_id)))
    }

    #[cfg(not(feature = "mtproto"))]
    fn connect(&self) -> Option<Box<dyn History>> {
        None
    }
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
    Ok(Arc::new(Telegram { base_url, channels: names, account: Account::configure(section)? }))
}

impl Source for Telegram {
    fn fetch<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Vec<Stream>> {
        async move {
            match self.account.as_ref().and_then(Account::connect) {
                // One connection, one call at a time: what Telegram counts is calls.
                Some(history) => {
                    read_all(&self.channels, 1, |channel| {
                        mtproto::pages(history.as_ref(), task, channel).boxed()
                    })
                    .await
                }
                None => read_all(&self.channels, AT_ONCE, |channel| self.pages(task, channel).boxed()).await,
            }
        }
        .boxed()
    }

    fn check<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<String, Trouble>> {
        async move {
            if let Some(history) = self.account.as_ref().and_then(Account::connect) {
                let channel = self.channels.first().map_or("telegram", String::as_str);
                history.page(channel, None).await?;
                return Ok("the session opens channels".to_owned());
            }
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
        self.account.is_none() && self.base_url.scheme() == "https"
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

/// What the posts of both ways have in common.
fn post_of_message(id: String, channel: &str) -> Post {
    Post { channel: Some(channel.to_owned()), url: Some(format!("https://t.me/{id}")), id, ..Post::default() }
}
