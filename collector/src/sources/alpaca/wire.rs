//! What Alpaca answers.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::bar::interval_duration;
use domain::document::ArticleTicker;
use domain::{Article, Bar};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::{instant, json, text};

/// What decides whether there is more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The token of the next page.
    pub(super) next: Option<String>,
    /// Whether it has no rows.
    pub(super) is_empty: bool,
}

/// Reads where a page ends; says what is wrong with a 200 that is none.
pub(super) fn page(body: &[u8]) -> Result<Page, String> {
    #[derive(Deserialize)]
    struct Reply {
        bars: Option<BTreeMap<String, Option<Vec<IgnoredAny>>>>,
        news: Option<Vec<IgnoredAny>>,
        next_page_token: Option<String>,
        message: Option<String>,
    }
    let reply: Reply =
        json::parse(body).map_err(|e| format!("its reply is not the JSON of bars or news ({e})"))?;
    // Null bars are no error where there are none; a message instead of them is.
    if let Some(message) = reply.message.filter(|_| reply.bars.is_none() && reply.news.is_none()) {
        return Err(format!("it answered 200 without data ({message})"));
    }
    let mut series = reply.bars.iter().flat_map(BTreeMap::values);
    let is_empty = series.all(|rows| rows.as_ref().is_none_or(Vec::is_empty))
        && reply.news.is_none_or(|news| news.is_empty());
    Ok(Page { next: reply.next_page_token.filter(|token| !token.is_empty()), is_empty })
}

/// Known fields that are of no use to us.
const SILENT: [&str; 7] = ["next_page_token", "n", "vw", "content", "images", "currency", "symbol"];

/// A page of bars; `t` is when a bar opens:
///
/// ```json
/// {"bars":{"AAPL":[{"t":"2022-02-01T05:00:00Z","o":174,"h":174.84,"l":172.31,"c":174.61,"v":85998033,"n":732412,
///  "vw":173.703516}]},"next_page_token":null}
/// ```
#[derive(Deserialize)]
struct Bars {
    bars: Option<BTreeMap<String, Option<Vec<WireBar>>>>,
}

#[derive(Deserialize)]
struct WireBar {
    t: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    o: Option<f64>,
    #[serde(default, deserialize_with = "json::number")]
    h: Option<f64>,
    #[serde(default, deserialize_with = "json::number")]
    l: Option<f64>,
    #[serde(default, deserialize_with = "json::number")]
    c: Option<f64>,
    #[serde(default, deserialize_with = "json::number")]
    v: Option<f64>,
}

/// A page of news:
///
/// ```json
/// {"news":[{"id":41799100,"headline":"Alpha&#39;s price target raised","author":"Ann","created_at":"2024-11-07T09:16:41Z",
///  "updated_at":"2024-11-07T09:16:41Z","summary":"","content":"","url":"https://…","symbols":["CWAN"],
///  "source":"benzinga","images":[]}],"next_page_token":"MTcz…"}
/// ```
#[derive(Deserialize)]
struct News<T> {
    news: Option<Vec<T>>,
}

#[derive(Deserialize)]
struct WireNews {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    headline: Option<String>,
    author: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    summary: Option<String>,
    url: Option<String>,
    symbols: Option<Vec<String>>,
    source: Option<String>,
}

/// Reads the bars or the news of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let result = match exchange.hints.get("interval") {
        Some(interval) => bars(raw_ref, exchange, interval, collected),
        None => news(raw_ref, exchange, collected),
    };
    if let Err(error) = result {
        collected.reject(raw_ref, None, format!("the page is not the JSON of bars or news ({error})"));
    }
}

