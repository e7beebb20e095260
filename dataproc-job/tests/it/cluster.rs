//! The stage cut into parts and carried by pipes: the same bytes as on one machine.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use cloud::Lake;
use dataproc_job::split::{Options, split_with};
use domain::document::RecordReject;
use domain::lake::RecordKind;
use domain::{Bar, Key, Outcome, Post, PostKind};

use crate::kit::{Builder, article, at, bar, hinted, post, slot, spoilt};

const PROGRAM: &str = env!("CARGO_BIN_EXE_dataproc-job");

/// Some thousands of posts of three sources, many of them repeats, most of them about one asset; symbols and ids that need
/// care; articles and bars.
pub(crate) async fn large_lake(folder: &Path) -> Builder {
    let mut lake = Builder::new(folder).await;
    let list = format!("{}A/B=%..~,\"Odd, Inc.\",equity,US,\n!X,Mark,equity,US,\n", crate::kit::ASSETS);
    lake.lake.put("state/assets.csv", list.into()).await.unwrap();
    for (s, source) in ["x", "stock twits", "a\u{e9}"].into_iter().enumerate() {
        let posts: Vec<Post> = (0..1500)
            .map(|i| {
                let text = match i % 7 {
                    0 => format!("$TSLA says\n\tnothing ~ new, number {}", i / 3),
                    1 => "RT @a: $AAPL is a buy, says everyone I know".to_owned(),
                    2 => format!("\u{202e}\u{200b}🚀 $AAPL and $TSLA and Bitcoin {i}"),
                    _ => format!("$AAPL opinion number {} of mine \"quoted\", it is", i % 400),
                };
                let post = post(&format!("{i} !\t{source}"), (i * 7 % 300) as i64, &text);
                let post = Post { author_id: Some(format!("{}", i % 90)), ..post };
                match i % 50 {
                    0 => hinted(post, "A/B=%..~"),
                    1 => hinted(post, "!X"),
                    2 => Post {
                        kind: PostKind::Repost,
                        parent_id: Some(format!("{} !\t{source}", i + 1)),
                        ..post
                    },
                    3 => Post { deleted: true, ..post },
                    _ => post,
                }
            })
            .collect();
        lake.records(source, RecordKind::Post, &posts).await;
        // A second object of the same source repeats some of the first.
        lake.records(source, RecordKind::Post, &posts[s * 10..s * 10 + 40]).await;
        // A third one has later versions of some, about other assets; and rows that are refused, more than are kept.
        let edited = posts[s * 100..s * 100 + 60].iter().cloned();
        let edited =
            edited.map(|post| Post { text: "$TSLA\u{a0}only".to_owned(), collected_at: at(359), ..post });
        let refused = (0..300).map(|i| match i % 2 {
            0 => post("", i, &format!("no id\t{i}\r\n~!")),
            _ => post(&format!("{i} later"), 360 + i, "$AAPL tomorrow"),
        });
        lake.records(source, RecordKind::Post, &edited.chain(refused).collect::<Vec<_>>()).await;
    }
    let texts = ["$AAPL mark0", "$AAPL mark1", "$TSLA and $AAPL"].map(|text| post(text, 2, text));
    lake.raw("x", RecordKind::Post, spoilt(&texts, true, &["mark1"])).await;
    let articles: Vec<_> = (0..300)
        .map(|i| {
            article(&format!("{i}"), Some(i % 200), &format!("Tesla opens plant {}", i % 90), &["BTC/USD"])
        })
        .collect();
    lake.records("feeds", RecordKind::Article, &articles).await;
    lake.records("alpaca", RecordKind::Bar, &[bar("AAPL", 1, 1.5), bar("AAPL", 2, 1.25)]).await;
    let bad = Bar { low: f64::INFINITY, ..bar("AAPL", 4, 1.0) };
    lake.records("interactive_brokers", RecordKind::Bar, &[bad, bar("AAPL", 5, 12.0)]).await;
    lake.records("yahoo", RecordKind::Bar, &[bar("AAPL", 2, 7.0), bar("AAPL", 3, 1.0)]).await;
    lake
}

pub(crate) async fn objects(lake: &dyn Lake) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for key in lake.list("assets/").await.unwrap() {
        let bytes = lake.get(&key).await.unwrap().unwrap().bytes.to_vec();
        all.insert(key, bytes);
    }
    all
}

fn run(verb: &str, lake: &Path, more: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args([verb, "--slot", &slot().to_string(), "--memory", "16", "--lake"]).arg(lake).args(more);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writing.join().unwrap();
    output
}

