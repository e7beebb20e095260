//! Noise from slot to slot, and on real posts where they are present.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use dataproc_job::noise::{Analysis, Document, Kind, Print, Reason};
use dataproc_job::resolve::Resolver;
use dataproc_job::split::split;
use domain::lake::{Area, AssetFile, Format, RecordKind};
use domain::mention::AssetPost;
use domain::{AssetList, Key, Outcome, Post, Seen, Slot};

use crate::kit::{Builder, assets_manifest, post, slot};
use crate::world::world;

async fn posts(lake: &dyn Lake, slot: Slot) -> Vec<AssetPost> {
    let symbol = "AAPL".parse().unwrap();
    let key = Key::AssetRows { slot, symbol, file: AssetFile::Posts, format: Format::Parquet };
    tables::decode(&lake.get(&key.to_string()).await.unwrap().unwrap().bytes).unwrap()
}

/// Commits the records of `slot()` as those of the slot after it, as if its posts had been written again.
async fn again_in_the_next_slot(lake: &dyn Lake, posts: &[Post]) -> Slot {
    let next = slot().next();
    let records = Key::SlotManifest { area: Area::Records, slot: slot() }.to_string();
    let (mut manifest, _) = commit::read_manifest(lake, &records).await.unwrap().unwrap();
    let bytes = tables::encode(posts).unwrap();
    let source = domain::SourceId::new("x");
    let digest = domain::lake::digest(&bytes);
    let key = Key::RecordsPart { kind: RecordKind::Post, slot: next, source, digest };
    let entry = commit::put_object(lake, &key, bytes, posts.len() as u64).await.unwrap();
    (manifest.slot, manifest.as_of, manifest.objects) = (next, next.close_at(), vec![entry]);
    let key = Key::SlotManifest { area: Area::Records, slot: next }.to_string();
    commit::commit(lake, &key, &manifest, &[]).await.unwrap();
    next
}

#[tokio::test]
async fn a_repeat_of_an_earlier_slot_is_marked_with_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(folder.path()).await;
    let news = "$AAPL opens a new campus in the south of the city, says the mayor";
    builder
        .records("x", RecordKind::Post, &[post("1", 10, news), post("2", 11, "$AAPL and nothing else")])
        .await;
    let lake = builder.commit(Outcome::Succeeded).await;
    let near = format!("{news} today");
    let repeats = [post("11", 400, news), post("12", 401, &near), post("13", 402, "$AAPL is new today")];
    let next = again_in_the_next_slot(lake.as_ref(), &repeats).await;

    // Alone, the later slot knows nothing.
    split(Arc::clone(&lake), next, next.close_at()).await.unwrap();
    assert_eq!(posts(lake.as_ref(), next).await[0].noise, None);

    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let manifest = assets_manifest(lake.as_ref()).await;
    let entry = manifest.objects.iter().find(|o| o.key == Key::Seen { slot: slot() }.to_string()).unwrap();
    let bytes = commit::read_listed(lake.as_ref(), entry).await.unwrap();
    let seen: Vec<Seen> = tables::decode(&bytes).unwrap();
    assert_eq!(
        seen.iter().map(|s| (s.symbol.as_str(), s.key.as_str())).collect::<Vec<_>>(),
        [("AAPL", "x/1"), ("AAPL", "x/2")]
    );

    split(Arc::clone(&lake), next, next.close_at()).await.unwrap();
    let rows = posts(lake.as_ref(), next).await;
    let marks: Vec<_> = rows.iter().map(|p| (p.noise.as_deref(), p.duplicate_of.as_deref())).collect();
    assert_eq!(
        marks,
        [(Some("duplicate"), Some("x/1")), (Some("near-duplicate"), Some("x/1")), (None, None)]
    );

    // A damaged object belongs to the earlier slot: this one goes on without it.
    lake.put(&entry.key, "damaged".into()).await.unwrap();
    let (outcome, _) = split(Arc::clone(&lake), next, next.close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded);
    assert_eq!(posts(lake.as_ref(), next).await[0].noise, None);
}

/// Real people and newsrooms write these: hardly any of them is taken for a bot or for part of a campaign.
#[test]
fn real_posts_are_hardly_ever_bots() {
    for name in ["us-2015", "us-2020"] {
        let Some(folder) = world(name) else { return };
        let list = AssetList::from_csv(&std::fs::read(folder.join("assets.csv")).unwrap()).unwrap();
        let resolver = Resolver::new(&list);
        let text = zstd::decode_all(std::fs::File::open(folder.join("posts.ndjson.zst")).unwrap()).unwrap();
        let text = String::from_utf8(text).unwrap();
        let rows: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let at =
            |row: &serde_json::Value| row["created_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        let mut documents: BTreeMap<(Slot, String), Vec<Document<'_>>> = BTreeMap::new();
        for row in &rows {
            let document = Document {
                kind: Kind::Post,
                source: row["source"].as_str().unwrap(),
                id: row["id"].as_str().unwrap(),
                at: at(row).timestamp_micros(),
                text: row["text"].as_str().unwrap(),
                link: None,
                repost: row["kind"] == "repost",
                parent: row["parent_id"].as_str(),
                author: row["author_id"].as_str(),
                followers: row["followers"].as_i64(),
            };
            for mention in resolver.resolve(document.text) {
                let key = (Slot::containing(at(row)), mention.symbol.to_string());
                documents.entry(key).or_default().push(document);
            }
        }
        let (mut all, mut reasons) = (0, BTreeMap::new());
        for documents in documents.values_mut() {
            documents.sort_by_key(|d| (d.at, d.source, d.id));
            let mut analysis = Analysis::new(Vec::new());
            documents.iter().for_each(|d| analysis.add(d, &Print::of(d)));
            let marks = analysis.finish();
            all += documents.len();
            for mark in (0..documents.len()).filter_map(|row| marks.mark(row)) {
                *reasons.entry(mark.reason).or_insert(0usize) += 1;
            }
        }
        println!("{name}: {all} mentions, {reasons:?}");
        let count = |reason| reasons.get(&reason).copied().unwrap_or(0);
        assert!(all > 5_000);
        assert!((count(Reason::Bot) + count(Reason::Coordinated)) * 1_000 < all, "{name}: {reasons:?}");
    }
}
