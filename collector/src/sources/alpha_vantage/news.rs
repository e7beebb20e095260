//! `NEWS_SENTIMENT`.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use domain::Article;
use domain::document::ArticleTicker;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::reply;
use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::zone;
use crate::{json, text};

/// Known fields that are of no use to us.
const SILENT: [&str; 6] = [
    "banner_image",
    "category_within_source",
    "relevance_score_definition",
    "sentiment_score_definition",
    "source_domain",
    "ticker_sentiment_label",
];

/// An answer; scores within lists are texts (`6.3e-05`), the overall one is a number, and either may be the other:
///
/// ```json
/// {"items":"1","sentiment_score_definition":"x <= -0.35: Bearish; …","relevance_score_definition":"…","feed":[
///   {"title":"Alpha grows","url":"https://o.example/a","time_published":"20220705T020000","authors":["Ann"],
///    "summary":"…","banner_image":null,"source":"PR Newswire","category_within_source":"n/a",
///    "source_domain":"o.example","topics":[{"topic":"Technology","relevance_score":"0.5"}],
///    "overall_sentiment_score":0.164,"overall_sentiment_label":"Somewhat-Bullish","ticker_sentiment":[
///      {"ticker":"CRYPTO:BTC","relevance_score":"0.05","ticker_sentiment_score":"6.3e-05",
///       "ticker_sentiment_label":"Neutral"}]}]}
/// ```
#[derive(Deserialize)]
struct Reply<T> {
    #[serde(default, deserialize_with = "json::count")]
    items: Option<i64>,
    feed: Option<Vec<T>>,
    #[serde(rename = "Information", default, deserialize_with = "json::text")]
    information: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    title: Option<String>,
    url: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    time_published: Option<String>,
    authors: Option<Vec<Option<String>>>,
    summary: Option<String>,
    source: Option<String>,
    topics: Option<Vec<Topic>>,
    #[serde(default, deserialize_with = "json::number")]
    overall_sentiment_score: Option<f64>,
    #[serde(default, deserialize_with = "json::text")]
    overall_sentiment_label: Option<String>,
    ticker_sentiment: Option<Vec<Ticker>>,
}

#[derive(Deserialize)]
struct Topic {
    #[serde(default, deserialize_with = "json::text")]
    topic: Option<String>,
    // Read so that it is not counted as unknown.
    #[serde(rename = "relevance_score")]
    _relevance_score: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Ticker {
    #[serde(default, deserialize_with = "json::text")]
    ticker: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    relevance_score: Option<f64>,
    #[serde(default, deserialize_with = "json::number")]
    ticker_sentiment_score: Option<f64>,
}

/// What decides whether there is more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// How many articles the answer has, by its own count or by ours, whichever is more.
    pub(super) items: usize,
    /// The latest `time_published`.
    pub(super) last: Option<String>,
}

/// Reads where an answer ends; says what is wrong with a 200 that is none.
pub(super) fn page(body: &[u8]) -> Result<Page, Trouble> {
    #[derive(Deserialize)]
    struct Published {
        #[serde(default, deserialize_with = "json::text")]
        time_published: Option<String>,
    }
    let reply: Reply<Published> = json::parse(body)
        .map_err(|e| Trouble::transient(format!("its reply is not the JSON of news ({e}): repeat later")))?;
    let is_empty = reply.information.as_deref().is_some_and(reply::is_empty);
    let Some(feed) = reply.feed.or_else(|| is_empty.then(Vec::new)) else {
        return Err(Trouble::system("it answered 200 without news: see its raw reply"));
    };
    let stated = usize::try_from(reply.items.unwrap_or_default()).unwrap_or_default();
    let items = stated.max(feed.len());
    // The form sorts by time.
    let last = feed.into_iter().filter_map(|item| item.time_published).filter(|at| !at.is_empty()).max();
    Ok(Page { items, last })
}

/// Reads a `time_published`: `20220705T020000`, on clocks of `zone`.
pub(super) fn instant(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let formats = ["%Y%m%dT%H%M%S", "%Y%m%dT%H%M"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    match local {
        Some(local) => zone::instant(local, zone),
        None => crate::instant::parse(text, None),
    }
}

/// Reads the articles of one answer.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let zone = exchange.hints.get("zone").and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC);
    // Nearly always the whole answer fits; where one article does not, each is read for itself.
    if let Ok(reply) = json::parse_noting::<Reply<Item>>(&exchange.body, &SILENT, collected) {
        for item in reply.feed.unwrap_or_default() {
            take(raw_ref, exchange, item, zone, collected);
        }
        return;
    }
    let reply: Reply<Value> = match json::parse(&exchange.body) {
        Ok(reply) => reply,
        Err(error) => {
            return collected.reject(raw_ref, None, format!("the answer is not the JSON of news ({error})"));
        }
    };
    for value in reply.feed.unwrap_or_default() {
        let id = value.get("url").and_then(Value::as_str).map(str::to_owned);
        match serde_json::from_value(value) {
            Ok(item) => take(raw_ref, exchange, item, zone, collected),
            Err(error) => {
                collected.reject(raw_ref, id, format!("it has not the form of an article ({error})"));
            }
        }
    }
}

fn take(raw_ref: &str, exchange: &Exchange, item: Item, zone: Tz, collected: &mut Collected<'_>) {
    let Some(url) = item.url.filter(|url| !url.trim().is_empty()) else {
        return collected.reject(raw_ref, None, "it has no address, which is its id".to_owned());
    };
    let plain = |text: Option<String>| text.map(|text| text::plain(&text)).filter(|text| !text.is_empty());
    let published_at = item.time_published.as_deref().and_then(|text| instant(text, zone));
    let published_raw = item.time_published.filter(|_| published_at.is_none());
    let finite = |number: Option<f64>| number.filter(|n| n.is_finite());
    let tickers = item.ticker_sentiment.unwrap_or_default().into_iter().filter_map(|ticker| {
        Some(ArticleTicker {
            symbol: ticker.ticker.filter(|symbol| !symbol.is_empty())?,
            relevance: finite(ticker.relevance_score),
            score: finite(ticker.ticker_sentiment_score),
        })
    });
    let article = Article {
        id: url.clone(),
        outlet: plain(item.source).unwrap_or_else(|| "alpha_vantage".to_owned()),
        title: plain(item.title).unwrap_or_default(),
        summary: plain(item.summary),
        authors: item.authors.unwrap_or_default().into_iter().filter_map(plain).collect(),
        tickers: tickers.collect(),
        published_at,
        published_raw,
        canonical_url: text::canonical_url(&url),
        url,
        collected_at: collected.collected_at(),
        raw_ref: raw_ref.to_owned(),
        sentiment_score: finite(item.overall_sentiment_score),
        sentiment_label: item.overall_sentiment_label,
        topics: item.topics.unwrap_or_default().into_iter().filter_map(|topic| topic.topic).collect(),
        ..Article::default()
    };
    collected.article(&exchange.stream, article);
}
