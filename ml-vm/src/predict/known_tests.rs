//! Nothing later than the instant is known: whatever is planted after it, the same comes out.

use analytics::random::Stream;
use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::MoodDay;

use super::*;
use crate::predict::asset::{Computed, Setting, compute};
use crate::predict::history::History;
use crate::predict::input::AssetInput;
use crate::predict::moods::Moods;
use crate::predict::watch::Past;
use crate::registry::in_use::Models;

fn slot() -> Slot {
    "2015-11-06T00Z".parse().unwrap()
}

fn post(id: String, text: &str, created_at: DateTime<Utc>) -> AssetPost {
    AssetPost {
        source: "x".into(),
        id,
        kind: "post".into(),
        author_name: None,
        author_followers: Some(10),
        text: text.into(),
        lang: Some("en".into()),
        vendor_sentiment: None,
        created_at,
        collected_at: created_at,
        url: None,
        likes: None,
        reposts: None,
        evidence: "cashtag".into(),
        confidence: 0.9,
        span_start: None,
        span_end: None,
        noise: None,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}

fn article(id: String, title: &str, published_at: DateTime<Utc>) -> AssetArticle {
    AssetArticle {
        source: "feeds".into(),
        id,
        outlet: "The Outlet".into(),
        title: title.into(),
        summary: None,
        authors: None,
        lang: None,
        published_at,
        collected_at: published_at,
        url: "https://example.org".into(),
        evidence: "name".into(),
        confidence: 0.8,
        span_start: None,
        span_end: None,
        noise: None,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}

fn bar(opens_at: DateTime<Utc>, close: f64) -> AssetBar {
    AssetBar {
        source: "alpaca".into(),
        interval: "1d".into(),
        opens_at,
        open: close,
        high: close + 1.0,
        low: (close - 1.0).max(0.01),
        close,
        adj_close: None,
        volume: Some(1e6),
        split_ratio: None,
    }
}

fn rows(bars: i64) -> (Rows, Vec<Felt>) {
    let close_at = slot().close_at();
    let mut stream = Stream::new(1);
    let rows = Rows {
        posts: (0..20)
            .map(|i| post(i.to_string(), "great profit", close_at - Duration::minutes(i + 1)))
            .collect(),
        articles: (0..5)
            .map(|i| article(i.to_string(), "weak quarter", close_at - Duration::hours(i + 1)))
            .collect(),
        bars: (0..bars)
            .map(|i| bar(close_at - Duration::days(bars - i), 100.0 + 3.0 * stream.next_unit()))
            .collect(),
        ..Rows::default()
    };
    let felt = (1..80).rev().map(|i| Felt {
        known_at: close_at - Duration::hours(6 * i),
        score: stream.next_unit() - 0.5,
        documents: 10,
        articles: (i < 40).then_some(3),
    });
    (rows, felt.collect())
}

/// Adds posts, articles, bars and sentiment dated after `now`, anywhere in the lists.
fn plant(rows: &mut Rows, felt: &mut Vec<Felt>, now: DateTime<Utc>, stream: &mut Stream) {
    for i in 0..1 + stream.next_index(6) {
        let later = now + Duration::milliseconds(1 + stream.next_index(500_000_000) as i64);
        let at = stream.next_index(rows.posts.len() + 1);
        rows.posts.insert(at, post(format!("later-{i}"), "terrible collapse, sell everything", later));
        let at = stream.next_index(rows.articles.len() + 1);
        rows.articles.insert(at, article(format!("later-{i}"), "Bankrupt", later));
        // A bar that has opened and is not over tells of the future, too.
        let opens_at = later - Duration::hours(stream.next_index(24) as i64);
        let at = stream.next_index(rows.bars.len() + 1);
        rows.bars.insert(at, bar(opens_at, 500.0 * stream.next_unit() + 0.1));
        let at = stream.next_index(felt.len() + 1);
        felt.insert(at, Felt { known_at: later, score: -1.0, documents: 1000, articles: Some(1000) });
    }
}

#[test]
fn a_thousand_planted_futures_change_nothing() {
    let now = slot().close_at();
    let (rows_now, felt_now) = rows(60);
    let honest = Known::at(&rows_now, &felt_now, slot(), now, 1);
    assert!(honest.sentiment.iter().flatten().count() > 15 && honest.news.iter().flatten().count() > 5);
    for trial in 0..1000 {
        let (mut rows, mut felt) = rows(60);
        plant(&mut rows, &mut felt, now, &mut Stream::new(trial));
        let known = Known::at(&rows, &felt, slot(), now, 1);
        assert_eq!(known.daily, honest.daily, "trial {trial}");
        assert_eq!(known.mood.sentiment, honest.mood.sentiment, "trial {trial}");
        assert_eq!(known.mood.documents, honest.mood.documents, "trial {trial}");
        assert_eq!(known.sentiment, honest.sentiment, "trial {trial}");
        assert_eq!((&known.mentions, &known.news), (&honest.mentions, &honest.news), "trial {trial}");
    }
}

#[test]
fn planted_futures_leave_every_table_as_it_was() {
    let now = slot().close_at();
    let today = now.date_naive();
    let moods = |later: i64| -> Moods {
        let days = (-200..later).filter_map(|day| {
            let on = today.checked_add_signed(Duration::days(day))?;
            let score = if day < 0 { (day as f64).sin() } else { -1.0 };
            Some((on, MoodDay { on, score, documents: 9 }))
        });
        [("all".to_owned(), days.collect())].into_iter().collect()
    };
    let run = |rows: Rows, felt: Vec<Felt>, later: i64| -> Computed {
        let mut history = History::default();
        history.felt.insert("AAPL".to_owned(), felt);
        history.moods.insert("AAPL".to_owned(), moods(later));
        let (models, past) = (Models::default(), Past::default());
        let setting = Setting { history: &history, models: &models, past: &past, slot: slot(), now };
        compute(&AssetInput { symbol: "AAPL".to_owned(), rows: Ok(rows) }, &setting)
    };
    let (rows_now, felt_now) = rows(360);
    let honest = run(rows_now, felt_now, 0);
    assert_eq!(honest.tables.len(), 7, "the first five, volumes and back-tests of risk");
    assert!(honest.unjudged.strategies.len() >= 4 && honest.unjudged.leads[0].found.is_some());
    for trial in 0..5 {
        let (mut rows, mut felt) = rows(360);
        plant(&mut rows, &mut felt, now, &mut Stream::new(trial));
        let planted = run(rows, felt, 1 + trial as i64);
        assert_eq!(honest.unjudged.strategies, planted.unjudged.strategies, "trial {trial}");
        assert_eq!(honest.unjudged.leads, planted.unjudged.leads, "trial {trial}");
        for (a, b) in honest.tables.iter().zip(&planted.tables) {
            assert!(a.bytes == b.bytes, "trial {trial}: {}", a.key);
        }
        assert_eq!(honest.summary, planted.summary);
    }
}

#[test]
fn what_is_planted_before_the_instant_is_seen() {
    // Else the tests above would pass on a function that looks at nothing.
    let now = slot().close_at();
    let (rows_now, felt_now) = rows(60);
    let honest = Known::at(&rows_now, &felt_now, slot(), now, 1);
    let (mut rows, mut felt) = rows(60);
    plant(&mut rows, &mut felt, now - Duration::days(8), &mut Stream::new(1));
    let known = Known::at(&rows, &felt, slot(), now, 1);
    assert_ne!(known.mood.sentiment, honest.mood.sentiment);
    assert_ne!(known.sentiment, honest.sentiment);
}
