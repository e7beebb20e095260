//! Receipts from a small lake.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cloud::Lake;
use cloud::commit::{commit, put_object};
use domain::lake::{Area, AssetFile, Format, PredictionTable, slot_prefix};
use domain::manifest::{AssetOutcome, Manifest, ObjectEntry};
use domain::mention::AssetPost;
use domain::prediction::{DocumentScore, Sentiment};
use domain::{Key, Outcome, Slot, Symbol};
use quarterday::receipt::collect;

fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

fn asset() -> Symbol {
    "EUR/USD".parse().unwrap()
}

fn post(id: &str, may_display: bool) -> AssetPost {
    AssetPost {
        source: "x".into(),
        id: id.into(),
        kind: "post".into(),
        author_name: None,
        author_followers: None,
        text: format!("words of {id}"),
        lang: None,
        vendor_sentiment: None,
        created_at: slot().open_at(),
        collected_at: slot().close_at(),
        url: None,
        likes: None,
        reposts: None,
        evidence: "cashtag".into(),
        confidence: 0.9,
        span_start: None,
        span_end: None,
        noise: None,
        duplicate_of: None,
        may_display,
        may_infer: true,
    }
}

fn score(id: &str, weight: f64) -> DocumentScore {
    let (kind, source) = ("post".to_owned(), "x".to_owned());
    DocumentScore { kind, source, id: id.into(), score: 0.5, confidence: 0.7, weight, words: Vec::new() }
}

async fn put<T: tables::Table>(lake: &dyn Lake, manifest: &mut Manifest, key: Key, rows: &[T]) {
    let bytes = tables::encode(rows).unwrap();
    manifest.objects.push(put_object(lake, key, bytes, rows.len() as u64).await.unwrap());
}

async fn manifest(lake: &dyn Lake, area: Area, manifest: &Manifest) -> ObjectEntry {
    let key = Key::SlotManifest { area, slot: slot() }.to_string();
    commit(lake, &key, manifest, &[slot_prefix(area, slot())]).await.unwrap()
}

/// A lake with one asset: records, split, predictions, each with its manifest.
async fn small_lake(folder: &std::path::Path) -> Arc<dyn Lake> {
    let opened = cloud::open_lake(folder.to_str().unwrap()).await.unwrap();
    let lake = opened.as_ref();
    let records = manifest(lake, Area::Records, &Manifest::new("collect", slot(), "test/1")).await;
    let mut split = Manifest::new("split", slot(), "test/2");
    split.inputs = vec![records];
    let rows =
        Key::AssetRows { slot: slot(), symbol: asset(), file: AssetFile::Posts, format: Format::Parquet };
    put(lake, &mut split, rows, &[post("shown", true), post("hidden", false)]).await;
    let split = manifest(lake, Area::Assets, &split).await;
    let mut predictions = Manifest::new("predict", slot(), "test/3");
    predictions.inputs = vec![split];
    predictions.seed = Some(7);
    let table = |table| Key::Prediction { slot: slot(), symbol: asset(), table };
    let sentiment = Sentiment {
        score: Some(0.25),
        low: None,
        high: None,
        score_raw: None,
        posts: 2,
        posts_organic: 2,
        articles: 0,
        articles_organic: 0,
        positive: None,
        negative: None,
        model: "house/1".into(),
    };
    put(lake, &mut predictions, table(PredictionTable::Sentiment), &[sentiment]).await;
    let scores = [score("hidden", 0.25), score("shown", 0.75)];
    put(lake, &mut predictions, table(PredictionTable::Documents), &scores).await;
    let fared = AssetOutcome { outcome: Outcome::Partial, message: "no bars".into(), counts: [].into() };
    predictions.assets.insert(asset().to_string(), fared);
    manifest(lake, Area::Predictions, &predictions).await;
    opened
}

#[tokio::test]
async fn a_receipt_leads_back_to_the_sources() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await;
    let receipt = collect(&lake, slot(), asset()).await.unwrap();
    assert_eq!((receipt.outcome, receipt.message.as_str()), (Outcome::Partial, "no bars"));
    assert_eq!(receipt.sentiment.unwrap().score, Some(0.25));
    let stages: Vec<&str> = receipt.manifests.iter().map(|step| step.stage.as_str()).collect();
    assert_eq!(stages, ["predict", "split", "collect"]);
    assert!(receipt.manifests.iter().all(|step| step.as_noted));
    assert_eq!(receipt.manifests[0].seed, Some(7));
    assert!(receipt.objects.len() == 3 && receipt.objects.iter().all(|object| object.whole));
    let heaviest: Vec<_> =
        receipt.heaviest.iter().map(|d| (d.id.as_str(), d.weight, d.text.as_deref())).collect();
    assert_eq!(heaviest, [("shown", 0.75, Some("words of shown")), ("hidden", 0.25, None)]);
    assert!(receipt.seal.is_none());
}

#[tokio::test]
async fn what_was_changed_afterwards_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await;
    let key =
        Key::Prediction { slot: slot(), symbol: asset(), table: PredictionTable::Sentiment }.to_string();
    lake.put(&key, b"forged".to_vec().into()).await.unwrap();
    manifest(lake.as_ref(), Area::Records, &Manifest::new("collect", slot(), "another")).await;
    let receipt = collect(&lake, slot(), asset()).await.unwrap();
    let damaged: Vec<&str> =
        receipt.objects.iter().filter(|o| !o.whole).map(|o| o.entry.key.as_str()).collect();
    assert_eq!(damaged, [key]);
    assert!(receipt.sentiment.is_none(), "a forged value is not shown");
    let stages: Vec<_> = receipt.manifests.iter().map(|step| (step.stage.as_str(), step.as_noted)).collect();
    assert_eq!(stages, [("predict", true), ("split", true), ("collect", false)]);
}

#[tokio::test]
async fn what_there_is_not_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await;
    let unknown = collect(&lake, slot(), "NOPE".parse().unwrap()).await.unwrap_err().to_string();
    assert!(unknown.contains("NOPE") && unknown.contains("status"), "{unknown}");
    let early = collect(&lake, "2026-11-20T06Z".parse().unwrap(), asset()).await.unwrap_err().to_string();
    assert!(early.contains("no predictions") && early.contains("quarterday run"), "{early}");
}
