//! Records in, rows per asset out.

use std::path::Path;
use std::sync::Arc;

use cloud::Lake;
use dataproc_job::split::split;
use domain::lake::{Area, AssetFile, Format, RecordKind, slot_prefix};
use domain::mention::{AssetArticle, AssetBar, AssetPost};
use domain::{Bar, Key, Outcome, Post, PostKind};
use tables::Table;

use crate::kit::{ASSETS, Builder, article, assets_manifest, at, bar, hinted, post, slot};

pub(crate) async fn small_lake(folder: &Path) -> Builder {
    let mut lake = Builder::new(folder).await;
    let repost =
        Post { kind: PostKind::Repost, ..post("5", 50, "RT @a: $AAPL is a buy, says everyone I know") };
    let posts = [
        post("2", 20, "$AAPL is a buy, says everyone I know"),
        post("1", 10, "=HYPERLINK(\"http://evil.example\") $AAPL and Tesla"),
        post("3", 30, "$AAPL is a buy, says everyone I know http://t.co/1"),
        hinted(post("4", 40, "no name in here"), "BRK.A"),
        repost,
        post("6", 60, "nothing about any asset"),
        post("7", 500, "$AAPL from the future"),
        Post { deleted: true, ..post("8", 15, "$AAPL was deleted") },
    ];
    lake.records("x", RecordKind::Post, &posts).await;
    let articles = [
        article("a", Some(5), "Tesla opens a plant", &[]),
        article("b", None, "Markets in short", &["BTC/USD", "ZZZZ"]),
        article("c", Some(6), "Tesla opens a plant", &[]),
    ];
    lake.records("feeds", RecordKind::Article, &articles).await;
    let bars = [bar("AAPL", 1, 10.0), bar("AAPL", 3, 8.0), bar("AAPL", 2, 9.0), bar("EUR-USD", 1, 1.1)];
    lake.records("alpaca", RecordKind::Bar, &bars).await;
    let others = [bar("AAPL", 1, 99.0), bar("AAPL", 4, 7.0), bar("AAPL", -1, 5.0), bar("QQQ", 1, 5.0)];
    lake.records("zeta", RecordKind::Bar, &others).await;
    lake.source("x").terms.may_display = false;
    lake
}

async fn rows<T: Table>(lake: &dyn Lake, symbol: &str, file: AssetFile) -> Vec<T> {
    tables::decode(&read(lake, symbol, file, Format::Parquet).await).unwrap()
}

async fn read(lake: &dyn Lake, symbol: &str, file: AssetFile, format: Format) -> Vec<u8> {
    let key = Key::AssetRows { slot: slot(), symbol: symbol.parse().unwrap(), file, format };
    lake.get(&key.to_string()).await.unwrap().unwrap().bytes.to_vec()
}

#[tokio::test]
async fn every_asset_gets_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await.commit(Outcome::Succeeded).await;
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded, "{message}");

    let posts: Vec<AssetPost> = rows(lake.as_ref(), "AAPL", AssetFile::Posts).await;
    let seen: Vec<_> =
        posts.iter().map(|p| (p.id.as_str(), p.noise.as_deref(), p.duplicate_of.as_deref())).collect();
    assert_eq!(
        seen,
        [
            ("1", None, None),
            ("2", None, None),
            ("3", Some("duplicate"), Some("x/2")),
            ("5", Some("repost"), Some("x/2")),
        ]
    );
    assert!(
        posts.iter().all(|p| p.evidence == "cashtag" && !p.may_display && p.may_infer && p.source == "x")
    );
    let berkshire: Vec<AssetPost> = rows(lake.as_ref(), "BRK-A", AssetFile::Posts).await;
    assert_eq!((berkshire[0].evidence.as_str(), berkshire[0].confidence), ("vendor", 1.0));

    let articles: Vec<AssetArticle> = rows(lake.as_ref(), "TSLA", AssetFile::Articles).await;
    assert_eq!(articles[0].authors.as_deref(), Some("A. Writer; B. Writer"));
    assert_eq!(articles[1].duplicate_of.as_deref(), Some("feeds/a"));
    let undated: Vec<AssetArticle> = rows(lake.as_ref(), "BTC-USD", AssetFile::Articles).await;
    assert_eq!(undated[0].published_at, slot().close_at());

    let bars: Vec<AssetBar> = rows(lake.as_ref(), "AAPL", AssetFile::Bars).await;
    let closes: Vec<_> = bars.iter().map(|b| (b.close, b.source.as_str())).collect();
    assert_eq!(closes, [(7.0, "zeta"), (8.0, "alpaca"), (9.0, "alpaca"), (10.0, "alpaca")]);
}

