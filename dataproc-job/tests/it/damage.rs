//! Input that is not as it should be: a message with object and row, and the rest goes on.

use std::sync::Arc;

use cloud::Lake;
use dataproc_job::split::{Options, split, split_with};
use domain::lake::{Area, AssetFile, Format, RecordKind};
use domain::mention::AssetPost;
use domain::{Bar, Key, Outcome, Post};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::kit::{Builder, assets_manifest, at, bar, hinted, post, slot};

async fn posts(lake: &dyn Lake, symbol: &str) -> Vec<AssetPost> {
    let symbol = symbol.parse().unwrap();
    let key = Key::AssetRows { slot: slot(), symbol, file: AssetFile::Posts, format: Format::Parquet };
    tables::decode(&lake.get(&key.to_string()).await.unwrap().unwrap().bytes).unwrap()
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
    assert!(message.contains(&format!("1 rows refused, its id is empty (at {key}, row 1)")), "{message}");
    assert!(message.contains(&format!("longer than 1,024 bytes (at {key}, row 2)")), "{message}");
    assert!(message.contains(&format!("not a finite number (at {bar_key}, row 0)")), "{message}");
    assert_eq!(posts(lake.as_ref(), "AAPL").await.len(), 2);
}

#[tokio::test]
async fn records_of_a_later_slot_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = Builder::new(folder.path()).await;
    let rows = [post("late", -40, "$AAPL came late"), post("next", 360, "$AAPL of the next slot")];
    lake.records("x", RecordKind::Post, &rows).await;
    let lake = lake.commit(Outcome::Succeeded).await;
    let (_, message) = split(Arc::clone(&lake), slot(), at(500)).await.unwrap();
    assert!(message.contains("left out: 1 rows of a later slot"), "{message}");
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
    let span =
        found.iter().find(|p| p.id == "rtl").map(|p| (p.span_start.unwrap(), p.span_end.unwrap())).unwrap();
    assert_eq!(&rows[3].text[span.0 as usize..span.1 as usize], "$AAPL");
    assert_eq!(posts(lake.as_ref(), "../=%2e").await[0].id, "odd");
    assert_eq!(posts(lake.as_ref(), "../=%2e").await[0].span_start, None);
    let key = "assets/slot=2026-11-21T06Z/asset=..%2F%3D%252e/posts.csv";
    assert!(lake.get(key).await.unwrap().is_some());
}

#[tokio::test]
async fn text_that_is_not_utf_8_costs_its_group_of_rows() {
    let rows: Vec<Post> = (0..9).map(|i| post(&i.to_string(), i, &format!("$TSLA mark{i} text"))).collect();
    let good = tables::encode(&rows).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(good)).unwrap().build().unwrap();
    let batch = batch.map(Result::unwrap).next().unwrap();
    // Without compression, so that a byte of one text can be changed.
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let mut bytes = writer.into_inner().unwrap();
    let texts: Vec<usize> = (0..bytes.len() - 5).filter(|at| &bytes[*at..*at + 5] == b"mark4").collect();
    texts.into_iter().for_each(|at| bytes[at] = 0xff);
    let folder = tempfile::tempdir().unwrap();
    let (lake, key) = with_object(folder.path(), bytes).await;
    let (outcome, message) = split(lake, slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.contains(&format!("bad: {key}, row 0: ")) && message.contains("UTF-8"), "{message}");
}
