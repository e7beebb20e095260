//! What one source remembers from slot to slot, in `state/<source>.json`.
//!
//! It moves forward only, and only after the slot's manifests are written; how far is computed from what was committed,
//! so that a run that was killed before it can be finished by the next one without asking the source again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use serde::{Deserialize, Serialize};

use crate::exchange::Exchange;
use crate::normalise::Normalised;
use crate::window::Window;

/// For how long an undated document is remembered after a feed last held it.
const UNDATED_DAYS: i64 = 60;

/// What one source remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Version of this shape: 1.
    pub version: u32,
    /// The close of the newest slot that was collected whole.
    pub watermark: Option<DateTime<Utc>>,
    /// Documents from the end of that slot, by id, with their instants: they may turn up again as late arrivals.
    pub recent: BTreeMap<String, DateTime<Utc>>,
    /// Documents without a readable date, by id, with the slot's close at which they were last seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undated: BTreeMap<String, DateTime<Utc>>,
    /// Validators for conditional requests, by stream.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub streams: BTreeMap<String, Validators>,
}

/// What a server gave to recognise an unchanged resource by, verbatim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl State {
    /// Whether `slot` follows exactly where the source was left.
    pub fn is_followed_by(&self, slot: Slot) -> bool {
        self.watermark == Some(slot.open_at())
    }

    /// Whether `slot` lies after all that was collected, with or without a gap.
    pub fn is_before(&self, slot: Slot) -> bool {
        self.watermark.is_none_or(|watermark| watermark <= slot.open_at())
    }

    /// What belongs to `slot`. A slot that follows directly looks back by `lag` for what came late; any other one takes
    /// exactly its own span, since nothing is known of its neighbour.
    pub fn window(&self, slot: Slot, as_of: DateTime<Utc>, lag: Duration) -> Window {
        let follows = self.is_followed_by(slot);
        let undated = self.is_before(slot);
        let mut known: BTreeSet<String> = BTreeSet::new();
        if follows {
            known.extend(self.recent.keys().cloned());
        }
        if undated {
            known.extend(self.undated.keys().cloned());
        }
        let from = if follows { slot.open_at() - lag } else { slot.open_at() };
        Window { from, to: slot.close_at(), as_of, known, undated }
    }

    /// The state after `slot` was collected whole; `None` where the slot is not newer than what was collected before.
    pub fn advanced(
        &self,
        slot: Slot,
        lag: Duration,
        records: &Normalised,
        exchanges: &[Exchange],
    ) -> Option<Self> {
        if !self.is_before(slot) {
            return None;
        }
        let close = slot.close_at();
        let posts = records.posts.iter().map(|post| (&post.id, Some(post.created_at)));
        let articles = records.articles.iter().map(|article| (&article.id, article.published_at));
        let recent = posts
            .chain(articles)
            .filter_map(|(id, at)| Some((id.clone(), at?)))
            .filter(|(_, at)| *at >= close - lag)
            .collect();
        let mut undated = self.undated.clone();
        undated.extend(records.undated.iter().map(|id| (id.clone(), close)));
        undated.retain(|_, seen_at| *seen_at >= close - Duration::days(UNDATED_DAYS));
        let mut streams = if self.is_followed_by(slot) { self.streams.clone() } else { BTreeMap::new() };
        for exchange in exchanges.iter().filter(|exchange| exchange.status == Some(200)) {
            let kept = |name: &str| exchange.headers.get(name).cloned();
            let validators = Validators { etag: kept("etag"), last_modified: kept("last-modified") };
            // A feed that already holds items of the next slot must be sent whole next time, or they would be lost.
            if validators == Validators::default() || records.ahead.contains(&exchange.stream) {
                streams.remove(&exchange.stream);
            } else {
                streams.insert(exchange.stream.clone(), validators);
            }
        }
        Some(Self { version: 1, watermark: Some(close), recent, undated, streams })
    }
}
