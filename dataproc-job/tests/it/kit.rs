//! Builders: a small lake with the records of one slot.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use cloud::{Lake, commit};
use domain::document::{ArticleTicker, AssetHint};
use domain::lake::{Area, RecordKind, digest};
use domain::manifest::{ObjectEntry, SourceOutcome};
use domain::source::Terms;
use domain::{Article, Bar, Key, Manifest, Outcome, Post, PostKind, Slot, SourceId};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use tables::Table;
use tables::arrow::array::{BooleanArray, RecordBatch};
use tables::arrow::compute;
use tables::arrow::datatypes::DataType;

/// The assets of the lake.
pub(crate) const ASSETS: &str = "symbol,name,class,exchange,aliases\n\
    AAPL,Apple Inc.,equity,US,Apple\nBRK-A,Berkshire Hathaway Inc.,equity,US,\nBTC-USD,Bitcoin,crypto,,BTC\n\
    EUR-USD,Euro / US dollar,fx,,\nGMRE,Global Medical REIT,equity,US,\nTSLA,\"Tesla, Inc.\",equity,US,Tesla\n";

/// The slot of all tests.
pub(crate) fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

/// `minutes` after the slot opened.
pub(crate) fn at(minutes: i64) -> DateTime<Utc> {
    slot().open_at() + Duration::minutes(minutes)
}

/// A post written `minutes` after the slot opened.
pub(crate) fn post(id: &str, minutes: i64, text: &str) -> Post {
    Post {
        id: id.to_owned(),
        kind: PostKind::Post,
        channel: None,
        parent_id: None,
        author_id: Some("7".to_owned()),
        author_name: Some("someone".to_owned()),
        author_followers: Some(12),
        author_created_at: None,
        text: text.to_owned(),
        lang: Some("en".to_owned()),
        asset_hints: Vec::new(),
        vendor_sentiment: None,
        created_at: at(minutes),
        edited_at: None,
        url: Some(format!("https://posts.example/{id}")),
        likes: Some(-1),
        replies: None,
        reposts: None,
        deleted: false,
        collected_at: slot().close_at(),
        raw_ref: "raw/x#1".to_owned(),
        ..Post::default()
    }
}

/// A post to which the source attached `symbol`.
pub(crate) fn hinted(post: Post, symbol: &str) -> Post {
    let hint = AssetHint { symbol: symbol.to_owned(), method: "vendor".to_owned() };
    Post { asset_hints: vec![hint], ..post }
}

/// An article published `minutes` after the slot opened.
pub(crate) fn article(id: &str, minutes: Option<i64>, title: &str, tickers: &[&str]) -> Article {
    let ticker = |symbol: &&str| ArticleTicker { symbol: (*symbol).to_owned(), ..ArticleTicker::default() };
    Article {
        id: id.to_owned(),
        outlet: "The Ledger".to_owned(),
        title: title.to_owned(),
        summary: None,
        authors: vec!["A. Writer".to_owned(), "B. Writer".to_owned()],
        tickers: tickers.iter().map(ticker).collect(),
        lang: Some("en".to_owned()),
        published_at: minutes.map(at),
        updated_at: None,
        url: format!("https://news.example/{id}?utm=x"),
        canonical_url: format!("https://news.example/{id}"),
        collected_at: slot().close_at(),
        raw_ref: "raw/feeds#1".to_owned(),
        ..Article::default()
    }
}

/// The daily bar that opened `days` before the slot's day.
pub(crate) fn bar(symbol: &str, days: i64, close: f64) -> Bar {
    Bar {
        symbol: symbol.to_owned(),
        interval: "1d".to_owned(),
        opens_at: slot().open_at() - Duration::days(days),
        open: close,
        high: close + 1.0,
        low: close - 1.0,
        close,
        adj_close: None,
        volume: Some(1000.0),
        collected_at: slot().close_at(),
    }
}

