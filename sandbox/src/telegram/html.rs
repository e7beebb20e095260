//! The pages as HTML, with the classes by which readers of the real ones find things.
//!
//! Also what trips a naive reader: a video's length and an edited post's mark have a `time` of their own, an answer shows the text of
//! what it answers, service messages look like posts, and `tme_messages_more` is also the link to newer messages.

use std::fmt::Write as _;

use super::channels::{ALBUM, Channel, Channels, Entry, Message, has_album, luck};
use super::page::Page;
use crate::moment::{Micros, utc};
use crate::world::post::{Kind, Post, Posts, UNKNOWN};

/// What the pages are.
pub(super) const TYPE: &str = "text/html; charset=utf-8";

/// A page that says one thing.
pub(super) fn plain(text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>{text}</title></head>\n<body><h1>{text}</h1></body>\n</html>\n"
    )
}

/// The page of who has no preview.
pub(super) fn contact(name: &str) -> String {
    let name = escape(name);
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>Telegram: Contact @{name}</title></head>\n<body class=\"no_transition\">\n<div class=\"tgme_page_wrap\"><div class=\"tgme_page\">\n<div class=\"tgme_page_description\">You can contact <a class=\"tgme_username_link\" href=\"tg://resolve?domain={name}\">@{name}</a> right away.</div>\n</div></div>\n</body>\n</html>\n"
    )
}

/// A page of a channel.
pub(super) fn history(
    posts: &Posts,
    channels: &Channels,
    channel: &Channel,
    now: Micros,
    page: &Page,
) -> String {
    let name = &channel.name;
    let mut to = format!(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>{name} – Telegram</title></head>\n<body class=\"widget_frame_base tgme_webpreview\">\n<header class=\"tgme_header search_collapsed\"><div class=\"tgme_channel_info_header_title\"><span dir=\"auto\">{name}</span></div></header>\n<main class=\"tgme_main\">\n<section class=\"tgme_channel_history js-message_history\">\n"
    );
    if page.entries.is_empty() {
        to.push_str("<div class=\"tgme_widget_message_centered\"><div class=\"tme_no_messages_found\">No posts found</div></div>\n");
    }
    if let Some(number) = page.older {
        more(&mut to, name, "before", number);
    }
    for entry in &page.entries {
        message(&mut to, posts, channels, name, now, *entry);
    }
    if let Some(number) = page.newer {
        more(&mut to, name, "after", number);
    }
    to.push_str("</section>\n</main>\n</body>\n</html>\n");
    to
}

fn more(to: &mut String, name: &str, side: &str, number: u64) {
    let _ = writeln!(
        to,
        "<div class=\"tgme_widget_message_centered js-messages_more_wrap\"><a href=\"/s/{name}?{side}={number}\" class=\"tme_messages_more js-messages_more\" data-{side}=\"{number}\"></a></div>"
    );
}

fn message(to: &mut String, posts: &Posts, channels: &Channels, name: &str, now: Micros, entry: Entry) {
    let id = format!("{name}/{}", entry.number);
    let service = if matches!(entry.message, Message::Post(_)) { "" } else { " service_message" };
    let _ = writeln!(
        to,
        "<div class=\"tgme_widget_message_wrap js-widget_message_wrap\"><div class=\"tgme_widget_message text_not_supported_wrap{service} js-widget_message\" data-post=\"{id}\" data-view=\"e30\">\n<div class=\"tgme_widget_message_bubble\">\n<div class=\"tgme_widget_message_author accent_color\"><a class=\"tgme_widget_message_owner_name\" href=\"https://t.me/{name}\"><span dir=\"auto\">{name}</span></a></div>"
    );
    match entry.message {
        Message::Post(row) => post(to, posts, channels, &posts.rows[row as usize], &id, now),
        Message::Created(at) => notice(to, "Channel created", &id, at),
        Message::Pinned(at) => notice(to, "The channel pinned a message", &id, at),
    }
    to.push_str("</div>\n</div></div>\n");
}

fn notice(to: &mut String, text: &str, id: &str, at: Micros) {
    let _ = writeln!(to, "<div class=\"tgme_widget_message_text js-message_text\" dir=\"auto\">{text}</div>");
    footer(to, id, at, None, None, "");
}

fn post(to: &mut String, posts: &Posts, channels: &Channels, post: &Post, id: &str, now: Micros) {
    let parent = post.parent_id.as_deref().and_then(|parent| posts.find(parent));
    if post.kind == Kind::Repost {
        let from =
            parent.and_then(|row| posts.author(&posts.rows[row])).map_or("Somewhere else", |a| &a.name);
        let _ = writeln!(
            to,
            "<div class=\"tgme_widget_message_forwarded_from accent_color\">Forwarded from&nbsp;<span class=\"tgme_widget_message_forwarded_from_name\" dir=\"auto\">{}</span></div>",
            escape(from)
        );
    }
    if let Some(row) = parent.filter(|row| post.kind == Kind::Reply && posts.rows[*row].is_visible(now)) {
        let _ = writeln!(
            to,
            "<a class=\"tgme_widget_message_reply user-color-default\" href=\"https://t.me/{}\"><div class=\"tgme_widget_message_text js-message_reply_text\" dir=\"auto\">{}</div></a>",
            channels.wire_id(row as u32),
            escape(&posts.rows[row].text_at(now).chars().take(60).collect::<String>())
        );
    }
    if has_album(post) {
        to.push_str("<div class=\"tgme_widget_message_grouped_wrap js-message_grouped_wrap\"><div class=\"tgme_widget_message_grouped js-message_grouped\">\n");
        for place in 0..ALBUM {
            let _ = writeln!(
                to,
                "<a class=\"tgme_widget_message_photo_wrap grouped_media_wrap\" href=\"https://t.me/{id}?single\" data-ratio=\"1.{place}\"></a>"
            );
        }
        to.push_str("</div></div>\n");
    } else if luck(post) % 9 == 1 {
        let length = luck(post) % 50 + 10;
        let _ = writeln!(
            to,
            "<a class=\"tgme_widget_message_video_player js-message_video_player\" href=\"https://t.me/{id}\"><time class=\"message_video_duration js-message_video_duration\">0:{length}</time></a>"
        );
    }
    let _ = writeln!(
        to,
        "<div class=\"tgme_widget_message_text js-message_text\" dir=\"auto\">{}</div>",
        marked_up(post.text_at(now))
    );
    if post.likes > 0 {
        let _ = writeln!(
            to,
            "<div class=\"tgme_widget_message_reactions js-message_reactions\"><span class=\"tgme_reaction\"><i class=\"emoji\"><b>👍</b></i>{}</span></div>",
            rounded(post.likes)
        );
    }
    let edited = (post.edited_at <= now).then_some(post.edited_at);
    footer(to, id, post.at, edited, views(post), posts.author(post).map_or("", |author| &author.name));
}