#[tokio::test]
async fn the_manifest_counts_every_asset() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await.commit(Outcome::Succeeded).await;
    let (_, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let manifest = assets_manifest(lake.as_ref()).await;
    let counts = |symbol: &str| {
        let counts = &manifest.assets[symbol].counts;
        ["posts", "posts_organic", "articles", "articles_organic", "bars"].map(|name| counts[name])
    };
    assert_eq!(manifest.assets.len(), 6);
    assert_eq!(counts("AAPL"), [4, 2, 0, 0, 4]);
    assert_eq!(counts("TSLA"), [1, 1, 2, 1, 0]);
    assert_eq!(counts("GMRE"), [0, 0, 0, 0, 0]);
    assert_eq!(manifest.inputs.len(), 2);
    assert!(
        message.contains("x: left out: 1 rows deleted at the source; 1 rows refused, it is later"),
        "{message}"
    );
    assert!(message.contains("zeta: left out: 1 rows of no asset of the list; 1 rows refused, it is later"));
    assert!(message.contains("all in assets/slot=2026-11-21T06Z/rejects.parquet)"), "{message}");
    assert_eq!(manifest.sources["x"].counts["post"], 8);

    let listed: Vec<&str> = manifest.objects.iter().map(|o| o.key.as_str()).collect();
    let mut there = lake.list(&slot_prefix(Area::Assets, slot())).await.unwrap();
    there.retain(|key| !key.ends_with("_MANIFEST.json"));
    assert_eq!(there, listed);
    assert!(!listed.iter().any(|key| key.contains("GMRE")));
    for entry in &manifest.objects {
        assert!(entry.matches(&lake.get(&entry.key).await.unwrap().unwrap().bytes), "{}", entry.key);
    }
}

#[tokio::test]
async fn csv_opens_safely() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = small_lake(folder.path()).await;
    builder.source("x").terms.may_display = true;
    let lake = builder.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let bytes = read(lake.as_ref(), "AAPL", AssetFile::Posts, Format::Csv).await;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let column = |name: &str, reader: &mut csv::Reader<&[u8]>| {
        reader.headers().unwrap().iter().position(|h| h == name).unwrap()
    };
    let (text, likes) = (column("text", &mut reader), column("likes", &mut reader));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(&records[0][text], "'=HYPERLINK(\"http://evil.example\") $AAPL and Tesla");
    assert_eq!(&records[0][likes], "-1");
    assert_eq!(&records[1][text], "$AAPL is a buy, says everyone I know");

    let bars = String::from_utf8(read(lake.as_ref(), "AAPL", AssetFile::Bars, Format::Csv).await).unwrap();
    assert_eq!(
        bars.lines().next(),
        Some("symbol,interval,time,open,high,low,close,adj_close,volume,source,split_ratio")
    );
    assert_eq!(bars.lines().nth(1), Some("AAPL,1d,2026-11-17T00:00:00Z,7,8,6,7,,1000,zeta,"));
}

#[tokio::test]
async fn csv_keeps_every_text_in_its_cell_and_no_text_is_a_formula() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(folder.path()).await;
    let texts = [
        "=1+1 $AAPL",
        "+1 $AAPL",
        "-1 $AAPL",
        "@SUM(A1) $AAPL",
        "\t=1 $AAPL",
        "\r=1 $AAPL",
        "\n=1 $AAPL",
        "\"quoted\", with, commas\nand lines\r\nand\ttabs $AAPL",
        "'single $AAPL",
        "1=1; $AAPL",
    ];
    let rows: Vec<Post> = (0i64..).zip(texts).map(|(n, text)| post(&format!("={n}"), n, text)).collect();
    builder.records("x", RecordKind::Post, &rows).await;
    builder.source("x").terms.may_display = true;
    let lake = builder.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let bytes = read(lake.as_ref(), "AAPL", AssetFile::Posts, Format::Csv).await;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let column = reader.headers().unwrap().iter().position(|h| h == "text").unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), texts.len());
    for (n, (record, text)) in records.iter().zip(texts).enumerate() {
        let mark = if n < 7 { "'" } else { "" };
        assert_eq!(&record[column], format!("{mark}{text}"));
        assert_eq!(&record[2], format!("'={n}"));
        for cell in record.iter().filter(|cell| cell.parse::<f64>().is_err()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
        }
    }
}

