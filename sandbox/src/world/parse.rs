//! The lines of a world's files, as they are written.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Deserialize;

use super::article::Article;
use super::bar::Bar;
use crate::moment::{Micros, parse};

/// Why a record is refused: the plural of what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) &'static str);

type Text<'a> = Cow<'a, str>;

/// A line of posts.ndjson.
#[derive(Debug, Deserialize)]
pub(crate) struct PostLine<'a> {
    #[serde(borrow)]
    pub source: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub text: Option<Text<'a>>,
    #[serde(borrow)]
    pub text_before: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub author: Option<Text<'a>>,
    #[serde(borrow)]
    pub author_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub author_created_at: Option<Text<'a>>,
    pub followers: Option<i64>,
    #[serde(borrow)]
    pub lang: Option<Text<'a>>,
    pub likes: Option<i64>,
    pub shares: Option<i64>,
    pub replies: Option<i64>,
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub parent_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub sentiment: Option<Text<'a>>,
    #[serde(borrow)]
    pub edited_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub deleted_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub visible_at: Option<Text<'a>>,
}

/// A line of articles.ndjson.
#[derive(Debug, Deserialize)]
pub(crate) struct ArticleLine {
    outlet: String,
    id: String,
    url: Option<String>,
    title: Option<String>,
    summary: Option<String>,
    authors: Option<Vec<String>>,
    published_at: Option<String>,
    lang: Option<String>,
    tickers: Option<Vec<String>>,
}

impl ArticleLine {
    /// The article, unless it cannot be served.
    pub(crate) fn article(self, end: Micros) -> Result<Article, Refusal> {
        let title =
            self.title.filter(|title| !title.trim().is_empty()).ok_or(Refusal("articles without title"))?;
        let at = self
            .published_at
            .as_deref()
            .and_then(parse)
            .ok_or(Refusal("articles whose published_at is no instant"))?;
        if at > end {
            return Err(Refusal("articles published after the world's end"));
        }
        let url = self.url.filter(|url| !url.is_empty()).ok_or(Refusal("articles without url"))?;
        Ok(Article {
            at,
            outlet: self.outlet,
            id: self.id,
            url,
            title,
            summary: self.summary.filter(|s| !s.trim().is_empty()),
            authors: self.authors.unwrap_or_default(),
            lang: self.lang.filter(|lang| !lang.is_empty()),
            tickers: self.tickers.unwrap_or_default(),
        })
    }
}

/// A line of bars.csv.
#[derive(Debug, Deserialize)]
pub(crate) struct BarLine<'a> {
    pub symbol: &'a str,
    pub interval: &'a str,
    time: &'a str,
    open: &'a str,
    high: &'a str,
    low: &'a str,
    close: &'a str,
    #[serde(default)]
    adj_close: &'a str,
    #[serde(default)]
    volume: &'a str,
}

impl BarLine<'_> {
    /// The bar, or why it is refused.
    ///
    /// # Errors
    /// When a field is not a number at all: the file is not what it should be.
    pub(crate) fn bar(&self) -> Result<Result<Bar, Refusal>> {
        let Some(at) = parse(self.time) else {
            return Ok(Err(Refusal("bars whose time is no instant")));
        };
        let price = |field, text| number(field, text).map(|value| value.unwrap_or(f64::NAN));
        let bar = Bar {
            at,
            open: price("open", self.open)?,
            high: price("high", self.high)?,
            low: price("low", self.low)?,
            close: price("close", self.close)?,
            adj_close: number("adj_close", self.adj_close)?,
            volume: number("volume", self.volume)?,
        };
        let values = [bar.open, bar.high, bar.low, bar.close];
        if values.iter().chain(&bar.adj_close).chain(&bar.volume).any(|value| !value.is_finite()) {
            return Ok(Err(Refusal("bars with a missing or non-finite number")));
        }
        Ok(Ok(bar))
    }
}

fn number(field: &str, text: &str) -> Result<Option<f64>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let value = text
        .trim()
        .parse()
        .map_err(|_| anyhow!("field {field} is {text:?}, not a number: correct or remove the line"))?;
    Ok(Some(value))
}

/// A message for a line that is not of the format: file, line, field where it can be told, and what to do.
pub(crate) fn explain(file: &Path, line: u64, bytes: &[u8], error: &serde_json::Error) -> anyhow::Error {
    let field = blamed_field(bytes).map(|field| format!(" field {field}:")).unwrap_or_default();
    anyhow!("{}, line {line}:{field} {error}: correct or remove the line", file.display())
}

/// The first field of a wrong type.
fn blamed_field(bytes: &[u8]) -> Option<String> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    const TEXTS: [&str; 20] = [
        "source",
        "id",
        "text",
        "text_before",
        "created_at",
        "author",
        "author_id",
        "author_created_at",
        "lang",
        "channel",
        "kind",
        "parent_id",
        "sentiment",
        "edited_at",
        "deleted_at",
        "visible_at",
        "outlet",
        "url",
        "title",
        "summary",
    ];
    const NUMBERS: [&str; 4] = ["followers", "likes", "shares", "replies"];
    const LISTS: [&str; 2] = ["authors", "tickers"];
    let wrong = fields.iter().find(|(name, value)| {
        let name = name.as_str();
        (TEXTS.contains(&name) && !value.is_string() && !value.is_null())
            || (NUMBERS.contains(&name) && !value.is_i64() && !value.is_null())
            || (LISTS.contains(&name) && !value.is_array() && !value.is_null())
    });
    wrong.map(|(name, _)| name.clone())
}
