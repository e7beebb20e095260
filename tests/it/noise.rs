//! What noise does to the figures: through the split and the predictions, and against what a generated world knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use analytics::aggregate::{Reach, weight};
use chrono::{DateTime, Duration, Utc};
use cloud::{Lake, commit};
use dataproc_job::noise::{Analysis, Document, Kind, Print, Reason};
use dataproc_job::resolve::Resolver;
use domain::lake::{Area, AssetFile, Format, PredictionTable, RecordKind, digest};
use domain::manifest::SourceOutcome;
use domain::mention::AssetPost;
use domain::prediction::Sentiment;
use domain::source::Terms;
use domain::{AssetList, Key, Manifest, Outcome, Post, Slot, SourceId};
use tests::{programs, world};

const ASSETS: &str = "symbol,name,class,exchange,aliases\nAAPL,Apple Inc.,equity,US,Apple\n";

fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

fn post(id: String, second: i64, followers: i64, text: String) -> Post {
    Post {
        author_id: Some(format!("author-{id}")),
        author_followers: Some(followers),
        created_at: slot().open_at() + Duration::seconds(second),
        collected_at: slot().close_at(),
        raw_ref: "raw/x#1".to_owned(),
        lang: Some("en".to_owned()),
        text,
        id,
        ..Post::default()
    }
}

/// Two hundred people with words of their own.
fn people() -> Vec<Post> {
    let moods =
        ["is great", "looks weak", "is strong", "could fall", "is fine", "disappoints me", "does nothing"];
    let things = [
        "the phone",
        "the watch",
        "services",
        "margins",
        "the store",
        "the chip",
        "the dividend",
        "guidance",
    ];
    (0..200)
        .map(|i: usize| {
            let (mood, thing) = (moods[i % 7], things[i / 7 % 8]);
            let text =
                format!("$AAPL {mood}: person {} about {thing}", ["one", "two", "three", "four"][i / 56]);
            post(format!("p{i:03}"), 90 * i as i64, 300 + i as i64 * 37, text)
        })
        .collect()
}

/// Ten thousand near-copies by accounts that nobody follows.
fn clones() -> Vec<Post> {
    let text = |i: usize| match i % 3 {
        0 => "$AAPL excellent profits, love it, best stock ever, buy now and be happy".to_owned(),
        1 => format!("$AAPL excellent profits, love it, best stock ever, buy now and be happy {i}"),
        _ => "👉 $AAPL excellent profits, love it, best stock ever, buy now and be happy 🚀".to_owned(),
    };
    (0..10_000).map(|i| post(format!("c{i:05}"), 3_600 + i as i64 / 10, i as i64 % 9, text(i))).collect()
}

/// Splits and predicts a slot with these posts; returns Apple's sentiment and its rows.
async fn figures(posts: &[Post]) -> (Sentiment, Vec<AssetPost>) {
    let folder = tempfile::tempdir().unwrap();
    let lake = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
    lake.put(&Key::AssetList.to_string(), ASSETS.into()).await.unwrap();
    let mut manifest = Manifest::new("collect", slot(), "test");
    let bytes = tables::encode(posts).unwrap();
    let (source, digest) = (SourceId::new("x"), digest(&bytes));
    let key = Key::RecordsPart { kind: RecordKind::Post, slot: slot(), source, digest };
    let entry = commit::put_object(lake.as_ref(), &key, bytes, posts.len() as u64).await.unwrap();
    manifest.objects.push(entry);
    let outcome = SourceOutcome::empty(Outcome::Succeeded, Terms::default(), String::new());
    manifest.sources.insert("x".to_owned(), outcome);
    let key = Key::SlotManifest { area: Area::Records, slot: slot() }.to_string();
    commit::commit(lake.as_ref(), &key, &manifest, &[]).await.unwrap();

    dataproc_job::split::split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    ml_vm::predict::predict(lake.as_ref(), slot(), slot().close_at()).await.unwrap();
    let symbol: domain::Symbol = "AAPL".parse().unwrap();
    let table = PredictionTable::Sentiment;
    let sentiment = Key::Prediction { slot: slot(), symbol: symbol.clone(), table };
    let rows = Key::AssetRows { slot: slot(), symbol, file: AssetFile::Posts, format: Format::Parquet };
    let sentiment: Vec<Sentiment> = tables::decode(&object(lake.as_ref(), &sentiment).await).unwrap();
    let rows = tables::decode(&object(lake.as_ref(), &rows).await).unwrap();
    (sentiment.into_iter().next().unwrap(), rows)
}

