//! A lake in a folder, settings for the fakes, and looking at what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloud::Lake;
use collector::collect::{Order, collect};
use collector::settings::Settings;
use domain::lake::{Area, RecordKind};
use domain::{Article, Bar, Key, Manifest, Outcome, Post, Slot, SourceId};
use serde_json::json;

use crate::fake::{KEY, SECRET, TOKEN};

/// A lake that is deleted with the test.
pub(crate) struct TestLake {
    pub(crate) lake: Arc<dyn Lake>,
    _folder: tempfile::TempDir,
}

impl TestLake {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
        let assets = "symbol,name,class\nAAA,Alpha,equity\nBRK-A,Berk,equity\nBTC-USD,Bitcoin,crypto\nEUR-USD,Euro,fx\n";
        lake.put(&Key::AssetList.to_string(), assets.into()).await.unwrap();
        Self { lake, _folder: folder }
    }

    /// Every object with its content.
    pub(crate) async fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let mut objects = BTreeMap::new();
        for key in self.lake.list("").await.unwrap() {
            let bytes = self.lake.get(&key).await.unwrap().unwrap().bytes.to_vec();
            objects.insert(key, bytes);
        }
        objects
    }

    pub(crate) async fn manifest(&self, area: Area, slot: Slot) -> Manifest {
        let key = Key::SlotManifest { area, slot }.to_string();
        cloud::commit::read_manifest(self.lake.as_ref(), &key).await.unwrap().unwrap().0
    }

    async fn rows<T: tables::Table>(&self, slot: Slot, kind: RecordKind) -> Vec<T> {
        let mut rows = Vec::new();
        let part = format!("records/kind={}/", kind.as_str());
        for entry in
            self.manifest(Area::Records, slot).await.objects.iter().filter(|o| o.key.starts_with(&part))
        {
            let bytes = cloud::commit::read_listed(self.lake.as_ref(), entry).await.unwrap();
            rows.extend(tables::decode::<T>(&bytes).unwrap());
        }
        rows
    }

    pub(crate) async fn posts(&self, slot: Slot) -> Vec<Post> {
        self.rows(slot, RecordKind::Post).await
    }

    pub(crate) async fn bars(&self, slot: Slot) -> Vec<Bar> {
        self.rows(slot, RecordKind::Bar).await
    }

    /// Ids of all posts and articles, sorted.
    pub(crate) async fn ids(&self, slot: Slot) -> Vec<String> {
        let mut ids: Vec<String> = self.posts(slot).await.into_iter().map(|post| post.id).collect();
        ids.extend(
            self.rows::<Article>(slot, RecordKind::Article).await.into_iter().map(|article| article.id),
        );
        ids.sort();
        ids
    }

    pub(crate) async fn watermark(&self, source: &str) -> Option<DateTime<Utc>> {
        let key = Key::State { source: SourceId::new(source) }.to_string();
        let object = self.lake.get(&key).await.unwrap()?;
        let state: collector::state::State = serde_json::from_slice(&object.bytes).unwrap();
        state.watermark
    }
}

pub(crate) fn slot(name: &str) -> Slot {
    name.parse().unwrap()
}

/// Settings that name all four fakes.
pub(crate) fn settings(base: &str) -> Settings {
    settings_with(base, 5)
}

pub(crate) fn settings_with(base: &str, tries: u32) -> Settings {
    let text = json!({
        "x": {"base_url": format!("{base}/x"), "bearer_token": TOKEN, "lists": ["1"]},
        "stocktwits": {"base_url": format!("{base}/stocktwits"), "streams": ["AAA"]},
        "alpaca": {"base_url": format!("{base}/alpaca"), "key_id": KEY, "secret_key": SECRET},
        "feeds": [{"outlet": "one", "url": format!("{base}/feeds/one.xml"), "lang": "en"}],
        "terms": {"stocktwits": {"enabled": true}},
        "limits": {"tries": tries, "again_seconds": 0.01},
    });
    Settings::parse(&text.to_string(), true, |_| None).unwrap()
}

pub(crate) async fn run(lake: &TestLake, name: &str, settings: &Settings) -> (Outcome, String) {
    let slot = slot(name);
    let order = Order { slot, as_of: slot.close_at(), only: None };
    collect(&lake.lake, &order, settings).await.unwrap()
}