fn good(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What `map` says of all objects, one task each.
fn mapped(folder: &Path, keys: &[String], splits: &[&str]) -> Vec<Vec<u8>> {
    let outputs = keys.iter().map(|key| good(run("map", folder, splits, format!("{key}\n").as_bytes())));
    outputs
        .flat_map(|out| out.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
}

/// What the reducers say, of which each gets the parts that its number falls to.
fn reduced(folder: &Path, lines: &[Vec<u8>], reducers: usize, splits: &[&str]) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new(); reducers];
    for line in lines {
        let part = line.split(|b| *b == b'\t').next().unwrap();
        let number = part.iter().fold(7usize, |sum, b| sum.wrapping_mul(31).wrapping_add(usize::from(*b)));
        parts[number % reducers].push(line.clone());
    }
    let outputs = parts.into_iter().map(|mut lines| {
        lines.sort();
        good(run("reduce", folder, splits, &lines.concat()))
    });
    outputs.collect()
}

async fn keys(lake: &dyn Lake) -> Vec<String> {
    let mut keys = lake.list("records/").await.unwrap();
    keys.retain(|key| key.ends_with(".parquet"));
    keys
}

#[tokio::test]
async fn parts_that_are_carried_by_pipes_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one");
    let lake = large_lake(&one).await.commit(Outcome::Succeeded).await;
    let (outcome, _, stats) =
        split_with(Arc::clone(&lake), slot(), slot().close_at(), &Options::default()).await.unwrap();
    assert_eq!((outcome, stats.spilled_bytes), (Outcome::Succeeded, 0));
    let wanted = objects(lake.as_ref()).await;
    assert!(wanted.len() > 15, "{:?}", wanted.keys());
    let kept: Vec<RecordReject> =
        tables::decode(&wanted[&Key::Rejects { slot: slot() }.to_string()]).unwrap();
    // Of two reasons of three sources the first hundred each; one text; one bar.
    assert_eq!(kept.len(), 3 * 2 * 100 + 2);

    for (name, reducers, splits) in
        [("three", 3, vec!["--splits", "AAPL=4", "--splits", "TSLA=2"]), ("single", 1, vec![])]
    {
        let at = folder.path().join(name);
        let lake = large_lake(&at).await.commit(Outcome::Succeeded).await;
        let lines = mapped(&at, &keys(lake.as_ref()).await, &splits);
        let said = reduced(&at, &lines, reducers, &splits).concat();
        good(run("commit", &at, &splits, &said));
        let found = objects(lake.as_ref()).await;
        assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for (key, bytes) in &wanted {
            assert!(found[key] == *bytes, "{key} differs with {reducers} reducers");
        }
    }
}

#[tokio::test]
async fn memory_and_threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (name, memory, threads) in [("much", 768 << 20, 4), ("little", 100_000, 3), ("one", 1 << 20, 1)] {
        let lake = large_lake(&folder.path().join(name)).await.commit(Outcome::Succeeded).await;
        let options = Options { memory, threads, ..Options::default() };
        let (_, _, stats) = split_with(Arc::clone(&lake), slot(), slot().close_at(), &options).await.unwrap();
        assert_eq!(stats.spilled_bytes > 0, name != "much", "{name}: {stats:?}");
        all.push(objects(lake.as_ref()).await);
    }
    assert!(all.iter().all(|objects| *objects == all[0]));
}

#[tokio::test]
async fn what_is_missing_or_there_twice_is_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let lake = large_lake(folder.path()).await.commit(Outcome::Succeeded).await;
    let keys = keys(lake.as_ref()).await;
    let lines = mapped(folder.path(), &keys, &[]);
    let said = reduced(folder.path(), &lines, 2, &[]);
    let refused = |input: &[u8], reason: &str| {
        let output = run("commit", folder.path(), &[], input);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(reason), "{reason}: {error}");
    };
    refused(&said[0], "was not read: repeat the stage");
    let all = said.concat();
    let list: Vec<&[u8]> = all.split_inclusive(|b| *b == b'\n').collect();
    let part = list.iter().position(|line| !line.starts_with(b"!")).unwrap();
    refused(&[&all[..], list[part]].concat(), "was written twice");
    let mut fewer = list.clone();
    fewer.remove(part);
    refused(&fewer.concat(), "rows were made but");
    let stats = list.iter().find(|line| line.starts_with(b"!stats")).unwrap();
    refused(&[&all[..], stats].concat(), "was read twice");
    assert!(!objects(lake.as_ref()).await.keys().any(|key| key.ends_with("_MANIFEST.json")));

    let mut unsorted = lines.clone();
    unsorted.sort();
    unsorted.reverse();
    let output = run("reduce", folder.path(), &[], &unsorted.concat());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not in order"));
    let output = run("map", folder.path(), &[], b"records/nothing.parquet\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not listed in the records manifest"));
    assert!(good(run("reduce", folder.path(), &[], b"")).is_empty());
    good(run("commit", folder.path(), &[], &all));
}
