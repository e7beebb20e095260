//! A page of `t.me/s/<channel>`: which posts it shows, by the classes of its elements.
//!
//! ```html
//! <section class="tgme_channel_history">
//!   <a class="tme_messages_more" data-before="25984"></a>
//!   <div class="tgme_widget_message js-widget_message" data-post="channel/26000">
//!     <div class="tgme_widget_message_text js-message_text">First line<br/>second</div>
//!     <span class="tgme_widget_message_views">1.84K</span>
//!     <span class="tgme_widget_message_meta">edited <a class="tgme_widget_message_date"><time datetime="2026-09-12T14:09:47+00:00"></a></span>
//!   </div>
//! </section>
//! ```

use chrono::{DateTime, Utc};

use super::html::{Document, Element};
use crate::instant;

/// Classes that show a post's picture, film, file and the like: such a post may well have no text.
const MEDIA: &str = "tgme_widget_message_";
const MEDIA_KINDS: [&str; 13] = [
    "photo_wrap",
    "photo",
    "video_player",
    "video_wrap",
    "roundvideo_player",
    "voice_player",
    "document_wrap",
    "sticker_wrap",
    "grouped_wrap",
    "poll",
    "location_wrap",
    "contact_wrap",
    "service_photo",
];

/// What a page shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Preview {
    /// Whether it is a channel's page as we know it.
    pub(super) is_history: bool,
    /// Whether it is the page of who has no preview.
    pub(super) is_contact: bool,
    /// Whether it says that there are no posts.
    pub(super) says_none: bool,
    /// Whether it came whole.
    pub(super) is_whole: bool,
    /// The number below which older posts begin, where it leads to any.
    pub(super) older: Option<u64>,
    /// Readers of the channel, rounded.
    pub(super) followers: Option<i64>,
    /// Whether Telegram vouches for the channel; it never says that it does not.
    pub(super) is_verified: Option<bool>,
    /// Oldest first, as on the page.
    pub(super) messages: Vec<Message>,
}

/// One post, or a notice about the channel.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// `channel/number`; an album has that of its first picture.
    pub(super) id: Option<String>,
    /// Whether it is a notice such as "Channel created".
    pub(super) is_notice: bool,
    /// When it was written.
    pub(super) at: Option<DateTime<Utc>>,
    /// When it was edited, where the page says that: often it only says that it was.
    pub(super) edited_at: Option<DateTime<Utc>>,
    /// Its text; empty where it has none.
    pub(super) text: String,
    /// Whether it shows something beside text.
    pub(super) has_media: bool,
    /// Who wrote it: the channel or, where it signs its posts, a person.
    pub(super) author: Option<String>,
    /// Views, rounded.
    pub(super) views: Option<i64>,
    /// Reactions of all kinds, rounded.
    pub(super) reactions: Option<i64>,
    /// Whether it was forwarded, and from which post where that is public.
    pub(super) forwarded: Option<Option<String>>,
    /// The post that it answers.
    pub(super) answers: Option<String>,
    /// Cashtags that Telegram recognised, without the sign.
    pub(super) cashtags: Vec<String>,
}

impl Message {
    /// Its number within the channel.
    pub(super) fn number(&self) -> Option<u64> {
        self.id.as_ref()?.rsplit('/').next()?.parse().ok()
    }
}

impl Preview {
    /// Reads a page, whatever it is.
    pub(super) fn read(body: &[u8]) -> Self {
        let page = Document::read(body);
        let says_none = page.find("tme_no_messages_found").is_some();
        let more = page.all("tme_messages_more").find_map(|link| link.attribute("data-before")?.parse().ok());
        let readers = page.all("tgme_channel_info_counter").find(|counter| {
            counter.find("counter_type").is_some_and(|kind| kind.text().trim().starts_with("subscriber"))
        });
        let labels = page.find("tgme_channel_info_header_labels");
        Self {
            is_history: says_none || page.find("tgme_channel_history").is_some(),
            is_contact: page.find("tgme_page").is_some(),
            says_none,
            is_whole: is_whole(body),
            older: more,
            followers: readers.and_then(|counter| count(&counter.find("counter_value")?.text())),
            is_verified: labels.and_then(|labels| labels.find("verified-icon")).map(|_| true),
            messages: page.all("tgme_widget_message").map(message).collect(),
        }
    }
}

/// The history is a section; a page that was cut off within it does not close it after its last post.
fn is_whole(body: &[u8]) -> bool {
    let last = |part: &str| memchr::memmem::rfind(body, part.as_bytes());
    last("</section>").is_some_and(|end| last("data-post=").is_none_or(|post| post < end))
}