#[tokio::test]
async fn of_several_sources_bars_the_preferred_one_counts_and_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(folder.path()).await;
    let sources = ["alpaca", "interactive_brokers", "alpha_vantage", "yahoo", "aaa", "zeta"];
    // Each has the days of those after it, too.
    for (n, source) in sources.iter().enumerate().rev() {
        let bars: Vec<Bar> = (1..=1 + n as i64).map(|day| bar("AAPL", day, 100.0 + n as f64)).collect();
        builder.records(source, RecordKind::Bar, &bars).await;
        // Once more in another object, collected earlier; and by the hour, which is another interval.
        let older = Bar { collected_at: at(1), ..bar("AAPL", 1, 1.0) };
        let hourly = Bar { interval: "1h".to_owned(), ..bar("AAPL", 1, 200.0 + n as f64) };
        builder.records(source, RecordKind::Bar, &[older, hourly]).await;
    }
    let lake = builder.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let bars: Vec<AssetBar> = rows(lake.as_ref(), "AAPL", AssetFile::Bars).await;
    let found: Vec<_> = bars.iter().map(|b| (b.interval.as_str(), b.source.as_str(), b.close)).collect();
    let mut wanted: Vec<_> =
        sources.iter().enumerate().rev().map(|(n, source)| ("1d", *source, 100.0 + n as f64)).collect();
    wanted.push(("1h", "alpaca", 200.0));
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_jump_as_by_a_split_is_marked_where_no_adjusted_price_tells() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(folder.path()).await;
    let days = [(5, 400.0), (4, 404.0), (3, 100.5), (2, 101.0), (1, 99.0)];
    let mut bars: Vec<Bar> = days.map(|(day, close)| bar("AAPL", day, close)).to_vec();
    bars.extend(days.map(|(day, close)| Bar { adj_close: Some(100.0), ..bar("TSLA", day, close) }));
    builder.records("alpaca", RecordKind::Bar, &bars).await;
    let lake = builder.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let ratios = async |symbol| -> Vec<Option<f64>> {
        let bars: Vec<AssetBar> = rows(lake.as_ref(), symbol, AssetFile::Bars).await;
        bars.iter().map(|bar| bar.split_ratio).collect()
    };
    assert_eq!(ratios("AAPL").await, [None, None, Some(4.0), None, None]);
    assert_eq!(ratios("TSLA").await, [None; 5]);
    let csv = String::from_utf8(read(lake.as_ref(), "AAPL", AssetFile::Bars, Format::Csv).await).unwrap();
    assert_eq!(
        csv.lines().nth(3),
        Some("AAPL,1d,2026-11-18T00:00:00Z,100.5,101.5,99.5,100.5,,1000,alpaca,4")
    );
}

/// Posts of one source in two objects, of which the second has later versions of some; what is left of them by asset.
#[tokio::test]
async fn the_newest_version_of_a_document_counts_wholly() {
    let old = |id: &str, text: &str| Post { collected_at: at(100), ..post(id, 10, text) };
    let new = |id: &str, text: &str| Post { collected_at: at(200), ..post(id, 10, text) };
    let first = [
        old("edited", "$AAPL and $TSLA"),
        old("gone", "$AAPL"),
        new("older", "$TSLA is newer here"),
        old("silent", "$AAPL"),
        old("same", "$AAPL"),
        old("alone", "$AAPL"),
        old("moved", "$AAPL"),
    ];
    let second = [
        new("edited", "$TSLA after all"),
        Post { deleted: true, ..new("gone", "$AAPL") },
        old("older", "$AAPL was older"),
        new("silent", "nothing about any asset"),
        old("same", "$AAPL"),
        Post { created_at: at(20), ..new("moved", "$AAPL edited, and dated anew") },
        // Of an earlier slot's document of that id, which is no version of this slot's.
        Post { revision: true, ..new("alone", "$TSLA") },
    ];
    let mut lakes = Vec::new();
    for objects in [[&first[..], &second[..]], [&second[..], &first[..]]] {
        let folder = tempfile::tempdir().unwrap();
        let mut builder = Builder::new(folder.path()).await;
        for object in objects {
            builder.records("x", RecordKind::Post, object).await;
        }
        // Another source's ids are other ids.
        builder.records("y", RecordKind::Post, &[old("edited", "$AAPL"), old("gone", "$AAPL")]).await;
        let lake = builder.commit(Outcome::Succeeded).await;
        split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
        let ids = async |symbol| -> Vec<String> {
            let posts: Vec<AssetPost> = rows(lake.as_ref(), symbol, AssetFile::Posts).await;
            posts.iter().map(|p| format!("{}/{}", p.source, p.id)).collect()
        };
        assert_eq!(ids("AAPL").await, ["x/alone", "x/same", "y/edited", "y/gone", "x/moved"]);
        assert_eq!(ids("TSLA").await, ["x/edited", "x/older"]);
        lakes.push((folder, assets_manifest(lake.as_ref()).await.objects));
    }
    assert_eq!(lakes[0].1, lakes[1].1);
}

