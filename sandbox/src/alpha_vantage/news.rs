//! `NEWS_SENTIMENT`: the articles of all outlets, with the vendor's view of each.
//!
//! There are no pages: whoever gets as many as the limit asks again from the last `time_published`. Instants are UTC; bounds are to the
//! minute. Several tickers or topics must all be met. Scores within lists are texts, the overall score is a number.

use chrono::NaiveDateTime;
use domain::AssetClass;
use serde_json::{Value, json};

use super::reply::{invalid_call, plain};
use crate::moment::{Micros, utc};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::world::article::Article;

const FUNCTION: &str = "NEWS_SENTIMENT";
/// So many articles without a wish and at most.
const LIMIT: (usize, usize) = (50, 1_000);

/// The topics that can be asked for, and how they are written in an article.
const TOPICS: [(&str, &str); 15] = [
    ("blockchain", "Blockchain"),
    ("earnings", "Earnings"),
    ("ipo", "IPO"),
    ("mergers_and_acquisitions", "Mergers & Acquisitions"),
    ("financial_markets", "Financial Markets"),
    ("economy_fiscal", "Economy - Fiscal"),
    ("economy_monetary", "Economy - Monetary"),
    ("economy_macro", "Economy - Macro"),
    ("energy_transportation", "Energy & Transportation"),
    ("finance", "Finance"),
    ("life_sciences", "Life Sciences"),
    ("manufacturing", "Manufacturing"),
    ("real_estate", "Real Estate & Construction"),
    ("retail_wholesale", "Retail & Wholesale"),
    ("technology", "Technology"),
];

const GOOD: [&str; 12] = [
    "beats", "climbs", "gain", "gains", "growth", "jumps", "profit", "rally", "record", "rises", "strong",
    "up",
];
const BAD: [&str; 12] = [
    "cuts", "decline", "down", "drops", "falls", "loss", "misses", "plunges", "risk", "slump", "warns",
    "weak",
];

/// Answers a request; an error is an answer too.
pub(super) fn answer(world: &World, now: Micros, request: &Request) -> Answer {
    found(world, now, request).unwrap_or_else(|| invalid_call(FUNCTION))
}

fn found(world: &World, now: Micros, request: &Request) -> Option<Answer> {
    let from = bound(request, "time_from", Micros::MIN)?;
    let to = bound(request, "time_to", now)?;
    let limit = match request.param("limit") {
        None => LIMIT.0,
        Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT.1).contains(limit))?,
    };
    let earliest_first = match request.param("sort") {
        None | Some("LATEST" | "RELEVANCE") => false,
        Some("EARLIEST") => true,
        Some(_) => return None,
    };
    if from > to {
        return None;
    }
    let list = |name| request.param(name).map(|text| text.split(',').collect::<Vec<_>>()).unwrap_or_default();
    let tickers = list("tickers");
    let topics = list("topics");
    let topics: Option<Vec<&str>> = topics
        .iter()
        .map(|asked| TOPICS.iter().find(|(name, _)| name == asked).map(|(_, written)| *written))
        .collect();
    let topics = topics?;
    let rows = &world.articles.rows[..world.articles.visible(now.min(to))];
    let rows = &rows[rows.partition_point(|article| article.at < from)..];
    let is_asked = |article: &&Article| {
        let own = tickers_of(world, article);
        let about = topics_of(world, article);
        tickers.iter().all(|asked| own.iter().any(|ticker| ticker == asked))
            && topics.iter().all(|asked| about.contains(asked))
    };
    let feed: Vec<Value> = if earliest_first {
        rows.iter().filter(is_asked).take(limit).map(|article| item(world, article)).collect()
    } else {
        rows.iter().rev().filter(is_asked).take(limit).map(|article| item(world, article)).collect()
    };
    Some(plain(&json!({
        "items": feed.len().to_string(),
        "sentiment_score_definition": "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: Neutral; 0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish",
        "relevance_score_definition": "0 < x <= 1, with a higher score indicating higher relevance.",
        "feed": feed,
    })))
}

