//! Feeds, one for each outlet: RSS 2.0, or Atom for every third outlet.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::clock::Reading;
use crate::keys;
use crate::moment::{DAY, Micros, SECOND, exact, http_date, parse_http_date};
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request, reason};
use crate::world::World;
use crate::world::article::{Article, Outlet};

/// A feed has its newest fifty items, and in any case those of the last 24 hours.
const NEWEST: usize = 50;

/// All feeds together: they have no limits and no credentials.
pub(crate) struct Feeds;

impl Service for Feeds {
    fn name(&self) -> &'static str {
        "feeds"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        request.refuse_all_but_get().unwrap_or_else(|| answer(world, clock.now, request)).into()
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = Answer::text(429, "text/plain; charset=utf-8", "Too Many Requests");
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        page(status)
    }

    fn unauthorised(&self) -> Answer {
        page(401)
    }

    /// A list: one entry for each outlet.
    fn setup(&self, world: &World, base: &str, _clock: Reading) -> Value {
        let feeds = world.outlets.iter().map(|outlet| {
            let mut feed = Map::new();
            feed.insert("outlet".into(), outlet.name.as_str().into());
            feed.insert("url".into(), format!("{base}/feeds/{}/{}", outlet.slug, outlet.file()).into());
            if let Some(lang) = &outlet.lang {
                feed.insert("lang".into(), lang.as_str().into());
            }
            Value::Object(feed)
        });
        Value::Array(feeds.collect())
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the feeds hold now; an article that has left its feed is no longer among them.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let shown = world.outlets.iter().flat_map(|outlet| items(world, outlet, clock.now));
        shown.filter(|article| (from..to).contains(&article.at)).map(keys::of_article).collect()
    }
}

/// A page for people, as web servers write it about a status.
fn page(status: u16) -> Answer {
    let body = format!("<html><body><h1>{status} {}</h1></body></html>", reason(status));
    Answer::text(status, "text/html; charset=utf-8", body)
}

/// Answers one request.
fn answer(world: &World, now: Micros, request: &Request) -> Answer {
    let asked = request.path.trim_start_matches('/').split_once('/');
    let outlet =
        asked.and_then(|(slug, file)| world.outlets.iter().find(|o| o.slug == slug && o.file() == file));
    let Some(outlet) = outlet else {
        return page(404);
    };
    let items = items(world, outlet, now);
    let modified = items.first().map_or(world.start.timestamp_micros(), |article| article.at);
    let body = if outlet.atom { atom(outlet, &items, modified) } else { rss(outlet, &items, modified) };
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(body.as_bytes())[..8]));
    let content_type = if outlet.atom {
        "application/atom+xml; charset=utf-8"
    } else {
        "application/rss+xml; charset=utf-8"
    };
    let answer = if is_unchanged(request, &tag, modified) {
        Answer { status: 304, headers: Vec::new(), body: Vec::new() }
    } else {
        Answer::text(200, content_type, body)
    };
    answer.with("etag", tag).with("last-modified", http_date(modified)).with("cache-control", "max-age=60")
}

/// An entity tag counts before a date, as HTTP has it.
fn is_unchanged(request: &Request, tag: &str, modified: Micros) -> bool {
    if let Some(known) = request.header("if-none-match") {
        return known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*");
    }
    let since = request.header("if-modified-since").and_then(parse_http_date);
    since.is_some_and(|since| modified.div_euclid(SECOND) * SECOND <= since)
}

/// Newest first.
fn items<'a>(world: &'a World, outlet: &Outlet, now: Micros) -> Vec<&'a Article> {
    let rows = &world.articles.rows;
    let visible = outlet.rows.partition_point(|row| rows[*row as usize].at <= now);
    let recent = outlet.rows.partition_point(|row| rows[*row as usize].at <= now - DAY);
    let first = recent.min(visible.saturating_sub(NEWEST));
    outlet.rows[first..visible].iter().rev().map(|row| &rows[*row as usize]).collect()
}

/// Where the outlet would be read. A made-up address that never changes: a feed is the same wherever the sandbox listens.
fn homepage(outlet: &Outlet) -> String {
    format!("https://{}.example", outlet.slug)
}

fn rss(outlet: &Outlet, items: &[&Article], modified: Micros) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel>\n",
    );
    tag(&mut xml, "title", &outlet.name);
    tag(&mut xml, "link", &homepage(outlet));
    tag(&mut xml, "description", &format!("{}: latest", outlet.name));
    if let Some(lang) = &outlet.lang {
        tag(&mut xml, "language", lang);
    }
    tag(&mut xml, "lastBuildDate", &http_date(modified));
    for article in items {
        xml.push_str("<item>\n");
        xml.push_str(&format!("<guid isPermaLink=\"false\">{}</guid>\n", escape(&article.id)));
        tag(&mut xml, "link", &article.url);
        tag(&mut xml, "title", &article.title);
        if let Some(summary) = &article.summary {
            tag(&mut xml, "description", summary);
        }
        for author in &article.authors {
            tag(&mut xml, "dc:creator", author);
        }
        tag(&mut xml, "pubDate", &http_date(article.at));
        for ticker in &article.tickers {
            tag(&mut xml, "category", ticker);
        }
        xml.push_str("</item>\n");
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

fn atom(outlet: &Outlet, items: &[&Article], modified: Micros) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    let home = homepage(outlet);
    tag(&mut xml, "title", &outlet.name);
    tag(&mut xml, "id", &format!("urn:outlet:{}", outlet.slug));
    xml.push_str(&format!("<link href=\"{}\"/>\n", escape(&home)));
    tag(&mut xml, "updated", &exact(modified));
    for article in items {
        match &article.lang {
            Some(lang) => xml.push_str(&format!("<entry xml:lang=\"{}\">\n", escape(lang))),
            None => xml.push_str("<entry>\n"),
        }
        tag(&mut xml, "id", &article.id);
        xml.push_str(&format!("<link rel=\"alternate\" href=\"{}\"/>\n", escape(&article.url)));
        tag(&mut xml, "title", &article.title);
        if let Some(summary) = &article.summary {
            tag(&mut xml, "summary", summary);
        }
        for author in &article.authors {
            xml.push_str(&format!("<author><name>{}</name></author>\n", escape(author)));
        }
        tag(&mut xml, "published", &exact(article.at));
        tag(&mut xml, "updated", &exact(article.at));
        for ticker in &article.tickers {
            xml.push_str(&format!("<category term=\"{}\"/>\n", escape(ticker)));
        }
        xml.push_str("</entry>\n");
    }
    xml.push_str("</feed>\n");
    xml
}

fn tag(xml: &mut String, name: &str, text: &str) {
    xml.push_str(&format!("<{name}>{}</{name}>\n", escape(text)));
}

/// Escapes markup and leaves out what XML 1.0 cannot hold.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            c if c < ' ' || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_control_characters_are_left_out() {
        assert_eq!(escape("a<b> & \"c\"\u{0}\u{1b}\u{FFFF}é"), "a&lt;b&gt; &amp; &quot;c&quot;é");
    }
}
