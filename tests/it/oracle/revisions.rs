//! What is edited or deleted after it was collected.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Outcome, Post, Slot};
use serde_json::{Value, json};

use super::kit::{LARGE, Oracle, TestLake, run, slot};

/// The sources that can be asked again.
const REVISED: [&str; 5] = ["facebook", "instagram", "reddit", "telegram", "x"];

fn slots() -> Vec<Slot> {
    let mut slots: Vec<Slot> = vec!["2026-03-02T06Z".parse().unwrap()];
    while *slots.last().unwrap() != slot() {
        slots.push(slots.last().unwrap().next());
    }
    slots
}

/// The last version of every post of `source` that the lake holds, whichever slot holds it.
async fn latest(lake: &TestLake, source: &str) -> BTreeMap<String, Post> {
    let mut latest: BTreeMap<String, Post> = BTreeMap::new();
    for slot in slots() {
        for post in lake.posts(slot, source).await {
            latest.insert(post.id.clone(), post);
        }
    }
    latest
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lake_follows_edits_and_deletions_and_purges_what_is_gone() {
    let oracle = Oracle::of(&LARGE, slots()[0], None);
    let settings = oracle.settings(&REVISED, json!({"revision_posts": 100_000})).await;
    let lake = TestLake::of(&LARGE).await;
    let mut once: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for slot in slots() {
        oracle.set_clock(slot).await;
        let (outcome, message) = run(&lake.lake, slot, &settings).await;
        assert_eq!(outcome, Outcome::Succeeded, "{slot}: {message}");
        for source in REVISED {
            for line in oracle.lines(slot, source).await {
                if let (Some(id), Some(text)) = (line["id"].as_str(), line["text"].as_str()) {
                    once.entry(source).or_default().insert(id.to_owned(), text.to_owned());
                }
            }
        }
    }
    let (mut edited, mut deleted) = (0, 0);
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for source in REVISED {
        let latest = latest(&lake, source).await;
        let mut shown: BTreeMap<String, Value> = BTreeMap::new();
        for slot in slots() {
            shown.extend(
                oracle
                    .lines(slot, source)
                    .await
                    .into_iter()
                    .filter_map(|line| Some((line["id"].as_str()?.to_owned(), line.clone()))),
            );
        }
        for (id, post) in &latest {
            let line = shown.get(id).unwrap_or_else(|| panic!("{source} {id} was never shown"));
            let is_gone = line["deleted"] == json!(true);
            assert_eq!(post.deleted, is_gone, "{source} {id}: {line}");
            if is_gone {
                deleted += 1;
                assert!(post.text.is_empty() && post.author_name.is_none() && post.author_id.is_none());
                gone.extend(once[source].get(id).cloned());
            } else if let Some(text) = line["text"].as_str() {
                assert_eq!(post.text.trim(), text.trim(), "{source} {id}");
                edited += usize::from(post.revision && post.edited_at.is_some());
            }
        }
        let alive = |line: &&Value| line["deleted"] != json!(true);
        let missing: Vec<&Value> = shown
            .values()
            .filter(alive)
            .filter(|line| !latest.contains_key(line["id"].as_str().unwrap()))
            .collect();
        assert!(missing.is_empty(), "{source}: {missing:?}");
    }
    assert!(deleted > 0 && edited > 0, "the world has deletions ({deleted}) and edits ({edited}) to follow");
    assert_purged(&lake, &gone).await;
    oracle.assert_limits_kept().await;
    drop(oracle);
    // What was purged stays purged, and the rest can still be made again.
    let before = lake.objects().await;
    for slot in slots() {
        collector::rebuild::rebuild(&lake.lake, slot).await.unwrap();
    }
    assert_eq!(lake.objects().await, before);
}

/// No object below raw/ and records/ holds one of these texts, unless another post says the same.
async fn assert_purged(lake: &TestLake, gone: &BTreeSet<String>) {
    let mut alive: BTreeSet<String> = BTreeSet::new();
    for source in REVISED {
        alive.extend(latest(lake, source).await.into_values().map(|post| post.text));
    }
    let of_its_own =
        |text: &&String| text.len() > 20 && !alive.iter().any(|other| other.contains(text.as_str()));
    let (all, gone): (usize, Vec<&String>) = (gone.len(), gone.iter().filter(of_its_own).collect());
    assert!(!gone.is_empty(), "of {all} texts that are gone one is nobody else's");
    for (key, bytes) in lake.objects().await {
        let text = if key.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { continue };
        let text = String::from_utf8_lossy(&text);
        for words in &gone {
            assert!(!text.contains(words.as_str()), "{key} still holds {words:?}");
        }
    }
    for source in REVISED {
        for slot in slots() {
            for post in lake.posts(slot, source).await {
                assert!(!gone.contains(&&post.text), "{source} {slot} still holds {:?}", post.text);
            }
        }
    }
}
