//! The Atom feed of posts (RFC 4287), in the reader's language or the one that `lang` names.

use std::fmt::Write;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::store::{self, Post};
use super::{markdown, pages, public};
use crate::error::Error;
use crate::site::reader::Reader;
use crate::text::{Lang, text};

/// Entries of the feed.
const ENTRIES: i64 = 30;

/// Which language.
#[derive(Debug, Deserialize)]
pub struct Asked {
    lang: Option<String>,
}

/// `GET /posts.atom`
///
/// # Errors
/// There is no such language, or Postgres fails.
pub async fn feed(reader: Reader, asked: web::Query<Asked>) -> Result<HttpResponse, Error> {
    let lang = match asked.lang.as_deref() {
        None => reader.lang(),
        Some(code) => Lang::parse(code).ok_or(Error::Unclear { why: "console_accepts_lang" })?,
    };
    let app = &reader.app;
    let posts = store::visible(&app.pool, reader.now, ENTRIES, 0).await?;
    let xml = atom(&posts, &app.settings.origin(), lang);
    Ok(HttpResponse::Ok().content_type("application/atom+xml; charset=utf-8").body(xml))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The feed over these posts, newest first.
fn atom(posts: &[Post], origin: &str, lang: Lang) -> String {
    let changed = posts.iter().filter_map(|post| Some(post.written_at.max(post.publish_at?))).max();
    let (code, title) = (lang.code(), escape(text(lang, "posts_feed_title")));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{code}\">\n\
         <id>{origin}/posts</id>\n<title>{title}</title>\n<updated>{}</updated>\n\
         <link rel=\"alternate\" href=\"{origin}/posts\"/>\n<link rel=\"self\" href=\"{origin}/posts.atom?lang={code}\"/>\n\
         <author><name>Quarterday</name></author>\n",
        instant(changed.unwrap_or(DateTime::UNIX_EPOCH)),
    );
    for post in posts {
        let Some(at) = post.publish_at else { continue };
        let link = format!("{origin}/posts/{}", post.slug);
        // Writing to a string cannot fail.
        let _ = write!(
            xml,
            "<entry>\n<id>{origin}/posts/{}</id>\n<title>{}</title>\n<link href=\"{link}\"/>\n<published>{}</published>\n\
             <updated>{}</updated>\n<content type=\"html\">{}</content>\n</entry>\n",
            post.id,
            escape(pages::title(post, lang)),
            instant(at),
            instant(post.written_at.max(at)),
            escape(markdown::render(public::body(post, lang)).as_str()),
        );
    }
    xml.push_str("</feed>\n");
    xml
}

/// Text for XML; characters that XML cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_texts_are_escaped_once() {
        let at = "2026-11-22T06:00:00Z".parse().unwrap();
        let post = Post {
            id: 7,
            slug: "a-b".into(),
            kind: "analysis".into(),
            version: 1,
            publish_at: Some(at),
            withdrawn_at: None,
            title_en: "<b>Ups & downs</b>\u{1}".into(),
            title_es: "Título".into(),
            body_en: "One *two* <script>alert(1)</script>".into(),
            body_es: "Uno".into(),
            written_at: at,
        };
        let xml = atom(std::slice::from_ref(&post), "https://q.example", Lang::En);
        assert!(xml.contains("<title>&lt;b&gt;Ups &amp; downs&lt;/b&gt;</title>"), "{xml}");
        assert!(xml.contains("&lt;em&gt;two&lt;/em&gt;") && !xml.contains("script"), "{xml}");
        assert!(xml.contains("<id>https://q.example/posts/7</id>") && xml.contains("2026-11-22T06:00:00Z"));
        assert!(atom(&[post], "https://q.example", Lang::Es).contains("<title>Título</title>"));
        assert!(atom(&[], "https://q.example", Lang::Es).contains("<updated>1970-01-01T00:00:00Z</updated>"));
    }
}
