//! An undisturbed slot.

use domain::lake::Area;
use domain::{Outcome, SourceId};

use crate::fake::{Fake, KEY, SECRET, TOKEN};
use crate::kit::{TestLake, run, settings, slot};

pub(crate) const FIRST: &str = "2026-11-21T06Z";

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_the_slot_is_there_once() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    assert_eq!(run(&lake, FIRST, &settings(&base)).await, (Outcome::Succeeded, String::new()));

    let ids = lake.ids(slot(FIRST)).await;
    assert_eq!(
        ids,
        ["100", "101", "102", "103", "200", "201", "202", "203", "one:g0", "one:g1", "one:g2", "one:g3"]
    );
    let posts = lake.posts(slot(FIRST)).await;
    let first = posts.iter().find(|post| post.id == "100").unwrap();
    assert_eq!((first.author_name.as_deref(), first.author_followers), (Some("ann"), Some(12)));
    let (object, line) = first.raw_ref.split_once('#').unwrap();
    let raw = lake.lake.get(object).await.unwrap().unwrap().bytes;
    let text = zstd::decode_all(raw.as_ref()).unwrap();
    let line = text.split(|b| *b == b'\n').nth(line.parse::<usize>().unwrap() - 1).unwrap();
    assert!(String::from_utf8_lossy(line).contains("post 0"), "the raw reference leads to the exchange");

    let bars = lake.bars(slot(FIRST)).await;
    let seen: Vec<(&str, f64, Option<f64>)> = bars
        .iter()
        .filter(|b| b.opens_at.to_rfc3339().contains("-20T"))
        .map(|b| (b.symbol.as_str(), b.close, b.adj_close))
        .collect();
    assert_eq!(seen, [("AAA", 20.0, Some(10.0)), ("BRK-A", 20.0, Some(10.0)), ("BTC-USD", 20.0, None)]);
    assert_eq!(bars.len(), 9, "the day that is not over yet has no bar");

    let manifest = lake.manifest(Area::Records, slot(FIRST)).await;
    let x = &manifest.sources["x"];
    assert_eq!(
        (x.counts["post"], x.terms.may_train, x.newest_at.unwrap().to_rfc3339().as_str()),
        (4, false, "2026-11-21T05:40:00+00:00")
    );
    assert_eq!(manifest.sources.len(), 4);
    assert_eq!(lake.watermark("x").await, Some(slot(FIRST).close_at()));
    assert!(fake.requests("x") >= 3, "cashtags and list, the list in two pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_gets_into_the_lake() {
    let (_fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    run(&lake, FIRST, &settings(&base)).await;
    for (key, bytes) in lake.objects().await {
        let text = if key.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes };
        let text = String::from_utf8_lossy(&text);
        for secret in [TOKEN, KEY, SECRET] {
            assert!(!text.contains(secret), "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_made_again_from_raw_are_the_same() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    run(&lake, FIRST, &settings(&base)).await;
    run(&lake, "2026-11-21T12Z", &settings(&base)).await;
    let before = lake.objects().await;
    let asked = fake.log.lock().unwrap().len();
    for key in before.keys().filter(|key| key.starts_with("records/")) {
        lake.lake.delete(key).await.unwrap();
    }
    for name in [FIRST, "2026-11-21T12Z"] {
        let (outcome, _) = collector::rebuild::rebuild(&lake.lake, slot(name)).await.unwrap();
        assert_eq!(outcome, Outcome::Succeeded);
    }
    assert_eq!(lake.objects().await, before);
    assert_eq!(fake.log.lock().unwrap().len(), asked, "no source was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_generation_of_names_is_tried_where_one_is_refused() {
    let (fake, base) = Fake::start().await;
    *fake.refuses_tweet_fields.lock().unwrap() = true;
    let lake = TestLake::new().await;
    assert_eq!(run(&lake, FIRST, &settings(&base)).await.0, Outcome::Succeeded);
    let x = SourceId::new("x");
    assert_eq!(lake.manifest(Area::Records, slot(FIRST)).await.sources[x.as_str()].counts["post"], 4);
}
