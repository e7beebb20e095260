//! A private cluster of Postgres, as a child that is looked after.
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::time::{Duration, Instant};

use ledger::postgres::Cluster;
use sqlx::{Connection, PgConnection};

async fn answer(url: &str) -> Result<i32, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await
}

async fn until_it_answers(url: &str) {
    let start = Instant::now();
    while answer(url).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "Postgres does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn home() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::Builder::new().prefix("quarterday-test-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_back_when_it_is_killed_and_keeps_what_was_committed() {
    let home = home();
    let cluster = Cluster::start(home.path(), false).unwrap();
    until_it_answers(cluster.url()).await;
    let mut connection = PgConnection::connect(cluster.url()).await.unwrap();
    sqlx::query("create table kept (n int)").execute(&mut connection).await.unwrap();
    let sockets = cluster.url().split("host=").nth(1).unwrap().to_owned();
    let pid = std::fs::read_to_string(format!("{sockets}/pid")).unwrap();
    assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
    until_it_answers(cluster.url()).await;
    let mut connection = PgConnection::connect(cluster.url()).await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(rows, 0);
    drop(connection);
    let url = cluster.url().to_owned();
    drop(cluster);
    assert!(answer(&url).await.is_err(), "it ends with its owner");
    assert!(!std::path::Path::new(&sockets).exists(), "its sockets go with it");
    let again = Cluster::start(home.path(), false).unwrap();
    until_it_answers(again.url()).await;
}

/// What keeps it from starting may last: a full disk, for one.
#[tokio::test(flavor = "multi_thread")]
async fn comes_back_when_it_could_not_start_for_long() {
    let home = home();
    let cluster = Cluster::start(home.path(), false).unwrap();
    until_it_answers(cluster.url()).await;
    let version =
        std::fs::read_dir(home.path().join("pg")).unwrap().flatten().map(|e| e.path().join("PG_VERSION"));
    let version = version.into_iter().find(|path| path.is_file()).unwrap();
    let hidden = version.with_extension("hidden");
    std::fs::rename(&version, &hidden).unwrap();
    let sockets = cluster.url().split("host=").nth(1).unwrap().to_owned();
    let pid = std::fs::read_to_string(format!("{sockets}/pid")).unwrap();
    assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
    // Longer than the remains of a killed one may refuse the next.
    tokio::time::sleep(Duration::from_secs(14)).await;
    assert!(answer(cluster.url()).await.is_err());
    std::fs::rename(&hidden, &version).unwrap();
    until_it_answers(cluster.url()).await;
}

/// Processes that name these sockets: Postgres, and the shell that looks after it.
fn processes(sockets: &str) -> Vec<u32> {
    let of = |entry: std::fs::DirEntry| {
        let id: u32 = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        String::from_utf8_lossy(&line).contains(sockets).then_some(id)
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(of).collect()
}

/// A parent that ended just while Postgres was being started again would leave one behind that nobody ends, and whose folder
/// nobody else can use.
#[cfg(target_os = "linux")]
#[test]
fn ends_with_its_parent_while_it_is_being_started_again() {
    let home = home();
    for pause_ms in [0, 60, 95, 100, 105, 115, 130, 200, 350] {
        let cluster = Cluster::start(home.path(), false).unwrap();
        let sockets = cluster.url().split("host=").nth(1).unwrap().to_owned();
        let pid = std::fs::read_to_string(format!("{sockets}/pid")).unwrap();
        assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(pause_ms));
        drop(cluster);
        let begun_at = Instant::now();
        while !processes(&sockets).is_empty() {
            let waited = begun_at.elapsed();
            assert!(waited < Duration::from_secs(20), "{pause_ms} ms after the kill: Postgres stays");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
