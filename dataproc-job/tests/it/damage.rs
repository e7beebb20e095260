//! Input that is not as it should be: a message with object and row, and the rest goes on.

use std::sync::Arc;

use cloud::Lake;
use dataproc_job::split::{Options, split, split_with};
use domain::document::RecordReject;
use domain::lake::{Area, AssetFile, Format, RecordKind};
use domain::mention::AssetPost;
use domain::{Bar, Key, Outcome, Post};

use crate::kit::{Builder, assets_manifest, at, bar, foreign, hinted, post, slot, spoilt};

async fn posts(lake: &dyn Lake, symbol: &str) -> Vec<AssetPost> {
    let symbol = symbol.parse().unwrap();
    let key = Key::AssetRows { slot: slot(), symbol, file: AssetFile::Posts, format: Format::Parquet };
    tables::decode(&lake.get(&key.to_string()).await.unwrap().unwrap().bytes).unwrap()
}

/// What was refused.
async fn rejects(lake: &dyn Lake) -> Vec<RecordReject> {
    let key = Key::Rejects { slot: slot() }.to_string();
    let manifest = assets_manifest(lake).await;
    let entry = manifest.objects.iter().find(|object| object.key == key).unwrap();
    let rows: Vec<RecordReject> =
        tables::decode(&cloud::commit::read_listed(lake, entry).await.unwrap()).unwrap();
    assert_eq!(rows.len() as u64, entry.rows);
    rows
}

/// A lake with one good source and, of source `bad`, the object `bytes`, listed as it is.
async fn with_object(folder: &std::path::Path, bytes: Vec<u8>) -> (Arc<dyn Lake>, String) {
    let mut lake = Builder::new(folder).await;
    lake.records("x", RecordKind::Post, &[post("1", 1, "$AAPL up")]).await;
    let key = lake.raw("bad", RecordKind::Post, bytes).await;
    (lake.commit(Outcome::Succeeded).await, key)
}

#[tokio::test]
async fn truncated_and_corrupt_objects_cost_only_their_source() {
    let many: Vec<Post> =
        (0..3000).map(|i| post(&i.to_string(), i % 300, &format!("$TSLA number {i}"))).collect();
    let good = tables::encode(&many).unwrap();
    let mut corrupt = good.clone();
    let middle = good.len() / 3;
    corrupt[middle..middle + 2000].iter_mut().for_each(|byte| *byte ^= 0x5a);
    for bytes in [good[..good.len() / 2].to_vec(), corrupt, Vec::new(), b"PAR1PAR1".to_vec()] {
        let folder = tempfile::tempdir().unwrap();
        let (lake, key) = with_object(folder.path(), bytes).await;
        let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
        assert_eq!(outcome, Outcome::Partial, "{message}");
        assert!(
            message.contains(&format!("bad: {key}")) && message.contains("run the collector again"),
            "{message}"
        );
        assert_eq!(assets_manifest(lake.as_ref()).await.sources["x"].outcome, Outcome::Succeeded);
        assert_eq!(posts(lake.as_ref(), "AAPL").await.len(), 1);
    }
}

#[tokio::test]
async fn columns_of_another_version_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, key) = with_object(folder.path(), tables::encode(&[bar("AAPL", 1, 1.0)]).unwrap()).await;
    let (outcome, message) = split(lake, slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.contains(&format!("{key}: column id is missing where Utf8 is needed")), "{message}");
}

#[tokio::test]
async fn a_manifest_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Builder::new(folder.path()).await.commit(Outcome::Succeeded).await;
    let key = Key::SlotManifest { area: Area::Records, slot: slot() }.to_string();
    let text = String::from_utf8(lake.get(&key).await.unwrap().unwrap().bytes.to_vec()).unwrap();
    lake.put(&key, text.replace("\"schema_version\": 1", "\"schema_version\": 7").into()).await.unwrap();
    let error = format!("{:#}", split(lake, slot(), slot().close_at()).await.unwrap_err());
    assert!(error.contains(&key) && error.contains("schema version 7 is not 1"), "{error}");
}

