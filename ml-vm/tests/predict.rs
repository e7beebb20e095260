//! The stage on a small lake: what it writes, that it repeats itself byte for byte, and what a damaged input does.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use cloud::local::LocalLake;
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format, PredictionTable};
use domain::manifest::{AssetOutcome, Manifest};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::prediction::{
    DocumentScore, Forecast, Lead, MoodSeries, NoiseCount, Risk, RiskBacktest, Sentiment, Signal, Strategy,
    SummaryRow, Volume,
};
use domain::{Key, Outcome, Slot};
use ml_vm::predict::predict;

fn slot() -> Slot {
    "2015-11-06T00Z".parse().unwrap()
}

fn post(id: usize, text: &str, noise: Option<&str>, created_at: DateTime<Utc>) -> AssetPost {
    AssetPost {
        source: "x".into(),
        id: id.to_string(),
        kind: "post".into(),
        author_name: None,
        author_followers: Some(10 * id as i64),
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
        noise: noise.map(str::to_owned),
        duplicate_of: None,
        may_display: true,
        may_infer: true,
    }
}

fn article(id: &str, title: &str, published_at: DateTime<Utc>) -> AssetArticle {
    AssetArticle {
        source: "feeds".into(),
        id: id.into(),
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

/// Daily bars that end on the day before the slot closes, and one that is not final yet.
fn bars(n: i64, phase: f64) -> Vec<AssetBar> {
    let bar = |i: i64| {
        let close = 100.0 * (1.0 + 0.05 * (phase + i as f64 * 0.7).sin() + 0.001 * ((i * 7919) % 13) as f64);
        AssetBar {
            source: "alpaca".into(),
            interval: "1d".into(),
            opens_at: slot().close_at() - Duration::days(n - i),
            open: close,
            high: close + 1.0,
            low: close - 1.0,
            close,
            adj_close: None,
            volume: Some(1e6),
            split_ratio: None,
        }
    };
    (0..=n).map(bar).collect()
}

struct Split {
    lake: LocalLake,
    manifest: Manifest,
}

impl Split {
    fn new(folder: &tempfile::TempDir, slot: Slot) -> Self {
        Self { lake: LocalLake::open(folder.path()).unwrap(), manifest: Manifest::new("split", slot, "0") }
    }

    async fn asset(
        &mut self,
        symbol: &str,
        posts: &[AssetPost],
        articles: &[AssetArticle],
        bars: &[AssetBar],
    ) {
        let outcome =
            AssetOutcome { outcome: Outcome::Succeeded, message: String::new(), counts: BTreeMap::new() };
        self.manifest.assets.insert(symbol.to_owned(), outcome);
        for (file, bytes) in [
            (AssetFile::Posts, tables::encode(posts).unwrap()),
            (AssetFile::Articles, tables::encode(articles).unwrap()),
            (AssetFile::Bars, tables::encode(bars).unwrap()),
        ] {
            let symbol = symbol.parse().unwrap();
            let key = Key::AssetRows { slot: self.manifest.slot, symbol, file, format: Format::Parquet };
            let entry = commit::put_object(&self.lake, key, bytes, 1).await.unwrap();
            self.manifest.objects.push(entry);
        }
    }

    async fn commit(&self) {
        let key = Key::SlotManifest { area: Area::Assets, slot: self.manifest.slot }.to_string();
        commit::commit(&self.lake, &key, &self.manifest, &[]).await.unwrap();
    }
}

async fn three_assets(folder: &tempfile::TempDir) -> Split {
    let mut split = Split::new(folder, slot());
    let at = slot().open_at() + Duration::hours(1);
    let mut posts: Vec<AssetPost> =
        (0..8).map(|i| post(i, "$AAPL very bullish, great quarter 🚀", None, at)).collect();
    posts[7].may_display = false;
    posts.push(post(90, "$AAPL dump it, terrible", Some("near-duplicate"), at));
    posts.push(post(91, "$AAPL scam", None, slot().close_at() + Duration::hours(1)));
    let articles = [article("a", "Apple beats estimates, raises guidance", at)];
    split.asset("AAPL", &posts, &articles, &bars(360, 0.0)).await;
    split.asset("EUR/USD", &[], &[], &bars(40, 1.0)).await;
    split.asset("NEW", &posts[..2], &[], &[]).await;
    split
}

async fn listed(lake: &LocalLake, slot: Slot) -> Manifest {
    let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
    commit::read_manifest(lake, &key).await.unwrap().unwrap().0
}

async fn rows<T: tables::Table>(lake: &LocalLake, symbol: &str, table: PredictionTable) -> Vec<T> {
    let key = Key::Prediction { slot: slot(), symbol: symbol.parse().unwrap(), table }.to_string();
    let manifest = listed(lake, slot()).await;
    let entry = manifest.objects.iter().find(|o| o.key == key).unwrap();
    let rows = tables::decode::<T>(&commit::read_listed(lake, entry).await.unwrap()).unwrap();
    assert_eq!(rows.len() as u64, entry.rows);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_every_table_of_every_asset() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    let ended = predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let (outcome, message) = (ended.outcome, ended.message(&[]));
    assert_eq!((outcome, message.as_str()), (Outcome::Succeeded, ""));

    let mood = rows::<Sentiment>(&split.lake, "AAPL", PredictionTable::Sentiment).await.remove(0);
    assert_eq!((mood.posts, mood.posts_organic, mood.articles), (9, 8, 1), "the later post is not looked at");
    assert!(mood.score.unwrap() > 0.3 && mood.low <= mood.score && mood.score <= mood.high);
    assert!(mood.score_raw < mood.score, "the marked post is in the raw figure only");
    let documents = rows::<DocumentScore>(&split.lake, "AAPL", PredictionTable::Documents).await;
    assert!((documents.iter().map(|d| d.weight).sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(documents.iter().find(|d| d.id == "90").unwrap().weight, 0.0);
    for document in &documents {
        let sum: f64 = document.words.iter().map(|w| w.weight).sum();
        assert!(document.score != 0.0 && (sum - document.score).abs() < 1e-9, "{document:?}");
    }
    let words = |id: &str| documents.iter().find(|d| d.id == id).unwrap().words.clone();
    assert!(words("0").iter().any(|w| w.word.as_deref() == Some("bullish") && w.weight > 0.0));
    assert!(words("7").iter().all(|w| w.word.is_none()), "its text may not be shown");

    let forecast = rows::<Forecast>(&split.lake, "AAPL", PredictionTable::Forecast).await;
    assert_eq!(forecast.iter().map(|f| f.horizon).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(forecast[0].last_on, (slot().close_at() - Duration::days(1)).date_naive(), "only final bars");
    assert!(forecast.iter().all(|f| f.q025 < f.q10 && f.q10 < f.q50 && f.q50 < f.q90 && f.q90 < f.q975));
    assert_eq!(rows::<Signal>(&split.lake, "AAPL", PredictionTable::Signals).await.len(), 2);
    let risk = rows::<Risk>(&split.lake, "AAPL", PredictionTable::Risk).await;
    assert_eq!(risk.len(), 2);
    assert!(risk[0].value_at_risk < risk[1].value_at_risk);
    assert!((risk[1].value_at_risk - risk[1].closed_form).abs() < 4.0 * risk[1].standard_error);

    let manifest = listed(&split.lake, slot()).await;
    assert!(manifest.assets["NEW"].message.contains("too short: 0 bars"), "{:?}", manifest.assets["NEW"]);
    assert_eq!(
        rows::<Sentiment>(&split.lake, "NEW", PredictionTable::Sentiment).await[0].score,
        None,
        "too few"
    );
    assert_eq!(rows::<Forecast>(&split.lake, "EUR/USD", PredictionTable::Forecast).await.len(), 5);
    assert!(manifest.models.contains(&"house/2".to_owned()) && manifest.seed.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn says_what_values_rest_on_and_how_strategies_and_models_would_have_fared() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let volumes = rows::<Volume>(&split.lake, "AAPL", PredictionTable::Volumes).await;
    let kinds: Vec<_> = volumes.iter().map(|v| (v.source.as_str(), v.documents, v.organic)).collect();
    assert_eq!(kinds, [("feeds", 1, 1), ("x", 9, 8)], "the later post is not counted");
    assert_eq!(volumes[1].noise, [NoiseCount { reason: "near-duplicate".into(), documents: 1 }]);
    let mood = rows::<Sentiment>(&split.lake, "AAPL", PredictionTable::Sentiment).await.remove(0);
    let mean: f64 = volumes.iter().map(|v| v.weight * v.score.unwrap()).sum();
    assert!((mean - mood.score.unwrap()).abs() < 1e-12, "shares and scores of the sources make the whole");

    let strategies = rows::<Strategy>(&split.lake, "AAPL", PredictionTable::Strategies).await;
    let others = rows::<Strategy>(&split.lake, "EUR/USD", PredictionTable::Strategies).await;
    let tried = strategies.len() + others.len();
    assert!(strategies.len() >= 4 && strategies.iter().chain(&others).all(|s| s.tried as usize == tried));
    for s in &strategies {
        assert!(s.deflated_sharpe.is_none_or(|p| (0.0..=1.0).contains(&p)), "{s:?}");
        assert!(s.curve.windows(2).all(|pair| pair[0].on < pair[1].on) && s.curve.len() <= 53, "{s:?}");
        assert!((s.curve.last().unwrap().equity - 1.0 - s.total_return).abs() < 1e-9);
        assert!(s.costs >= 0.0 && s.ledger.len() <= 100 && s.trades as usize >= s.ledger.len());
        assert_eq!((s.from_on, s.to_on), (others[0].to_on - Duration::days(359), others[0].to_on));
    }
    let fared = rows::<RiskBacktest>(&split.lake, "AAPL", PredictionTable::RiskBacktests).await;
    assert_eq!(fared.len(), 8);
    assert!(
        fared.iter().all(|f| f.days == 109 && f.exceptions <= f.days && f.kupiec_p.is_some()),
        "{fared:?}"
    );
    let leads = rows::<Lead>(&split.lake, "AAPL", PredictionTable::Leads).await;
    assert!(leads.iter().all(|l| l.verdict == "too-few" && l.lags.is_empty()), "{leads:?}");
    // What has no rows has no file; a random walk is moved by nothing.
    let manifest = listed(&split.lake, slot()).await;
    for absent in ["asset=NEW/strategies", "asset=NEW/risk_backtests", "asset=AAPL/contributions"] {
        assert!(!manifest.objects.iter().any(|o| o.key.contains(absent)), "{absent}");
    }
}

#[test]
fn any_number_of_workers_makes_the_same_bytes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let key = Key::SlotManifest { area: Area::Predictions, slot: slot() }.to_string();
    let mut made = Vec::new();
    for workers in [1, 2, 7] {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().unwrap();
        made.push(pool.install(|| {
            runtime.block_on(async {
                let split = three_assets(&folder).await;
                split.commit().await;
                predict(&split.lake, slot(), slot().close_at()).await.unwrap();
                split.lake.get(&key).await.unwrap().unwrap().bytes
            })
        }));
    }
    assert!(made[0] == made[1] && made[1] == made[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn moods_are_carried_on_day_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let moods = async |slot: Slot| -> Vec<MoodSeries> {
        let key = Key::Moods { slot }.to_string();
        let manifest = listed(&split.lake, slot).await;
        let entry = manifest.objects.iter().find(|o| o.key == key).unwrap();
        tables::decode(&commit::read_listed(&split.lake, entry).await.unwrap()).unwrap()
    };
    let first = moods(slot()).await;
    let sources = |rows: &[MoodSeries]| -> Vec<String> {
        rows.iter().filter(|m| m.symbol == "AAPL").map(|m| m.source.clone()).collect()
    };
    assert_eq!(sources(&first), ["all", "feeds", "x"]);
    let next = slot().next();
    let mut second = Split::new(&folder, next);
    let at = next.open_at() + Duration::hours(1);
    let posts: Vec<AssetPost> = (0..4).map(|i| post(i, "$AAPL terrible, sell", None, at)).collect();
    second.asset("AAPL", &posts, &[], &bars(300, 0.0)).await;
    second.commit().await;
    predict(&split.lake, next, next.close_at()).await.unwrap();
    let inputs = listed(&split.lake, next).await.inputs;
    assert!(inputs.iter().any(|i| i.key == Key::Moods { slot: slot() }.to_string()));
    let after = moods(next).await;
    let all = after.iter().find(|m| m.symbol == "AAPL" && m.source == "all").unwrap();
    let days: Vec<_> = all.days.iter().map(|d| (d.on, d.documents)).collect();
    assert_eq!(days, [(slot().open_at().date_naive(), 9), (next.open_at().date_naive(), 4)]);
    assert!(all.days[0].score > 0.3 && all.days[1].score < -0.3, "{all:?}");
    let of_new = |rows: &[MoodSeries]| rows.iter().filter(|m| m.symbol == "NEW").cloned().collect::<Vec<_>>();
    assert_eq!(of_new(&after), of_new(&first), "an asset that the slot does not name keeps its days");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_about_two_assets_may_differ() {
    let folder = tempfile::tempdir().unwrap();
    let mut split = Split::new(&folder, slot());
    let at = slot().open_at() + Duration::hours(1);
    let said = "Apple soars to a record while Tesla collapses";
    let headline = "Markets today";
    for (symbol, name) in [("AAPL", "Apple"), ("TSLA", "Tesla")] {
        // As the split counts them: of an article in headline, line feed, summary.
        let span = |text: &str| {
            let start = i32::try_from(text.find(name).unwrap()).unwrap();
            (Some(start), Some(start + 5))
        };
        let mut one = post(1, said, None, at);
        (one.span_start, one.span_end) = span(said);
        let mut news = article("a", headline, at);
        news.summary = Some(said.to_owned());
        (news.span_start, news.span_end) = span(&format!("{headline}\n{said}"));
        split.asset(symbol, &[one], &[news], &[]).await;
    }
    split.commit().await;
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let apple = rows::<DocumentScore>(&split.lake, "AAPL", PredictionTable::Documents).await;
    let tesla = rows::<DocumentScore>(&split.lake, "TSLA", PredictionTable::Documents).await;
    for (kind, up, down) in [("post", &apple[0], &tesla[0]), ("article", &apple[1], &tesla[1])] {
        assert_eq!((up.kind.as_str(), down.kind.as_str()), (kind, kind));
        assert!(up.score > 0.3 && down.score < -0.3, "{up:?} {down:?}");
        assert!(up.words.iter().all(|w| w.word.as_deref() != Some("collapses")), "{up:?}");
        assert_eq!(down.words[0].word.as_deref(), Some("collapses"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gives_the_same_bytes_and_clears_what_a_killed_attempt_left() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let key = Key::SlotManifest { area: Area::Predictions, slot: slot() }.to_string();
    let first = split.lake.get(&key).await.unwrap().unwrap().bytes;
    let orphan = format!("predictions/slot={}/asset=GONE/risk.parquet", slot());
    split.lake.put(&orphan, "x".into()).await.unwrap();
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    assert_eq!(split.lake.get(&key).await.unwrap().unwrap().bytes, first);
    assert!(split.lake.get(&orphan).await.unwrap().is_none());
    for entry in listed(&split.lake, slot()).await.objects {
        commit::read_listed(&split.lake, &entry).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_asset_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    let symbol = "AAPL".parse().unwrap();
    let key =
        Key::AssetRows { slot: slot(), symbol, file: AssetFile::Bars, format: Format::Parquet }.to_string();
    split.lake.put(&key, "damaged".into()).await.unwrap();
    let ended = predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let (outcome, message) = (ended.outcome, ended.message(&[]));
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.starts_with("AAPL: assets/") && message.contains("repeat the stage"), "{message}");
    let manifest = listed(&split.lake, slot()).await;
    assert_eq!(manifest.assets["AAPL"].outcome, Outcome::Failed);
    assert!(!manifest.objects.iter().any(|o| o.key.contains("AAPL")));
    assert_eq!(manifest.assets["EUR/USD"].outcome, Outcome::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_split_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let lake = LocalLake::open(folder.path()).unwrap();
    let error = predict(&lake, slot(), slot().close_at()).await.unwrap_err().to_string();
    assert!(error.contains("dataproc-job split --slot 2015-11-06T00Z"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_of_a_slot_is_the_history_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let split = three_assets(&folder).await;
    split.commit().await;
    predict(&split.lake, slot(), slot().close_at()).await.unwrap();
    let next = slot().next();
    let mut second = Split::new(&folder, next);
    second.asset("AAPL", &[], &[], &bars(300, 0.0)).await;
    second.commit().await;
    predict(&second.lake, next, next.close_at()).await.unwrap();
    let manifest = listed(&second.lake, next).await;
    let summary = Key::Summary { slot: slot() }.to_string();
    let entry = manifest.inputs.iter().find(|i| i.key == summary).unwrap();
    let rows: Vec<SummaryRow> =
        tables::decode(&commit::read_listed(&second.lake, entry).await.unwrap()).unwrap();
    assert_eq!(rows.iter().map(|r| r.symbol.as_str()).collect::<Vec<_>>(), ["AAPL", "EUR/USD", "NEW"]);
    assert_eq!(rows[0].documents, 9);

    // A damaged summary is left out; it does not fail the slot.
    second.lake.put(&summary, "damaged".into()).await.unwrap();
    assert_eq!(predict(&second.lake, next, next.close_at()).await.unwrap().outcome, Outcome::Succeeded);
}
