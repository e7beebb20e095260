//! What Telegram answers: a preview page here, its own protocol in [`super::mtproto`].

use chrono::{DateTime, Utc};
use domain::document::AssetHint;
use domain::{Post, PostKind};

use super::preview::{Message, Preview};
use super::{mtproto, post_of_message};
use crate::exchange::Exchange;
use crate::http::{Answer, Judgement};
use crate::normalise::Collected;
use crate::trouble::Trouble;

/// From so many posts on, a page of nothing but posts that show nothing is a page that we cannot read.
const BARE: usize = 3;

/// What paging needs of a preview page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The number below which the next older page begins; `None` on the oldest.
    pub(super) older: Option<u64>,
    /// When the oldest post or notice of the page was written.
    pub(super) oldest: Option<DateTime<Utc>>,
}

/// A redirect leads to the page of who has no preview; it is never followed.
pub(super) fn judge(answer: &Answer<'_>) -> Judgement {
    match answer.status {
        304 => Judgement::Usual,
        // A consent page in between looks the same, and passes.
        300..=399 => Judgement::Bad(no_preview().worth_another_try()),
        _ => Judgement::Usual,
    }
}

fn no_preview() -> Trouble {
    Trouble::configuration(
        "it has no preview, or does not exist: correct its name, remove it, or read it with transport = \"mtproto\"",
    )
}

/// Reads what paging needs of the page that was asked for `first`, or for older posts.
///
/// # Errors
/// It is no page of a channel: that is said and never taken for a channel without posts.
pub(super) fn page(body: &[u8], first: bool) -> Result<Page, Trouble> {
    let preview = Preview::read(body);
    let changed = |what: &str| {
        let message = format!(
            "layout_changed: {what}; report it with the raw exchange, nothing was read as \"no posts\""
        );
        // A guard's page or an empty one looks the same, and passes.
        Err(Trouble::system(message).worth_another_try())
    };
    if !preview.is_history {
        return match preview.is_contact {
            true => Err(no_preview()),
            false => changed("the page has neither a history nor the words that there is none"),
        };
    }
    if !preview.is_whole {
        return Err(Trouble::transient("the page was cut off"));
    }
    let posts: Vec<&Message> = preview.messages.iter().filter(|message| !message.is_notice).collect();
    if first && preview.messages.is_empty() && !preview.says_none {
        return changed("the page has a history without a single post");
    }
    if !posts.is_empty() && posts.iter().all(|post| post.id.is_none() || post.at.is_none()) {
        return changed("no post has a number and a date");
    }
    if posts.len() >= BARE && posts.iter().all(|post| post.text.is_empty() && !post.has_media) {
        return changed("no post has a text or a picture");
    }
    // Where the link to older posts is missing, the lowest number leads there as well: a link that was renamed must not
    // look like the beginning of the channel.
    let lowest = preview.messages.iter().filter_map(Message::number).min();
    Ok(Page {
        older: preview.older.or(lowest).filter(|number| *number > 1),
        oldest: preview.messages.iter().filter_map(|message| message.at).min(),
    })
}

/// Reads the posts of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    if exchange.url.starts_with(mtproto::SCHEME) {
        return mtproto::read(raw_ref, exchange, collected);
    }
    let preview = Preview::read(&exchange.body);
    let asked = exchange.hints.get("channel").cloned();
    let (mut ids, mut channel) = (Vec::new(), None);
    let mut is_complete = preview.is_history && preview.is_whole;
    let oldest = preview.messages.iter().filter_map(|message| message.at).min();
    let (followers, verified, says_none) = (preview.followers, preview.is_verified, preview.says_none);
    for message in preview.messages.into_iter().filter(|message| !message.is_notice) {
        let Some(id) = message.id.clone() else {
            is_complete = false;
            collected.reject(raw_ref, None, "it has no number".to_owned());
            continue;
        };
        ids.push(id.clone());
        channel = id.split('/').next().map(str::to_owned);
        let Some(at) = message.at else {
            is_complete = false;
            collected.reject(raw_ref, Some(id), "it has no readable date".to_owned());
            continue;
        };
        if message.text.is_empty() && message.has_media && !collected.window.prior.contains_key(&id) {
            // A picture alone says nothing that we could read.
            continue;
        }
        let mut post = post(message, id, at);
        (post.author_followers, post.author_verified) = (followers, verified);
        post.collected_at = collected.collected_at();
        raw_ref.clone_into(&mut post.raw_ref);
        collected.post(post, false);
    }
    let Some(channel) = channel.or(asked).filter(|_| is_complete) else { return };
    // The page may share its oldest second with the page before it, which need not have been read.
    let listed_from = match oldest {
        Some(oldest) => oldest + chrono::Duration::seconds(1),
        None if says_none => DateTime::UNIX_EPOCH,
        None => return,
    };
    collected.page(raw_ref, &exchange.stream, &channel, listed_from, ids);
}

fn post(message: Message, id: String, at: DateTime<Utc>) -> Post {
    let (kind, parent_id) = match (message.forwarded, message.answers) {
        (Some(from), _) => (PostKind::Repost, from),
        (None, Some(answered)) => (PostKind::Comment, Some(answered)),
        (None, None) => (PostKind::Post, None),
    };
    let hint = |symbol| AssetHint { symbol, method: "cashtag".to_owned() };
    let channel = id.split('/').next().unwrap_or_default().to_owned();
    Post {
        kind,
        parent_id,
        author_name: message.author,
        text: message.text,
        asset_hints: message.cashtags.into_iter().map(hint).collect(),
        created_at: at,
        edited_at: message.edited_at,
        likes: message.reactions,
        views: message.views,
        ..post_of_message(id, &channel)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "wire_tests.rs"]
mod tests;