async fn object(lake: &dyn Lake, key: &Key) -> Vec<u8> {
    lake.get(&key.to_string()).await.unwrap().unwrap().bytes.to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_clones_do_not_move_an_assets_sentiment() {
    let calm = figures(&people()).await.0;
    let mut all = people();
    all.extend(clones());
    let (flooded, rows) = figures(&all).await;
    assert_eq!((flooded.posts, rows.len()), (10_200, 10_200), "nothing is dropped");
    let organic = flooded.posts_organic - calm.posts_organic;
    assert!((0..=1).contains(&organic), "{organic} clones pass for people");
    let reasons = rows.iter().filter(|row| row.noise.as_deref() == Some("coordinated")).count();
    assert!(reasons >= 9_990, "{reasons} marked as coordinated");

    let (before, after) = (calm.score.unwrap(), flooded.score.unwrap());
    println!(
        "organic {before:.4} to {after:.4}, raw {:.4} to {:.4}",
        calm.score_raw.unwrap(),
        flooded.score_raw.unwrap()
    );
    assert!((after - before).abs() < 0.01 * before.abs(), "{before} {after}");

    // Raw: the weighted mean of all, reckoned here from the rows alone.
    let (mut sum, mut total) = (0.0, 0.0);
    for row in &rows {
        let weight = weight(row.confidence, Reach::Post(row.author_followers));
        sum += weight * analytics::sentiment::score(&row.text, row.lang.as_deref()).score;
        total += weight;
    }
    let raw = flooded.score_raw.unwrap();
    assert!((raw - sum / total).abs() < 1e-9);
    assert!(raw > calm.score_raw.unwrap() + 0.3, "the flood shows in the raw figure: {raw}");
}

/// A generated world says which accounts are bots.
#[test]
fn campaigns_of_a_generated_world_are_found_and_people_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("world");
    let arguments = "generate --seed 7 --days 2 --assets 12 --posts-per-slot 1500 --start 2026-03-02 --out";
    let made = programs::command("sandbox").args(arguments.split(' ')).arg(&out).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let description: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("world.json")).unwrap()).unwrap();
    let bots: BTreeSet<&str> =
        description["truth"]["bots"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let list = AssetList::from_csv(&std::fs::read(out.join("assets.csv")).unwrap()).unwrap();
    let resolver = Resolver::new(&list);
    let rows = world::records(&out, "posts.ndjson.zst");
    let mut documents: BTreeMap<(Slot, String), Vec<Document<'_>>> = BTreeMap::new();
    for row in &rows {
        let text = |name: &str| row[name].as_str();
        let at: DateTime<Utc> = text("created_at").unwrap().parse().unwrap();
        let document = Document {
            kind: Kind::Post,
            source: text("source").unwrap(),
            id: text("id").unwrap(),
            at: at.timestamp_micros(),
            text: text("text").unwrap(),
            link: None,
            repost: row["kind"] == "repost",
            parent: text("parent_id"),
            author: text("author_id"),
            followers: row["followers"].as_i64(),
        };
        for mention in resolver.resolve(document.text) {
            documents.entry((Slot::containing(at), mention.symbol.to_string())).or_default().push(document);
        }
    }
    let (mut by_bots, mut marked, mut found, mut wrong) = (0, 0, 0, 0);
    for documents in documents.values_mut() {
        documents.sort_by_key(|d| (d.at, d.source, d.id));
        let mut analysis = Analysis::new(Vec::new());
        documents.iter().for_each(|d| analysis.add(d, &Print::of(d)));
        let marks = analysis.finish();
        for (row, document) in documents.iter().enumerate() {
            let mark = marks.mark(row);
            let is_found =
                mark.as_ref().is_some_and(|m| matches!(m.reason, Reason::Coordinated | Reason::Bot));
            if document.author.is_some_and(|author| bots.contains(author)) {
                by_bots += 1;
                marked += u32::from(mark.is_some());
                found += u32::from(is_found);
            } else {
                wrong += u32::from(is_found);
            }
        }
    }
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
    println!(
        "{by_bots} documents by bots: {:.3} marked, {:.3} as coordinated or bot, precision {:.3}",
        share(marked, by_bots),
        share(found, by_bots),
        share(found, found + wrong)
    );
    assert!(by_bots > 200);
    assert!(share(marked, by_bots) >= 0.95 && share(found, by_bots) >= 0.9);
    assert!(share(found, found + wrong) >= 0.97);
}
