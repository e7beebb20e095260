//! A world of every source, a lake, and both compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use cloud::Lake;
use cloud::commit::{read_listed, read_manifest};
use collector::collect::{Order, collect};
use collector::settings::Settings;
use domain::lake::{Area, RecordKind, records_prefix};
use domain::{Article, Bar, Key, Manifest, Outcome, Post, Slot, SourceId};
use serde_json::{Value, json};
use tests::programs;
use tests::sandbox::Sandbox;

/// The sources with posts.
pub(crate) const POSTS: [&str; 6] = ["facebook", "instagram", "reddit", "stocktwits", "telegram", "x"];
/// The sources with articles.
pub(crate) const ARTICLES: [&str; 3] = ["alpaca", "alpha_vantage", "feeds"];
/// The sources with bars.
pub(crate) const BARS: [&str; 4] = ["alpaca", "alpha_vantage", "interactive_brokers", "yahoo"];

/// The world of most of these tests: three days of every source.
pub(crate) static WORLD: LazyLock<PathBuf> = LazyLock::new(|| generate("240"));

/// The same with more to say, so that some of it is edited and deleted.
pub(crate) static LARGE: LazyLock<PathBuf> = LazyLock::new(|| generate("800"));

fn generate(posts: &str) -> PathBuf {
    let folder = programs::folder().join(format!("oracle-world-{posts}"));
    let made = programs::command("sandbox")
        .args(["generate", "--seed", "11", "--days", "3", "--start", "2026-03-02"])
        .args(["--assets", "10", "--posts-per-slot", posts, "--out"])
        .arg(&folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder
}

/// A slot in the midst of the world.
pub(crate) fn slot() -> Slot {
    "2026-03-04T06Z".parse().unwrap()
}

/// A lake that is deleted with the test.
pub(crate) struct TestLake {
    pub(crate) lake: Arc<dyn Lake>,
    folder: tempfile::TempDir,
}

impl TestLake {
    /// Where it lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn new() -> Self {
        Self::of(&WORLD).await
    }

    pub(crate) async fn of(world: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let assets = std::fs::read(world.join("assets.csv")).unwrap();
        lake.put(&Key::AssetList.to_string(), assets.into()).await.unwrap();
        Self { lake, folder }
    }

    /// Every object but the day's quotas, which count every try.
    pub(crate) async fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let mut objects = BTreeMap::new();
        for key in self.lake.list("").await.unwrap() {
            if !key.starts_with("state/quota/") {
                let bytes = self.lake.get(&key).await.unwrap().unwrap().bytes.to_vec();
                objects.insert(key, bytes);
            }
        }
        objects
    }

    pub(crate) async fn manifest(&self, slot: Slot) -> Manifest {
        let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
        read_manifest(self.lake.as_ref(), &key).await.unwrap().expect("the slot was committed").0
    }

    async fn rows<T: tables::Table>(&self, slot: Slot, source: &str, kind: RecordKind) -> Vec<T> {
        let manifest = self.manifest(slot).await;
        let prefix = records_prefix(kind, slot, &SourceId::new(source));
        let mut rows = Vec::new();
        for entry in manifest.objects.iter().filter(|object| object.key.starts_with(&prefix)) {
            let bytes = read_listed(self.lake.as_ref(), entry).await.unwrap();
            rows.extend(tables::decode::<T>(&bytes).unwrap());
        }
        rows
    }

    pub(crate) async fn posts(&self, slot: Slot, source: &str) -> Vec<Post> {
        self.rows(slot, source, RecordKind::Post).await
    }

    /// What the lake holds of `source` that happened in `slot`, by the names that the sandbox gives; each exactly once.
    pub(crate) async fn keys(&self, slot: Slot, source: &str) -> BTreeSet<String> {
        let mut keys: Vec<String> = Vec::new();
        let posts = self.posts(slot, source).await;
        keys.extend(posts.into_iter().filter(|p| slot.contains(p.created_at) && !p.deleted).map(|p| p.id));
        let articles: Vec<Article> = self.rows(slot, source, RecordKind::Article).await;
        keys.extend(articles.into_iter().filter(|a| !a.revision).map(|a| a.canonical_url));
        let bars: Vec<Bar> = self.rows(slot, source, RecordKind::Bar).await;
        keys.extend(
            bars.into_iter().map(|bar| bar_key(&bar.symbol, &bar.interval, &bar.opens_at.to_rfc3339())),
        );
        let count = keys.len();
        let keys: BTreeSet<String> = keys.into_iter().collect();
        assert_eq!(keys.len(), count, "{source}: a record is there twice");
        keys
    }
}