fn footer(to: &mut String, id: &str, at: Micros, edited: Option<Micros>, views: Option<i64>, author: &str) {
    to.push_str("<div class=\"tgme_widget_message_footer compact js-message_footer\"><div class=\"tgme_widget_message_info short js-message_info\">\n");
    if let Some(views) = views {
        let _ = write!(
            to,
            "<span class=\"tgme_widget_message_views\">{}</span><span class=\"copyonly\"> views</span>",
            rounded(views)
        );
    }
    to.push_str("<span class=\"tgme_widget_message_meta\">");
    if !author.is_empty() {
        let _ = write!(
            to,
            "<span class=\"tgme_widget_message_from_author\" dir=\"auto\">{}</span>, ",
            escape(author)
        );
    }
    if let Some(edited) = edited {
        let _ =
            write!(to, "<time datetime=\"{}\" class=\"edit_time\"></time>edited &nbsp;", offset_time(edited));
    }
    let _ = writeln!(
        to,
        "<a class=\"tgme_widget_message_date\" href=\"https://t.me/{id}\"><time datetime=\"{}\" class=\"time\">{}</time></a></span>\n</div></div>",
        offset_time(at),
        utc(at).format("%H:%M")
    );
}

/// `2026-01-01T00:00:00+00:00`.
fn offset_time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// How often a post was seen: the world does not say it, so it follows the reach and the likes.
fn views(post: &Post) -> Option<i64> {
    let likes = post.likes.max(0);
    match (post.followers, post.likes) {
        (UNKNOWN, UNKNOWN) => None,
        (UNKNOWN, _) => Some(likes * 31 + 17),
        (followers, _) => Some(followers * 6 / 10 + likes + 1),
    }
}

/// `522`, `1.84K`, `12.3K`, `1.2M`.
fn rounded(count: i64) -> String {
    let (value, unit) = match count {
        ..1_000 => return count.to_string(),
        1_000..1_000_000 => (count as f64 / 1e3, "K"),
        _ => (count as f64 / 1e6, "M"),
    };
    let text = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// A text with line breaks, links, tags and emoji as Telegram marks them up.
fn marked_up(text: &str) -> String {
    let mut to = String::with_capacity(text.len() * 2);
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let word = |more: fn(char) -> bool| 1 + rest[1..].find(|c: char| !more(c)).unwrap_or(rest.len() - 1);
        let in_word = before.is_alphanumeric() || before == '_';
        let length = match first {
            'h' if !in_word && (rest.starts_with("https://") || rest.starts_with("http://")) => {
                let length = word(|c| !c.is_whitespace());
                let url = escape(&rest[..length]);
                let _ = write!(to, "<a href=\"{url}\" target=\"_blank\" rel=\"noopener\">{url}</a>");
                length
            }
            '#' | '$' if !in_word && rest[1..].starts_with(char::is_alphabetic) => {
                let length = word(|c| c.is_alphanumeric() || c == '_');
                let query: String =
                    url::form_urlencoded::byte_serialize(&rest.as_bytes()[..length]).collect();
                let _ = write!(to, "<a href=\"?q={query}\">{}</a>", escape(&rest[..length]));
                length
            }
            '\n' => {
                to.push_str("<br/>");
                1
            }
            '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1FAFF}' => {
                let _ = write!(to, "<i class=\"emoji\"><b>{first}</b></i>");
                first.len_utf8()
            }
            _ => {
                to.push_str(&escape(&rest[..first.len_utf8()]));
                first.len_utf8()
            }
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    to
}

fn escape(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            '$' => to.push_str("&#036;"),
            c => to.push(c),
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_rounded_as_on_the_page() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1K"),
            (1_840, "1.84K"),
            (12_345, "12.3K"),
            (100_000, "100K"),
            (1_200_000, "1.2M"),
        ] {
            assert_eq!(rounded(count), text);
        }
    }

    #[test]
    fn a_text_is_marked_up() {
        assert_eq!(
            marked_up("a & $BTC #up\n🚀 https://e.example/?a=1&b=2 5$"),
            "a &amp; <a href=\"?q=%24BTC\">&#036;BTC</a> <a href=\"?q=%23up\">#up</a><br/><i class=\"emoji\"><b>🚀</b></i> <a href=\"https://e.example/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener\">https://e.example/?a=1&amp;b=2</a> 5&#036;"
        );
    }
}