#[tokio::test]
async fn invalid_rows_are_counted_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let rows = [
        post("1", 1, "$AAPL"),
        post("", 2, "$AAPL"),
        post(&"9".repeat(2000), 3, "$AAPL"),
        post("4", 359, "$AAPL"),
    ];
    let key = lake.records("x", RecordKind::Post, &rows).await;
    let bars = [Bar { high: f64::NAN, ..bar("AAPL", 1, 2.0) }, bar("AAPL", 2, 2.0)];
    let bar_key = lake.records("alpaca", RecordKind::Bar, &bars).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded);
    assert!(
        message.contains(&format!("1 rows refused, its id is empty (at {key}, row 1; all in ")),
        "{message}"
    );
    assert!(message.contains(&format!("longer than 1,024 bytes (at {key}, row 2; all in ")), "{message}");
    assert!(message.contains(&format!("not a finite number (at {bar_key}, row 0; all in ")), "{message}");
    assert_eq!(posts(lake.as_ref(), "AAPL").await.len(), 2);
    let kept = rejects(lake.as_ref()).await;
    let said: Vec<_> = kept
        .iter()
        .map(|r| (r.source.as_str(), r.object.as_str(), r.row, r.id.as_deref(), r.excerpt.as_str()))
        .collect();
    let long = format!("{}…", "9".repeat(200));
    let price = "AAPL 1d 2026-11-20T00:00:00+00:00 open 2 high NaN low 1 close 2 volume 1000";
    let wanted = [
        ("alpaca", bar_key.as_str(), 0, None, price),
        ("x", key.as_str(), 1, None, "$AAPL"),
        ("x", key.as_str(), 2, Some(long.as_str()), "$AAPL"),
    ];
    assert_eq!(said, wanted);
}

#[tokio::test]
async fn records_of_a_later_slot_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let rows = [post("late", -40, "$AAPL came late"), post("next", 360, "$AAPL of the next slot")];
    let key = lake.records("x", RecordKind::Post, &rows).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let (_, message) = split(Arc::clone(&lake), slot(), at(500)).await.unwrap();
    assert!(
        message.contains(&format!("1 rows refused, it is of a later slot (at {key}, row 1;")),
        "{message}"
    );
    assert_eq!(rejects(lake.as_ref()).await[0].id.as_deref(), Some("next"));
    let ids: Vec<String> = posts(lake.as_ref(), "AAPL").await.into_iter().map(|p| p.id).collect();
    assert_eq!(ids, ["late"]);
}

#[tokio::test]
async fn odd_texts_and_symbols_go_through() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let list = format!("{}../=%2e,Odd Inc.,equity,US,\n", crate::kit::ASSETS);
    lake.lake.put("state/assets.csv", list.into()).await.unwrap();
    let large = format!("$AAPL {}", "word ".repeat(200_000));
    let tags: String = (0..500)
        .map(|i| format!("${}{} ", char::from(b'A' + (i % 26) as u8), char::from(b'A' + (i / 26) as u8)))
        .collect();
    let rows = [
        post("large", 1, &large),
        post("tags", 2, &format!("$AAPL $TSLA {tags}")),
        post("emoji", 3, "🚀🚀🚀"),
        post("rtl", 4, "\u{202e}LPAA$\u{202c} \u{200b}$TSLA\u{200b} اشتر $AAPL"),
        hinted(post("odd", 5, "no name"), "../=%2e"),
        post("empty", 6, ""),
    ];
    lake.records("x", RecordKind::Post, &rows).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let options = Options { memory: 1 << 20, threads: 2, ..Options::default() };
    let (outcome, message, _) =
        split_with(Arc::clone(&lake), slot(), slot().close_at(), &options).await.unwrap();
    assert_eq!((outcome, message.as_str()), (Outcome::Succeeded, ""));
    let found = posts(lake.as_ref(), "AAPL").await;
    assert_eq!(found.iter().find(|p| p.id == "large").unwrap().text, large);
    assert!(found.iter().any(|p| p.id == "tags" && p.confidence < 0.9));
    assert!(!found.iter().any(|p| p.id == "emoji" || p.id == "empty"));
    let span =
        found.iter().find(|p| p.id == "rtl").map(|p| (p.span_start.unwrap(), p.span_end.unwrap())).unwrap();
    assert_eq!(&rows[3].text[span.0 as usize..span.1 as usize], "$AAPL");
    assert_eq!(posts(lake.as_ref(), "../=%2e").await[0].id, "odd");
    assert_eq!(posts(lake.as_ref(), "../=%2e").await[0].span_start, None);
    let key = "assets/slot=2026-11-21T06Z/asset=..%2F%3D%252e/posts.csv";
    assert!(lake.get(key).await.unwrap().is_some());
}

