//! The split on a real Spark of several processes: the same bytes as on one machine, also when an executor is killed at work.
//!
//! Spark is installed from PyPI the first time, into this user's cache (about 450 MB), where Java 17 and pip are there; else
//! the test says loudly that it was skipped. `QUARTERDAY_SPARK_TESTS=0` skips it too.

mod cluster;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::{Cluster, Spark};

/// The slot that `bench` invents.
const SLOT: &str = "2026-03-02T18Z";
/// How long one run may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(300);

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dataproc-job"))
}

fn driver() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/dataproc/split_spark.py")
}

/// Writes a slot in which one asset has a fifth of the mentions.
fn write_records(folder: &Path) {
    let mut command = program();
    command.args([
        "bench",
        "--write-only",
        "--all-kinds",
        "--posts",
        "40000",
        "--part-rows",
        "5000",
        "--assets",
        "120",
    ]);
    let done = command.args(["--hot", "0.2", "--folder"]).arg(folder).stdout(Stdio::null()).status().unwrap();
    assert!(done.success());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Every file below a folder with its content.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn add(root: &Path, folder: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                add(root, &path, out);
            } else {
                out.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut out = BTreeMap::new();
    add(folder, folder, &mut out);
    out
}

fn assert_same(spark: &Path, single: &BTreeMap<PathBuf, Vec<u8>>) {
    let found = content(&spark.join("assets"));
    let names = |all: &BTreeMap<PathBuf, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(single), "other objects");
    for (name, bytes) in single {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}

/// Starts the driver on `lake`; what it says goes to `log`.
fn start(spark: &Spark, cluster: &Cluster, lake: &Path, log: &Path, settings: &[&str]) -> Child {
    let file = std::fs::File::create(log).unwrap();
    let mut command = spark.submit(cluster);
    for setting in settings {
        command.args(["--conf", setting]);
    }
    command.arg(driver()).arg(env!("CARGO_BIN_EXE_dataproc-job"));
    command.args(["split", "--slot", SLOT, "--attempt", "1", "--lake"]).arg(lake);
    // Spark passes on what a driver says on either stream to its standard output.
    command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap()
}

fn wait(mut driver: Child, log: &Path) {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = driver.try_wait().unwrap() {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            assert!(status.success(), "the driver failed:\n{said}");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = driver.kill();
    panic!("the driver is at work still:\n{}", std::fs::read_to_string(log).unwrap_or_default());
}

/// Waits until reducers have begun to write.
fn until_written(lake: &Path, driver: &mut Child, log: &Path) {
    let (folder, started) = (lake.join(format!("assets/slot={SLOT}")), Instant::now());
    while started.elapsed() < PATIENCE {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let written = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("asset="));
        if written.count() >= 3 {
            return;
        }
        if let Some(status) = driver.try_wait().unwrap() {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            panic!("the driver ended ({status}) before a reducer wrote anything:\n{said}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no reducer wrote anything to {}", folder.display());
}

#[test]
fn spark_gives_the_bytes_of_one_machine_even_when_an_executor_is_killed() {
    let Some(spark) = Spark::installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let single = folder.path().join("single");
    write_records(&single);
    let [calm, killed] = ["calm", "killed"].map(|name| folder.path().join(name));
    copy(&single, &calm);
    copy(&single, &killed);
    let done = program().args(["split", "--slot", SLOT, "--lake"]).arg(&single).status().unwrap();
    assert!(done.success());
    let single = content(&single.join("assets"));
    assert!(single.len() > 400, "{} objects", single.len());

    let cluster = Cluster::start(&spark, folder.path(), 3);
    let log = folder.path().join("driver.log");
    // Shards of 2,000 rows: the hot asset, with a fifth of all, is shared by several tasks.
    let settings = ["spark.quarterday.shardRows=2000", "spark.quarterday.partitions=12"];
    wait(start(&spark, &cluster, &calm, &log, &settings), &log);
    assert_same(&calm, &single);

    // A copy that hangs is begun again elsewhere, one that is lost too.
    let settings = [&settings[..], &["spark.speculation=true", "spark.speculation.quantile=0.5"]].concat();
    let mut driver = start(&spark, &cluster, &killed, &log, &settings);
    until_written(&killed, &mut driver, &log);
    cluster.kill_an_executor();
    wait(driver, &log);
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("Lost executor"), "no executor was lost:\n{said}");
    assert_same(&killed, &single);
}
