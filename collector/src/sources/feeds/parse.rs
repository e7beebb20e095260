//! Reading feeds.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, Utc};
use domain::Article;
use domain::document::ArticleTicker;
use domain::lake::digest;
use feed_rs::model::{Entry, Feed, Person};
use feed_rs::parser::{Builder, ParseErrorKind, ParseFeedError};

use super::sitemap::{self, Story};
use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, text};

/// Longest summary that is kept, in characters: some feeds put the whole article there, which is not ours to keep.
const SUMMARY_CHARS: usize = 600;

/// Most items of a feed that are read: real ones have some hundreds.
const ITEMS: usize = 10_000;

/// A date that cannot be read, or that lies so far beyond the as-of instant, says nothing: the article then belongs to the
/// slot in which it was first seen. A run that is late sees articles of the next slots, and that is no fault of theirs.
const LATE_RUN: Duration = Duration::days(7);

/// A date that cannot be read is kept under an instant that no date has, from this year on.
const UNREADABLE_YEAR: i32 = -200_000;

/// Dates that could not be read, by their place.
type Unreadable = Arc<Mutex<Vec<String>>>;

/// Whether a body is a feed; says what it is otherwise. Bare ampersands are forgiven, a truncated feed is not: asked for
/// again, it may come whole.
pub(super) fn check(body: &[u8]) -> Result<(), Trouble> {
    let error = match parse(body, None, &Unreadable::default()) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    match sitemap::read(body) {
        Some(Ok(_)) => return Ok(()),
        Some(Err(reason)) => return Err(Trouble::transient(format!("its sitemap is damaged ({reason})"))),
        None => {}
    }
    if parse(&mended(body), None, &Unreadable::default()).is_ok() {
        return Ok(());
    }
    if matches!(error, ParseFeedError::ParseError(ParseErrorKind::NoFeedRoot)) || is_page(body) {
        let message = "blocked: it sent no feed, perhaps a page that keeps programs out: correct its address or remove it";
        return Err(Trouble::configuration(message).worth_another_try());
    }
    Err(Trouble::transient(format!("its feed is damaged ({error})")))
}

/// Whether it is a page for people, well formed or not.
fn is_page(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(512)]).to_ascii_lowercase();
    start.contains("<html") || start.contains("<!doctype html")
}

/// Reads the articles of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let zone = exchange.hints.get("zone_seconds").and_then(|s| FixedOffset::east_opt(s.parse().ok()?));
    let body = exchange.body.as_ref();
    let outlet = exchange.hints.get("outlet").unwrap_or(&exchange.stream).clone();
    let lang = exchange.hints.get("lang").cloned();
    if let Some(Ok(stories)) = sitemap::read(body) {
        let count = stories.len();
        for story in stories.into_iter().take(ITEMS) {
            let article = story_article(&outlet, lang.as_deref(), story, zone);
            keep(raw_ref, exchange, article, collected);
        }
        return note_rest(raw_ref, count, collected);
    }
    let unreadable = Unreadable::default();
    let parsed = parse(body, zone, &unreadable)
        .or_else(|_| parse(&mended(body), zone, &unreadable))
        .or_else(|first| parse(&closed(&mended(body)).ok_or(first)?, zone, &unreadable));
    let feed = match parsed {
        Ok(feed) => feed,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("the feed is damaged beyond repair ({error})"));
        }
    };
    let dates = unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let lang = lang.or_else(|| feed.language.as_deref().and_then(text::language));
    let count = feed.entries.len();
    for entry in feed.entries.into_iter().take(ITEMS) {
        let article = article(&outlet, lang.as_deref(), entry, &dates);
        keep(raw_ref, exchange, article, collected);
    }
    note_rest(raw_ref, count, collected);
}

/// Hands an article on; a date that is too far ahead is kept as it was stated only.
fn keep(raw_ref: &str, exchange: &Exchange, mut article: Article, collected: &mut Collected<'_>) {
    let latest = collected.window.as_of + LATE_RUN;
    if let Some(at) = article.published_at.filter(|at| *at > latest) {
        article.published_raw = Some(at.to_rfc3339());
        article.published_at = None;
    }
    article.updated_at = article.updated_at.filter(|at| *at <= latest);
    article.collected_at = collected.collected_at();
    raw_ref.clone_into(&mut article.raw_ref);
    collected.article(&exchange.stream, article);
}

fn note_rest(raw_ref: &str, count: usize, collected: &mut Collected<'_>) {
    if count > ITEMS {
        let reason = format!("the feed has {count} items: only its first {ITEMS} are read");
        collected.reject(raw_ref, None, reason);
    }
}