/// Parquet of these posts, uncompressed so that bytes can be changed: each `from` becomes the byte 0xff and what follows it.
pub(crate) fn spoilt(rows: &[Post], dictionaries: bool, from: &[&str]) -> Vec<u8> {
    let good = tables::encode(rows).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(good)).unwrap().build().unwrap();
    let batch = batch.map(Result::unwrap).next().unwrap();
    let properties = WriterProperties::builder().set_dictionary_enabled(dictionaries).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    let mut bytes = writer.into_inner().unwrap();
    for mark in from.iter().map(|mark| mark.as_bytes()) {
        let places: Vec<usize> =
            (0..bytes.len() - mark.len()).filter(|at| bytes[*at..].starts_with(mark)).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at] = 0xff);
    }
    bytes
}

/// Parquet of these posts as another program would write it: the columns in another order, texts of the large kind. Of each
/// column in `without` the value of one row is missing.
pub(crate) fn foreign(rows: &[Post], without: &[(&str, usize)]) -> Vec<u8> {
    let good = tables::encode(rows).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(good)).unwrap().build().unwrap();
    let batch = batch.map(Result::unwrap).next().unwrap();
    let fields = batch.schema();
    let columns = fields.fields().iter().zip(batch.columns()).rev().map(|(field, column)| {
        let mut column = Arc::clone(column);
        for (_, row) in without.iter().filter(|(name, _)| name == field.name()) {
            let gone: BooleanArray = (0..rows.len()).map(|n| Some(n == *row)).collect();
            column = compute::nullif(&column, &gone).unwrap();
        }
        if column.data_type() == &DataType::Utf8 {
            column = compute::cast(&column, &DataType::LargeUtf8).unwrap();
        }
        (field.name().clone(), column, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A lake in the making.
pub(crate) struct Builder {
    pub(crate) lake: Arc<dyn Lake>,
    manifest: Manifest,
}

impl Builder {
    /// An empty lake with [`ASSETS`].
    pub(crate) async fn new(folder: &Path) -> Self {
        let lake = cloud::open_lake(folder.to_str().unwrap()).await.unwrap();
        lake.put(&Key::AssetList.to_string(), ASSETS.into()).await.unwrap();
        Self { lake, manifest: Manifest::new("collect", slot(), "test") }
    }

    /// Adds records of a source; returns the key.
    pub(crate) async fn records<T: Table>(&mut self, source: &str, kind: RecordKind, rows: &[T]) -> String {
        let key = self.raw(source, kind, tables::encode(rows).unwrap()).await;
        self.source(source).counts.insert(kind.as_str().to_owned(), rows.len() as u64);
        key
    }

    /// Adds an object of a source as it is; returns the key.
    pub(crate) async fn raw(&mut self, source: &str, kind: RecordKind, bytes: Vec<u8>) -> String {
        let digest = digest(&bytes);
        let key = Key::RecordsPart { kind, slot: slot(), source: SourceId::new(source), digest };
        let entry: ObjectEntry = commit::put_object(self.lake.as_ref(), &key, bytes, 0).await.unwrap();
        self.manifest.objects.push(entry);
        let none = || SourceOutcome::empty(Outcome::Succeeded, Terms::default(), String::new());
        self.manifest.sources.entry(source.to_owned()).or_insert_with(none);
        key.to_string()
    }

    /// Changes what is known about a source.
    pub(crate) fn source(&mut self, source: &str) -> &mut SourceOutcome {
        self.manifest.sources.get_mut(source).unwrap()
    }

    /// Writes the records manifest.
    pub(crate) async fn commit(mut self, outcome: Outcome) -> Arc<dyn Lake> {
        self.manifest.outcome = outcome;
        let key = Key::SlotManifest { area: Area::Records, slot: slot() }.to_string();
        commit::commit(self.lake.as_ref(), &key, &self.manifest, &[]).await.unwrap();
        self.lake
    }
}

/// The manifest that the split committed.
pub(crate) async fn assets_manifest(lake: &dyn Lake) -> Manifest {
    let key = Key::SlotManifest { area: Area::Assets, slot: slot() }.to_string();
    commit::read_manifest(lake, &key).await.unwrap().unwrap().0
}