fn message(element: Element<'_>) -> Message {
    let text = element
        .all("js-message_text")
        .find(|text| text.has("tgme_widget_message_text") && !text.is_within("tgme_widget_message_reply"));
    let meta = element.find("tgme_widget_message_meta");
    let edited = meta.and_then(|meta| {
        let times = meta.inside().filter(|time| time.name() == "time");
        times.filter(|time| !time.is_within("tgme_widget_message_date")).find_map(stated)
    });
    let author = element
        .find("tgme_widget_message_from_author")
        .or_else(|| element.find("tgme_widget_message_owner_name"))
        .map(|author| author.text().trim().to_owned());
    let forwarded = element.find("tgme_widget_message_forwarded_from").map(|from| {
        let links = std::iter::once(from).chain(from.inside());
        links.filter_map(|link| link.attribute("href")).find_map(post_of)
    });
    Message {
        id: element.attribute("data-post").and_then(post_of),
        is_notice: element.has("service_message"),
        at: element
            .find("tgme_widget_message_date")
            .and_then(|date| date.inside().filter(|time| time.name() == "time").find_map(stated)),
        edited_at: edited,
        text: text.map(Element::text).unwrap_or_default(),
        has_media: element.inside().any(is_media),
        author: author.filter(|author| !author.is_empty()),
        views: element.find("tgme_widget_message_views").and_then(|views| count(&views.text())),
        reactions: reactions(element),
        forwarded,
        answers: element
            .find("tgme_widget_message_reply")
            .and_then(|reply| post_of(reply.attribute("href")?)),
        cashtags: text.map(cashtags).unwrap_or_default(),
    }
}

fn is_media(element: Element<'_>) -> bool {
    let classes = element.attribute("class").unwrap_or_default();
    classes
        .split_ascii_whitespace()
        .filter_map(|class| class.strip_prefix(MEDIA))
        .any(|c| MEDIA_KINDS.contains(&c))
}

fn stated(time: Element<'_>) -> Option<DateTime<Utc>> {
    instant::parse(time.attribute("datetime")?, None)
}

/// `channel/123` of an id or of a link to a post.
fn post_of(link: &str) -> Option<String> {
    let path = link.split(['?', '#']).next()?;
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let (number, channel) = (parts.next()?, parts.next()?);
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_name = !channel.is_empty() && channel.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_number && is_name).then(|| format!("{channel}/{number}"))
}

/// Reactions that are paid for count something else.
fn reactions(element: Element<'_>) -> Option<i64> {
    let given = element.all("tgme_reaction").filter(|reaction| !reaction.has("tgme_reaction_paid"));
    given
        .filter_map(|reaction| {
            let text = reaction.text();
            let number = text.find(|c: char| c.is_ascii_digit())?;
            count(&text[number..])
        })
        .reduce(i64::saturating_add)
}

fn cashtags(text: Element<'_>) -> Vec<String> {
    let links = text.inside().filter(|link| link.name() == "a");
    let mut tags: Vec<String> = links
        .filter_map(|link| {
            let tag = link.text();
            let tag = tag.trim().strip_prefix('$')?;
            let is_tag =
                (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.');
            is_tag.then(|| tag.to_ascii_uppercase())
        })
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

/// `522`, `1.84K`, `12.3M` as a number.
pub(super) fn count(text: &str) -> Option<i64> {
    let text = text.trim().replace([' ', '\u{a0}', ','], "");
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let factor = match text[unit..].to_ascii_uppercase().as_str() {
        "" => 1.0,
        "K" => 1e3,
        "M" => 1e6,
        "B" => 1e9,
        _ => return None,
    };
    let number: f64 = text[..unit].parse().ok()?;
    let count = (number * factor).round();
    (count < 9e15).then_some(count as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_are_rounded() {
        for (text, number) in [
            ("522", Some(522)),
            ("1.84K", Some(1_840)),
            (" 12.3k ", Some(12_300)),
            ("2M", Some(2_000_000)),
            ("1,234", Some(1_234)),
            ("1 200", Some(1_200)),
            ("", None),
            (".", None),
            ("1.2.3K", None),
            ("many", None),
            ("9999999999B", None),
        ] {
            assert_eq!(count(text), number, "{text}");
        }
    }

    #[test]
    fn posts_are_named_by_channel_and_number() {
        for (link, id) in [
            ("markets/12", Some("markets/12")),
            ("https://t.me/markets/12?single", Some("markets/12")),
            ("https://t.me/s/markets/12", Some("markets/12")),
            ("https://t.me/markets", None),
            ("/12", None),
            ("a b/12", None),
            ("", None),
        ] {
            assert_eq!(post_of(link).as_deref(), id, "{link}");
        }
    }
}