#[tokio::test]
async fn csv_withholds_what_may_not_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let lake = small_lake(folder.path()).await.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    let csv = String::from_utf8(read(lake.as_ref(), "AAPL", AssetFile::Posts, Format::Csv).await).unwrap();
    assert!(!csv.contains("everyone I know") && !csv.contains("someone") && !csv.contains("posts.example"));
}

#[tokio::test]
async fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut lakes = Vec::new();
    for folder in [&one, &two] {
        let lake = small_lake(folder.path()).await.commit(Outcome::Succeeded).await;
        split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
        lakes.push(lake);
    }
    // Once more on the first, with leftovers of an attempt that was killed.
    let orphan = format!("{}asset=GMRE/posts.csv", slot_prefix(Area::Assets, slot()));
    lakes[0].put(&orphan, "left over".into()).await.unwrap();
    let half = Key::AssetRows {
        slot: slot(),
        symbol: "AAPL".parse().unwrap(),
        file: AssetFile::Posts,
        format: Format::Csv,
    };
    lakes[0].put(&half.to_string(), "other bytes".into()).await.unwrap();
    split(Arc::clone(&lakes[0]), slot(), slot().close_at()).await.unwrap();
    let keys = lakes[0].list("assets/").await.unwrap();
    assert_eq!(keys, lakes[1].list("assets/").await.unwrap());
    for key in keys {
        let [a, b] = [&lakes[0], &lakes[1]];
        assert_eq!(
            a.get(&key).await.unwrap().unwrap().bytes,
            b.get(&key).await.unwrap().unwrap().bytes,
            "{key}"
        );
    }
}

#[tokio::test]
async fn a_damaged_object_costs_only_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = small_lake(folder.path()).await;
    let key = builder.records("stocktwits", RecordKind::Post, &[post("9", 9, "$TSLA")]).await;
    let lake = builder.commit(Outcome::Succeeded).await;
    lake.put(&key, "damaged".into()).await.unwrap();
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.contains("stocktwits: ") && message.contains(&key), "{message}");
    let manifest = assets_manifest(lake.as_ref()).await;
    assert_eq!(manifest.sources["stocktwits"].outcome, Outcome::Partial);
    assert_eq!(manifest.assets["AAPL"].counts["posts"], 4);
}

#[tokio::test]
async fn partial_records_stay_partial() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = small_lake(folder.path()).await;
    builder.source("feeds").outcome = Outcome::Failed;
    builder.source("feeds").message = "the outlet answered 503".to_owned();
    let lake = builder.commit(Outcome::Partial).await;
    let (outcome, message) = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap();
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.contains("feeds: the outlet answered 503"), "{message}");
}

#[tokio::test]
async fn the_row_collected_last_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Builder::new(folder.path()).await;
    let edited = Post { collected_at: at(700), ..post("1", 10, "$TSLA after an edit") };
    builder.records("x", RecordKind::Post, &[edited, post("1", 10, "$AAPL at first")]).await;
    let bars = [Bar { collected_at: at(700), ..bar("AAPL", 1, 2.0) }, bar("AAPL", 1, 1.0)];
    builder.records("alpaca", RecordKind::Bar, &bars).await;
    let lake = builder.commit(Outcome::Succeeded).await;
    split(Arc::clone(&lake), slot(), at(800)).await.unwrap();
    let manifest = assets_manifest(lake.as_ref()).await;
    assert_eq!(manifest.assets["AAPL"].counts["posts"], 0);
    assert_eq!(manifest.assets["TSLA"].counts["posts"], 1);
    let bars: Vec<AssetBar> = rows(lake.as_ref(), "AAPL", AssetFile::Bars).await;
    assert_eq!(bars.iter().map(|b| b.close).collect::<Vec<_>>(), [2.0]);
}

#[tokio::test]
async fn says_what_to_do_when_there_is_nothing_to_split() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Builder::new(folder.path()).await;
    let error = split(Arc::clone(&builder.lake), slot(), slot().close_at()).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("records/slot=2026-11-21T06Z/_MANIFEST.json is missing"), "{text}");
    assert!(text.contains("collector collect --slot 2026-11-21T06Z"), "{text}");

    let lake = builder.commit(Outcome::Succeeded).await;
    lake.put("state/assets.csv", format!("{ASSETS}X,Ex,bond,US,\n").into()).await.unwrap();
    let error = split(Arc::clone(&lake), slot(), slot().close_at()).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("state/assets.csv cannot be used: asset list, line 8"),
        "{error:#}"
    );
    lake.delete("state/assets.csv").await.unwrap();
    let error = split(lake, slot(), slot().close_at()).await.unwrap_err();
    assert!(format!("{error:#}").contains("state/assets.csv is missing"), "{error:#}");
}
