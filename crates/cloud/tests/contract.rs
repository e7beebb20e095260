//! What every lake must do, whatever it is made of.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use cloud::commit::{commit, put_object, put_object_here, read_listed, read_manifest};
use cloud::gcp::{Endpoints, StorageLake};
use cloud::{Lake, LakeError, open_lake};
use domain::Manifest;
use futures::StreamExt as _;
use stand_ins::Google;

async fn contract(lake: Arc<dyn Lake>) {
    assert!(lake.get("a/b.txt").await.unwrap().is_none());
    let one = lake.put_if_absent("a/b.txt", "one".into()).await.unwrap();
    assert!(matches!(lake.put_if_absent("a/b.txt", "two".into()).await, Err(LakeError::Exists(_))));
    assert_eq!(&lake.get("a/b.txt").await.unwrap().unwrap().bytes[..], b"one");

    let two = lake.compare_and_swap("a/b.txt", Some(&one), "two".into()).await.unwrap();
    assert!(matches!(
        lake.compare_and_swap("a/b.txt", Some(&one), "three".into()).await,
        Err(LakeError::Conflict(_))
    ));
    assert!(matches!(
        lake.compare_and_swap("a/b.txt", None, "three".into()).await,
        Err(LakeError::Conflict(_))
    ));
    assert_eq!(lake.get("a/b.txt").await.unwrap().unwrap().version, two);
    lake.compare_and_swap("a/new.txt", None, "n".into()).await.unwrap();

    lake.put("a/b%2Fc=1/x", "x".into()).await.unwrap();
    lake.put("ab", "y".into()).await.unwrap();
    assert_eq!(lake.list("a").await.unwrap(), ["a/b%2Fc=1/x", "a/b.txt", "a/new.txt", "ab"]);
    assert_eq!(lake.list("a/b").await.unwrap(), ["a/b%2Fc=1/x", "a/b.txt"]);
    assert_eq!(lake.list("a/b%2Fc=1/").await.unwrap(), ["a/b%2Fc=1/x"]);
    assert_eq!(lake.list("none/").await.unwrap(), [""; 0]);

    lake.delete("a/b.txt").await.unwrap();
    lake.delete("a/b.txt").await.unwrap();
    assert!(lake.get("a/b.txt").await.unwrap().is_none());
    for bad in ["../x", "/x", "", "a/../../x", ".scratch/x", "a/.x", "a/"] {
        assert!(matches!(lake.put(bad, "x".into()).await, Err(LakeError::BadKey(_))), "{bad}");
    }
}

/// Objects that are too large to hold: put from a file, read piece by piece, the same whichever way.
async fn large_objects(lake: Arc<dyn Lake>) {
    assert!(lake.read("large/none").await.unwrap().is_none());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large");
    let content: Vec<u8> = (0..20_000_003_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&file, &content).unwrap();
    lake.put_file("large/object", &file).await.unwrap();
    let mut pieces = lake.read("large/object").await.unwrap().unwrap();
    let (mut read, mut count) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        read.extend_from_slice(&piece.unwrap());
        count += 1;
    }
    assert!(read == content && count > 1, "{} bytes in {count} pieces", read.len());
    assert!(lake.tail("large/none", 9).await.unwrap().is_none());
    assert!(lake.tail("large/object", 3_000_001).await.unwrap().unwrap() == content[17_000_002..]);
    assert!(lake.tail("large/object", 1 << 40).await.unwrap().unwrap() == content);
    let whole = lake.get("large/object").await.unwrap().unwrap();
    assert!(whole.bytes == content);
    lake.compare_and_swap("large/object", Some(&whole.version), "small".into()).await.unwrap();
    assert!(lake.put_file("large/object", &folder.path().join("none")).await.is_err());
    assert!(matches!(lake.read("../x").await, Err(LakeError::BadKey(_))));
    assert!(matches!(lake.download_url("../x", Duration::from_secs(1)).await, Err(LakeError::BadKey(_))));
}

async fn one_of_many_swaps_wins(lake: Arc<dyn Lake>) {
    let start = lake.put_if_absent("state/x.json", "0".into()).await.unwrap();
    let attempts = (0..20).map(|n| {
        let (lake, start) = (lake.clone(), start.clone());
        tokio::spawn(async move {
            lake.compare_and_swap("state/x.json", Some(&start), format!("by {n}").into()).await.is_ok()
        })
    });
    let mut won = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        won += usize::from(attempt.await.unwrap());
    }
    assert_eq!(won, 1);
}