#[tokio::test]
async fn text_that_is_not_utf_8_costs_its_row() {
    let mut rows: Vec<Post> =
        (0..9).map(|i| post(&format!("id{i}"), i, &format!("$TSLA mark{i} text"))).collect();
    rows[6] = hinted(rows[6].clone(), "HINT6");
    rows[8] = post("id8", 8, "$TSLA \u{fffd} is a character like any other");
    for dictionaries in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let bytes = spoilt(&rows, dictionaries, &["mark4", "id2", "HINT6"]);
        let (lake, key) = with_object(folder.path(), bytes).await;
        let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
        assert_eq!(outcome, Outcome::Succeeded, "{message}");
        for (reason, row) in [("id", 2), ("text", 4), ("asset_hints", 6)] {
            let wanted = format!("1 rows refused, its {reason} is not UTF-8 (at {key}, row {row};");
            assert!(message.contains(&wanted), "{wanted}: {message}");
        }
        let ids: Vec<String> = posts(lake.as_ref(), "TSLA").await.into_iter().map(|p| p.id).collect();
        assert_eq!(ids, ["id0", "id1", "id3", "id5", "id7", "id8"]);
        let kept = rejects(lake.as_ref()).await;
        let said: Vec<_> =
            kept.iter().map(|r| (r.row, r.id.as_deref().unwrap(), r.excerpt.as_str())).collect();
        let wanted = [
            (2, "\u{fffd}d2", "$TSLA mark2 text"),
            (4, "id4", "$TSLA \u{fffd}ark4 text"),
            (6, "id6", "$TSLA mark6 text"),
        ];
        assert_eq!(said, wanted);
        assert!(kept.iter().all(|r| r.source == "bad" && r.object == key));
    }
}

#[tokio::test]
async fn another_writer_s_columns_are_read_and_rows_that_lack_a_value_are_refused() {
    let rows: Vec<Post> =
        (0..8).map(|i| post(&format!("id{i}"), i, &format!("$TSLA mark{i} text"))).collect();
    let without = [("id", 1), ("text", 2), ("kind", 3), ("created_at", 4), ("collected_at", 5), ("url", 6)];
    let folder = tempfile::tempdir().unwrap();
    let (lake, key) = with_object(folder.path(), foreign(&rows, &without)).await;
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded, "{message}");
    for (name, row) in &without[..5] {
        let wanted = format!("1 rows refused, its {name} is missing (at {key}, row {row};");
        assert!(message.contains(&wanted), "{wanted}: {message}");
    }
    let ids: Vec<String> = posts(lake.as_ref(), "TSLA").await.into_iter().map(|p| p.id).collect();
    assert_eq!(ids, ["id0", "id6", "id7"], "a link may be missing");
    assert_eq!(rejects(lake.as_ref()).await.len(), 5);
}

#[tokio::test]
async fn a_listed_object_that_is_gone_costs_only_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let good = tables::encode(&[post("2", 2, "$TSLA")]).unwrap();
    let (lake, key) = with_object(folder.path(), good).await;
    lake.delete(&key).await.unwrap();
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.contains(&format!("bad: {key} is listed in a manifest but missing")), "{message}");
    assert_eq!(posts(lake.as_ref(), "AAPL").await.len(), 1);
}

#[tokio::test]
async fn the_first_refused_rows_are_kept_and_all_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let rows: Vec<Post> = (0..20_000).map(|i| post("", i % 300, &format!("$AAPL {i}"))).collect();
    let key = lake.records("x", RecordKind::Post, &rows).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let (_, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let places = format!("{key}, row 0; {key}, row 1; {key}, row 2");
    let kept_in = "the first 100 in assets/slot=2026-11-21T06Z/rejects.parquet";
    let wanted = format!("x: 20000 rows refused, its id is empty (at {places}; {kept_in})");
    assert_eq!(message, wanted);
    let kept = rejects(lake.as_ref()).await;
    assert_eq!(kept.iter().map(|r| r.row).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    assert!(kept.iter().all(|r| r.id.is_none() && r.excerpt == format!("$AAPL {}", r.row)));
}

#[tokio::test]
async fn an_alias_of_two_assets_names_both_unless_a_symbol_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let list = "symbol,name,class,exchange,aliases\nAAA,Alpha Widgets Inc.,equity,US,Zorblat\n\
        BBB,Beta Widgets Inc.,equity,US,Zorblat\n";
    lake.lake.put("state/assets.csv", list.into()).await.unwrap();
    let rows = [
        post("1", 1, "Zorblat shares fall"),
        post("2", 2, "$AAA and Zorblat"),
        post("3", 3, "Beta Widgets Inc. rises"),
    ];
    lake.records("x", RecordKind::Post, &rows).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded, "{message}");
    let wanted = "state/assets.csv, line 3: alias \"zorblat\" of BBB is claimed by AAA on line 2: keep one";
    assert_eq!(message, wanted);
    let ids = async |symbol| posts(lake.as_ref(), symbol).await.into_iter().map(|p| p.id).collect::<Vec<_>>();
    assert_eq!(
        (ids("AAA").await, ids("BBB").await),
        (vec!["1".to_owned(), "2".to_owned()], vec!["1".to_owned(), "3".to_owned()])
    );
}