fn bars(
    raw_ref: &str,
    exchange: &Exchange,
    interval: &str,
    collected: &mut Collected<'_>,
) -> Result<(), serde_json::Error> {
    let page: Bars = json::parse_noting(&exchange.body, &SILENT, collected)?;
    let hint = |name: &str| exchange.hints.get(name).map(String::as_str).unwrap_or_default();
    let ours: HashMap<&str, &str> =
        hint("symbols").split(',').filter_map(|pair| pair.split_once(' ')).collect();
    let until = instant::parse(hint("until"), None).unwrap_or(collected.window.to);
    let length = interval_duration(interval).unwrap_or_default();
    let adjusted = hint("adjustment") == "all";
    for (theirs, rows) in page.bars.unwrap_or_default() {
        let symbol = ours.get(theirs.as_str()).map_or(theirs.as_str(), |symbol| symbol);
        for row in rows.unwrap_or_default() {
            let stated = row.t.as_deref().unwrap_or_default();
            let Some(opens_at) = instant::parse(stated, None) else {
                collected.reject(
                    raw_ref,
                    Some(symbol.to_owned()),
                    format!("a bar's instant {stated:?} cannot be read"),
                );
                continue;
            };
            if opens_at + length > until {
                continue;
            }
            if adjusted {
                collected.adjusted(raw_ref, symbol, interval, opens_at, row.c.unwrap_or(f64::NAN));
            } else {
                let bar = bar(symbol, interval, opens_at, &row, collected.collected_at());
                collected.bar(raw_ref, bar);
            }
        }
    }
    Ok(())
}

/// A price that is missing becomes no number, for which the bar is refused; a missing volume is just not known.
fn bar(
    symbol: &str,
    interval: &str,
    opens_at: DateTime<Utc>,
    row: &WireBar,
    collected_at: DateTime<Utc>,
) -> Bar {
    let price = |value: Option<f64>| value.unwrap_or(f64::NAN);
    Bar {
        symbol: symbol.to_owned(),
        interval: interval.to_owned(),
        opens_at,
        open: price(row.o),
        high: price(row.h),
        low: price(row.l),
        close: price(row.c),
        adj_close: None,
        volume: row.v,
        collected_at,
    }
}

fn news(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) -> Result<(), serde_json::Error> {
    // Nearly always the whole page fits; where one article does not, each is read for itself.
    if let Ok(page) = json::parse_noting::<News<WireNews>>(&exchange.body, &SILENT, collected) {
        page.news.into_iter().flatten().for_each(|wire| take(raw_ref, exchange, wire, collected));
        return Ok(());
    }
    let page: News<Value> = json::parse(&exchange.body)?;
    for value in page.news.unwrap_or_default() {
        let id = value.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        match serde_json::from_value(value) {
            Ok(wire) => take(raw_ref, exchange, wire, collected),
            Err(error) => {
                collected.reject(raw_ref, id, format!("it has not the form of an article ({error})"))
            }
        }
    }
    Ok(())
}

fn take(raw_ref: &str, exchange: &Exchange, wire: WireNews, collected: &mut Collected<'_>) {
    match article(raw_ref, wire, collected.collected_at()) {
        Some(article) => collected.article(&exchange.stream, article),
        None => collected.reject(raw_ref, None, "it has no id".to_owned()),
    }
}

fn article(raw_ref: &str, wire: WireNews, collected_at: DateTime<Utc>) -> Option<Article> {
    let url = wire.url.unwrap_or_default();
    let mut symbols = wire.symbols.unwrap_or_default();
    symbols.sort();
    symbols.dedup();
    let updated_at = wire.updated_at.as_deref().and_then(|at| instant::parse(at, None));
    Some(Article {
        id: wire.id.filter(|id| !id.is_empty())?,
        outlet: wire.source.unwrap_or_else(|| "alpaca".to_owned()),
        title: text::plain(&wire.headline.unwrap_or_default()),
        summary: wire.summary.map(|summary| text::plain(&summary)).filter(|summary| !summary.is_empty()),
        authors: wire
            .author
            .map(|author| text::plain(&author))
            .filter(|author| !author.is_empty())
            .into_iter()
            .collect(),
        tickers: symbols
            .into_iter()
            .map(|symbol| ArticleTicker { symbol, ..ArticleTicker::default() })
            .collect(),
        lang: None,
        published_at: wire.created_at.as_deref().and_then(|at| instant::parse(at, None)).or(updated_at),
        updated_at,
        canonical_url: text::canonical_url(&url),
        url,
        collected_at,
        raw_ref: raw_ref.to_owned(),
        ..Article::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "wire_tests.rs"]
mod tests;
