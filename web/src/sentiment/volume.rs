//! How much was written, source by source.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::store::VolumeRow;
use crate::format;
use crate::market::view::Direction;
use crate::text::{Lang, fill, text};

/// Width and height of the bars of a week in their own units.
const WIDTH: f64 = 112.0;
const HEIGHT: f64 = 28.0;
/// Slots of a week.
const SLOTS: usize = 28;

/// One source's documents of one kind.
#[derive(Debug, Serialize, PartialEq)]
pub struct SourceView {
    /// The source.
    pub source: String,
    /// Posts or articles.
    pub kind: String,
    /// All documents of the slot.
    pub documents: String,
    /// Those left out as noise.
    pub noise: String,
    /// Mean score of the others; `None`: there are none.
    pub score: Option<String>,
    /// Direction of the score: `up`, `down` or `flat`.
    pub class: &'static str,
    /// The arrow of the direction.
    pub arrow: &'static str,
    /// Share in the asset's score.
    pub weight: String,
    /// The week slot by slot as the outline of bars.
    pub bars: String,
    /// The same in words.
    pub week: String,
}

/// The sources of the slot that closed at `closes_at`, and of the week before it; those with the most documents first.
pub fn sources(volumes: &[&VolumeRow], closes_at: DateTime<Utc>, lang: Lang) -> Vec<SourceView> {
    let mut weeks: BTreeMap<(&str, &str), [i64; SLOTS]> = BTreeMap::new();
    for row in volumes {
        let back = (closes_at - row.closes_at).num_hours() / domain::slot::SLOT_HOURS;
        let slot = usize::try_from(back).ok().and_then(|back| (SLOTS - 1).checked_sub(back));
        let week = weeks.entry((&row.kind, &row.source)).or_insert([0; SLOTS]);
        if let Some(bar) = slot.and_then(|slot| week.get_mut(slot)) {
            *bar += row.documents;
        }
    }
    let now = |key: &(&str, &str)| {
        volumes.iter().find(|v| v.closes_at == closes_at && (v.kind.as_str(), v.source.as_str()) == *key)
    };
    let mut listed: Vec<_> = weeks.iter().map(|(key, week)| (now(key), key, week)).collect();
    listed.sort_by_key(|(now, key, _)| (-now.map_or(0, |v| v.documents), **key));
    listed
        .into_iter()
        .map(|(now, (kind, source), week)| {
            let score = now.and_then(|v| v.score);
            let direction = Direction::of(score.unwrap_or_default(), 0.05, lang);
            let sum: i64 = week.iter().sum();
            SourceView {
                source: (*source).to_owned(),
                kind: kind_name(kind, lang),
                documents: format::count(now.map_or(0, |v| v.documents), lang),
                noise: format::count(now.map_or(0, |v| v.documents - v.organic), lang),
                score: score.map(|score| format::signed(score, 2, lang)),
                class: direction.class,
                arrow: direction.arrow,
                weight: now
                    .map_or_else(|| format::MISSING.to_owned(), |v| format::percent(v.weight, 0, lang)),
                bars: bars(week),
                week: fill(lang, "mood_volume_week", &[("sum", &format::count(sum, lang))]),
            }
        })
        .collect()
}

/// Posts or articles, in words.
pub fn kind_name(kind: &str, lang: Lang) -> String {
    match kind {
        "post" => text(lang, "news_posts").to_owned(),
        "article" => text(lang, "news_articles").to_owned(),
        other => other.to_owned(),
    }
}

/// The path of bars that stand on the lower edge; the highest fills the height.
fn bars(values: &[i64]) -> String {
    let most = values.iter().copied().max().unwrap_or_default().max(1) as f64;
    let step = WIDTH / values.len().max(1) as f64;
    let mut path = String::new();
    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        // A bar of one document among thousands is still seen.
        let height = (*value as f64 / most * HEIGHT).max(1.0);
        let (x, width) = (index as f64 * step, step - 1.0);
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x:.1} {HEIGHT:.0}v-{height:.1}h{width:.1}v{height:.1}z");
    }
    path
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn a_source_has_its_slot_and_its_week() {
        let close: DateTime<Utc> = "2026-11-21T06:00:00Z".parse().unwrap();
        let row = |back: i64, source: &str, documents, organic| VolumeRow {
            closes_at: close - Duration::hours(6 * back),
            symbol: "A".into(),
            source: source.into(),
            kind: "post".into(),
            documents,
            organic,
            score: Some(0.2),
            weight: 0.25,
            noise: serde_json::json!({}),
        };
        let rows = [row(27, "x", 5, 5), row(1, "reddit", 7, 7), row(0, "x", 10, 4)];
        let views = sources(&rows.iter().collect::<Vec<_>>(), close, Lang::En);
        assert_eq!(views.len(), 2);
        let x = &views[0];
        assert_eq!((&*x.source, &*x.documents, &*x.noise, &*x.weight), ("x", "10", "6", "25\u{a0}%"));
        assert_eq!(x.bars, "M0.0 28v-14.0h3.0v14.0zM108.0 28v-28.0h3.0v28.0z");
        assert!(x.week.contains("15"), "{}", x.week);
        let reddit = &views[1];
        assert_eq!((&*reddit.documents, &reddit.score, &*reddit.weight), ("0", &None, "–"));
    }
}
