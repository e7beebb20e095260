//! Bad worlds: what is wrong with a file ends the load, what is wrong with a record is refused and counted.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kit::{packed, write_world};

fn world(change: impl FnOnce(&Path)) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = write_world(&dir.path().join("w"));
    change(&folder);
    (dir, folder)
}

fn failure(change: impl FnOnce(&Path)) -> String {
    let (_dir, folder) = world(change);
    format!("{:#}", sandbox::load(&[folder]).expect_err("it should not load"))
}

fn names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
}

#[test]
fn a_missing_or_corrupt_file_is_named() {
    for name in ["world.json", "assets.csv", "posts.ndjson.zst", "articles.ndjson.zst", "bars.csv.zst"] {
        names(&failure(|folder| fs::remove_file(folder.join(name)).unwrap()), &[name]);
    }
    for name in ["posts.ndjson.zst", "articles.ndjson.zst", "bars.csv.zst"] {
        names(&failure(|folder| fs::write(folder.join(name), "this is no zstd").unwrap()), &[name, "again"]);
        let cut = failure(|folder| {
            let bytes = fs::read(folder.join(name)).unwrap();
            fs::write(folder.join(name), &bytes[..bytes.len() - 20]).unwrap();
        });
        names(&cut, &[name, "again"]);
    }
}

#[test]
fn a_bad_line_is_named_with_its_field() {
    let line = |text: &'static str| failure(move |folder| packed(folder, "posts.ndjson.zst", text));
    let good = r#"{"source":"x","id":"1","text":"a","created_at":"2026-03-02T00:00:00Z"}"#;
    let text = format!("{good}\n{{\"source\":\"x\",\"id\":2,\"text\":\"a\"}}\n");
    names(
        &failure(|folder| packed(folder, "posts.ndjson.zst", &text)),
        &["posts.ndjson.zst, line 2", "field id"],
    );
    names(&line("{\"source\":\"x\",\"text\":\"a\"}\n"), &["line 1", "`id`"]);
    names(&line("not json\n"), &["line 1", "correct or remove"]);
    let bars = failure(|folder| {
        packed(
            folder,
            "bars.csv.zst",
            "symbol,interval,time,open,high,low,close\nA,1d,2026-03-02T00:00:00Z,1,2,abc,2\n",
        )
    });
    names(&bars, &["bars.csv.zst, line 2", "field low", "abc"]);
    names(
        &failure(|folder| packed(folder, "bars.csv.zst", "symbol,interval,time,open\n")),
        &["bars.csv.zst, line 1", "high"],
    );
}

#[test]
fn bad_records_are_refused_and_counted() {
    let (_dir, folder) = world(|folder| {
        let posts = [
            r#"{"source":"x","id":"1","text":"fine","created_at":"2026-03-02T00:00:00Z"}"#,
            r#"{"source":"x","id":"2","text":null,"created_at":"2026-03-02T00:00:00Z"}"#,
            r#"{"source":"x","id":"3","created_at":"2026-03-02T00:00:00Z"}"#,
            r#"{"source":"x","id":"4","text":"  ","created_at":"2026-03-02T00:00:00Z"}"#,
            r#"{"source":"x","id":"5","text":"future","created_at":"2099-03-02T00:00:00Z"}"#,
            r#"{"source":"x","id":"6","text":"when","created_at":"noon"}"#,
            r#"{"source":"x","id":"1","text":"again","created_at":"2026-03-02T00:00:00Z"}"#,
            r#"{"source":"telegraph","id":"7","text":"stop","created_at":"2026-03-02T00:00:00Z"}"#,
            "",
        ];
        packed(folder, "posts.ndjson.zst", &posts.join("\n"));
        let bars = "symbol,interval,time,open,high,low,close,adj_close,volume\n\
            A,1d,2026-03-03T00:00:00Z,1,2,1,2,2,5\nA,1d,2026-03-02T00:00:00Z,1,2,1,2,2,5\nA,1d,2026-03-04T00:00:00Z,NaN,2,1,2,2,5\n\
            A,1d,2026-03-05T00:00:00Z,1,2,1,,2,5\nA,1d,2026-03-03T00:00:00Z,9,9,9,9,9,9\n";
        packed(folder, "bars.csv.zst", bars);
    });
    let (_, report) = sandbox::load(&[folder]).unwrap();
    let text = report.to_string();
    assert_eq!(report.refused_total(), 7 + 3, "{text}");
    names(
        &text,
        &[
            "posts.ndjson.zst, line 2",
            "without text",
            "after the world's end",
            "no instant",
            "came before",
            "line 7 (",
            "2 bars",
            "out of order",
        ]
        .map(|p| p.trim_end_matches(" (")),
    );
}

#[test]
fn several_worlds_are_served_as_one() {
    let (_a, first) = world(|_| {});
    let (_b, second) = world(|folder| {
        packed(
            folder,
            "posts.ndjson.zst",
            "{\"source\":\"x\",\"id\":\"77\",\"text\":\"a\",\"created_at\":\"2026-03-02T00:00:00Z\"}\n",
        )
    });
    let (_, report) = sandbox::load(&[first, second]).unwrap();
    assert!(report.to_string().contains("321 posts"), "{report}");
}
