//! What one source remembers from slot to slot, in `state/<source>.json`.
//!
//! It moves forward only, and only after the slot's manifests are written; how far is computed from what was committed,
//! so that a run that was killed before it can be finished by the next one without asking the source again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use serde::{Deserialize, Serialize};

use crate::exchange::Exchange;
use crate::normalise::Gathered;
use crate::window::Window;

/// For how long an article is remembered after a feed last held it.
const SEEN_DAYS: i64 = 60;

/// What one source remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Version of this shape: 1.
    pub version: u32,
    /// The close of the newest slot that was collected whole.
    pub watermark: Option<DateTime<Utc>>,
    /// Documents from the end of that slot, by id, with their instants: they may turn up again as late arrivals.
    pub recent: BTreeMap<String, DateTime<Utc>>,
    /// Articles that may be shown again for weeks, by id, with the slot's close at which they were last seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, DateTime<Utc>>,
    /// Documents that were taken by a later slot than their own, by id, with that slot's close: a repeat of their own slot
    /// must not take them once more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub late: BTreeMap<String, DateTime<Utc>>,
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
            known.extend(self.seen.keys().cloned());
        }
        if !undated {
            let elsewhere = self.late.iter().filter(|(_, taken_by)| **taken_by != slot.close_at());
            known.extend(elsewhere.map(|(id, _)| id.clone()));
        }
        let from = if follows { slot.open_at() - lag } else { slot.open_at() };
        Window { known, undated, as_of, ..Window::plain(from, slot.close_at()) }
    }

    /// The state after `slot` was collected whole; `None` where the slot is not newer than what was collected before.
    /// `answers` are the heads of the exchanges that were answered with 200.
    pub fn advanced<'a>(
        &self,
        slot: Slot,
        gathered: &Gathered,
        answers: impl Iterator<Item = &'a Answered>,
    ) -> Option<Self> {
        if !self.is_before(slot) {
            return None;
        }
        let close = slot.close_at();
        let mut seen = self.seen.clone();
        seen.extend(gathered.seen.iter().map(|id| (id.clone(), close)));
        seen.retain(|_, seen_at| *seen_at >= close - Duration::days(SEEN_DAYS));
        let mut late = self.late.clone();
        late.extend(gathered.late.iter().map(|id| (id.clone(), close)));
        late.retain(|_, taken_by| *taken_by >= close - Duration::days(SEEN_DAYS));
        let mut streams = if self.is_followed_by(slot) { self.streams.clone() } else { BTreeMap::new() };
        for answer in answers {
            // A feed that already holds items of the next slot must be sent whole next time, or they would be lost.
            if answer.validators == Validators::default() || gathered.ahead.contains(&answer.stream) {
                streams.remove(&answer.stream);
            } else {
                streams.insert(answer.stream.clone(), answer.validators.clone());
            }
        }
        Some(Self {
            version: 1,
            watermark: Some(close),
            recent: gathered.recent.clone(),
            seen,
            late,
            streams,
        })
    }
}

/// The head of an exchange that was answered with 200.
#[derive(Debug, Clone)]
pub struct Answered {
    stream: String,
    validators: Validators,
}

impl Answered {
    /// The head of `exchange`, where that was answered with 200.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let kept = |name: &str| exchange.headers.get(name).cloned();
        let validators = Validators { etag: kept("etag"), last_modified: kept("last-modified") };
        (exchange.status == Some(200)).then(|| Self { stream: exchange.stream.clone(), validators })
    }
}
