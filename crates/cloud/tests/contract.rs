//! What every lake must do, whatever it is made of.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cloud::commit::{commit, put_object, read_listed, read_manifest};
use cloud::{Lake, LakeError, open_lake};
use domain::Manifest;

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
    for bad in ["../x", "/x", "", "a/../../x", ".scratch/x", "a/"] {
        assert!(matches!(lake.put(bad, "x".into()).await, Err(LakeError::BadKey(_))), "{bad}");
    }
}

async fn one_of_many_swaps_wins(lake: Arc<dyn Lake>) {
    let start = lake.put("state/x.json", "0".into()).await.unwrap();
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
    lake.put(&object.key, "rotten".into()).await.unwrap();
    assert!(matches!(read_listed(lake.as_ref(), &object).await, Err(LakeError::Damaged(_))));
    lake.delete(&object.key).await.unwrap();
    assert!(matches!(read_listed(lake.as_ref(), &object).await, Err(LakeError::Missing(_))));
}

#[tokio::test]
async fn a_folder_is_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    for (name, n) in [("one", 0), ("two", 1), ("three", 2)] {
        let lake = open_lake(folder.path().join(name).to_str().unwrap()).unwrap();
        match n {
            0 => contract(lake).await,
            1 => one_of_many_swaps_wins(lake).await,
            _ => a_manifest_commits(lake).await,
        }
    }
    assert!(matches!(open_lake("gs://bucket"), Err(LakeError::Unsupported(_))));
}
