//! The stage's work on assets with five years of daily bars and a hundred documents each, tables encoded, the lake left out.

use analytics::random::Stream;
use chrono::Duration;
use domain::Slot;
use domain::mention::{AssetBar, AssetPost};

use super::{Figure, Part, Unit, fastest};
use crate::predict::asset::{Setting, compute};
use crate::predict::history::History;
use crate::predict::input::{AssetInput, Rows};
use crate::predict::watch::Past;
use crate::registry::in_use::Models;

/// The part.
pub const PART: Part = Part { name: "predict", measure, peer: None };

const ASSETS: u64 = 8;
const BARS: i64 = 1260;
const DOCUMENTS: i64 = 100;

fn measure() -> anyhow::Result<Vec<Figure>> {
    let slot: Slot = "2026-01-02T00Z".parse()?;
    let inputs: Vec<AssetInput> = (0..ASSETS).map(|seed| asset(slot, seed)).collect();
    let (history, models, past) = (History::default(), Models::default(), Past::default());
    let setting = Setting { history: &history, models: &models, past: &past, slot, now: slot.close_at() };
    let time = fastest(|| {
        for input in &inputs {
            std::hint::black_box(compute(input, &setting));
        }
    });
    Ok(vec![Figure {
        what: format!("predict, assets with {BARS} daily bars and {DOCUMENTS} documents"),
        value: ASSETS as f64 / time.as_secs_f64(),
        unit: Unit::PerSecond("assets"),
    }])
}

fn asset(slot: Slot, seed: u64) -> AssetInput {
    let mut stream = Stream::new(seed);
    let mut log = 4.0_f64;
    let bars = (0..BARS).map(|i| {
        log += 0.01 * stream.next_normal();
        let close = log.exp();
        AssetBar {
            source: "bench".to_owned(),
            interval: "1d".to_owned(),
            opens_at: slot.close_at() - Duration::days(BARS - i),
            open: close,
            high: close * 1.01,
            low: close * 0.99,
            close,
            adj_close: Some(close),
            volume: Some(1e6 * stream.next_unit()),
            split_ratio: None,
        }
    });
    let bars = bars.collect();
    let words =
        ["shares", "fall", "great", "not", "a", "very", "weak", "quarter", "buy", "the", "profit", "doubt"];
    let posts = (0..DOCUMENTS).map(|i| {
        let text: Vec<&str> = (0..25).map(|_| words[stream.next_index(words.len())]).collect();
        let created_at = slot.close_at() - Duration::minutes(i + 1);
        AssetPost {
            source: "bench".to_owned(),
            id: i.to_string(),
            kind: "post".to_owned(),
            author_name: None,
            author_followers: Some(100),
            text: text.join(" "),
            lang: Some("en".to_owned()),
            vendor_sentiment: None,
            created_at,
            collected_at: created_at,
            url: None,
            likes: None,
            reposts: None,
            evidence: "cashtag".to_owned(),
            confidence: 0.9,
            span_start: None,
            span_end: None,
            noise: None,
            duplicate_of: None,
            may_display: true,
            may_infer: true,
        }
    });
    let posts = posts.collect();
    AssetInput { symbol: format!("A{seed}"), rows: Ok(Rows { posts, articles: Vec::new(), bars }) }
}
