//! Channels over Telegram's own protocol: what is asked, how it is kept, and how it is read.
//!
//! Who asks is behind [`History`]: Telegram's keys are part of the protocol, so no server of ours can stand in for it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Post, PostKind};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::post_of_message;
use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::source::{Stream, Task};
use crate::trouble::Trouble;

/// How the address of an exchange begins that was not made over HTTP.
pub(super) const SCHEME: &str = "mtproto:";

/// Tries of one call.
const TRIES: u32 = 5;

/// One message, as decoded; instants in unix seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    /// Number within the channel.
    pub(super) id: i32,
    /// When it was written.
    pub(super) date: i64,
    /// When it was edited, where readers are told so.
    pub(super) edit_date: Option<i64>,
    /// Its text, or its picture's caption.
    pub(super) text: String,
    /// Views.
    pub(super) views: Option<i64>,
    /// How often it was forwarded.
    pub(super) forwards: Option<i64>,
    /// Comments.
    pub(super) replies: Option<i64>,
    /// Reactions of all kinds.
    pub(super) reactions: Option<i64>,
    /// The same for all pictures of an album.
    pub(super) grouped_id: Option<i64>,
    /// Who signed it.
    pub(super) author: Option<String>,
    /// The message that it answers.
    pub(super) reply_to: Option<i32>,
    /// Whether it was forwarded.
    pub(super) forwarded: bool,
    /// Whether it has a picture, a film, a file or the like.
    pub(super) has_media: bool,
    /// Whether it is a notice such as "Channel created".
    pub(super) is_notice: bool,
}

/// The answer to one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    /// The channel's public name.
    pub(super) channel: String,
    /// Newest first.
    pub(super) messages: Vec<Message>,
}

/// Whoever can list a channel.
pub(super) trait History: Send + Sync {
    /// The newest messages below the number `before`, newest first; fewer than a hundred is normal, none is the end.
    fn page<'a>(
        &'a self,
        channel: &'a str,
        before: Option<i32>,
    ) -> BoxFuture<'a, Result<Vec<Message>, Trouble>>;
}

/// What Telegram's refusals mean.
pub(super) fn refusal(code: i32, name: &str, seconds: Option<u32>) -> Trouble {
    match (code, name) {
        (420, _) => {
            let wait = Duration::from_secs(seconds.unwrap_or(60).into());
            let words = format!("{name}: it asks for a wait of {} s: fewer channels", wait.as_secs());
            Trouble::limited(words, Some(wait))
        }
        (401, _) => Trouble::configuration(format!(
            "{name}: the session is not accepted: sign in again with collector telegram-login and store the new one"
        )),
        (400 | 403 | 406, _) => Trouble::configuration(format!(
            "{name}: the channel does not exist, is private, or its name is wrong: correct or remove it"
        )),
        _ => Trouble::transient(format!("{code} {name}: the server is in trouble; repeat later")),
    }
}

/// Pages back until everything that is to be read, or read again, is passed.
pub(super) async fn pages(history: &dyn History, task: &Task, channel: &str) -> Stream {
    let mut stream = task.stream();
    let title = format!("channel {channel}");
    let mut before = None;
    for _ in 0..task.pages {
        let messages = match patiently(history, task, channel, before).await {
            Ok(messages) => messages,
            Err(trouble) => return stream.fail(title, trouble),
        };
        let oldest = messages.iter().map(|message| message.date).min();
        let lowest = messages.iter().map(|message| message.id).min();
        let asked = before.map(|before| format!("&offset_id={before}")).unwrap_or_default();
        let url = format!("{SCHEME}messages.getHistory?peer={channel}{asked}");
        let kept = serde_json::to_vec(&Batch { channel: channel.to_owned(), messages })
            .map_err(|error| Trouble::system(format!("its messages cannot be kept ({error}): report it")))
            .and_then(|body| stream.keep(&Exchange::answered(channel, url, body)));
        if let Err(trouble) = kept {
            return stream.fail(title, trouble);
        }
        if oldest.is_none_or(|oldest| oldest < task.window.again_from().timestamp()) {
            return stream;
        }
        // A page that leads no further back leads nowhere new.
        if lowest.is_none_or(|lowest| lowest <= 1 || before.is_some_and(|before| lowest >= before)) {
            return stream;
        }
        before = lowest;
    }
    let many = Trouble::exhausted(format!("it has more than {} pages: raise limits.pages", task.pages));
    stream.fail(title, many)
}

