//! A lake with what the stage reads: the split of a slot, and what earlier slots left.

use std::path::Path;

use analytics::random::{Stream, draw, seed_of};
use chrono::{Datelike, Days, Duration, NaiveDate};
use cloud::local::LocalLake;
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{AssetOutcome, Manifest, ObjectEntry};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{MoodDay, MoodSeries, SummaryRow};
use domain::{Key, Outcome, Slot, Symbol};

use crate::predict::moods;

/// How large a lake is.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub(super) slot: Slot,
    pub(super) assets: usize,
    /// Daily bars of each asset, on weekdays.
    pub(super) bars: usize,
    /// Documents of all assets; the first assets have most of them.
    pub(super) documents: usize,
    /// Slots before, with a manifest and a summary each.
    pub(super) earlier: usize,
    /// Days of mood that the slot before carries, by source.
    pub(super) moods: u64,
}

const POSTS_FROM: [&str; 4] = ["x", "reddit", "stocktwits", "telegram"];
const WORDS: [&str; 40] = [
    "shares", "fall", "great", "not", "a", "very", "weak", "quarter", "buy", "the", "profit", "doubt",
    "after", "raises", "guidance", "for", "year", "and", "sell", "rumours", "of", "deal", "price", "target",
    "cut", "is", "strong", "growth", "in", "cloud", "margin", "squeeze", "holders", "bullish", "bearish",
    "chart", "breakout", "on", "volume", "today",
];

impl World {
    pub(super) async fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let lake = LocalLake::open(folder)?;
        self.write_split(&lake).await?;
        let earlier = std::iter::successors(Some(self.slot.previous()), |s| Some(s.previous()));
        for (ago, slot) in earlier.take(self.earlier).enumerate() {
            self.write_earlier(&lake, slot, ago == 0).await?;
        }
        Ok(())
    }

    fn symbol(number: usize) -> String {
        format!("A{number:04}")
    }

    /// How many documents an asset has: the n-th a share of 1/n.
    fn documents_of(&self, number: usize) -> usize {
        let all: f64 = (1..=self.assets).map(|n| 1.0 / n as f64).sum();
        let upto = |count: usize| {
            let share: f64 = (1..=count).map(|n| 1.0 / n as f64).sum::<f64>() / all;
            (share * self.documents as f64).round() as usize
        };
        upto(number + 1) - upto(number)
    }

    async fn write_split(&self, lake: &LocalLake) -> anyhow::Result<()> {
        let mut manifest = Manifest::new("split", self.slot, "bench");
        for number in 0..self.assets {
            let name = Self::symbol(number);
            let symbol: Symbol = name.parse()?;
            let mut stream = Stream::new(seed_of(&name));
            let (posts, articles) = self.documents(number, &mut stream);
            let bars = self.bars(&mut stream);
            for (file, bytes, rows) in [
                (AssetFile::Posts, tables::encode(&posts)?, posts.len()),
                (AssetFile::Articles, tables::encode(&articles)?, articles.len()),
                (AssetFile::Bars, tables::encode(&bars)?, bars.len()),
            ] {
                let key =
                    Key::AssetRows { slot: self.slot, symbol: symbol.clone(), file, format: Format::Parquet };
                manifest.objects.push(commit::put_object(lake, key, bytes, rows as u64).await?);
            }
            manifest.assets.insert(name, done());
        }
        let key = Key::SlotManifest { area: Area::Assets, slot: self.slot }.to_string();
        commit::commit(lake, &key, &manifest, &[]).await?;
        Ok(())
    }

    fn documents(&self, number: usize, stream: &mut Stream) -> (Vec<AssetPost>, Vec<AssetArticle>) {
        let (mut posts, mut articles) = (Vec::new(), Vec::new());
        for i in 0..self.documents_of(number) {
            let words: Vec<&str> = (0..25).map(|_| WORDS[stream.next_index(WORDS.len())]).collect();
            let text = words.join(" ");
            let at = self.slot.open_at() + Duration::seconds(1 + stream.next_index(21_000) as i64);
            let noise = (stream.next_unit() < 0.15).then(|| "near-duplicate".to_owned());
            if stream.next_unit() < 0.1 {
                articles.push(article(i, text, at, noise));
            } else {
                posts.push(post(i, POSTS_FROM[stream.next_index(POSTS_FROM.len())], text, at, noise));
            }
        }
        (posts, articles)
    }

    /// Weekdays up to the day before the slot, a random walk with quiet and restless times.
    fn bars(&self, stream: &mut Stream) -> Vec<AssetBar> {
        let today = self.slot.close_at().date_naive();
        let weekdays = std::iter::successors(today.pred_opt(), NaiveDate::pred_opt);
        let mut days: Vec<NaiveDate> =
            weekdays.filter(|day| day.weekday().number_from_monday() <= 5).take(self.bars).collect();
        days.reverse();
        let (mut log, mut sigma) = (4.0_f64, 0.01);
        let bar = |day: NaiveDate| {
            sigma = (sigma * (0.05 * stream.next_normal()).exp()).clamp(0.004, 0.04);
            let open = log.exp() * (1.0 + 0.002 * stream.next_normal());
            log += sigma * stream.next_normal();
            let close = log.exp();
            AssetBar {
                source: "alpaca".to_owned(),
                interval: "1d".to_owned(),
                opens_at: day.and_time(chrono::NaiveTime::MIN).and_utc(),
                open,
                high: open.max(close) * 1.003,
                low: open.min(close) * 0.997,
                close,
                adj_close: Some(close),
                volume: Some(1e6 * stream.next_unit()),
                split_ratio: None,
            }
        };
        days.into_iter().map(bar).collect()
    }

    /// The manifest and summary of an earlier slot; the newest of them has the moods, too. Its tables are listed as they would
    /// be, but nobody reads them.
    async fn write_earlier(&self, lake: &LocalLake, slot: Slot, newest: bool) -> anyhow::Result<()> {
        let mut manifest = Manifest::new("predict", slot, "bench");
        let mut summary = Vec::new();
        let mut series = Vec::new();
        for number in 0..self.assets {
            let name = Self::symbol(number);
            let symbol: Symbol = name.parse()?;
            let tables = [
                PredictionTable::Sentiment,
                PredictionTable::Documents,
                PredictionTable::Forecast,
                PredictionTable::Signals,
                PredictionTable::Risk,
                PredictionTable::Volumes,
                PredictionTable::Strategies,
                PredictionTable::Leads,
                PredictionTable::RiskBacktests,
            ];
            for table in tables {
                let key = Key::Prediction { slot, symbol: symbol.clone(), table };
                manifest.objects.push(ObjectEntry::of(key, name.as_bytes(), 1));
            }
            manifest.assets.insert(name.clone(), done());
            let mut stream = Stream::new(seed_of(&format!("{slot}/{name}")));
            summary.push(SummaryRow {
                symbol: name.clone(),
                score: Some(0.3 * stream.next_normal()),
                documents: 40,
                mentions: 50,
                last_close: Some(100.0),
                last_bar_at: None,
                articles: Some(4),
            });
            if newest {
                series.extend(self.moods(&name, slot));
            }
        }
        let key = Key::Summary { slot };
        let rows = summary.len() as u64;
        manifest.objects.push(commit::put_object(lake, key, tables::encode(&summary)?, rows).await?);
        if newest {
            let rows = series.len() as u64;
            let key = Key::Moods { slot };
            manifest.objects.push(commit::put_object(lake, key, tables::encode(&series)?, rows).await?);
        }
        let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
        lake.put(&key, manifest.to_bytes().into()).await?;
        Ok(())
    }

    fn moods(&self, symbol: &str, slot: Slot) -> impl Iterator<Item = MoodSeries> {
        let last = moods::day_of(slot);
        let sources = [moods::ALL, "feeds"].into_iter().chain(POSTS_FROM);
        sources.map(move |source| {
            let seed = seed_of(&format!("{symbol}/{source}"));
            let day = |ago: u64| {
                let score = (draw(seed, ago) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
                last.checked_sub_days(Days::new(ago)).map(|on| MoodDay { on, score, documents: 20 })
            };
            let days = (0..self.moods).rev().filter_map(day).collect();
            MoodSeries { symbol: symbol.to_owned(), source: source.to_owned(), days }
        })
    }
}

