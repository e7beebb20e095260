//! News sitemaps: what some outlets have in place of a feed.
//!
//! ```xml
//! <urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
//!   <loc>https://outlet.example/story</loc>
//!   <news:news>
//!     <news:publication><news:name>Outlet</news:name><news:language>en</news:language></news:publication>
//!     <news:publication_date>2026-03-15T00:48:24.900Z</news:publication_date>
//!     <news:title>Headline</news:title>
//!     <news:stock_tickers>NASDAQ:AAPL, NASDAQ:MSFT</news:stock_tickers>
//!   </news:news>
//! </url></urlset>
//! ```

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// One story, as stated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// Its address.
    pub(super) link: String,
    /// Its headline.
    pub(super) title: String,
    /// When it was published.
    pub(super) date: String,
    /// Its language.
    pub(super) lang: String,
    /// Symbols, separated by commas.
    pub(super) tickers: String,
}

/// Reads a news sitemap; `None` where it is something else, the reason where it is damaged.
pub(super) fn read(body: &[u8]) -> Option<Result<Vec<Story>, String>> {
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    // Names of prefixes differ; what is inside a story does not.
    let (mut stories, mut path, mut story) = (Vec::new(), Vec::<String>::new(), Story::default());
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                let name = local(element.name().as_ref());
                if path.is_empty() && name != "urlset" {
                    return None;
                }
                if name == "url" {
                    story = Story::default();
                }
                path.push(name);
            }
            Ok(Event::Text(part)) => put(&mut story, &path, &part),
            Ok(Event::CData(part)) => put(&mut story, &path, &part),
            Ok(Event::GeneralRef(reference)) => put(&mut story, &path, &resolved(&reference)),
            Ok(Event::End(_)) => {
                if path.pop().as_deref() == Some("url") {
                    stories.push(std::mem::take(&mut story));
                }
            }
            Ok(Event::Eof) if path.is_empty() => return (!stories.is_empty()).then_some(Ok(stories)),
            Ok(Event::Eof) => return Some(Err("it was cut off".to_owned())),
            Ok(_) => {}
            Err(error) if path.is_empty() && stories.is_empty() => {
                tracing::trace!(%error, "no sitemap");
                return None;
            }
            Err(error) => return Some(Err(error.to_string())),
        }
    }
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

fn put(story: &mut Story, path: &[String], text: &str) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let field = match names.as_slice() {
        [_, "url", "loc"] => &mut story.link,
        [_, "url", "news", "title"] => &mut story.title,
        [_, "url", "news", "publication_date"] => &mut story.date,
        [_, "url", "news", "stock_tickers"] => &mut story.tickers,
        [_, "url", "news", "publication", "language"] => &mut story.lang,
        _ => return,
    };
    field.push_str(text);
}

fn resolved(reference: &BytesRef<'_>) -> String {
    let written = format!("&{};", &**reference);
    crate::text::unescape(&written)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_stories_and_nothing_else() {
        let body = b"\xef\xbb\xbf<?xml version=\"1.0\"?><urlset xmlns:n=\"http://www.google.com/schemas/sitemap-news/0.9\"><url><loc>https://o.example/a?x=1&amp;y=2</loc>
            <n:news><n:publication><n:name>O</n:name><n:language>en</n:language></n:publication><n:publication_date>2026-03-15</n:publication_date>
            <n:title><![CDATA[A & B]]> rise &#8211; fast</n:title><n:stock_tickers>NASDAQ:AAPL</n:stock_tickers></n:news><image><loc>no</loc></image></url></urlset>";
        let stories = read(body).unwrap().unwrap();
        let expected = Story {
            link: "https://o.example/a?x=1&y=2".to_owned(),
            title: "A & B rise – fast".to_owned(),
            date: "2026-03-15".to_owned(),
            lang: "en".to_owned(),
            tickers: "NASDAQ:AAPL".to_owned(),
        };
        assert_eq!(stories, [expected]);
        let cut = read(&body[..body.len() - 40]).unwrap();
        assert!(cut.is_err());
        assert_eq!(read(b"<rss/>"), None);
        assert_eq!(read(b"<html><body>"), None);
        assert_eq!(read(b""), None);
        assert_eq!(read(b"\xff\0<"), None);
    }
}