async fn a_manifest_commits(lake: Arc<dyn Lake>) {
    let key = "records/slot=2026-11-21T06Z/_MANIFEST.json";
    assert!(read_manifest(lake.as_ref(), key).await.unwrap().is_none());
    lake.put("records/slot=2026-11-21T06Z/part-orphan", "left by a killed attempt".into()).await.unwrap();
    let mut manifest = Manifest::new("collect", "2026-11-21T06Z".parse().unwrap(), "0.1.0");
    let object =
        put_object(lake.as_ref(), "records/slot=2026-11-21T06Z/part-1", b"rows".to_vec(), 1).await.unwrap();
    manifest.objects.push(object.clone());
    let prefix = ["records/slot=2026-11-21T06Z/".to_owned()];
    let first = commit(lake.as_ref(), key, &manifest, &prefix).await.unwrap();
    assert_eq!(commit(lake.as_ref(), key, &manifest, &prefix).await.unwrap(), first);
    assert_eq!(lake.list(&prefix[0]).await.unwrap(), [key, "records/slot=2026-11-21T06Z/part-1"]);
    assert_eq!(read_manifest(lake.as_ref(), key).await.unwrap().unwrap().1, first);
    assert_eq!(&read_listed(lake.as_ref(), &object).await.unwrap()[..], b"rows");
    assert!(!lake.put_unless_same(&object.key, "rows".into()).await.unwrap());
    assert!(lake.put_unless_same(&object.key, "rot!".into()).await.unwrap());
    if let Some(put) = put_object_here(lake.as_ref(), &object.key, b"here", 1) {
        assert_eq!(&read_listed(lake.as_ref(), &put.unwrap()).await.unwrap()[..], b"here");
    }
    lake.put(&object.key, "rotten".into()).await.unwrap();
    assert!(matches!(read_listed(lake.as_ref(), &object).await, Err(LakeError::Damaged(_))));
    lake.delete(&object.key).await.unwrap();
    assert!(matches!(read_listed(lake.as_ref(), &object).await, Err(LakeError::Missing(_))));
}

/// The whole suite, each part on a lake of its own.
async fn suite(lakes: impl AsyncFn(&str) -> Arc<dyn Lake>) {
    contract(lakes("one").await).await;
    one_of_many_swaps_wins(lakes("two").await).await;
    a_manifest_commits(lakes("three").await).await;
    large_objects(lakes("four").await).await;
}

#[tokio::test]
async fn a_folder_is_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    suite(async |name: &str| open_lake(folder.path().join(name).to_str().unwrap()).await.unwrap()).await;
    assert!(matches!(open_lake("s3://bucket").await, Err(LakeError::Unsupported { .. })));
}

#[tokio::test]
async fn a_bucket_is_a_lake() {
    let google = Google::start().await;
    let endpoints = Endpoints { storage: Some(google.url.clone()), ..Endpoints::default() };
    suite(async |name: &str| {
        google.create_bucket(name);
        Arc::new(StorageLake::open(&format!("gs://{name}"), &endpoints).await.unwrap()) as Arc<dyn Lake>
    })
    .await;
    // A lake may be a folder of a bucket; nothing outside is seen or touched.
    google.put_object("shared", "outside", "x");
    let inside = StorageLake::open("gs://shared/a/lake/", &endpoints).await.unwrap();
    contract(Arc::new(inside)).await;
    assert!(google.objects("shared").keys().all(|name| name == "outside" || name.starts_with("a/lake/")));
    assert_eq!(google.violations(), [""; 0]);
}

/// Another stand-in, where `QUARTERDAY_STORAGE_STAND_IN` names one, for example Google's storage test bench.
#[tokio::test]
async fn a_bucket_of_another_stand_in_is_a_lake() {
    let Ok(url) = std::env::var("QUARTERDAY_STORAGE_STAND_IN") else { return };
    let endpoints = Endpoints { storage: Some(url.trim_end_matches('/').to_owned()), ..Endpoints::default() };
    let client = reqwest::Client::new();
    suite(async |name: &str| {
        let bucket = format!("quarterday-{name}-{}", uuid::Uuid::new_v4().simple());
        let made = client
            .post(format!("{url}/storage/v1/b?project=test"))
            .json(&serde_json::json!({ "name": bucket }));
        assert!(made.send().await.unwrap().status().is_success());
        Arc::new(StorageLake::open(&format!("gs://{bucket}"), &endpoints).await.unwrap()) as Arc<dyn Lake>
    })
    .await;
}
