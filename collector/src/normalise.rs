//! From raw exchanges to records: pure functions, so that records can be made again from raw at any time.

mod collected;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::document::Reject;
use domain::lake::RecordKind;
use domain::{Article, Bar, Post, SourceId};

pub use collected::Collected;

use crate::exchange::Exchange;
use crate::sources::{alpaca, feeds, stocktwits, x};
use crate::window::Window;

/// The records of one source and slot, sorted, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Normalised {
    /// By (created_at, id).
    pub posts: Vec<Post>,
    /// By (published_at, id); undated ones first.
    pub articles: Vec<Article>,
    /// By (symbol, interval, opens_at).
    pub bars: Vec<Bar>,
    /// By (raw_ref, id, reason).
    pub rejects: Vec<Reject>,
    /// Ids of documents without a readable date, taken or not.
    pub undated: BTreeSet<String>,
    /// Streams that hold documents of a later slot.
    pub ahead: BTreeSet<String>,
}

/// Makes the records of one source and slot from its exchanges, each with its reference.
pub fn normalise(source: &SourceId, exchanges: &[(String, Exchange)], window: &Window) -> Normalised {
    let mut collected = Collected::new(window);
    for (raw_ref, exchange) in exchanges.iter().filter(|(_, exchange)| exchange.status == Some(200)) {
        match source.as_str() {
            "x" => x::read(raw_ref, exchange, &mut collected),
            "stocktwits" => stocktwits::read(raw_ref, exchange, &mut collected),
            "feeds" => feeds::read(raw_ref, exchange, &mut collected),
            "alpaca" => alpaca::read(raw_ref, exchange, &mut collected),
            other => {
                collected.reject(raw_ref, None, format!("this version does not know the source {other}"))
            }
        }
    }
    collected.finish()
}

impl Normalised {
    /// Rows of each kind that has any.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let rows = RecordKind::ALL.map(|kind| (kind.as_str().to_owned(), self.rows(kind)));
        rows.into_iter().filter(|(_, rows)| *rows > 0).collect()
    }

    /// Rows of one kind.
    pub fn rows(&self, kind: RecordKind) -> u64 {
        let rows = match kind {
            RecordKind::Post => self.posts.len(),
            RecordKind::Article => self.articles.len(),
            RecordKind::Bar => self.bars.len(),
            RecordKind::Reject => self.rejects.len(),
        };
        rows as u64
    }

    /// The newest event time.
    pub fn newest_at(&self) -> Option<DateTime<Utc>> {
        let posts = self.posts.iter().map(|post| post.created_at);
        let articles = self.articles.iter().filter_map(|article| article.published_at);
        let bars = self.bars.iter().map(|bar| bar.opens_at);
        posts.chain(articles).chain(bars).max()
    }

    /// One kind's rows as a Parquet file.
    ///
    /// # Errors
    /// A value does not fit its column.
    pub fn table(&self, kind: RecordKind) -> Result<Vec<u8>, tables::TableError> {
        match kind {
            RecordKind::Post => tables::encode(&self.posts),
            RecordKind::Article => tables::encode(&self.articles),
            RecordKind::Bar => tables::encode(&self.bars),
            RecordKind::Reject => tables::encode(&self.rejects),
        }
    }
}
