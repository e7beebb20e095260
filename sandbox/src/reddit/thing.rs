//! Posts (`t3`) and comments (`t1`) as Reddit writes them.

use serde_json::{Map, Value, json};

use super::listing::subreddit;
use crate::moment::{Micros, SECOND};
use crate::world::post::{Kind, Post, Posts, UNKNOWN};

/// So many characters may a title have.
const LONGEST_TITLE: usize = 300;
/// What stands where an author or a text was.
const DELETED: &str = "[deleted]";
/// So many answers deep the post behind a comment is looked for.
const DEEPEST: usize = 50;

/// The full name of a post or a comment.
pub(super) fn full_name(post: &Post) -> String {
    named(&post.id, if post.kind == Kind::Reply { "t1_" } else { "t3_" })
}

/// Whether it is a comment: what its id says goes before what the world calls it.
pub(super) fn is_comment(post: &Post) -> bool {
    post.id.starts_with("t1_") || (post.kind == Kind::Reply && !post.id.starts_with("t3_"))
}

fn named(id: &str, prefix: &str) -> String {
    if id.starts_with("t3_") || id.starts_with("t1_") { id.to_owned() } else { format!("{prefix}{id}") }
}

/// What a reader sees of a post: title and text with an empty line between, or the one that there is.
pub(super) fn whole_text(post: &Post, now: Micros) -> String {
    let text = post.text_at(now);
    if is_comment(post) {
        return text.to_owned();
    }
    match title_and_body(text) {
        (title, body) if body.is_empty() => title,
        (title, body) => format!("{title}\n\n{body}"),
    }
}

/// A first paragraph of one line that is not too long is the title. Where there is none, the title is the text's beginning.
fn title_and_body(text: &str) -> (String, String) {
    let fits = |title: &str| !title.contains('\n') && title.chars().count() <= LONGEST_TITLE;
    if let Some((title, body)) = text.split_once("\n\n")
        && fits(title)
        && !title.trim().is_empty()
        && !body.trim().is_empty()
    {
        return (title.to_owned(), body.to_owned());
    }
    if fits(text) {
        return (text.to_owned(), String::new());
    }
    let line = text.trim_start().lines().next().unwrap_or(text);
    (line.chars().take(LONGEST_TITLE).collect(), text.to_owned())
}

/// Writes a thing; without `raw`, `&`, `<` and `>` are escaped in texts, as Reddit did before it had JSON clients.
pub(super) fn render(posts: &Posts, now: Micros, post: &Post, raw: bool) -> Value {
    let gone = post.deleted_at <= now;
    let id = full_name(post);
    let kind = &id[..2];
    let mut thing = common(posts, now, post, &id);
    let say = |text: &str| if raw { text.to_owned() } else { escape(text) };
    if kind == "t1" {
        let text = if gone { DELETED } else { post.text_at(now) };
        let link = link(posts, post);
        thing.insert("body".into(), say(text).into());
        thing.insert("body_html".into(), html(text, raw));
        thing.insert("parent_id".into(), parent(posts, post).unwrap_or_else(|| link.clone()).into());
        thing.insert(
            "link_permalink".into(),
            format!("https://www.reddit.com{}", permalink(post, &link)).into(),
        );
        thing.insert("permalink".into(), format!("{}{}/", permalink(post, &link), &id[3..]).into());
        thing.insert("link_id".into(), link.into());
        thing.insert("is_submitter".into(), false.into());
        thing.insert("replies".into(), "".into());
        thing.insert("collapsed".into(), false.into());
        thing.insert("controversiality".into(), 0.into());
    } else {
        let (title, body) = title_and_body(post.text_at(now));
        let body = if gone { DELETED.to_owned() } else { body };
        thing.insert("title".into(), say(&title).into());
        thing.insert("selftext_html".into(), if body.is_empty() { Value::Null } else { html(&body, raw) });
        thing.insert("selftext".into(), say(&body).into());
        thing.insert("is_self".into(), true.into());
        thing.insert("domain".into(), format!("self.{}", subreddit(post.channel.as_deref())).into());
        thing.insert("permalink".into(), permalink(post, &id).into());
        thing.insert("url".into(), format!("https://www.reddit.com{}", permalink(post, &id)).into());
        thing.insert("link_flair_text".into(), Value::Null);
        thing.insert("over_18".into(), false.into());
        thing.insert("hidden".into(), false.into());
        thing.insert("thumbnail".into(), "self".into());
        thing.insert("is_video".into(), false.into());
        thing.insert("removed_by_category".into(), if gone { "deleted".into() } else { Value::Null });
        if post.replies != UNKNOWN {
            thing.insert("num_comments".into(), post.replies.into());
        }
        if post.likes != UNKNOWN {
            thing.insert("upvote_ratio".into(), ratio(post.likes).into());
        }
    }
    json!({"kind": kind, "data": thing})
}