fn parse(body: &[u8], zone: Option<FixedOffset>, unreadable: &Unreadable) -> Result<Feed, ParseFeedError> {
    let unreadable = Arc::clone(unreadable);
    unreadable.lock().unwrap_or_else(PoisonError::into_inner).clear();
    Builder::new()
        .sanitize_content(false)
        // An entry without an id of its own gets ours: the library's differs from one reading to the next.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| {
            instant::parse(text, zone).or_else(|| {
                let mut dates = unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                dates.push(text.trim().to_owned());
                first_unreadable()?.checked_add_signed(Duration::seconds(dates.len() as i64 - 1))
            })
        })
        .build()
        .parse(body)
}

fn first_unreadable() -> Option<DateTime<Utc>> {
    Some(NaiveDate::from_ymd_opt(UNREADABLE_YEAR, 1, 1)?.and_hms_opt(0, 0, 0)?.and_utc())
}

/// A date, or the text of one that could not be read.
fn date(at: DateTime<Utc>, dates: &[String]) -> Result<DateTime<Utc>, Option<&str>> {
    let place = first_unreadable().map(|first| (at - first).num_seconds());
    match place.and_then(|place| usize::try_from(place).ok()) {
        Some(place) if at.year() < 0 => Err(dates.get(place).map(String::as_str)),
        _ => Ok(at),
    }
}

fn story_article(outlet: &str, lang: Option<&str>, story: Story, zone: Option<FixedOffset>) -> Article {
    let url = story.link.trim().to_owned();
    let canonical_url = text::canonical_url(&url);
    let published_at = instant::parse(&story.date, zone.or(FixedOffset::east_opt(0)));
    let stated = story.date.trim().to_owned();
    Article {
        id: format!("{outlet}:{canonical_url}"),
        outlet: outlet.to_owned(),
        title: text::plain(&story.title),
        tickers: tickers(story.tickers.split(',')),
        lang: text::language(&story.lang).or(lang.map(str::to_owned)),
        published_raw: Some(stated).filter(|stated| published_at.is_none() && !stated.is_empty()),
        published_at,
        url,
        canonical_url,
        ..Article::default()
    }
}

fn article(outlet: &str, lang: Option<&str>, entry: Entry, dates: &[String]) -> Article {
    let stated_dates = [entry.published, entry.updated].map(|at| at.map(|at| date(at, dates)));
    let published_at = stated_dates.iter().flatten().find_map(|date| date.ok());
    let unreadable = stated_dates.iter().flatten().find_map(|date| date.err().flatten()).map(str::to_owned);
    let title = entry.title.map(|title| text::plain(&title.content)).unwrap_or_default();
    let shown = entry.links.iter().find(|link| matches!(link.rel.as_deref(), None | Some("alternate")));
    let stated = shown.or(entry.links.first()).map(|link| link.href.trim().to_owned());
    // A guid that is an address is a permalink where nothing else is said.
    let url =
        stated.unwrap_or_else(|| if entry.id.starts_with("http") { entry.id.clone() } else { String::new() });
    let canonical_url = text::canonical_url(&url);
    let key = match (entry.id.trim(), canonical_url.as_str()) {
        ("", "") => {
            let at = published_at.map(|at| at.to_rfc3339()).or(unreadable.clone()).unwrap_or_default();
            digest(format!("{title}\n{at}").as_bytes())
        }
        ("", link) => link.to_owned(),
        (guid, _) => guid.to_owned(),
    };
    let summary =
        entry.summary.map(|summary| text::plain(&summary.content)).filter(|summary| !summary.is_empty());
    Article {
        id: format!("{outlet}:{key}"),
        outlet: outlet.to_owned(),
        title,
        summary: summary.map(shortened),
        authors: names(entry.authors),
        tickers: tickers(entry.categories.iter().map(|category| category.term.as_str())),
        lang: entry.language.as_deref().and_then(text::language).or(lang.map(str::to_owned)),
        published_raw: unreadable.filter(|_| published_at.is_none()),
        published_at,
        updated_at: stated_dates[1].and_then(Result::ok),
        url,
        canonical_url,
        ..Article::default()
    }
}

/// The symbols among texts, sorted, each once.
fn tickers<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<ArticleTicker> {
    let mut symbols: Vec<String> = texts.filter_map(ticker).collect();
    symbols.sort();
    symbols.dedup();
    symbols.into_iter().map(|symbol| ArticleTicker { symbol, ..ArticleTicker::default() }).collect()
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

/// The body as it may have been meant: what is no text replaced where it says that it is UTF-8, and bare ampersands written
/// as entities.
fn mended(body: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(&body[..body.len().min(200)]).to_ascii_lowercase();
    let declares_other = head.contains("encoding=") && !head.contains("utf-8");
    if declares_other {
        escape_ampersands(body)
    } else {
        escape_ampersands(String::from_utf8_lossy(body).as_bytes())
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
