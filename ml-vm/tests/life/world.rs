//! A small generated world: a few assets with daily bars, written as splits.

use std::collections::BTreeMap;

use analytics::random::{Stream, seed_of};
use chrono::{DateTime, Datelike, Duration, Utc, Weekday};
use cloud::local::LocalLake;
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{AssetOutcome, Manifest, SourceOutcome};
use domain::mention::{AssetBar, AssetPost};
use domain::prediction::{Forecast, SealedForecast, Sentiment, ShadowSentiment};
use domain::source::Terms;
use domain::{Key, Outcome, Slot};

const ASSETS: [&str; 5] = ["AAA", "BBB", "CCC", "DDD", "EEE"];
/// Where all worlds begin.
const BEGIN: &str = "2025-07-01T00:00:00Z";

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) lake: LocalLake,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = LocalLake::open(folder.path()).unwrap();
        Self { folder, lake }
    }

    /// Where the lake is.
    pub(crate) fn path(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Writes the split of a slot in which people say what they think of the first asset.
    pub(crate) async fn split_with_posts(&self, slot: Slot, may_train: bool) {
        let mut manifest = Manifest::new("split", slot, "0");
        let terms = Terms { may_train, ..Terms::default() };
        let source = SourceOutcome::empty(Outcome::Succeeded, terms, String::new());
        manifest.sources.insert("stocktwits".to_owned(), source);
        let symbol = ASSETS[0];
        let outcome =
            AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts: BTreeMap::new() };
        manifest.assets.insert(symbol.to_owned(), outcome);
        let first = slot.close_at().timestamp() / 21_600 * 120;
        let posts: Vec<AssetPost> = (first..first + 120).map(|n| post(slot, n as usize)).collect();
        for (file, bytes) in [
            (AssetFile::Posts, tables::encode(&posts).unwrap()),
            (AssetFile::Bars, tables::encode(&bars(symbol, slot.close_at(), 1.0)).unwrap()),
        ] {
            let key = Key::AssetRows { slot, symbol: symbol.parse().unwrap(), file, format: Format::Parquet };
            manifest.objects.push(commit::put_object(&self.lake, key, bytes, 1).await.unwrap());
        }
        let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
        commit::commit(&self.lake, &key, &manifest, &[]).await.unwrap();
    }

    /// The sentiment of the first asset as it is shown.
    pub(crate) async fn mood(&self, slot: Slot) -> Sentiment {
        let (symbol, table) = (ASSETS[0].parse().unwrap(), PredictionTable::Sentiment);
        let key = Key::Prediction { slot, symbol, table }.to_string();
        let bytes = self.lake.get(&key).await.unwrap().unwrap().bytes;
        tables::decode::<Sentiment>(&bytes).unwrap().remove(0)
    }

    /// What the challenger of sentiment said.
    pub(crate) async fn shadow(&self, slot: Slot) -> Vec<ShadowSentiment> {
        let manifest = self.manifest(Area::Predictions, slot).await;
        let key = Key::Shadow { slot }.to_string();
        let entry = manifest.objects.iter().find(|o| o.key == key).unwrap();
        tables::decode(&commit::read_listed(&self.lake, entry).await.unwrap()).unwrap()
    }

    /// Writes the split of a slot. With `wild`, days since March 2026 move so many times as much.
    pub(crate) async fn split(&self, slot: Slot, wild: Option<f64>) {
        let mut manifest = Manifest::new("split", slot, "0");
        for symbol in ASSETS {
            let outcome =
                AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts: BTreeMap::new() };
            manifest.assets.insert(symbol.to_owned(), outcome);
            let bytes = tables::encode(&bars(symbol, slot.close_at(), wild.unwrap_or(1.0))).unwrap();
            let key = Key::AssetRows {
                slot,
                symbol: symbol.parse().unwrap(),
                file: AssetFile::Bars,
                format: Format::Parquet,
            };
            manifest.objects.push(commit::put_object(&self.lake, key, bytes, 1).await.unwrap());
        }
        let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
        commit::commit(&self.lake, &key, &manifest, &[]).await.unwrap();
    }

    pub(crate) async fn manifest(&self, area: Area, slot: Slot) -> Manifest {
        let key = Key::SlotManifest { area, slot }.to_string();
        commit::read_manifest(&self.lake, &key).await.unwrap().unwrap().0
    }

    /// What is shown of a slot's forecasts: the share of the last close at which the quantiles lie.
    pub(crate) async fn shown(&self, slot: Slot) -> Vec<String> {
        let mut all = Vec::new();
        for symbol in ASSETS {
            let table = PredictionTable::Forecast;
            let key = Key::Prediction { slot, symbol: symbol.parse().unwrap(), table }.to_string();
            let bytes = self.lake.get(&key).await.unwrap().unwrap().bytes;
            let rows: Vec<Forecast> = tables::decode(&bytes).unwrap();
            all.extend(
                rows.iter()
                    .map(|r| format!("{symbol} {:.9} {:.9}", r.q10 / r.last_close, r.q975 / r.last_close)),
            );
        }
        all
    }

    /// What is sealed for a slot.
    pub(crate) async fn sealed(&self, slot: Slot) -> Vec<SealedForecast> {
        let manifest = self.manifest(Area::Predictions, slot).await;
        let entry = manifest.objects.iter().find(|o| o.key.starts_with("ledger/")).unwrap();
        tables::decode(&commit::read_listed(&self.lake, entry).await.unwrap()).unwrap()
    }
}

