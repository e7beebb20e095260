//! What a cluster is told to read and to share.

use std::collections::BTreeSet;
use std::process::Command;

fn run(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_dataproc-job")).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn every_object_of_records_is_read_once_and_a_large_asset_is_shared() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().to_str().unwrap();
    let size = ["--posts", "8000", "--part-rows", "1000", "--assets", "60", "--hot", "0.3"];
    run(&[&["bench", "--write-only", "--all-kinds", "--folder", lake][..], &size[..]].concat());
    let plan = ["plan", "--slot", "2026-03-02T18Z", "--lake", lake, "--shard-rows", "1000"];
    let said = run(&plan);
    assert_eq!(said, run(&plan), "two plans of the same records");

    let inputs: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("input\t")).collect();
    assert_eq!(inputs.len(), inputs.iter().collect::<BTreeSet<_>>().len());
    // 4,400 posts of x, 1,600, 1,200 and 800 of three others; 80 articles; 300 bars.
    assert_eq!(inputs.len(), 5 + 2 + 2 + 1 + 1 + 1);
    assert!(inputs.iter().all(|key| folder.path().join(key).is_file()), "{inputs:?}");
    let shared: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("split\t")).collect();
    let numbers = |line: &str| -> Option<(u64, u64)> {
        let (shards, rows) = line.split_once('=')?.1.split_once('\t')?;
        Some((shards.parse().ok()?, rows.parse().ok()?))
    };
    let (shards, rows): (Vec<u64>, Vec<u64>) = shared.iter().map(|line| numbers(line).unwrap()).unzip();
    assert!(rows.is_sorted_by(|a, b| a >= b) && rows.iter().all(|rows| *rows <= 1000), "{shared:?}");
    // A third of a mention a post, some posts having several. Assets that are large but not shared follow.
    let (all, most) = (shards.iter().filter(|n| **n > 1).count(), shards.iter().max().unwrap());
    assert!((3..=5).contains(most) && all <= 3 && shards.len() < 60, "{shared:?}");
}

#[test]
fn without_records_the_plan_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dataproc-job"));
    let done =
        command.args(["plan", "--slot", "2026-03-02T18Z", "--lake"]).arg(folder.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("collector collect"));
}