fn done() -> AssetOutcome {
    AssetOutcome {
        outcome: Outcome::Succeeded,
        message: String::new(),
        counts: [("documents".to_owned(), 9)].into(),
    }
}

fn post(
    id: usize,
    source: &str,
    text: String,
    at: chrono::DateTime<chrono::Utc>,
    noise: Option<String>,
) -> AssetPost {
    AssetPost {
        source: source.to_owned(),
        id: id.to_string(),
        kind: "post".to_owned(),
        author_name: Some(format!("author{id}")),
        author_followers: Some(100),
        text,
        lang: Some("en".to_owned()),
        vendor_sentiment: None,
        created_at: at,
        collected_at: at,
        url: Some(format!("https://example.org/{id}")),
        likes: Some(3),
        reposts: None,
        evidence: "cashtag".to_owned(),
        confidence: 0.9,
        span_start: None,
        span_end: None,
        noise,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}

fn article(
    id: usize,
    title: String,
    at: chrono::DateTime<chrono::Utc>,
    noise: Option<String>,
) -> AssetArticle {
    AssetArticle {
        source: "feeds".to_owned(),
        id: id.to_string(),
        outlet: "The Outlet".to_owned(),
        title,
        summary: None,
        authors: None,
        lang: Some("en".to_owned()),
        published_at: at,
        collected_at: at,
        url: format!("https://example.org/a/{id}"),
        evidence: "name".to_owned(),
        confidence: 0.8,
        span_start: None,
        span_end: None,
        noise,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::predict::predict;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_stage_takes_the_world_whole() {
        let slot: Slot = "2026-01-02T06Z".parse().unwrap();
        let world = World { slot, assets: 3, bars: 380, documents: 60, earlier: 2, moods: 120 };
        assert_eq!((0..3).map(|n| world.documents_of(n)).sum::<usize>(), 60);
        let folder = tempfile::tempdir().unwrap();
        world.write(folder.path()).await.unwrap();
        let lake = LocalLake::open(folder.path()).unwrap();
        let ended = predict(&lake, slot, slot.close_at()).await.unwrap();
        assert_eq!((ended.outcome, ended.failed.as_str()), (Outcome::Succeeded, ""));
        let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
        let (manifest, _) = commit::read_manifest(&lake, &key).await.unwrap().unwrap();
        for table in ["volumes", "strategies", "leads", "risk_backtests"] {
            let file = format!("/{table}.parquet");
            assert_eq!(manifest.objects.iter().filter(|o| o.key.ends_with(&file)).count(), 3, "{table}");
        }
    }
}
