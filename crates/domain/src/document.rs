//! Documents: posts and articles, normalised, as a source stated them. `None` means that the source did not say; it is never a zero.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a post is in its conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    /// Stands alone.
    #[default]
    Post,
    /// Answers another.
    Comment,
    /// Repeats another.
    Repost,
    /// Repeats another with words of its own.
    Quote,
}

/// How a source itself ties a document to a symbol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AssetHint {
    /// The symbol in the source's spelling.
    pub symbol: String,
    /// `cashtag`, `vendor`, `query` or `feed`.
    pub method: String,
}

/// One post of a social network. Key: (source, id); the row with the latest `collected_at` counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The source's own id.
    pub id: String,
    /// What it is in its conversation.
    pub kind: PostKind,
    /// Group, stream or channel in which it appeared.
    pub channel: Option<String>,
    /// Id of the post that it answers or repeats.
    pub parent_id: Option<String>,
    /// Author's id.
    pub author_id: Option<String>,
    /// Author's public name.
    pub author_name: Option<String>,
    /// Author's followers when collected.
    pub author_followers: Option<i64>,
    /// When the author's account was made.
    pub author_created_at: Option<DateTime<Utc>>,
    /// The text, exactly as stated.
    pub text: String,
    /// ISO 639-1 language, as the source guessed it.
    pub lang: Option<String>,
    /// Symbols that the source itself attached.
    pub asset_hints: Vec<AssetHint>,
    /// The source's own mood label, for example `Bullish`.
    pub vendor_sentiment: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// Where a person can read it.
    pub url: Option<String>,
    /// Likes when collected.
    pub likes: Option<i64>,
    /// Replies when collected.
    pub replies: Option<i64>,
    /// Reposts when collected.
    pub reposts: Option<i64>,
    /// Whether the source says that it is gone: then it has no text and no author any more.
    pub deleted: bool,
    /// When the collector received it.
    pub collected_at: DateTime<Utc>,
    /// Object and line of the raw exchange, `object#line`.
    pub raw_ref: String,
    /// The conversation that it belongs to.
    pub conversation_id: Option<String>,
    /// Whether the source vouches for the author.
    pub author_verified: Option<bool>,
    /// Quotes when collected.
    pub quotes: Option<i64>,
    /// Views when collected; where the source rounds them, rounded.
    pub views: Option<i64>,
    /// Votes for less votes against when collected.
    pub score: Option<i64>,
    /// Share of votes for it when collected, in [0, 1].
    pub upvote_ratio: Option<f64>,
    /// Whether an earlier slot holds it already: this row says how it is now (edited, deleted, counted again).
    pub revision: bool,
}

/// A symbol that an outlet attached to an article.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ArticleTicker {
    /// The symbol in the outlet's spelling.
    pub symbol: String,
    /// The outlet's relevance in [0, 1].
    pub relevance: Option<f64>,
    /// The outlet's mood about it in [-1, 1].
    pub score: Option<f64>,
}

/// One news article: headline and summary, never its full text. Key: (source, id); second key: canonical URL.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Stable id within the source.
    pub id: String,
    /// Who published it.
    pub outlet: String,
    /// Headline.
    pub title: String,
    /// Summary or standfirst.
    pub summary: Option<String>,
    /// Names of its authors.
    pub authors: Vec<String>,
    /// Symbols that the outlet attached.
    pub tickers: Vec<ArticleTicker>,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// When it was published; `None` when the feed's date could not be read.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The link as stated.
    pub url: String,
    /// The link without tracking parameters.
    pub canonical_url: String,
    /// When the collector received it.
    pub collected_at: DateTime<Utc>,
    /// Object and line of the raw exchange, `object#line`.
    pub raw_ref: String,
    /// The streams in which it stood, sorted.
    pub feeds: Vec<String>,
    /// The vendor's own mood in [-1, 1].
    pub sentiment_score: Option<f64>,
    /// The vendor's own word for the mood.
    pub sentiment_label: Option<String>,
    /// The vendor's topics.
    pub topics: Vec<String>,
    /// The date as the source wrote it, where it could not be read.
    pub published_raw: Option<String>,
    /// Whether it was published in an earlier slot: this row says how it is now.
    pub revision: bool,
}

/// A record that the split refused, kept with its reason: a row of `assets/…/rejects.parquet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordReject {
    /// What was wrong.
    pub reason: String,
    /// Whose record it is.
    pub source: String,
    /// Key of the object with records.
    pub object: String,
    /// Row of the object, counted from 0.
    pub row: i64,
    /// The source's id, cut where it is long; `None` where there is none.
    pub id: Option<String>,
    /// The beginning of what the record says.
    pub excerpt: String,
}

/// A row that could not be accepted, kept with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// What was wrong.
    pub reason: String,
    /// Object and line of the raw exchange, `object#line`.
    pub raw_ref: String,
    /// The source's id where there was one.
    pub id: Option<String>,
}