/// Bars of working days from [`BEGIN`] to `end`. Calm and wild weeks take turns, so that intervals have something to miss.
fn bars(symbol: &str, end: DateTime<Utc>, wild: f64) -> Vec<AssetBar> {
    let mut stream = Stream::new(seed_of(symbol));
    let (mut close, mut bars) = (100.0, Vec::new());
    let mut day: DateTime<Utc> = BEGIN.parse().unwrap();
    let shift: DateTime<Utc> = "2026-03-05T00:00:00Z".parse().unwrap();
    while day < end {
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            let week = day.iso_week().week();
            let deviation =
                if week.is_multiple_of(2) { 0.006 } else { 0.018 } * if day >= shift { wild } else { 1.0 };
            close *= f64::exp(deviation * stream.next_normal());
            bars.push(AssetBar {
                source: "alpaca".into(),
                interval: "1d".into(),
                opens_at: day,
                open: close,
                high: close,
                low: close,
                close,
                adj_close: None,
                volume: Some(1e6),
                split_ratio: None,
            });
        }
        day += Duration::days(1);
    }
    bars
}

/// Opinion number `n` and its label: in words of their own, which no lexicon knows.
pub(crate) fn opinion(n: usize) -> (String, &'static str) {
    const PARTS: [&str; 20] = [
        "bo", "da", "fe", "gi", "ho", "ju", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "xa",
        "ye", "zi", "qu",
    ];
    // Of 8,000 words, so that no two opinions are nearly the same.
    let part = |k: usize| PARTS[analytics::random::draw(n as u64, k as u64) as usize % PARTS.len()];
    let word = |k: usize| format!("{}{}{}", part(3 * k), part(3 * k + 1), part(3 * k + 2));
    let (verb, label) =
        if n.is_multiple_of(2) { ("zooms past", "Bullish") } else { ("sags below", "Bearish") };
    (format!("$AAA {} {} {verb} {} {} {n}", word(1), word(2), word(3), word(4)), label)
}

fn post(slot: Slot, n: usize) -> AssetPost {
    let at = slot.open_at() + Duration::minutes(n as i64 % 300);
    let (text, label) = opinion(n);
    AssetPost {
        source: "stocktwits".into(),
        id: n.to_string(),
        kind: "post".into(),
        author_name: None,
        author_followers: Some(10),
        text,
        lang: Some("en".into()),
        vendor_sentiment: Some(label.into()),
        created_at: at,
        collected_at: at,
        url: None,
        likes: None,
        reposts: None,
        evidence: "cashtag".into(),
        confidence: 0.9,
        span_start: Some(0),
        span_end: Some(4),
        noise: None,
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}
