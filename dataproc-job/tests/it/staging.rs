//! Records that go over the cluster's HDFS first: the same results. The `hadoop` here is a script that keeps HDFS in a folder.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use cloud::Lake;
use domain::Outcome;

use crate::kit::slot;
use crate::split::small_lake;

/// The subcommands of `hadoop fs` that staging needs, on a folder named by `HDFS`; each call is kept in `HDFS/.calls`.
const HADOOP: &str = r#"#!/bin/sh
set -eu
[ "$1" = fs ]; shift
echo "$1" >>"$HDFS.calls"
here() { case $1 in hdfs://*) echo "$HDFS/${1#hdfs:///}";; *) echo "$1";; esac; }
verb=$1; shift
case $verb in
  -rm) shift 2; rm -rf "$(here "$1")" ;;
  -mkdir) shift; mkdir -p "$(here "$1")" ;;
  -cp) shift; for last; do :; done; target=$(here "$last")
       while [ $# -gt 1 ]; do cp "$(here "$1")" "$target/"; shift; done ;;
  -copyToLocal) cp -r "$(here "$1")" "$2" ;;
  *) echo "unknown: $verb" >&2; exit 1 ;;
esac
"#;

fn split(folder: &Path, lake: &Path, staging: Option<&str>) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_dataproc-job"));
    command.args(["split", "--slot", &slot().to_string(), "--lake"]).arg(lake);
    command.env("PATH", path).env("HDFS", folder.join("hdfs")).env_remove("QUARTERDAY_BUS");
    if let Some(staging) = staging {
        command.args(["--staging", staging]);
    }
    command.output().unwrap()
}

async fn objects(lake: &dyn Lake) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for key in lake.list("assets/").await.unwrap() {
        let bytes = lake.get(&key).await.unwrap().unwrap().bytes.to_vec();
        all.insert(key, bytes);
    }
    all
}

#[tokio::test]
async fn records_that_go_over_hdfs_give_the_same_results() {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("hadoop"), HADOOP).unwrap();
    std::fs::set_permissions(bin.join("hadoop"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut results = Vec::new();
    for (name, staging) in [("plain", None), ("staged", Some("hdfs:///quarterday/job-1/"))] {
        let at = folder.path().join(name);
        let lake = small_lake(&at).await.commit(Outcome::Succeeded).await;
        let output = split(folder.path(), &at, staging);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        results.push(objects(lake.as_ref()).await);
    }
    assert!(results[0].len() > 5);
    assert_eq!(results[0], results[1]);
    let calls = std::fs::read_to_string(folder.path().join("hdfs.calls")).unwrap();
    assert_eq!(calls.matches("-copyToLocal").count(), 1, "{calls}");
    assert!(!folder.path().join("hdfs/quarterday/job-1").exists(), "nothing is left in HDFS");
}

#[tokio::test]
async fn without_hadoop_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("lake");
    let _lake = small_lake(&at).await.commit(Outcome::Succeeded).await;
    let output = split(folder.path(), &at, Some("hdfs:///quarterday/job-1"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("hadoop") && said.contains("without --staging"), "{said}");
}
