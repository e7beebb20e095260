//! The one place that decides what an asset's figures may rest on at an instant.

use chrono::{DateTime, Utc};
use domain::Slot;

use super::daily::Daily;
use super::history::Felt;
use super::input::Rows;
use super::mood::{self, Mood};
use crate::registry::artefact::Scorer;

/// All that is known of an asset at an instant; nothing later is in it, so nothing made of it can look ahead.
#[derive(Debug, Clone)]
pub struct Known {
    /// The documents of the slot.
    pub mood: Mood,
    /// The bars.
    pub daily: Daily,
    /// Sentiment of each bar, as it was known before the next one opened.
    pub sentiment: Vec<Option<f64>>,
    /// Organic documents of each bar.
    pub mentions: Vec<Option<f64>>,
    /// Articles among them.
    pub news: Vec<Option<f64>>,
}

impl Known {
    /// Takes from an asset's rows and earlier sentiment (oldest first) what was written, final or known at `now`. `seed` drives the
    /// bootstrap of the sentiment's interval only.
    pub fn at(rows: &Rows, felt: &[Felt], slot: Slot, now: DateTime<Utc>, seed: u64) -> Self {
        let model = analytics::sentiment::MODEL.to_owned();
        Self::judged_by(rows, felt, slot, now, seed, &mut Scorer::new(None), model)
    }

    /// The same with documents judged by `scorer`, which is named `model`.
    pub fn judged_by(
        rows: &Rows,
        felt: &[Felt],
        slot: Slot,
        now: DateTime<Utc>,
        seed: u64,
        scorer: &mut Scorer<'_>,
        model: String,
    ) -> Self {
        let mood = mood::measure(rows, now, seed, scorer, model);
        let mut felt: Vec<Felt> = felt.iter().copied().filter(|f| f.known_at <= now).collect();
        if let Some(score) = mood.sentiment.score {
            let articles = mood.sentiment.articles_organic;
            let documents = mood.sentiment.posts_organic + articles;
            let known_at = slot.close_at().min(now);
            felt.push(Felt { known_at, score, documents, articles: Some(articles) });
        }
        felt.sort_by_key(|f| f.known_at);
        let daily = Daily::of(&rows.bars, now);
        let by_bar = daily.felt(&felt, now);
        let count = |of: &dyn Fn(&Felt) -> Option<i64>| -> Vec<Option<f64>> {
            by_bar.iter().map(|f| f.as_ref().and_then(of).map(|n| n as f64)).collect()
        };
        Self {
            mood,
            sentiment: by_bar.iter().map(|f| f.as_ref().map(|f| f.score)).collect(),
            mentions: count(&|f| Some(f.documents)),
            news: count(&|f| f.articles),
            daily,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "known_tests.rs"]
mod tests;
