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

/// Reads the token of the next page; says what is wrong with a 200 that is none.
pub(super) fn page(body: &[u8]) -> Result<Option<String>, String> {
    #[derive(Deserialize)]
    struct Reply {
        bars: Option<IgnoredAny>,
        news: Option<IgnoredAny>,
        next_page_token: Option<String>,
        message: Option<String>,
    }
    let reply: Reply =
        json::parse(body).map_err(|e| format!("its reply is not the JSON of bars or news ({e})"))?;
    // Null bars are no error where there are none; a message instead of them is.
    match reply.message {
        Some(message) if reply.bars.is_none() && reply.news.is_none() => {
            Err(format!("it answered 200 without data ({message})"))
        }
        _ => Ok(reply.next_page_token.filter(|token| !token.is_empty())),
    }
}

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
struct News {
    news: Option<Vec<Value>>,
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
    let page: Bars = json::parse(&exchange.body)?;
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
    let page: News = json::parse(&exchange.body)?;
    for value in page.news.unwrap_or_default() {
        let id = value.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        match serde_json::from_value::<WireNews>(value) {
            Ok(wire) => match article(raw_ref, wire, collected.collected_at()) {
                Some(article) => collected.article(&exchange.stream, article),
                None => collected.reject(raw_ref, id, "it has no id".to_owned()),
            },
            Err(error) => {
                collected.reject(raw_ref, id, format!("it has not the form of an article ({error})"))
            }
        }
    }
    Ok(())
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