impl TestLake {
    /// The bars of `source` that opened in `slot`.
    pub(crate) async fn bars_within(&self, slot: Slot, source: &str) -> BTreeSet<String> {
        let bars: Vec<Bar> = self.rows(slot, source, RecordKind::Bar).await;
        let within = bars.iter().filter(|bar| slot.contains(bar.opens_at));
        within.map(|bar| bar_key(&bar.symbol, &bar.interval, &bar.opens_at.to_rfc3339())).collect()
    }
}

fn bar_key(symbol: &str, interval: &str, opens_at: &str) -> String {
    let at: chrono::DateTime<chrono::Utc> = opens_at.parse().unwrap();
    // Sources open the same day at different hours.
    if interval == "1d" {
        format!("{symbol} 1d {}", at.date_naive())
    } else {
        format!("{symbol} {interval} {at}")
    }
}

/// What the sandbox would show.
pub(crate) struct Oracle {
    pub(crate) sandbox: Sandbox,
}

impl Oracle {
    /// Serves the world as it is at the close of `slot`, with a fault plan.
    pub(crate) fn at(slot: Slot, plan: Option<&Value>) -> Self {
        Self::of(&WORLD, slot, plan)
    }

    pub(crate) fn of(world: &Path, slot: Slot, plan: Option<&Value>) -> Self {
        let file = plan.map(|plan| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            std::io::Write::write_all(&mut file, plan.to_string().as_bytes()).unwrap();
            file
        });
        let mut arguments = Vec::new();
        if let Some(file) = &file {
            arguments.extend(["--faults", file.path().to_str().unwrap()]);
        }
        Self { sandbox: Sandbox::serve(world, &slot.close_at().to_rfc3339(), &arguments) }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let reply = reqwest::get(format!("{}/_world/{path}", self.sandbox.url)).await.unwrap();
        assert!(reply.status().is_success(), "{path}");
        reply.text().await.unwrap()
    }

    pub(crate) async fn set_clock(&self, slot: Slot) {
        let wish = json!({"at": slot.close_at().to_rfc3339()});
        let client = reqwest::Client::new();
        let reply =
            client.put(format!("{}/_world/clock", self.sandbox.url)).json(&wish).send().await.unwrap();
        assert!(reply.status().is_success());
    }

    /// Its lines of a window's records.
    pub(crate) async fn lines(&self, slot: Slot, source: &str) -> Vec<Value> {
        let instant = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (from, to) = (instant(slot.open_at()), instant(slot.close_at()));
        let text = self.get(&format!("keys?source={source}&from={from}&to={to}")).await;
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The keys of a window's documents.
    pub(crate) async fn documents(&self, slot: Slot, source: &str) -> BTreeSet<String> {
        let lines = self.lines(slot, source).await;
        let shown = lines.iter().filter(|line| line["deleted"] != json!(true));
        shown.filter_map(|line| line.get("url").or(line.get("id"))?.as_str().map(str::to_owned)).collect()
    }

    /// The keys of a window's bars.
    pub(crate) async fn bars(&self, slot: Slot, source: &str) -> BTreeSet<String> {
        let lines = self.lines(slot, source).await;
        let bars = lines.iter().filter_map(|line| {
            Some(bar_key(line["symbol"].as_str()?, line["interval"].as_str()?, line["opens_at"].as_str()?))
        });
        bars.collect()
    }

    /// Settings that connect these sources, with deadlines for a test and these limits beside them.
    pub(crate) async fn settings(&self, sources: &[&str], limits: Value) -> Settings {
        let mut setup: Value = serde_json::from_str(&self.get("setup").await).unwrap();
        let root = setup.as_object_mut().unwrap();
        root.retain(|name, _| sources.contains(&name.as_str()) || name == "terms");
        let mut all = json!({"connect_seconds": 2, "idle_seconds": 1, "request_seconds": 4, "source_seconds": 60, "again_seconds": 0.2});
        all.as_object_mut().unwrap().extend(limits.as_object().cloned().unwrap_or_default());
        root.insert("limits".to_owned(), all);
        Settings::parse(&setup.to_string(), true, |_| None).unwrap()
    }

    /// A count of a source that the sandbox keeps.
    pub(crate) async fn stat(&self, source: &str, name: &str) -> u64 {
        let stats: Value = serde_json::from_str(&self.get("stats").await).unwrap();
        stats[source][name].as_u64().unwrap_or_default()
    }

    pub(crate) async fn assert_limits_kept(&self) {
        let stats: Value = serde_json::from_str(&self.get("stats").await).unwrap();
        for (source, counts) in stats.as_object().unwrap() {
            assert_eq!(counts["limits_exceeded"].as_u64().unwrap_or_default(), 0, "{source}: {counts}");
        }
    }
}

pub(crate) async fn run(lake: &Arc<dyn Lake>, slot: Slot, settings: &Settings) -> (Outcome, String) {
    let order = Order { slot, as_of: slot.close_at(), only: None };
    collect(lake, &order, settings).await.unwrap()
}