/// `20260302T1430`; `None` when it is there and not of that form.
fn bound(request: &Request, name: &str, usual: Micros) -> Option<Micros> {
    let Some(text) = request.param(name) else { return Some(usual) };
    let is_minute = text.len() == 13;
    let at = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M").ok().filter(|_| is_minute)?;
    Some(at.and_utc().timestamp_micros())
}

/// `TSLA`, `CRYPTO:BTC`, both halves of a pair as `FOREX:EUR` and `FOREX:USD`. Indexes have no ticker here.
fn tickers_of(world: &World, article: &Article) -> Vec<String> {
    let mut tickers = Vec::new();
    for ticker in &article.tickers {
        let symbol = world.assets.by_cashtag(ticker).unwrap_or(ticker);
        match (world.assets.class(symbol), symbol.split_once('-')) {
            (Some(AssetClass::Crypto), Some((coin, _))) => tickers.push(format!("CRYPTO:{coin}")),
            (Some(AssetClass::Fx), Some((base, quote))) => {
                tickers.extend([format!("FOREX:{base}"), format!("FOREX:{quote}")]);
            }
            (Some(AssetClass::Index), _) => {}
            _ => tickers.push(symbol.to_owned()),
        }
    }
    tickers.sort();
    tickers.dedup();
    tickers
}

fn topics_of(world: &World, article: &Article) -> Vec<&'static str> {
    let class = |ticker: &String| {
        let symbol = world.assets.by_cashtag(ticker).unwrap_or(ticker);
        world.assets.class(symbol)
    };
    let mut topics = vec!["Financial Markets"];
    if article.tickers.iter().any(|ticker| class(ticker) == Some(AssetClass::Crypto)) {
        topics.push("Blockchain");
    }
    if article.tickers.iter().any(|ticker| class(ticker) == Some(AssetClass::Fx)) {
        topics.push("Economy - Monetary");
    }
    topics
}

fn item(world: &World, article: &Article) -> Value {
    let score = score(article);
    let share = |n: usize| format!("{:.6}", 1.0 / n.max(1) as f64);
    let topics = topics_of(world, article);
    let tickers = tickers_of(world, article);
    let topics: Vec<Value> =
        topics.iter().map(|topic| json!({"topic": topic, "relevance_score": share(topics.len())})).collect();
    let sentiments: Vec<Value> = tickers
        .iter()
        .map(|ticker| {
            json!({
                "ticker": ticker,
                "relevance_score": share(tickers.len()),
                "ticker_sentiment_score": format!("{score:.6}"),
                "ticker_sentiment_label": label(score),
            })
        })
        .collect();
    let domain = url::Url::parse(&article.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    json!({
        "title": article.title,
        "url": article.url,
        "time_published": utc(article.at).format("%Y%m%dT%H%M%S").to_string(),
        "authors": article.authors,
        "summary": article.summary.as_deref().unwrap_or(""),
        "banner_image": null,
        "source": article.outlet,
        "category_within_source": "n/a",
        "source_domain": domain.unwrap_or_default(),
        "topics": topics,
        "overall_sentiment_score": score,
        "overall_sentiment_label": label(score),
        "ticker_sentiment": sentiments,
    })
}

/// What stands for the vendor's model: the balance of good and bad words, rounded to six digits.
fn score(article: &Article) -> f64 {
    let text = format!("{} {}", article.title, article.summary.as_deref().unwrap_or("")).to_lowercase();
    let count = |list: &[&str]| {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| list.contains(word)).count() as f64
    };
    let (good, bad) = (count(&GOOD), count(&BAD));
    ((good - bad) / (good + bad + 1.5) * 1e6).round() / 1e6
}

/// The label of a score, by the definition that is sent along.
fn label(score: f64) -> &'static str {
    match score {
        score if score <= -0.35 => "Bearish",
        score if score <= -0.15 => "Somewhat-Bearish",
        score if score < 0.15 => "Neutral",
        score if score < 0.35 => "Somewhat-Bullish",
        _ => "Bullish",
    }
}
