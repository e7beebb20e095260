//! Mentions: a document names an asset, where, and how surely.

use serde::{Deserialize, Serialize};

use crate::asset::Symbol;

/// What a mention rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The source or outlet attached the symbol.
    Vendor,
    /// `$AAPL`.
    Cashtag,
    /// `EUR/USD`.
    Pair,
    /// The full name or a name of several words.
    Name,
    /// Another name it goes by.
    Alias,
    /// The bare symbol with a hint that markets are meant.
    Ticker,
}

impl Evidence {
    /// The name used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Cashtag => "cashtag",
            Self::Pair => "pair",
            Self::Name => "name",
            Self::Alias => "alias",
            Self::Ticker => "ticker",
        }
    }
}

/// A document names an asset. A document counts once an asset, with its surest evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// The asset.
    pub symbol: Symbol,
    /// What it rests on.
    pub evidence: Evidence,
    /// How surely, in (0, 1].
    pub confidence: f64,
    /// Byte range in the text; `None` for vendor evidence.
    pub span: Option<(usize, usize)>,
}

/// One post about one asset: a row of `assets/…/posts.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetPost {
    /// Which source it came from.
    pub source: String,
    /// The source's own id.
    pub id: String,
    /// `post`, `comment`, `repost` or `quote`.
    pub kind: String,
    /// Author's public name.
    pub author_name: Option<String>,
    /// Author's followers when collected.
    pub author_followers: Option<i64>,
    /// The text.
    pub text: String,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// The source's own mood label.
    pub vendor_sentiment: Option<String>,
    /// When it was written.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it was collected.
    pub collected_at: chrono::DateTime<chrono::Utc>,
    /// Where a person can read it.
    pub url: Option<String>,
    /// Likes when collected.
    pub likes: Option<i64>,
    /// Reposts when collected.
    pub reposts: Option<i64>,
    /// What the mention rests on.
    pub evidence: String,
    /// How surely, in (0, 1].
    pub confidence: f64,
    /// Where the mention begins in the text, in bytes; `None` where the source attached the asset.
    pub span_start: Option<i32>,
    /// Where it ends.
    pub span_end: Option<i32>,
    /// Why it is noise: `duplicate`, `near-duplicate`, `repost`, `coordinated`, `bot`; `None` for an organic post. Marked,
    /// never dropped.
    pub noise: Option<String>,
    /// `source/id` of the document that this one repeats, perhaps one of an earlier slot.
    pub duplicate_of: Option<String>,
    /// Whether the source lets us show the text.
    pub may_display: bool,
    /// Whether the source lets us apply models to the text.
    pub may_infer: bool,
}

/// One article about one asset: a row of `assets/…/articles.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetArticle {
    /// Which source it came from.
    pub source: String,
    /// Stable id within the source.
    pub id: String,
    /// Who published it.
    pub outlet: String,
    /// Headline.
    pub title: String,
    /// Summary or standfirst.
    pub summary: Option<String>,
    /// Authors, separated by `; `.
    pub authors: Option<String>,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// When it was published; when unknown, when it was collected.
    pub published_at: chrono::DateTime<chrono::Utc>,
    /// When it was collected.
    pub collected_at: chrono::DateTime<chrono::Utc>,
    /// Link.
    pub url: String,
    /// What the mention rests on.
    pub evidence: String,
    /// How surely, in (0, 1].
    pub confidence: f64,
    /// Where the mention begins in title, line feed, summary, in bytes; `None` where the outlet attached the asset.
    pub span_start: Option<i32>,
    /// Where it ends.
    pub span_end: Option<i32>,
    /// Why it is noise: `duplicate`, `near-duplicate`; `None` for an organic article.
    pub noise: Option<String>,
    /// `source/id` of the document that this one repeats, perhaps one of an earlier slot.
    pub duplicate_of: Option<String>,
    /// Whether the source lets us show headline and link.
    pub may_display: bool,
    /// Whether the source lets us apply models to the text.
    pub may_infer: bool,
}

/// One bar of one asset: a row of `assets/…/bars.parquet`. Sorted by interval, then time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetBar {
    /// Which source it came from.
    pub source: String,
    /// `1d`, `1h`, …
    pub interval: String,
    /// When the interval opens (UTC).
    pub opens_at: chrono::DateTime<chrono::Utc>,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Last price adjusted for splits and dividends.
    pub adj_close: Option<f64>,
    /// Traded amount.
    pub volume: Option<f64>,
    /// New shares for one old, where the price jumped against the bar before as by a split and not all bars of the interval
    /// have an adjusted price: 4 where it fell to a quarter, 0.1 where it rose tenfold. A guess from prices; nothing is
    /// adjusted by it.
    #[serde(default)]
    pub split_ratio: Option<f64>,
}