/// One call, repeated as Telegram asks while there is time.
async fn patiently(
    history: &dyn History,
    task: &Task,
    channel: &str,
    before: Option<i32>,
) -> Result<Vec<Message>, Trouble> {
    let mut tries = 0;
    loop {
        tries += 1;
        let answer = tokio::time::timeout_at(task.session.deadline(), history.page(channel, before)).await;
        let trouble = match answer {
            Err(_) => return Err(Trouble::exhausted("its time was used up")),
            Ok(Ok(messages)) => return Ok(messages),
            Ok(Err(trouble)) => trouble,
        };
        let wait = trouble.wait.unwrap_or(Duration::from_secs(1));
        if !trouble.again || tries >= TRIES {
            return Err(trouble);
        }
        if Instant::now() + wait >= task.session.deadline() {
            return Err(Trouble::exhausted(format!("{}: longer than the time left", trouble.message)));
        }
        tokio::time::sleep(wait).await;
    }
}

/// Reads the posts of one call.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let batch: Batch = match serde_json::from_slice(&exchange.body) {
        Ok(batch) => batch,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("it is not the JSON of messages ({error})"));
        }
    };
    let channel = batch.channel;
    let ids = batch.messages.iter().map(|message| format!("{channel}/{}", message.id)).collect();
    let oldest = batch.messages.iter().filter_map(|message| instant(message.date)).min();
    for message in albums(batch.messages) {
        let id = format!("{channel}/{}", message.id);
        let Some(created_at) = instant(message.date) else {
            collected.reject(raw_ref, Some(id), "it has no readable date".to_owned());
            continue;
        };
        let is_known = collected.window.prior.contains_key(&id);
        if message.is_notice || (message.text.is_empty() && message.has_media && !is_known) {
            continue;
        }
        let mut post = post(message, id, &channel, created_at);
        post.collected_at = collected.collected_at();
        raw_ref.clone_into(&mut post.raw_ref);
        collected.post(post, false);
    }
    // Another message of the oldest second may be on the page before.
    let listed_from = oldest.map_or(DateTime::UNIX_EPOCH, |oldest| oldest + chrono::Duration::seconds(1));
    collected.page(raw_ref, &exchange.stream, &channel, listed_from, ids);
}

fn instant(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(|_| seconds > 0)
}

/// The messages with each album as one: the number of its first picture, the text of whichever has one.
fn albums(messages: Vec<Message>) -> Vec<Message> {
    let mut posts: Vec<Message> = Vec::new();
    for message in messages {
        let same =
            |post: &&mut Message| message.grouped_id.is_some() && post.grouped_id == message.grouped_id;
        match posts.iter_mut().find(same) {
            None => posts.push(message),
            Some(album) => {
                let (mut first, other) =
                    if message.id < album.id { (message, album.clone()) } else { (album.clone(), message) };
                if first.text.is_empty() {
                    first.text = other.text;
                }
                first.edit_date = first.edit_date.max(other.edit_date);
                first.reactions = first.reactions.max(other.reactions);
                *album = first;
            }
        }
    }
    posts
}

fn post(message: Message, id: String, channel: &str, created_at: DateTime<Utc>) -> Post {
    let answered = message.reply_to.map(|number| format!("{channel}/{number}"));
    let (kind, parent_id) = match (message.forwarded, answered) {
        (true, _) => (PostKind::Repost, None),
        (false, Some(answered)) => (PostKind::Comment, Some(answered)),
        (false, None) => (PostKind::Post, None),
    };
    Post {
        kind,
        parent_id,
        author_name: message.author,
        text: message.text,
        created_at,
        edited_at: message.edit_date.and_then(instant),
        likes: message.reactions,
        replies: message.replies,
        reposts: message.forwards,
        views: message.views,
        ..post_of_message(id, channel)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "mtproto_tests.rs"]
mod tests;
