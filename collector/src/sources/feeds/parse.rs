//! Reading feeds.

use chrono::{DateTime, FixedOffset, Utc};
use domain::Article;
use domain::document::ArticleTicker;
use domain::lake::digest;
use feed_rs::model::{Entry, Feed, Person};
use feed_rs::parser::{Builder, ParseErrorKind, ParseFeedError};

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::{instant, text};

/// Longest summary that is kept, in characters: some feeds put the whole article there, which is not ours to keep.
const SUMMARY_CHARS: usize = 600;

/// Whether a body is a feed; says what it is otherwise. Bare ampersands are forgiven, a truncated feed is not: asked for
/// again, it may come whole.
pub(super) fn check(body: &[u8]) -> Result<(), String> {
    let error = match parse(body, None) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if matches!(error, ParseFeedError::ParseError(ParseErrorKind::NoFeedRoot)) {
        return Err(
            "it sent no feed, perhaps a page that keeps programs out: correct its address or remove it"
                .to_owned(),
        );
    }
    match parse(&escape_ampersands(body), None) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("its feed is damaged ({error})")),
    }
}

/// Reads the articles of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let zone = exchange.hints.get("zone_seconds").and_then(|s| FixedOffset::east_opt(s.parse().ok()?));
    let body = exchange.body.as_ref();
    let parsed = parse(body, zone)
        .or_else(|_| parse(&escape_ampersands(body), zone))
        .or_else(|first| parse(&closed(&escape_ampersands(body)).ok_or(first)?, zone));
    let feed = match parsed {
        Ok(feed) => feed,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("the feed is damaged beyond repair ({error})"));
        }
    };
    let outlet = exchange.hints.get("outlet").unwrap_or(&exchange.stream).clone();
    let lang = exchange.hints.get("lang").cloned();
    let lang = lang.or_else(|| feed.language.as_deref().and_then(text::language));
    for entry in feed.entries {
        let article = article(raw_ref, &outlet, lang.as_deref(), entry, collected.collected_at());
        collected.article(&exchange.stream, article);
    }
}

fn parse(body: &[u8], zone: Option<FixedOffset>) -> Result<Feed, ParseFeedError> {
    Builder::new()
        .sanitize_content(false)
        // An entry without an id of its own gets ours: the library's differs from one reading to the next.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| instant::parse(text, zone))
        .build()
        .parse(body)
}

fn article(
    raw_ref: &str,
    outlet: &str,
    lang: Option<&str>,
    entry: Entry,
    collected_at: DateTime<Utc>,
) -> Article {
    let title = entry.title.map(|title| text::plain(&title.content)).unwrap_or_default();
    let shown = entry.links.iter().find(|link| matches!(link.rel.as_deref(), None | Some("alternate")));
    let stated = shown.or(entry.links.first()).map(|link| link.href.trim().to_owned());
    // A guid that is an address is a permalink where nothing else is said.
    let url =
        stated.unwrap_or_else(|| if entry.id.starts_with("http") { entry.id.clone() } else { String::new() });
    let canonical_url = text::canonical_url(&url);
    let key = match (entry.id.trim(), canonical_url.as_str()) {
        ("", "") => {
            let at = entry.published.map(|at| at.to_rfc3339()).unwrap_or_default();
            digest(format!("{title}\n{at}").as_bytes())
        }
        ("", link) => link.to_owned(),
        (guid, _) => guid.to_owned(),
    };
    let summary =
        entry.summary.map(|summary| text::plain(&summary.content)).filter(|summary| !summary.is_empty());
    let mut tickers: Vec<String> =
        entry.categories.iter().filter_map(|category| ticker(&category.term)).collect();
    tickers.sort();
    tickers.dedup();
    Article {
        id: format!("{outlet}:{key}"),
        outlet: outlet.to_owned(),
        title,
        summary: summary.map(shortened),
        authors: names(entry.authors),
        tickers: tickers
            .into_iter()
            .map(|symbol| ArticleTicker { symbol, ..ArticleTicker::default() })
            .collect(),
        lang: entry.language.as_deref().and_then(text::language).or(lang.map(str::to_owned)),
        published_at: entry.published.or(entry.updated),
        updated_at: entry.updated,
        url,
        canonical_url,
        collected_at,
        raw_ref: raw_ref.to_owned(),
        ..Article::default()
    }
}

fn names(people: Vec<Person>) -> Vec<String> {
    let names = people.into_iter().filter_map(|person| person.name.or(person.email));
    names.map(|name| text::plain(&name)).filter(|name| !name.is_empty()).collect()
}

/// A category that can be a symbol: `AAPL`, `$BRK.A`, `NASDAQ:AAPL`, `^GSPC`, `BTC-USD`.
fn ticker(category: &str) -> Option<String> {
    let symbol = category.trim().rsplit(':').next()?.trim_start_matches('$');
    let body = symbol.strip_prefix('^').unwrap_or(symbol);
    let fits = (1..=12).contains(&symbol.len())
        && body.starts_with(|c: char| c.is_ascii_uppercase())
        && body
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'/' | b'='));
    fits.then(|| symbol.to_owned())
}

fn shortened(summary: String) -> String {
    match summary.char_indices().nth(SUMMARY_CHARS) {
        Some((end, _)) => format!("{}…", summary[..end].trim_end()),
        None => summary,
    }
}

/// The body with ampersands that begin no entity written as entities.
fn escape_ampersands(body: &[u8]) -> Vec<u8> {
    let mut mended = Vec::with_capacity(body.len() + 64);
    for (at, byte) in body.iter().enumerate() {
        mended.push(*byte);
        if *byte == b'&' {
            let rest = &body[at + 1..body.len().min(at + 12)];
            let end = rest.iter().position(|b| *b == b';').filter(|end| *end > 0);
            let entity =
                end.is_some_and(|end| rest[..end].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'#'));
            if !entity {
                mended.extend_from_slice(b"amp;");
            }
        }
    }
    mended
}

/// A truncated feed, closed after its last whole item; `None` where there is none.
fn closed(body: &[u8]) -> Option<Vec<u8>> {
    for (item, end) in [("</item>", "</channel></rss>"), ("</entry>", "</feed>")] {
        if let Some(at) = body.windows(item.len()).rposition(|window| window == item.as_bytes()) {
            let mut mended = body[..at + item.len()].to_vec();
            mended.extend_from_slice(end.as_bytes());
            return Some(mended);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "parse_tests.rs"]
mod tests;