/// What posts and comments have in common.
fn common(posts: &Posts, now: Micros, post: &Post, id: &str) -> Map<String, Value> {
    let gone = post.deleted_at <= now;
    let mut thing = Map::new();
    let created = whole_seconds(post.at);
    thing.insert("id".into(), id[3..].into());
    thing.insert("name".into(), id.into());
    thing.insert("created_utc".into(), created.into());
    thing.insert("created".into(), created.into());
    let edited = (post.edited_at <= now && !gone).then(|| whole_seconds(post.edited_at));
    thing.insert("edited".into(), edited.map_or(false.into(), Value::from));
    let name = subreddit(post.channel.as_deref());
    thing.insert("subreddit".into(), name.into());
    thing.insert("subreddit_name_prefixed".into(), format!("r/{name}").into());
    thing.insert("subreddit_id".into(), "t5_2sbx1".into());
    thing.insert("subreddit_type".into(), "public".into());
    match posts.author(post).filter(|_| !gone) {
        Some(author) => {
            thing.insert("author".into(), (*author.name).into());
            thing.insert("author_fullname".into(), format!("t2_{}", author.id).into());
        }
        None => {
            thing.insert("author".into(), DELETED.into());
        }
    }
    if post.likes != UNKNOWN {
        thing.insert("score".into(), post.likes.into());
        thing.insert("ups".into(), post.likes.into());
    }
    for (field, value) in [
        ("downs", json!(0)),
        ("likes", Value::Null),
        ("saved", json!(false)),
        ("gilded", json!(0)),
        ("archived", json!(false)),
        ("locked", json!(false)),
        ("stickied", json!(false)),
        ("distinguished", Value::Null),
        ("author_flair_text", Value::Null),
        ("all_awardings", json!([])),
        ("mod_reports", json!([])),
        ("user_reports", json!([])),
        ("treatment_tags", json!([])),
    ] {
        thing.insert(field.into(), value);
    }
    thing
}

/// Reddit counts whole seconds and writes them as a float.
fn whole_seconds(at: Micros) -> f64 {
    at.div_euclid(SECOND) as f64
}

/// A ratio that fits a score: the world says none.
fn ratio(score: i64) -> f64 {
    let score = score.max(0) as f64;
    ((score + 1.0) / (score + 2.0) * 100.0).round() / 100.0
}

fn permalink(post: &Post, link: &str) -> String {
    let id = link.get(3..).unwrap_or(link);
    format!("/r/{}/comments/{id}/post/", subreddit(post.channel.as_deref()))
}

/// The full name of what a comment answers, where the world says it.
fn parent(posts: &Posts, post: &Post) -> Option<String> {
    let id = post.parent_id.as_deref()?;
    Some(posts.find(id).map_or_else(|| named(id, "t3_"), |row| full_name(&posts.rows[row])))
}

/// The full name of the post that a comment belongs to; made up, but always the same, where the world does not say it.
fn link(posts: &Posts, post: &Post) -> String {
    let mut at = post;
    for _ in 0..DEEPEST {
        let Some(id) = at.parent_id.as_deref() else { break };
        match posts.find(id) {
            Some(row) if is_comment(&posts.rows[row]) => at = &posts.rows[row],
            Some(row) => return full_name(&posts.rows[row]),
            None => return format!("t3_{}", id.trim_start_matches("t3_").trim_start_matches("t1_")),
        }
    }
    format!("t3_{}p", at.id.trim_start_matches("t1_"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn html(text: &str, raw: bool) -> Value {
    let html = format!("<!-- SC_OFF --><div class=\"md\"><p>{}</p>\n</div><!-- SC_ON -->", escape(text));
    if raw { html.into() } else { escape(&html).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_into_title_and_body() {
        let long = "a".repeat(400);
        for (text, title, body) in [
            ("one line", "one line", ""),
            ("title\n\nbody\n\nmore", "title", "body\n\nmore"),
            ("two\nlines", "two", "two\nlines"),
            ("\n\nbody", "body", "\n\nbody"),
            (long.as_str(), &long[..300], long.as_str()),
        ] {
            assert_eq!(title_and_body(text), (title.to_owned(), body.to_owned()), "{text:?}");
        }
    }
}
